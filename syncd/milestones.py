"""Milestones: how far a running syncd has come with its interpretation, so that it goes on from there.

All before a milestone is read once. What is new since is looked at with everything it could belong together with; if
that tells the same of the time before as it did, so does all the rest, and only the time since is interpreted. If
not, everything is read anew, and another milestone set. Nothing has to know what a change touches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.observations import Event, encode
from rules.occurrences.copies import Copy, Occurrence, aware, moment
from rules.occurrences.sameness import names
from syncd.ledger import Ledger
from syncd.ledger.meaning import MadeBy
from syncd.terms import Terms
from syncd.understanding import Departed, Labels, Memories, before, known, packed, unpacked

# So late may mail come, or change, and not all be read again. A milestone twice as old is followed by another one.
LEVELS = (timedelta(days=224), timedelta(days=56), timedelta(days=14))
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
    """The last milestones of a ledger, kept by one process: one for each of `LEVELS`.

    Attributes:
        written: by what the meaning in the ledger was made when this process last wrote it.
    """

    kept: dict[int, Milestone] = field(default_factory=dict)
    written: MadeBy | None = None

    def nearest(self) -> Iterator[Milestone]:
        """The newest first; what does not stand is let go when the next is asked for."""
        for level in sorted(self.kept, reverse=True):
            yield self.kept[level]
            del self.kept[level]

    def clear(self) -> None:
        self.kept.clear()
        self.written = None


@dataclass(slots=True)
class Reading:
    """The occurrences to interpret: all, or those since a milestone. `places`: where the next ones are to be set, by
    level."""

    occurrences: list[Occurrence]
    kin: Kin
    since: Milestone | None = None
    places: dict[int, datetime] = field(default_factory=dict)
    _told: dict[datetime, dict[int, list[int]]] = field(default_factory=dict)
    _open: dict[datetime, set[int]] = field(default_factory=dict)

    def note(self, zone: ZoneInfo, labels: Labels) -> None:
        """Write down what is told of the time before each place; to be done before the occurrences are used up."""
        prints = [_print(one, labels) for one in self.occurrences] if self.places else []
        for at in self.places.values():
            first = before(self.occurrences, at, zone)
            told = self._told[at] = defaultdict(list)
            for one, print_ in zip(self.occurrences[:first], prints, strict=False):
                told[self.kin.root(one.items[0])].append(print_)
            self._open[at] = {item for one in self.occurrences[first:] for item in one.items}

    def milestone(self, memories: Memories, version: int, basis: object, reasons: Collection[str]) -> Milestone:
        """The one set where these memories were kept."""
        kin, known_before = self.kin, self.kin.told
        kin.told = dict(known_before)
        for root, told in self._told[memories.at].items():
            kin.told[root] = tuple(sorted([*kin.told.get(root, ()), *told]))
        stays = frozenset(kin.members(kin.families(self._open[memories.at])))
        made = Milestone(memories, version, basis, packed(kin), stays, frozenset(reasons))
        kin.told = known_before
        return made


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
    if len(changed) > MANY:
        raise Departed
    kin: Kin = unpacked(milestone.kin)
    roots = kin.families({*changed, *milestone.open}, ledger.facts.copies(changed))
    told = sorted(one for root in roots for one in kin.told.get(root, ()))
    items = kin.members(roots) | set(changed) | milestone.open
    occurrences = known(kin.watch(ledger.facts.copies(items)), terms)
    first = before(occurrences, milestone.at, zone)
    if sorted(_print(one, labels) for one in occurrences[:first]) != told:
        raise Departed
    del occurrences[:first]
    return Reading(occurrences, kin, milestone, _places(occurrences, now, zone, milestone.at))


def _places(
    occurrences: Sequence[Occurrence], now: datetime, zone: ZoneInfo, since: datetime | None = None
) -> dict[int, datetime]:
    """Where to set milestones, by level: so long ago, and before whatever began but is not over. None are set where
    the one that is gone on from, `since`, is near enough."""
    going_on = [
        begin
        for one in occurrences
        if isinstance(entry := one.observation, Event)
        and (entry.attendees or entry.organizer)
        and (end := aware(entry.end, zone)) is not None
        and end > now
        and (begin := moment(entry, zone)) is not None
    ]
    found: dict[int, datetime] = {}
    for level, back in enumerate(LEVELS):
        at = min([now - back, *going_on]).replace(microsecond=0)
        if (since is None or (since < now - 2 * back and since < at)) and at not in found.values():
            found[level] = at
    return found


def _print(one: Occurrence, labels: Labels) -> int:
    """A number for all that is read of an occurrence. Good within one process only."""
    kept = [item in labels for item in one.items] if labels else []
    return hash(
        (one.id, encode(one.observation), one.accounts, one.stands, one.why_not, one.roles, all(kept), len(kept))
    )
