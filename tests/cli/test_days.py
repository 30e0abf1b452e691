"""Days on the command line."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import typer

from syncd.cli.days import Day
from tests.cli.small_desk import ILSE, Desk

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-05-31", date(2026, 5, 31)),
        ("today", TODAY),
        (" Yesterday", date(2026, 2, 28)),
        ("2 weeks", date(2026, 3, 15)),
    ],
)
def test_what_is_meant(text: str, day: date) -> None:
    assert Day(text).on(TODAY) == day


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-02-30", "31.5.2026", "2026-05-31 or so", "2 weeks ago", "7"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no day"):
        Day(text)


def test_words_are_days_of_the_owner(synced: Desk) -> None:
    days = []
    for word in ("today", "yesterday"):
        told = synced.ask("log", ILSE, "--phone", word)
        assert told.code == 0, told.err
        days.append(date.fromisoformat(told.out.rstrip(".\n").split()[-1]))
    assert days[0] - days[1] == timedelta(days=1)


@pytest.mark.parametrize("command", ["interactions", "backtest", "report", "answer", "demo", "log"])
def test_help_calls_a_day_a_date(desk: Desk, command: str) -> None:
    told = desk.ask(command, "--help").out
    assert "DATE" in told
    assert "%Y" not in told
