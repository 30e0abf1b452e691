"""Milestones: how far a running syncd has come with its interpretation, so that it goes on from there.

All before a milestone is read once. What is new since is looked at with everything it could belong together with; if
that tells the same of the time before as it did, so does all the rest, and only the time since is interpreted. If
not, everything is read anew, and another milestone set. Nothing has to know what a change touches.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from connectors.observations import Event, encode
from rules.occurrences.copies import Copy, Occurrence, aware, moment
from rules.occurrences.sameness import names
from syncd.ledger import Ledger
from syncd.ledger.meaning import MadeBy
from syncd.terms import Terms
from syncd.understanding import NEVER, Departed, Labels, Memories, before, known, packed, unpacked

# So late may mail come, or change, and no more than twice that time be read again. When the last milestone is twice
# as old as it was, another one follows.
BACK = tuple(timedelta(days=14 << doubled) for doubled in range(8, -1, -1))
MANY = 20_000  # changed items; where they are more than what was known, a mailbox is read for the first time

Told = dict[int, tuple[int, ...]]


class Kin:
    """Which items could be one mail or event with which others, and what was told of them."""

    def __init__(self) -> None:
        self._of_name: dict[int, int] = {}
        self._above: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self.told: Told = {}  # of a family's root: its occurrences before the milestone

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

    def __len__(self) -> int:
        return len(self._of_name)

    def all_told(self, roots: Iterable[int]) -> list[int]:
        """What was told of these families."""
        return [one for root in roots for one in self.told.get(root, ())]

    def members(self, roots: Iterable[int]) -> set[int]:
        return {item for root in roots for item in self._members.get(root, (root,))}

    def root(self, item: int) -> int:
        while (above := self._above.get(item, item)) != item:
            item = above
        return item

    def tell(self, more: Mapping[int, Sequence[int]]) -> None:
        """More occurrences, by the roots of their families."""
        for root, prints in more.items():
            known_before = self.told.get(root)
            self.told[root] = tuple(sorted([*known_before, *prints]) if known_before else sorted(prints))

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
        kin: `Kin`, as bytes, which several milestones share, and so what it was told since the one before them.
        open: items that are read again each time: those of what came later, and their kin.
        reasons: what the rows of before name.
    """

    memories: Memories
    version: int
    basis: object
    kin: tuple[bytes, ...]
    open: frozenset[int]
    reasons: frozenset[str]

    @property
    def at(self) -> datetime:
        return self.memories.at

    def known_kin(self) -> Kin:
        kin, *told = self.kin
        found: Kin = unpacked(kin)
        for more in told:
            found.tell(unpacked(more))
        return found


@dataclass(slots=True)
class Milestones:
    """Milestones of a ledger, kept by one process, the oldest first: the farther back, the farther apart.

    Attributes:
        written: by what the meaning in the ledger was made when this process last wrote it.
    """

    kept: list[Milestone] = field(default_factory=list)
    written: MadeBy | None = None

    def nearest(self) -> Iterator[Milestone]:
        """The newest first; what does not stand is let go when the next is asked for."""
        while self.kept:
            yield self.kept[-1]
            self.kept.pop()

    def add(self, milestone: Milestone, now: datetime) -> None:
        """Keep one more, later than all others. One that lies between two of which the older is not twice as long
        ago as the newer is of no more use."""
        newest_first = [milestone, *reversed(self.kept)]
        kept = newest_first[:1]
        for older, beyond in pairwise(newest_first[1:]):
            if now - beyond.at > 2 * (now - kept[-1].at):
                kept.append(older)
        kept += newest_first[1:][-1:]
        self.kept = kept[::-1]

    def clear(self) -> None:
        self.kept.clear()
        self.written = None


