"""Facets of one relationship: shrunk shares with their intervals, beside the person's own past and a year ago.

A share of n contacts is shrunk toward the person's own past (or, without one, toward a usual value) as if four more
contacts had been seen that were just so; its interval holds 90 %. `docs/health.md` explains each facet to the owner.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median

from rules.health import giving
from rules.health.assessment import Facet
from rules.health.diary import is_contact, opened_by
from rules.meaning import Channel, Direction, Interaction, Traffic

QUARTER = timedelta(days=91)
RECENT = timedelta(days=182)
YEAR = timedelta(days=364)
RUNGS = {Channel.IN_PERSON: 1.0, Channel.VIDEO: 0.75, Channel.PHONE: 0.6, Channel.EMAIL: 0.2}
STRENGTH = 4.0
Z = 1.64  # a 90 % interval
ANSWER_WITHIN_HOURS = 72.0
LEAST_ANSWERS = 3  # for a median
OPEN_DAYS = (2, 30)  # a question is open after two days, and no longer one after thirty
MONTH = 30.4

Parts = list[tuple[float, float]]  # (weight, value in [0, 1])


@dataclass(frozen=True, slots=True)
class Window:
    """What happened with one person between two days, both included. `cancelled`: meetings that were called off."""

    items: Sequence[Interaction]
    traffic: Sequence[Traffic]
    cancelled: Sequence[Interaction]
    first: date
    last: date

    def part(self, first: date, last: date) -> Window:
        def within(one: Interaction | Traffic) -> bool:
            return first <= one.local <= last

        return Window(
            [one for one in self.items if within(one)],
            [one for one in self.traffic if within(one)],
            [one for one in self.cancelled if within(one)],
            first,
            last,
        )


def window(items: Iterable[Interaction], traffic: Iterable[Traffic], last: date) -> Window:
    """All that counts up to a day, from the first contact on."""
    known = [item for item in items if item.local <= last]
    contacts = [item for item in known if is_contact(item)]
    called_off = [item for item in known if item.cancelled_by is not None]
    billed = [line for line in traffic if line.local <= last]
    return Window(contacts, billed, called_off, contacts[0].local if contacts else last, last)


def share(parts: Parts, usual: float) -> tuple[float, float, float]:
    """A weighted share with its interval, shrunk toward `usual`."""
    weight = sum(w for w, _ in parts)
    total = weight + STRENGTH
    value = (sum(w * v for w, v in parts) + usual * STRENGTH) / total
    spread = Z * math.sqrt(max(value * (1 - value), 0.0) / (total + 1))
    return value, max(0.0, value - spread), min(1.0, value + spread)


def transactional(seen: Window) -> Parts:
    """Of the contact that is not personal, mail of their firm's role addresses included."""
    own = [(i.weight * (1 - i.personal), _transactional(i)) for i in seen.items]
    return own + [(1.0, line.purpose.transactional) for line in seen.traffic]


def _transactional(item: Interaction) -> float:
    plain = item.purpose.working + item.purpose.transactional
    return item.purpose.transactional / plain if plain > 0 else 0.0


def personal(seen: Window) -> Parts:
    return [(i.weight, i.personal) for i in seen.items]


def richness(seen: Window) -> Parts:
    return [(i.took_place * i.weight, RUNGS[i.channel]) for i in seen.items]


def begun_by_them(seen: Window) -> Parts:
    return [(1.0, float(side is Direction.IN)) for i in seen.items if (side := opened_by(i))]


def lately_begun(seen: Window) -> Window:
    """The conversations and meetings that either side opened in the last two years: older ones hardly weigh in
    whether a relationship is one-sided."""
    part = seen.part(max(seen.first, seen.last - 2 * YEAR + timedelta(days=1)), seen.last)
    return replace(part, items=[one for one in part.items if opened_by(one) is not None])


