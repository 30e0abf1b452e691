"""Dates as mail headers write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz
from functools import lru_cache

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No mail that is older is believed: its clock stood at zero."""

_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}  # fmt: skip
_USUAL = re.compile(
    r"\s*(?:[A-Za-z]{3},?)?\s*(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d\d):(\d\d)(?::(\d\d))?\s*([+-])(\d\d)(\d\d)\b",
    re.ASCII,
)


@lru_cache(maxsize=4_096)
def parse_date(raw: str) -> datetime | None:
    """The aware moment that a Date header names, or None if it names none.

    `-0000` and a missing zone are taken as UTC. Years of two digits are read as the standard library does; nothing
    is judged here (see `headers.believable`).
    """
    raw = raw[:200]
    match = _USUAL.match(raw)
    try:
        if match:
            day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
            offset = int(hours) * 60 + int(minutes)
            return datetime(
                int(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), min(int(second or 0), 59),
                tzinfo=zone(offset if sign == "+" else -offset),
            )  # fmt: skip
        return _unusual(raw)
    except (ValueError, TypeError, OverflowError, KeyError, IndexError):
        return None


def _unusual(raw: str) -> datetime | None:
    parsed = parsedate_tz(raw)
    if parsed is None or re.search(r"\b00\d\d\b", raw.partition(":")[0]):  # a year 0001 is no year 2001
        return None
    year, month, day, hour, minute, second = parsed[:6]
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone((parsed[9] or 0) // 60))


@lru_cache(maxsize=2_000)
def zone(minutes: int) -> tzinfo:
    """A fixed offset from UTC; outside a day, UTC."""
    return timezone(timedelta(minutes=minutes)) if minutes and abs(minutes) < 24 * 60 else UTC