@dataclass(slots=True)
class Reading:
    """The occurrences to interpret: all, or those since a milestone. `places`: where the next ones are to be set, in
    order of time."""

    occurrences: list[Occurrence]
    kin: Kin
    since: Milestone | None = None
    places: Sequence[datetime] = ()
    _kin: dict[datetime, tuple[bytes, ...]] = field(default_factory=dict)
    _open: dict[datetime, frozenset[int]] = field(default_factory=dict)

    def note(self, zone: ZoneInfo, labels: Labels) -> None:
        """Write down what is told of the time before each place; to be done before the occurrences are used up."""
        if not self.places:
            return
        kin, done = [packed(self.kin)], 0
        for at in self.places:
            first = before(self.occurrences, at, zone)
            told: dict[int, list[int]] = defaultdict(list)
            for one in self.occurrences[done:first]:
                told[self.kin.root(one.items[0])].append(_print(one, labels))
            done = first
            kin.append(packed(dict(told)))
            self._kin[at] = tuple(kin)
            later = (item for one in self.occurrences[first:] for item in one.items)
            self._open[at] = frozenset(self.kin.members(self.kin.families(later)))

    def milestone(self, memories: Memories, version: int, basis: object, reasons: frozenset[str]) -> Milestone:
        """The one set where these memories were kept."""
        return Milestone(memories, version, basis, self._kin[memories.at], self._open[memories.at], reasons)


def read(ledger: Ledger, terms: Terms, now: datetime) -> Reading:
    """Everything, with milestones to be set."""
    kin = Kin()
    occurrences = known(kin.watch(ledger.facts.copies()), terms)
    return Reading(occurrences, kin, None, _places(occurrences, now, ZoneInfo(terms.owner.timezone)))


def read_since(ledger: Ledger, terms: Terms, labels: Labels, milestone: Milestone, now: datetime) -> Reading:
    """What has to be interpreted since a milestone.

    Raises:
        Departed: what came since tells something else of the time before.
    """
    zone = ZoneInfo(terms.owner.timezone)
    changed = ledger.facts.changed(milestone.version)
    kin = milestone.known_kin()
    if len(changed) > max(MANY, len(kin)):
        raise Departed
    touched = kin.families(changed, ledger.facts.copies(changed))
    if len(changed) <= MANY:  # they tell soon what cannot stand
        few = known(ledger.facts.copies(kin.members(touched) | set(changed)), terms)
        _compare(few[: before(few, milestone.at, zone)], kin.all_told(touched), labels, zone)
    roots = touched | kin.families(milestone.open)
    told, items = kin.all_told(roots), kin.members(roots) | set(changed) | milestone.open
    occurrences = known(kin.watch(ledger.facts.copies(items)), terms)
    first = before(occurrences, milestone.at, zone)
    _compare(occurrences[:first], told, labels, zone)
    del occurrences[:first]
    return Reading(occurrences, kin, milestone, _places(occurrences, now, zone, milestone.at))


def _compare(occurrences: Iterable[Occurrence], told: Iterable[int], labels: Labels, zone: ZoneInfo) -> None:
    """Whether the occurrences are those that were told of.

    Raises:
        Departed: they are not.
    """
    left = Counter(told)
    others = []
    for one in occurrences:
        print_ = _print(one, labels)
        if left[print_] > 0:
            left[print_] -= 1
        else:
            others.append(moment(one.observation, zone) or NEVER)
    if others or any(left.values()):
        raise Departed(at=min(others, default=None))


def _places(
    occurrences: Sequence[Occurrence], now: datetime, zone: ZoneInfo, since: datetime | None = None
) -> list[datetime]:
    """Where to set milestones: so long ago, behind the first occurrence, and before whatever began but is not over.
    None are set where the one that is gone on from, `since`, is near enough."""
    going_on = [
        begin
        for one in occurrences
        if isinstance(entry := one.observation, Event)
        and (entry.attendees or entry.organizer)
        and (end := aware(entry.end, zone)) is not None
        and end > now
        and (begin := moment(entry, zone)) is not None
    ]
    found: list[datetime] = []
    for back in BACK:
        at = min([now - back, *going_on]).replace(microsecond=0)
        wanted = before(occurrences, at, zone) > 0 if since is None else since < now - 2 * back and since < at
        if wanted and at not in found:
            found.append(at)
    return found


def _print(one: Occurrence, labels: Labels) -> int:
    """A number for all that is read of an occurrence. Good within one process only."""
    kept = [item in labels for item in one.items] if labels else []
    return hash(
        (one.id, encode(one.observation), one.accounts, one.stands, one.why_not, one.roles, all(kept), len(kept))
    )
