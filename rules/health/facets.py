"""Facets of one relationship: shrunk shares with their intervals, beside the person's own past and a year ago."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from rules.health.assessment import Facet
from rules.health.diary import is_contact
from rules.meaning import Channel, Direction, Interaction

RECENT = timedelta(days=182)
YEAR = timedelta(days=365)
RUNGS = {Channel.IN_PERSON: 1.0, Channel.VIDEO: 0.75, Channel.PHONE: 0.6, Channel.EMAIL: 0.2}
Z = 1.64  # a 90 % interval


@dataclass(frozen=True, slots=True)
class Window:
    """Contacts between two days (the last one included), with one person."""

    items: Sequence[Interaction]
    first: date
    last: date

    def part(self, first: date, last: date) -> Window:
        return Window([i for i in self.items if first <= i.local <= last], first, last)


def contacts(items: Iterable[Interaction], last: date) -> Window:
    """Everything that counts as contact up to a day."""
    chosen = [item for item in items if item.local <= last and is_contact(item)]
    return Window(chosen, chosen[0].local if chosen else last, last)


def share(
    parts: Sequence[tuple[float, float]], usual: float = 0.5, strength: float = 4.0
) -> tuple[float, float, float]:
    """A weighted share, shrunk toward `usual` as if `strength` contacts of that kind had been seen, with its 90 %
    interval. `parts` are (weight, value in [0, 1])."""
    weight = sum(w for w, _ in parts)
    total = weight + strength
    value = (sum(w * v for w, v in parts) + usual * strength) / total
    spread = Z * float(np.sqrt(value * (1 - value) / (total + 1)))
    return value, max(0.0, value - spread), min(1.0, value + spread)


Measure = Callable[[Window], list[tuple[float, float]]]


def transactional(window: Window) -> list[tuple[float, float]]:
    return [(i.weight, i.purpose.transactional) for i in window.items]


def relational(window: Window) -> list[tuple[float, float]]:
    return [(i.weight, i.personal) for i in window.items]


def richness(window: Window) -> list[tuple[float, float]]:
    return [(i.took_place, RUNGS[i.channel]) for i in window.items]


def begun_by_them(window: Window) -> list[tuple[float, float]]:
    return [
        (1.0, 0.0 if i.organised or i.direction is Direction.OUT else 1.0)
        for i in window.items
        if i.organised or i.starts
    ]


def continuity(window: Window) -> list[tuple[float, float]]:
    """Months with personal contact."""
    months = max(1, round((window.last - window.first).days / 30.4))
    met = [0.0] * months
    for item in window.items:
        month = min(
            months - 1, (item.local - window.first).days * months // max(1, (window.last - window.first).days)
        )
        met[month] = 1 - (1 - met[month]) * (1 - item.personal)
    return [(1.0, value) for value in met]


def measured(window: Window, measure: Measure, usual: float = 0.5) -> Facet:
    """The last half year, beside all that came before it and the same half year a year ago."""
    last = window.last
    recent = window.part(last - RECENT, last)
    past = window.part(window.first, last - RECENT - timedelta(days=1))
    ago = window.part(last - YEAR - RECENT, last - YEAR)
    before = share(measure(past), usual)[0] if past.items else None
    value, low, high = share(measure(recent), before if before is not None else usual)
    trend = "steady"
    if before is not None and not low <= before <= high:
        trend = "rising" if value > before else "falling"
    year_ago = share(measure(ago), usual)[0] if ago.items else None
    return Facet(
        round(value, 3),
        round(low, 3),
        round(high, 3),
        None if before is None else round(before, 3),
        None if year_ago is None else round(year_ago, 3),
        trend,
    )


MEASURES: dict[str, tuple[Measure, float]] = {
    "transactional": (transactional, 0.3),
    "personal": (relational, 0.3),
    "richness": (richness, 0.4),
    "reciprocity": (begun_by_them, 0.5),
    "continuity": (continuity, 0.5),
}


def facets(window: Window) -> dict[str, Facet]:
    found = {name: measured(window, measure, usual) for name, (measure, usual) in MEASURES.items()}
    minutes = [i.minutes * i.took_place / 60 for i in window.part(window.last - YEAR, window.last).items]
    ago = window.part(window.last - 2 * YEAR, window.last - YEAR).items
    hours, before = sum(minutes), sum(i.minutes * i.took_place / 60 for i in ago)
    found["hours"] = Facet(round(hours, 1), round(hours, 1), round(hours, 1), None, round(before, 1), unit="hours")
    return found
