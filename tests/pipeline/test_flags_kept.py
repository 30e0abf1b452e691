"""What the daemon remembers between its rounds changes nothing but the time it takes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from rules.health.assessment import FLAGS, Assessment
from rules.health.checkpoints import Checkpoints
from rules.health.desk import follow
from syncd import assess, demo
from syncd.config import Config, load
from syncd.interpret import interpret
from syncd.ledger import Ledger
from syncd.sync import sync

END = date(2026, 11, 22)
NOW = datetime.combine(END + timedelta(days=1), time(8), UTC)


def from_the_beginning(ledger: Ledger, config: Config) -> list[Assessment]:
    history = assess._history(ledger, config, assess._stored(ledger), END, NOW)
    return [flag for week in follow(history, END, assess._settings(config)) for flag in week.told(FLAGS)]


def by_week(flags: list[Assessment]) -> list[tuple[str, str, str, float | None, str]]:
    return sorted((one.week, one.person, one.status.value, one.probability, one.evidence) for one in flags)


def test_what_comes_late_changes_the_flags_as_if_all_were_made_anew(tmp_path: Path) -> None:
    config = load(demo.write(tmp_path / "sample", end=END).config)
    kept = Checkpoints()
    with Ledger.open(config.database) as ledger:
        assert sync(ledger, config.account, now=NOW).ok
        interpret(ledger, config, now=NOW)
        assess.record(ledger, config, now=NOW, kept=kept)
        assert by_week(ledger.meaning.assessments()) == by_week(from_the_beginning(ledger, config))
        flagged = ledger.meaning.assessments()[-1].person
        ledger.journal.add("logged", flagged, NOW, channel="phone", on=(END - timedelta(weeks=9)).isoformat())
        ledger.journal.add("answer", flagged, NOW, word="wrong", on=(END - timedelta(weeks=2)).isoformat())
        interpret(ledger, config, now=NOW)
        before = by_week(ledger.meaning.assessments())
        assess.record(ledger, config, now=NOW, kept=kept)
        after = by_week(ledger.meaning.assessments())
        assert after == by_week(from_the_beginning(ledger, config)) != before


def test_where_the_ledger_could_not_be_written_all_is_made_anew(tmp_path: Path) -> None:
    config = load(demo.write(tmp_path / "sample", end=END).config)
    kept = Checkpoints()
    with Ledger.open(config.database) as ledger:
        sync(ledger, config.account, now=NOW)
        interpret(ledger, config, now=NOW)
        write = ledger.meaning.write_flags
        ledger.meaning.write_flags = lambda *_, **__: (_ for _ in ()).throw(OSError("disk full"))  # type: ignore[method-assign]
        with pytest.raises(OSError, match="disk full"):
            assess.record(ledger, config, now=NOW, kept=kept)
        assert list(kept) == []
        ledger.meaning.write_flags = write  # type: ignore[method-assign]
        assess.record(ledger, config, now=NOW, kept=kept)
        assert by_week(ledger.meaning.assessments()) == by_week(from_the_beginning(ledger, config))
