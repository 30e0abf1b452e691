"""Whatever happens at Microsoft and on the way there: after a sync the ledger holds what the owner would see."""

from __future__ import annotations

import os

import pytest
from hypothesis import Phase

from connectors.microsoft import graph, mail
from tests.connectors.online_machine import OnlineMachine, explore, explore_for_long, share_in_vain
from tests.microsoft.life import OutlookLife


class OutlookMachine(OnlineMachine):
    make = OutlookLife


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "PAGE", 5)
    monkeypatch.setattr(mail, "RECENT_PAGE", 4)
    monkeypatch.setattr(mail, "MANY", 12)


@pytest.mark.usefixtures("small_pages")
def test_the_ledger_equals_microsoft() -> None:
    """Without shrinking: a failure is made small by the long run."""
    steps, checks = explore(OutlookMachine, examples=6, length=25, phases=[Phase.explicit, Phase.generate])
    assert steps >= 60
    assert checks >= 6


@pytest.mark.usefixtures("small_pages")
@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_the_ledger_equals_microsoft_for_long() -> None:
    wanted = int(os.environ.get("SYNCD_STEPS", "5000"))
    assert explore_for_long(OutlookMachine, wanted) >= wanted


def test_three_hundred_faults_change_nothing() -> None:
    assert share_in_vain(OutlookLife, 300) < 0.1


@pytest.mark.soak
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("seed", range(5))
def test_ten_thousand_faults_change_nothing_at_microsoft(seed: int) -> None:
    """In five lives."""
    assert share_in_vain(OutlookLife, 2_000, seed) < 0.1
