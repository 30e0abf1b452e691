"""Days as people say them, on the command line and in the subject of an answer."""

from __future__ import annotations

from datetime import date, timedelta

MOST_WEEKS = 104
_WORDS = {"today": timedelta(), "yesterday": timedelta(days=1)}


def day_said(text: str, today: date) -> date | None:
    """The day that is meant if it is said on `today`: 2026-11-18, today, yesterday, or `6 weeks` from today on. What
    follows after it is not looked at. None if it is none of these."""
    words = text.lower().split()
    if not words:
        return None
    if words[0] in _WORDS:
        return today - _WORDS[words[0]]
    if len(words) > 1 and words[0].isdecimal() and words[1].startswith("week"):
        return today + timedelta(weeks=min(int(words[0][:3]), MOST_WEEKS))
    try:
        return date.fromisoformat(words[0])
    except ValueError:
        return None
