"""Whether there is a flag that could be judged right or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from rules.health.assessment import FLAGS, Assessment, Status
from rules.meaning import Person
from syncd import telling

WHO = Person("ilse@nordkai.example", ("ilse@nordkai.example",))
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Entry:
    kind: str
    subject: str


def flagged(monkeypatch: pytest.MonkeyPatch, week: Any, *entries: Entry) -> bool:
    monkeypatch.setattr(telling, "assess", lambda *_, **__: SimpleNamespace(week=week))
    ledger: Any = SimpleNamespace(journal=SimpleNamespace(entries=lambda: entries))
    config: Any = None
    return telling.is_flagged(ledger, config, WHO, now=NOW)


def week(status: Status, *also: Status, person: str = WHO.id) -> Any:
    one = Assessment(person, "2026-W47", status, also, None, None, "", "")
    return SimpleNamespace(assessments=(one,))


@pytest.mark.parametrize("status", [*FLAGS, Status.WATCH])
def test_a_status_that_is_told_is_a_flag(monkeypatch: pytest.MonkeyPatch, status: Status) -> None:
    assert flagged(monkeypatch, week(status))
    assert flagged(monkeypatch, week(Status.UNKNOWN, status)), "one that holds beside another, too"


@pytest.mark.parametrize("status", [Status.HEALTHY, Status.NEVER_PERSONAL, Status.TOO_LITTLE_HISTORY, Status.ENDED])
def test_what_is_not_told_is_none(monkeypatch: pytest.MonkeyPatch, status: Status) -> None:
    assert not flagged(monkeypatch, week(status))
    assert not flagged(monkeypatch, None), "there is no week yet"
    assert not flagged(monkeypatch, week(Status.DRIFTING, person="somebody@else.example"))


@pytest.mark.parametrize("kind", ["flagged", "suggested"])
def test_who_was_named_in_a_report_can_be_judged_later(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    assert flagged(monkeypatch, week(Status.HEALTHY), Entry(kind, WHO.id))
    assert not flagged(monkeypatch, week(Status.HEALTHY), Entry(kind, "somebody@else.example"))
    assert not flagged(monkeypatch, week(Status.HEALTHY), Entry("logged", WHO.id))
