"""What is said of a week does not change when later facts come: the backtest says what the reports would have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from rules.engine import ruleset
from syncd import demo
from syncd.assess import assess, backtest
from syncd.config import Config, load
from syncd.interpret import interpret
from syncd.ledger import Ledger
from syncd.sync import sync
from syncd.terms import Terms
from syncd.understanding import understand
from syncd.verify import verify

END = date(2026, 11, 22)
NOW = datetime.combine(END, time(20), UTC)

Desk = tuple[Ledger, Config]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The sample mailbox and calendars, synced and interpreted."""
    sample = demo.write(tmp_path_factory.mktemp("sample"), end=END)
    config = load(sample.config)
    with Ledger.open(config.database) as ledger:
        assert sync(ledger, config.account, now=NOW).ok
        interpret(ledger, config, now=NOW)
        yield ledger, config


def test_a_second_sync_stores_nothing_and_the_proof_is_clean(desk: Desk) -> None:
    ledger, config = desk
    again = sync(ledger, config.account, now=NOW)
    assert sum(stats.stored + stats.removed for stats in again.sources) == 0
    assert sum(stats.unchanged for stats in again.sources) > 10_000
    assert verify(ledger, config.account, now=NOW).clean
    assert not interpret(ledger, config, now=NOW)


@pytest.mark.parametrize("until", [date(2025, 6, 15), date(2026, 2, 28)])
def test_later_facts_change_nothing_that_was_understood(desk: Desk, until: date) -> None:
    ledger, config = desk
    terms = Terms.of(config, ruleset.load(config.rules))
    then = understand(ledger.facts.copies(), terms, now=NOW, until=until)
    today = {one.id: one for one in ledger.meaning.interactions() if one.local <= until and not one.planned}
    assert len(then.interactions) > 1000
    assert {one.id for one in then.interactions} == set(today)
    changed = [one.id for one in then.interactions if one.evidence != today[one.id].evidence]
    assert not changed
    known = [merge for merge in ledger.meaning.merges() if merge.on <= until]
    assert {(m.one, m.other) for m in known} == {(m.one, m.other) for m in then.merges}


def test_the_backtest_of_a_week_says_what_the_report_of_its_sunday_says(desk: Desk) -> None:
    ledger, config = desk
    sundays = [date(2025, 4, 6), date(2026, 1, 11), date(2026, 8, 30)]
    said: dict[str, str] = {}
    reported = {sunday: assess(ledger, config, sunday, now=NOW) for sunday in sundays}
    weeks = {f"{s.isocalendar()[0]}-W{s.isocalendar()[1]:02d}": s for s in sundays}
    seen: dict[date, dict[str, str]] = {}
    for change in backtest(ledger, config, date(2024, 5, 20), END, now=NOW):
        for label, sunday in weeks.items():
            if change.week > label and sunday not in seen:
                seen[sunday] = dict(said)
        said[change.person] = change.status.value
    for sunday, then in reported.items():
        assert then.week is not None
        stood = {person: status.value for person, (status, _, _) in then.week.statuses.items()}
        assert len(stood) > 30
        # Whoever was merged into somebody else meanwhile has had his last line under his old id.
        assert stood == {person: status for person, status in seen[sunday].items() if person in stood}


def test_a_day_before_any_mail_has_nothing_to_say(desk: Desk) -> None:
    ledger, config = desk
    assert assess(ledger, config, date(2020, 1, 5), now=NOW).week is None


def test_no_body_anywhere(tmp_path: Path) -> None:
    """A canary in every body, attachment and description is found in no file that the pipeline writes."""
    from syncd.reports import write_reports

    sample = demo.write(tmp_path / "sample", end=END, canary="CANARY-9f31")
    config = load(sample.config)
    assert any(b"CANARY-9f31" in path.read_bytes() for path in sample.folder.rglob("*") if path.is_file())
    with Ledger.open(config.database) as ledger:
        sync(ledger, config.account, now=NOW)
        interpret(ledger, config, now=NOW)
        write_reports(ledger, config, tmp_path / "out")
    written = [*tmp_path.glob("sample/ledger.db*"), *(tmp_path / "out").rglob("*")]
    assert len(written) >= 3
    for path in written:
        if path.is_file():
            assert b"CANARY-9f31" not in path.read_bytes(), path
