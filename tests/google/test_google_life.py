"""Whatever happens at Google and on the way there: after a sync the ledger holds what the owner would see."""

from __future__ import annotations

import os

import pytest
from hypothesis import Phase

from connectors.google import calendar, gmail
from tests.connectors.online_machine import OnlineMachine, explore, explore_for_long, share_in_vain
from tests.google import life as lives
from tests.google.life import GoogleLife


class GoogleMachine(OnlineMachine):
    make = GoogleLife


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gmail, "PAGE", 5)
    monkeypatch.setattr(calendar, "BATCH", 4)


def test_the_ledger_equals_google() -> None:
    """Without shrinking: a failure is made small by the long run."""
    steps, checks = explore(GoogleMachine, examples=6, length=25, phases=[Phase.explicit, Phase.generate])
    assert steps >= 60
    assert checks >= 6


@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_the_ledger_equals_google_for_long() -> None:
    wanted = int(os.environ.get("SYNCD_STEPS", "5000"))
    assert explore_for_long(GoogleMachine, wanted) >= wanted


@pytest.fixture
def fair_pages(small_pages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that most answers fit on, as in life: listing again then costs what it does there."""
    monkeypatch.setattr(gmail, "PAGE", 50)
    monkeypatch.setattr(lives, "PAGE", 50)


@pytest.mark.usefixtures("fair_pages")
def test_sixty_faults_change_nothing() -> None:
    assert share_in_vain(GoogleLife, 60) < 0.1


@pytest.mark.usefixtures("fair_pages")
@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_ten_thousand_faults_change_nothing() -> None:
    assert share_in_vain(GoogleLife, 10_000) < 0.1
