"""What several tests of Google start from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.connectors.contract import NOW
from tests.fakes.clock import Clock
from tests.fakes.google.gmail import headers_of
from tests.fakes.google.server import FakeGoogle
from tests.fakes.mailbox import Mail
from tests.fakes.wire import serving
from tests.google.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    fake = FakeGoogle(clock=Clock(NOW))
    for number in range(3):
        at = NOW - timedelta(hours=number + 1)
        headers = headers_of("Anna <anna@y.example>", "mara@x.example", f"No {number}", at, f"{number}@y.example")
        fake.mailbox.deliver(Mail(f"m{number}", f"t{number}", at, headers, frozenset({"INBOX"})))
    with serving(fake.handle) as url:
        yield Desk(url, fake, tmp_path)
