"""Milestones: how far a running syncd has come with its interpretation, so that it goes on from there.

All before a milestone is read once. What is new since is looked at with everything it could belong together with; if
that tells the same of the time before as it did, so does all the rest, and only the time since is interpreted. If
not, everything is read anew, and another milestone set. Nothing has to know what a change touches.
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.observations import Event, encode
from rules.copies import Copy, Occurrence, aware, moment, names
from syncd.ledger import Ledger
from syncd.ledger.meaning import MadeBy
from syncd.terms import Terms
from syncd.understanding import Departed, Labels, Memories, before, known

BACK = timedelta(days=14)  # so late may mail come, or change, that only the time since is read again
FAR = timedelta(days=28)  # from here on another one is set
MANY = 20_000  # changed items; a mailbox that is read for the first time


class Kin:
    """Which items could be one mail or event with which others, and what was told of them."""

    def __init__(self) -> None:
        self._of_name: dict[int, int] = {}
        self._above: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self.told: dict[int, tuple[int, ...]] = {}  # of a family's root: its occurrences before the milestone

    def watch(self, copies: Iterable[Copy]) -> Iterator[Copy]:
        """The same copies; they are known then."""
        for copy in copies:
            for name in names(copy):
                self._join(self._of_name.setdefault(hash(name), copy.item), copy.item)
            yield copy

    def families(self, items: Iterable[int], copies: Iterable[Copy] = ()) -> set[int]:
        """The roots of the families of items and of copies, which need not be known."""
        roots = {self.root(item) for item in items}
        for copy in copies:
            roots.update(self.root(self._of_name[key]) for key in map(hash, names(copy)) if key in self._of_name)
        return roots

    def members(self, roots: Iterable[int]) -> set[int]:
        return {item for root in roots for item in self._members.get(root, (root,))}

    def root(self, item: int) -> int:
        while (above := self._above.get(item, item)) != item:
            item = above
        return item

    def _join(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        if one == other:
            return
        mine, theirs = self._members.pop(one, [one]), self._members.pop(other, [other])
        if len(mine) < len(theirs):
            one, other, mine, theirs = other, one, theirs, mine
        self._above[other] = one
        self._members[one] = mine + theirs
        told = self.told.pop(one, ()) + self.told.pop(other, ())
        if told:
            self.told[one] = tuple(sorted(told))


@dataclass(frozen=True, slots=True)
class Milestone:
    """Where an interpretation stood.

    Attributes:
        memories: of its passes.
        version: of the facts that were read.
        basis: what else it was made by.
        kin: `Kin`, as bytes.
        open: items that are read again each time: those of what came later, and their kin.
        reasons: what the rows of before name.
    """

    memories: Memories
    version: int
    basis: object
    kin: bytes
    open: frozenset[int]
    reasons: frozenset[str]

    @property
    def at(self) -> datetime:
        return self.memories.at


@dataclass(slots=True)
class Milestones:
    """The last milestone of a ledger, kept by one process.

    Attributes:
        written: by what the meaning in the ledger was made when this process last wrote it.
    """

    last: Milestone | None = None
    written: MadeBy | None = None

    def clear(self) -> None:
        self.last = self.written = None


@dataclass(slots=True)
class Reading:
    """The occurrences to interpret: all, or those since a milestone. `keep_at`: where the next one is to be set."""

    occurrences: list[Occurrence]
    kin: Kin | None = None
    since: Milestone | None = None
    keep_at: datetime | None = None
    _told: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _open: set[int] = field(default_factory=set)

    def note(self, zone: ZoneInfo, labels: Labels) -> None:
        """Write down what is told of the time before `keep_at`; to be done before the occurrences are used up."""
        assert self.keep_at is not None
        assert self.kin is not None
        first = before(self.occurrences, self.keep_at, zone)
        for one in self.occurrences[:first]:
            self._told[self.kin.root(one.items[0])].append(_print(one, labels))
        self._open = {item for one in self.occurrences[first:] for item in one.items}

    def milestone(self, memories: Memories, version: int, basis: object, reasons: Collection[str]) -> Milestone:
        """The one set there."""
        assert self.kin is not None
        kin = self.kin
        for root, told in self._told.items():
            kin.told[root] = tuple(sorted([*kin.told.get(root, ()), *told]))
        stays = frozenset(kin.members(kin.families(self._open)))
        return Milestone(memories, version, basis, _dump(kin), stays, frozenset(reasons))


def read(ledger: Ledger, terms: Terms, now: datetime) -> Reading:
    """Everything, with a milestone to be set."""
    kin = Kin()
    occurrences = known(kin.watch(ledger.facts.copies()), terms)
    zone = ZoneInfo(terms.owner.timezone)
    return Reading(occurrences, kin, None, _place(occurrences, now, zone))


def read_since(ledger: Ledger, terms: Terms, labels: Labels, milestone: Milestone, now: datetime) -> Reading:
    """What has to be interpreted since a milestone.

    Raises:
        Departed: what came since tells something else of the time before.
    """
    zone = ZoneInfo(terms.owner.timezone)
    kin: Kin = pickle.loads(milestone.kin)  # noqa: S301 - of our own making, in this process
    changed = ledger.facts.changed(milestone.version)
    if len(changed) > MANY:
        raise Departed
    roots = kin.families({*changed, *milestone.open}, ledger.facts.copies(changed))
    told = sorted(one for root in roots for one in kin.told.get(root, ()))
    items = kin.members(roots) | set(changed) | milestone.open
    occurrences = known(kin.watch(ledger.facts.copies(items)), terms)
    first = before(occurrences, milestone.at, zone)
    if sorted(_print(one, labels) for one in occurrences[:first]) != told:
        raise Departed
    del occurrences[:first]
    keep_at = _place(occurrences, now, zone) if milestone.at < now - FAR else None
    if keep_at is not None and keep_at <= milestone.at:
        keep_at = None
    return Reading(occurrences, kin, milestone, keep_at)


def _place(occurrences: Sequence[Occurrence], now: datetime, zone: ZoneInfo) -> datetime:
    """Where to set a milestone: a while ago, and before whatever began but is not over."""
    at = (now - BACK).replace(microsecond=0)
    for one in occurrences:
        entry = one.observation
        if isinstance(entry, Event) and (entry.attendees or entry.organizer):
            begin, end = moment(entry, zone), aware(entry.end, zone)
            if begin is not None and end is not None and begin < at and end > now:
                at = begin.replace(microsecond=0)
    return at


def _print(one: Occurrence, labels: Labels) -> int:
    """A number for all that is read of an occurrence. Good within one process only."""
    kept = [item in labels for item in one.items] if labels else []
    return hash(
        (one.id, encode(one.observation), one.accounts, one.stands, one.why_not, one.roles, all(kept), len(kept))
    )


def _dump(kin: Kin) -> bytes:
    return pickle.dumps(kin, pickle.HIGHEST_PROTOCOL)