def continuity(seen: Window) -> Parts:
    """Months with personal contact."""
    months = max(1, round((seen.last - seen.first).days / MONTH))
    missed = [1.0] * months
    for item in seen.items:
        missed[min(months - 1, int((item.local - seen.first).days / MONTH))] *= 1 - item.personal
    return [(1.0, 1 - value) for value in missed]


def answered(direction: Direction) -> Callable[[Window], Parts]:
    """Of the questions written in a direction (conversations opened by direct mail, orders and invoices aside), those
    answered within three days."""

    def measure(seen: Window) -> Parts:
        quick = {i.answers for i in seen.items if i.answers and (i.answer_hours or 0.0) <= ANSWER_WITHIN_HOURS}
        due = seen.last - timedelta(hours=ANSWER_WITHIN_HOURS)
        asked = [i for i in seen.items if i.direction is direction and i.starts and _asks(i) and i.local <= due]
        return [(1.0, float(i.id in quick)) for i in asked]

    return measure


def _asks(item: Interaction) -> bool:
    """Whether a mail went to nobody else and may want an answer: no order, no round mail."""
    return item.weight >= 0.9 and not item.crowd and item.purpose.transactional < 0.5


def kept(seen: Window) -> Parts:
    """Of the meetings agreed on, those that the owner did not call off."""
    held = [(1.0, 1.0) for i in seen.items if i.channel is not Channel.EMAIL]
    return held + [(1.0, 0.0) for i in seen.cancelled if i.cancelled_by is Direction.OUT]


MEASURES: dict[str, tuple[Callable[[Window], Parts], float]] = {
    "transactional": (transactional, 0.3),
    "personal": (personal, 0.3),
    "richness": (richness, 0.4),
    "begun_by_them": (begun_by_them, 0.5),
    "continuity": (continuity, 0.5),
    "answered_by_them": (answered(Direction.OUT), 0.6),
    "answered_by_you": (answered(Direction.IN), 0.6),
    "meetings_kept": (kept, 0.9),
}


@dataclass(frozen=True, slots=True)
class Spells:
    """The three times that are compared: the last half year, all that came before it, and the same half year a year
    ago. Nothing came before where the half year holds all, or the year had not begun."""

    recent: Window
    before: Window | None
    year_ago: Window | None

    @classmethod
    def of(cls, seen: Window) -> Spells:
        last = seen.last
        return cls(
            seen.part(max(seen.first, last - RECENT), last),
            seen.part(seen.first, last - RECENT - timedelta(days=1)) if last - RECENT > seen.first else None,
            seen.part(last - YEAR - RECENT, last - YEAR) if last - YEAR > seen.first else None,
        )


def measured(spells: Spells, measure: Callable[[Window], Parts], usual: float) -> Facet:
    """A share in the last half year, beside the past and the same half year a year ago."""
    earlier, ago = (measure(part) if part else [] for part in (spells.before, spells.year_ago))
    before = share(earlier, usual)[0] if earlier else None
    counted = measure(spells.recent)
    value, low, high = share(counted, usual if before is None else before)
    return _compared(value, (low, high), before, share(ago, usual)[0] if ago else None, counted=len(counted))


def _compared(
    value: float,
    between: tuple[float, float],
    before: float | None,
    year_ago: float | None,
    *,
    counted: int,
    unit: str = "share",
) -> Facet:
    """A facet with its trend: rising or falling where the past lies outside the interval."""
    low, high = between
    trend = "steady"
    if before is not None and not low <= before <= high:
        trend = "rising" if value > before else "falling"
    digits = 3 if unit == "share" else 1

    def rounded(number: float | None) -> float | None:
        return None if number is None else round(number, digits)

    value, low, high = (round(number, digits) for number in (value, low, high))
    return Facet(value, low, high, rounded(before), rounded(year_ago), trend, unit, counted)


