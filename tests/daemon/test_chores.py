"""What the loop does beside reading, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rules.engine import ruleset
from syncd.config import Config
from syncd.daemon import chores
from syncd.daemon.chores import Chores
from syncd.ledger import Ledger
from syncd.ledger.meaning import Changes

NIGHT = datetime(2026, 3, 2, 3, tzinfo=UTC)  # in Chicago it is still Sunday, until six


def test_meaning_is_made_anew_with_every_day_of_the_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No mail has to come for a week to be over, or for a planned lunch to be past."""
    made: list[datetime] = []

    def refresh(*_: object, now: datetime, **_more: object) -> Changes:
        made.append(now)
        return Changes()

    monkeypatch.setattr(chores, "refresh", refresh)
    owner = {"name": "Me", "addresses": ["me@x.example"], "timezone": "America/Chicago"}
    config = Config.model_validate({"owner": owner})
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        kept = Chores(ledger, ruleset.load(), lambda: None)
        for hours in range(0, 48, 2):
            kept.tidy(config, NIGHT + timedelta(hours=hours), busy=False)
    assert made == [NIGHT + timedelta(hours=hours) for hours in (0, 4, 28)]


def test_new_facts_wait_the_longer_the_longer_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty seconds' work after every mail would be a processor's whole day; what the owner changes waits for
    nothing."""
    made: list[int] = []
    clock = [0.0]
    minute = 0

    def refresh(*_: object, **_more: object) -> Changes:
        made.append(minute)
        clock[0] += 8.0  # seconds; fifty times as long as six of them are five minutes
        return Changes()

    monkeypatch.setattr(chores, "refresh", refresh)
    config = Config.model_validate({"owner": {"name": "Me", "addresses": ["me@x.example"]}})
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        kept = Chores(ledger, ruleset.load(), lambda: None, timer=lambda: clock[0])
        for minute in range(20):
            kept.facts_are_new = kept.facts_are_new or minute in {2, 3, 11}
            kept.meaning_is_stale = kept.meaning_is_stale or minute == 13
            kept.tidy(config, NIGHT + timedelta(minutes=minute), busy=False)
    assert made == [0, 5, 11, 13]
