"""A history as columns: every contact and every piece of organisation traffic, sorted by week.

Persons are not in here: a contact belongs to an address, and whose address it is depends on when one asks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.health.assessment import History
from rules.health.weeks import week_of
from rules.meaning import Channel, Direction, Interaction

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

RICH, MAIL = 0, 1
LEAST_LIKELY = 0.2  # what took place with less than this is not heard


@dataclass(frozen=True, slots=True)
class Diary:
    """Contacts by week, then by time. `address` and `organisation` number `addresses` and `organisations`.

    Attributes:
        place: where the contact stands in `History.interactions`.
        kind: RICH or MAIL. personal: P(personal). candidate: could have been personal; the rest is known not to be.
        took_place: its probability. ours, theirs: who opened the conversation.
        traffic_week, traffic_organisation: organisation traffic, by week.
    """

    addresses: list[str]
    organisations: list[str]
    week: Ints
    address: Ints
    place: Ints
    kind: Ints
    personal: Floats
    candidate: Bools
    took_place: Floats
    ours: Bools
    theirs: Bools
    traffic_week: Ints
    traffic_organisation: Ints

    def weeks(self) -> tuple[int, int]:
        """The first week and the last one; (0, -1) where there is nothing."""
        return (int(self.week[0]), int(self.week[-1])) if len(self.week) else (0, -1)

    def span(self, week: int) -> slice:
        """The contacts of a week."""
        return slice(*np.searchsorted(self.week, (week, week + 1)))

    def traffic(self, week: int) -> Ints:
        """The organisations with traffic in a week."""
        first, last = np.searchsorted(self.traffic_week, (week, week + 1))
        return self.traffic_organisation[first:last]


def is_contact(item: Interaction) -> bool:
    return item.channel is not Channel.NONE and item.took_place >= LEAST_LIKELY and not item.planned


def read(history: History) -> Diary:
    """The history as columns."""
    number: dict[str, int] = {}
    rows: list[tuple[int, int, int, int, float, bool, float, bool, bool]] = []
    for place, item in enumerate(history.interactions):
        if not is_contact(item):
            continue
        address = number.setdefault(item.address, len(number))
        kind = MAIL if item.channel is Channel.EMAIL else RICH
        ours = item.organised or (item.starts and item.direction is Direction.OUT)
        theirs = item.starts and not ours
        possible = not (item.standing or item.crowd)
        rows.append(
            (week_of(item.local), address, place, kind, item.personal, possible, item.took_place, ours, theirs)
        )
    rows.sort(key=lambda row: (row[0], row[2]))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 9
    organisations: dict[str, int] = {}
    traffic = sorted(
        (week_of(item.local), organisations.setdefault(item.organisation, len(organisations)))
        for item in history.traffic
    )
    return Diary(
        list(number),
        list(organisations),
        *(np.array(columns[i], np.int64) for i in range(4)),  # type: ignore[call-arg]
        np.array(columns[4], np.float64),
        np.array(columns[5], np.bool_),
        np.array(columns[6], np.float64),
        np.array(columns[7], np.bool_),
        np.array(columns[8], np.bool_),
        np.array([week for week, _ in traffic], np.int64),
        np.array([organisation for _, organisation in traffic], np.int64),
    )
