"""Which part of a week the sources have seen: what nobody looked at is no silence."""

from __future__ import annotations

from datetime import date, timedelta

from rules.health.weeks import DAYS, monday, sunday
from rules.meaning import Coverage

Spans = tuple[tuple[date, date], ...]

_LOOK_BACK, _LEAST = 14, 7


def covered(spans: Spans, first: date, end: date) -> int:
    """Days in [first, end) that the spans cover; spans may overlap."""
    days: set[int] = set()
    for since, until in spans:
        days.update(range(max(since, first).toordinal(), min(until, end).toordinal()))
    return len(days)


class Exposure:
    """Coverage by weeks, for calendars and for mail."""

    def __init__(self, coverage: Coverage) -> None:
        self._spans = {"calendar": coverage.calendar, "mail": coverage.mail}

    def week(self, week: int) -> tuple[float, float]:
        """The part of the week seen: (calendar, mail). A kind that is not configured shows nothing."""
        return self._part("calendar", week), self._part("mail", week)

    def _part(self, kind: str, week: int) -> float:
        spans = self._spans[kind]
        if spans is None:
            return 0.0
        return covered(spans, monday(week), sunday(week) + timedelta(days=1)) / DAYS

    def stale(self, week: int) -> str | None:
        """Why nothing can be said this week, or None. A source that has not begun yet is no reason."""
        end = sunday(week) + timedelta(days=1)
        missing = []
        for kind, spans in self._spans.items():
            begun = [span for span in spans or () if span[0] < end]
            if begun and covered(tuple(begun), end - timedelta(days=_LOOK_BACK), end) < _LEAST:
                last = min(max(until for _, until in begun), end) - timedelta(days=1)
                missing.append(f"the {kind} that was read ends on {last:%-d %B %Y}")
        return " and ".join(missing) or None
