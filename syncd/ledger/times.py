"""How the ledger writes time: UTC, ISO 8601, whole seconds, always 20 characters, so that text sorts as time does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache


def text(moment: datetime) -> str:
    """`2026-03-02T11:00:00Z`. A floating (naive) time is read as UTC: the ledger's own columns only sort by it."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


@lru_cache(maxsize=4096)
def moment(written: str) -> datetime:
    """The aware UTC datetime that `text` wrote."""
    return datetime.fromisoformat(written[:-1]).replace(tzinfo=UTC)


@lru_cache(maxsize=4096)
def week(day: date) -> str:
    """The ISO week of a day: `2026-W03`."""
    year, number, _ = day.isocalendar()
    return f"{year:04}-W{number:02}"
