"""Calendar entries beside meetings with the cast: standing series with their exceptions, leave, and what meets
nobody (focus time, trains, reminders, webinars)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random

from syncd.demo.cast import CUSTOMERS, FRIENDS, MATES, OWNER, SUPPLIERS, Figure
from syncd.demo.diary import Entry, Guest
from syncd.demo.seasons import WEEKS, Span, season

_SOLO = (
    ("Focus time", ""),
    ("Train to Hamburg", "Rotterdam Centraal"),
    ("Dentist", ""),
    ("Reminder: timesheet", ""),
    ("Webinar: ports in 2040", "Online"),
    ("Sport", ""),
    ("Quarterly numbers", ""),
    ("Flight to Bergen", "Gate 4"),
)


@dataclass(frozen=True, slots=True)
class Series:
    """A standing meeting every so many weeks, on a weekday (0 is Monday)."""

    title: str
    weekday: int
    at: time
    every: int
    with_: tuple[Figure, ...]
    location: str = ""
    called_by: Figure | None = None


_SERIES = (
    Series("Weekstart", 0, time(9, 0), 1, MATES, "Meeting room Maas", MATES[-1]),
    *(
        Series(f"1:1 {mate.first} / Mara", turn, time(11), 2, (mate,), "", mate)
        for turn, mate in enumerate(MATES[:3], 1)
    ),
    *(
        Series(f"Status {figure.topic}", 3, time(14), 2, (figure, MATES[0]), f"https://meet.jit.si/{room}")
        for figure, room in (
            (CUSTOMERS[1], "BerthPlanner"),
            (CUSTOMERS[2], "Hafenkonzept"),
            (CUSTOMERS[3], "GateRedesign"),
            (SUPPLIERS[6], "SpringEvent"),
        )
    ),
    Series("Breakfast club", 4, time(8), 4, (FRIENDS[0], FRIENDS[9]), "Café De Vlinder, Rotterdam"),
)


def entries(span: Span, rng: Random, canary: str) -> Iterator[Entry]:
    """All of them, in no order; `canary` goes into every description."""
    described = canary.strip()
    for series in _SERIES:
        yield from _series(series, span, rng, described)
    for weeks_ago in range(WEEKS - 1, -3, -1):
        yield from _alone(span.week(weeks_ago), rng, described)
    yield from _leave(span)


def _series(series: Series, span: Span, rng: Random, described: str) -> Iterator[Entry]:
    """The rule, the weeks without it, a few moved and a few called off."""
    first = datetime.combine(span.start + timedelta(days=series.weekday), series.at)
    count = WEEKS // series.every + 2
    starts = [first + timedelta(weeks=series.every * turn) for turn in range(count)]
    quiet = [start for start in starts if _no_meetings(span, start.date())]
    usual = [start for start in starts[:-3] if start not in quiet]
    changed = rng.sample(usual, max(2, len(usual) // 8))
    half = len(changed) // 2
    common = Entry(
        uid=f"series-{series.weekday}{series.at:%H}-{series.title.split()[-1].lower()}-{series.with_[0].slug}"
        "@mara.example",
        title=series.title,
        start=first,
        minutes=45,
        location=series.location,
        organizer=(series.called_by.name, series.called_by.address) if series.called_by else OWNER,
        guests=(Guest(OWNER), *(Guest((figure.name, figure.address)) for figure in series.with_)),
        description=described,
    )
    rule = f"FREQ=WEEKLY;INTERVAL={series.every};COUNT={count}"
    yield replace(common, rule=rule, without=tuple(quiet))
    for start in changed[:half]:
        yield replace(common, start=start + timedelta(hours=3), instead_of=start)
    for start in changed[half:]:
        yield replace(common, start=start, instead_of=start, status="CANCELLED")


def _no_meetings(span: Span, day: date) -> bool:
    monday = day - timedelta(days=day.weekday())
    return season(span, max(0, (span.week(0) - monday).days // 7)) < 0.2


def _alone(monday: date, rng: Random, described: str) -> Iterator[Entry]:
    for _ in range(rng.randrange(3)):
        title, location = rng.choice(_SOLO)
        yield Entry(
            uid=f"solo-{monday:%y%m%d}-{rng.randrange(10**6)}@mara.example",
            title=title,
            start=datetime.combine(monday + timedelta(days=rng.randrange(5)), time(rng.randrange(8, 17))),
            location=location,
            description=described,
            extra=("CLASS:PRIVATE",) if title == "Dentist" else (),
        )


def _leave(span: Span) -> Iterator[Entry]:
    first, last = span.crisis
    yield _days("crisis", "Flood: office closed, systems down", first, (last - first).days + 1)
    for year in range(span.start.year, span.end.year + 1):
        for title, start, days in (("Summer leave", date(year, 8, 1), 14), ("Christmas", date(year, 12, 24), 9)):
            if span.start <= start <= span.end:
                yield _days(f"leave-{start}", title, start, days)


def _days(uid: str, title: str, start: date, days: int) -> Entry:
    return Entry(f"{uid}@mara.example", title, start, 1440 * days, extra=("TRANSP:TRANSPARENT",))
