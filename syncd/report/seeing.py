"""What the report could see: since when, until when, and where it was blind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from rules.meaning import Coverage
from syncd.report import words

STALE = timedelta(days=8)  # a source that has listed nothing for longer has ended or fails
GAP = timedelta(days=7)
_UNSEEN = {
    "Mail": "No mail is read: who wrote to whom is not seen.",
    "Calendars": "No calendar is read: meetings and calls are not seen.",
}
Spans = tuple[tuple[date, date], ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """`first`, `last`: the days that any source covers. `lines`: one sentence for each kind of source and each hole.
    `trouble`: what keeps the report from judging the present; `weeks`: how many weeks of history there are."""

    first: date | None
    last: date | None
    weeks: int
    lines: tuple[str, ...]
    trouble: tuple[str, ...]


def see(coverage: Coverage, as_of: date, stale: str | None = None) -> Seen:
    """What the coverage is worth on the day `as_of`."""
    kinds = {"Mail": _until(coverage.mail, as_of), "Calendars": _until(coverage.calendar, as_of)}
    spans = [span for found in kinds.values() for span in found or ()]
    first, last = min((span[0] for span in spans), default=None), max((span[1] for span in spans), default=None)
    lines = [line for kind, found in kinds.items() for line in _lines(kind, found)]
    told = coverage.stale or ((stale,) if stale else ())  # what ended or fails, by name, says why a week is unknown
    trouble = [words.sentence(text) for text in dict.fromkeys(told)]
    if last and as_of - last > STALE and not trouble:
        trouble.append(f"Nothing was read after {words.day(last - timedelta(days=1))}.")
    weeks = (last - first).days // 7 if first and last else 0
    shown = last - timedelta(days=1) if last else None
    return Seen(first, shown, weeks, tuple(lines), tuple(trouble))


def _until(spans: Spans | None, as_of: date) -> Spans | None:
    """The spans as far as they lie before the end of the day `as_of`."""
    if spans is None:
        return None
    end = as_of + timedelta(days=1)
    return tuple((first, min(last, end)) for first, last in spans if first < end)


def _lines(kind: str, spans: Spans | None) -> list[str]:
    if spans is None:
        return [_UNSEEN[kind]]
    if not spans:
        return [f"{kind}: nothing was read yet."]
    ordered = sorted(spans)
    lines = [f"{kind} from {words.day(ordered[0][0])} to {words.day(ordered[-1][1] - timedelta(days=1))}."]
    for (_, end), (start, _) in pairwise(ordered):
        if start - end >= GAP:
            lines.append(f"No {kind.lower()} from {words.day(end)} to {words.day(start - timedelta(days=1))}.")
    return lines