def speed(spells: Spells, direction: Direction) -> Facet | None:
    """How long the answers written in a direction take: the median in hours of the last half year with its 90 %
    interval by rank, beside the past and the same half year a year ago. None with fewer than three answers."""
    hours = _hours(spells.recent, direction)
    if len(hours) < LEAST_ANSWERS:
        return None
    aside = max(0, math.floor(len(hours) / 2 - Z * math.sqrt(len(hours)) / 2))
    before, ago = (
        median(found) if len(found := _hours(part, direction)) >= LEAST_ANSWERS else None
        for part in (spells.before, spells.year_ago)
    )
    between = (hours[aside], hours[-1 - aside])
    return _compared(median(hours), between, before, ago, counted=len(hours), unit="hours")


def _hours(seen: Window | None, direction: Direction) -> list[float]:
    items = seen.items if seen else ()
    return sorted(i.answer_hours for i in items if i.answer_hours is not None and i.direction is direction)


SPEEDS = {"your_answer": Direction.OUT, "their_answer": Direction.IN}


def facets(seen: Window) -> dict[str, Facet]:
    """Every facet by its name: shares first, then hours and counts."""
    spells = Spells.of(seen)
    found = {name: measured(spells, measure, usual) for name, (measure, usual) in MEASURES.items()}
    for name, direction in SPEEDS.items():
        if (facet := speed(spells, direction)) is not None:
            found[name] = facet
    year, ago = _year(seen, 0), _year(seen, 1)
    known = seen.last - YEAR > seen.first
    for name, (measure, unit) in AMOUNTS.items():
        value, before = measure(year), measure(ago) if known else None
        if value is not None:
            found[name] = amount(value, before, unit)
    for side, of in SIDES.items():
        given, given_before = (giving.counts(part.items, side=of) for part in (year, ago))
        for kind in giving.GIFTS:
            year_ago = float(given_before[kind]) if known else None
            found[f"{side}_{kind}"] = amount(float(given[kind]), year_ago, "times")
    found["open_with_you"] = amount(float(_open(seen, Direction.IN)), None, "mails")
    found["open_with_them"] = amount(float(_open(seen, Direction.OUT)), None, "mails")
    return found


def amount(value: float, year_ago: float | None, unit: str) -> Facet:
    """A figure that was counted, not estimated."""
    value = round(value, 1)
    return Facet(value, value, value, None, None if year_ago is None else round(year_ago, 1), unit=unit)


def _year(seen: Window, back: int) -> Window:
    last = seen.last - back * YEAR
    return seen.part(last - YEAR + timedelta(days=1), last)


def _hours_met(seen: Window) -> float | None:
    return sum(i.minutes * i.took_place for i in seen.items) / 60


def _mails_written(seen: Window) -> float | None:
    return float(sum(i.direction is Direction.OUT for i in seen.items))


def _offered(side: Direction) -> Callable[[Window], float | None]:
    """Personal contact that one side began unasked, introductions included."""

    def measure(seen: Window) -> float | None:
        return sum(max(i.personal, float(i.introduces)) for i in seen.items if opened_by(i) is side)

    return measure


AMOUNTS: dict[str, tuple[Callable[[Window], float | None], str]] = {
    "hours_met": (_hours_met, "hours"),
    "mails_written": (_mails_written, "mails"),
    "given": (_offered(Direction.OUT), "times"),
    "received": (_offered(Direction.IN), "times"),
}
SIDES = {"given": Direction.OUT, "received": Direction.IN}


def _open(seen: Window, asked: Direction) -> int:
    """Conversations whose last word is a direct mail in that direction, not yet answered. Orders are not counted."""
    latest, oldest = (seen.last - timedelta(days=days) for days in OPEN_DAYS)
    closing: dict[str, Interaction] = {}
    for item in seen.items:
        if item.channel is Channel.EMAIL and item.thread:
            closing[item.thread] = item
    return sum(
        last.direction is asked and _asks(last) and oldest <= last.local <= latest for last in closing.values()
    )
