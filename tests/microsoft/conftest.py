"""An Outlook mailbox, and one that has been read."""

from __future__ import annotations

import pytest

from tests.connectors.contract import Held, run
from tests.microsoft.worlds import OutlookWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> OutlookWorld:
    return OutlookWorld(monkeypatch)


@pytest.fixture
def read(world: OutlookWorld) -> tuple[OutlookWorld, Held]:
    """Thirty mails, all read."""
    held = Held()
    world.add(range(30))
    run(world, held)
    return world, held
