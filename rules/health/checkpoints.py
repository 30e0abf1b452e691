"""Remembers how a desk stood in earlier weeks, so that late mail, a merge or a correction is folded from there on.

Everybody moves everybody a little (tide, prior, trust in labels), so what arrives late in a week can change every
later week of everybody. Weeks before it stand. Each week has a print of all that the fold reads of it, chained to the
prints of the weeks before: where two prints are equal, so are the desks, to the last digit.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rules.health.assessment import Answer, DriftSettings, History
from rules.health.crisis import Pulse
from rules.health.detector import Method
from rules.health.diary import Diary
from rules.health.exposure import Exposure
from rules.health.firms import Kept
from rules.health.returns import Returns
from rules.health.weeks import week_of
from rules.meaning import Merge

if TYPE_CHECKING:
    from rules.health.desk import Desk, Memory, Past
    from rules.health.tide import Gauge

MEMORY = 64_000_000  # bytes that checkpoints may take
# Of an interaction; purpose and smallness stand in `personal`.
_READ = (
    "local", "channel", "direction", "personal", "small", "purpose", "took_place", "weight", "standing", "crowd",
    "starts", "organised", "title",
)  # fmt: skip


def prints(history: History, diary: Diary, exposure: Exposure, returns: Returns, last: int) -> dict[int, bytes]:
    """Week -> print of all that the fold reads up to the end of that week, up to the week `last`."""
    first, _ = diary.weeks()
    contacts = _contacts(history, diary)
    merges: dict[int, list[Merge]] = defaultdict(list)
    for merge in sorted(history.merges, key=lambda one: one.on):
        merges[max(week_of(merge.on), first)].append(merge)
    answers: dict[int, list[Answer]] = defaultdict(list)
    for answer in history.answers:
        answers[max(week_of(answer.on), first)].append(answer)
    alike: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for one in (one for person in history.people for one in person.alike):
        alike[max(week_of(one.on), first)].append((one.one, one.other))
    traffic: dict[int, list[str]] = defaultdict(list)
    for line in history.traffic:  # the fold asks only whose it was, the texts also what for
        traffic[max(week_of(line.local), first)].append(f"{line.organisation} {line.purpose}")
    bounced = returns.by_week()
    found, chain = {}, b""
    for week in range(first, last + 1):
        said = (
            [(one.on.toordinal(), one.one, one.other) for one in merges.get(week, ())],
            [(one.person, one.word, one.on.toordinal(), one.until) for one in answers.get(week, ())],
            sorted(alike.get(week, ())),
            sorted(traffic.get(week, ())),
            exposure.week(week),
            bounced.get(week, ()),
            [one for one in history.coverage.ended if week_of(one.last) < week],
        )
        chain = blake2b(chain + contacts[diary.span(week)].tobytes() + repr(said).encode(), digest_size=16).digest()
        found[week] = chain
    return found


def _contacts(history: History, diary: Diary) -> NDArray[np.int64]:
    """A number for all that is read of each contact, in the diary's order. Good within one process only."""
    organisation = {address: person.organisation for person in history.people for address in person.addresses}
    read = (*_READ, "account", "also_in") if history.coverage.ended else _READ
    found = np.zeros(len(diary.week), np.int64)
    for row, place in enumerate(diary.place):
        one = history.interactions[place]
        found[row] = hash((one.address, organisation.get(one.address), *(getattr(one, name) for name in read)))
    return found


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How a desk stood after a week."""

    week: int
    print: bytes
    memory: Memory
    gauges: tuple[Gauge, Gauge]
    rows: tuple[tuple[str, ...], ...]
    past: dict[int, Past]
    pulse: dict[int, Pulse]
    firms: Kept

    @property
    def size(self) -> int:
        """Bytes, about."""
        rows = (self.memory.drift, self.memory.ladder, self.memory.verdicts)
        return sum(one.nbytes for one in (*rows, self.firms.contact, self.firms.mail))


class Checkpoints:
    """Those of one desk, newest last. Few: one for each doubling of the distance from the newest week."""

    def __init__(self, memory: int = MEMORY) -> None:
        self._memory = memory
        self._terms: object = None
        self._basis: object = None
        self._kept: dict[int, Checkpoint] = {}

    def __iter__(self) -> Iterator[Checkpoint]:
        return iter(sorted(self._kept.values(), key=lambda one: one.week))

    def clear(self) -> None:
        self._kept.clear()

    def hold(self, basis: object) -> None:
        """Hold on to what was kept on the same basis only: what the texts go by and no print shows."""
        if self._basis != basis:
            self._kept.clear()
            self._basis = basis

    def newest(self, of: dict[int, bytes], terms: tuple[DriftSettings, Method], before: int) -> Checkpoint | None:
        """The newest one that still holds, of a week before `before`; those that hold no more are dropped."""
        if self._terms != terms:
            self._kept.clear()
            self._terms = terms
        self._kept = {week: one for week, one in self._kept.items() if of.get(week) == one.print}
        weeks = [week for week in self._kept if week < before]
        return self._kept[max(weeks)] if weeks else None

    def wants(self, week: int, last: int) -> bool:
        """Whether the desk should be kept as it is after this week, in a fold that goes on to `last`."""
        distance = last - week
        return week not in self._kept and distance & (distance - 1) == 0

    def keep(self, checkpoint: Checkpoint, last: int) -> None:
        """Keeps it, and lets go what lies too close to another or is too large."""
        self._kept[checkpoint.week] = checkpoint
        places: dict[int, int] = {}
        for week in sorted(self._kept):
            places.setdefault(max(0, last - week).bit_length(), week)
        kept = sorted(places.values(), reverse=True)
        most = max(2, self._memory // max(1, checkpoint.size))
        self._kept = {week: self._kept[week] for week in _spread(kept, most)}


def _spread(weeks: Sequence[int], most: int) -> Sequence[int]:
    """The newest week and others at even steps down the list, at most so many."""
    if len(weeks) <= most:
        return weeks
    step = (len(weeks) - 1) / (most - 1)
    return [weeks[round(place * step)] for place in range(most)]


def take(desk: Desk, week: int, print_: bytes) -> Checkpoint:
    """The desk as it stands after a week."""
    shared = {id(desk.detector): desk.detector}
    return Checkpoint(
        week,
        print_,
        copy.deepcopy(desk.memory, dict(shared)),
        copy.deepcopy((desk.gauge, desk.ladder_gauge), dict(shared)),
        tuple(group.addresses for group in desk.rows),
        dict(desk.past),
        dict(desk.pulse),
        desk.firms.keep(),
    )


def put_back(desk: Desk, checkpoint: Checkpoint) -> None:
    """Makes a fresh desk stand as it did then. Whose addresses are whose is as now known of that week."""
    shared = {id(checkpoint.gauges[0].detector): desk.detector}
    desk.memory = copy.deepcopy(checkpoint.memory, dict(shared))
    desk.gauge, desk.ladder_gauge = copy.deepcopy(checkpoint.gauges, dict(shared))
    desk.past, desk.pulse = dict(checkpoint.past), dict(checkpoint.pulse)
    desk.firms.put_back(checkpoint.firms)
    desk.groups.advance(checkpoint.week)
    for row, addresses in enumerate(checkpoint.rows):
        desk.sit(desk.groups.group(addresses[0]), row)
