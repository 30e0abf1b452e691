"""A history as columns: every contact and every piece of organisation traffic, sorted by week.

Persons are not in here: a contact belongs to an address, and whose address it is depends on when one asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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


@dataclass(frozen=True)
class Diary:
    """Contacts by week, then by time. `address` and `organisation` number `addresses` and `organisations`.

    Attributes:
        place: where the contact stands in `History.interactions`.
        kind: RICH or MAIL. personal: P(personal) if it took place. candidate: could have been personal; the rest
            is known not to be. took_place: its probability. ours, theirs: who opened the conversation.
        aside: mail of the owner to many, which says of none of them that contact goes on.
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
    aside: Bools
    traffic_week: Ints
    traffic_organisation: Ints

    def weeks(self) -> tuple[int, int]:
        """The first week and the last one; (0, -1) where there is nothing."""
        return (int(self.week[0]), int(self.week[-1])) if len(self.week) else (0, -1)

    def span(self, week: int) -> slice:
        """The contacts of a week."""
        return slice(*np.searchsorted(self.week, (week, week + 1)))

    def of(self, addresses: Ints) -> Ints:
        """Where the contacts of some addresses stand, in order."""
        order, starts = self._by_address
        parts = [order[starts[one] : starts[one + 1]] for one in addresses]
        return np.sort(np.concatenate(parts)) if parts else np.zeros(0, np.int64)

    def number(self, organisation: str | None) -> int:
        """That of an organisation; -1 for one without traffic."""
        return self._numbers.get(organisation, -1)

    def with_traffic(self, week: int) -> Bools:
        """By number of organisation, whether it had traffic in a week; the last entry, where -1 leads, never had."""
        found = np.zeros(len(self.organisations) + 1, np.bool_)
        found[self.traffic_organisation[slice(*np.searchsorted(self.traffic_week, (week, week + 1)))]] = True
        return found

    def busy(self, organisation: str | None, first: int, last: int) -> Bools:
        """In which of the weeks from `first` to `last` an organisation had traffic."""
        found = np.zeros(last - first + 1, np.bool_)
        weeks = self._traffic_of[self.number(organisation)]
        found[weeks[slice(*np.searchsorted(weeks, (first, last + 1)))] - first] = True
        return found

    def first_traffic(self, organisation: str | None) -> int:
        """The first week in which an organisation had traffic; it must have had some."""
        return int(self._traffic_of[self.number(organisation)][0])

    @cached_property
    def _by_address(self) -> tuple[Ints, Ints]:
        """The contacts by address, then by time; and where each address begins."""
        order = np.argsort(self.address, kind="stable")
        return order, np.searchsorted(self.address[order], np.arange(len(self.addresses) + 1))

    @cached_property
    def _numbers(self) -> dict[str | None, int]:
        return {name: number for number, name in enumerate(self.organisations)}

    @cached_property
    def _traffic_of(self) -> list[Ints]:
        """By number of organisation, the weeks of its traffic; nothing at the end, where -1 leads."""
        order = np.argsort(self.traffic_organisation, kind="stable")
        ends = np.searchsorted(self.traffic_organisation[order], np.arange(len(self.organisations)), "right")
        return np.split(self.traffic_week[order], ends)


def is_contact(item: Interaction) -> bool:
    return item.channel is not Channel.NONE and item.took_place >= LEAST_LIKELY and not item.planned


def opened_by(item: Interaction) -> Direction | None:
    """Who opened a conversation or called a meeting: OUT the owner, IN the person. None where it was somebody else or
    is not known, and in a series or a crowd, of which no occurrence is a step toward anybody."""
    if item.standing or item.crowd:
        return None
    if item.organised or (item.starts and item.direction is Direction.OUT):
        return Direction.OUT
    return Direction.IN if item.starts else None


def _to_many(item: Interaction) -> bool:
    return item.crowd and item.channel is Channel.EMAIL and item.direction is Direction.OUT


def read(history: History) -> Diary:
    """The history as columns."""
    number: dict[str, int] = {}
    heard = [place for place, item in enumerate(history.interactions) if is_contact(item)]
    items = [history.interactions[place] for place in heard]
    address = [number.setdefault(item.address, len(number)) for item in items]
    opened = [opened_by(item) for item in items]
    week = np.array([week_of(item.local) for item in items], np.int64)
    order = np.argsort(week, kind="stable")
    organisations: dict[str, int] = {}
    traffic = sorted(
        (week_of(item.local), organisations.setdefault(item.organisation, len(organisations)))
        for item in history.traffic
    )
    return Diary(
        addresses=list(number),
        organisations=list(organisations),
        week=week[order],
        address=np.array(address, np.int64)[order],
        place=np.array(heard, np.int64)[order],
        kind=np.array([MAIL if item.channel is Channel.EMAIL else RICH for item in items], np.int64)[order],
        personal=np.array([item.small * item.purpose.relational for item in items], np.float64)[order],
        candidate=np.array([not (item.standing or item.crowd) for item in items], np.bool_)[order],
        took_place=np.array([item.took_place for item in items], np.float64)[order],
        ours=np.array([side is Direction.OUT for side in opened], np.bool_)[order],
        theirs=np.array([side is Direction.IN for side in opened], np.bool_)[order],
        aside=np.array([_to_many(item) for item in items], np.bool_)[order],
        traffic_week=np.array([one for one, _ in traffic], np.int64),
        traffic_organisation=np.array([organisation for _, organisation in traffic], np.int64),
    )
