"""ISO weeks as whole numbers: week 0 begins on Monday, 1 January of the year 1, and every Monday adds one."""

from __future__ import annotations

from datetime import date

DAYS = 7


def week_of(day: date) -> int:
    return (day.toordinal() - 1) // DAYS


def monday(week: int) -> date:
    return date.fromordinal(week * DAYS + 1)


def sunday(week: int) -> date:
    return date.fromordinal(week * DAYS + DAYS)


def label(week: int) -> str:
    """The ISO name of a week, as in `2026-W03`."""
    year, number, _ = monday(week).isocalendar()
    return f"{year}-W{number:02d}"


def last_complete(until: date) -> int:
    """The last week whose Sunday is not after `until`."""
    return until.toordinal() // DAYS - 1
