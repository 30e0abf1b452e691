"""What makes two addresses one person, or only makes it likely, and what speaks against it.

Nothing is merged by what comes later: a merge made on a day needs only what stood before the end of that day.
`rules.people.identity` lists what proves it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from connectors.observations import Message
from rules.meaning import Evidence, Merge
from rules.people.groups import Groups
from rules.people.words import Apart
from rules.remembering import Remembers
from rules.texts.names import Key, bears, number_of, spelled_key
from rules.texts.organisations import mailbox_of, organisation_of

_MANY_NAMES = 2  # an address signed with more full names than this is shared by several people
COMMON = 12  # addresses that bear one name, before it is no person's name
_TELLING = 7  # letters of a local part that are hardly chance


@dataclass(slots=True)
class Sighting:
    """One address as the mail shows it: `names` as written, `keys` of full names, and how often it `wrote` to the
    owner, was `written` to by the owner, and was `met` at events; when it was `last` heard of, by mail or met."""

    names: Counter[str] = field(default_factory=Counter)
    keys: set[Key] = field(default_factory=set)
    initials: frozenset[str] = frozenset()
    wrote: int = 0
    written: int = 0
    met: int = 0
    last: datetime | None = None

    @property
    def active(self) -> int:
        return self.wrote + self.written + self.met


class Merger(Remembers):
    """Is told of each address and each name as they turn up; what it finds stands in `merges`, `doubts` and `alike`.

    Args:
        own: the owner's addresses, which are never anybody else's.
        zone: the owner's, for the day of a merge.
        is_role: whether an address is a desk or a robot.
        together: groups of addresses that the owner says are one person.
        apart: what the owner holds apart.
    """

    GIVEN: ClassVar[frozenset[str]] = frozenset({"own", "is_role", "apart", "_zone"})

    def __init__(
        self,
        own: Container[str | None],
        zone: ZoneInfo,
        is_role: Callable[[str], bool],
        together: Iterable[Sequence[str]] = (),
        apart: Apart | None = None,
    ) -> None:
        self.own, self.is_role, self.apart = own, is_role, apart or Apart()
        self.seen: dict[str, Sighting] = {}
        self.merges: list[Merge] = []
        self.doubts: dict[tuple[str, str], str] = {}
        self.alike: list[Merge] = []
        self.lists: set[str] = set()
        self._zone = zone
        self._groups = Groups()
        self._mailboxes: dict[str, str] = {}
        self._named: dict[tuple[Key, str], list[str]] = defaultdict(list)
        self._everywhere: dict[Key, list[str]] = defaultdict(list)
        self._moving: dict[Key, str] = {}
        self._locals: dict[str, str] = {}  # the first address with each local part
        self._given: set[str] = set()  # first names that people here bear
        self._told: dict[str, str] = {}  # a new address that a mail named -> the address it came from
        self._common: set[Key] = set()
        self._beside: set[tuple[str, str]] = set()
        self._when: datetime | None = None
        for addresses in together:
            for other in addresses[1:]:
                self._merge(addresses[0], other, "identity.config", "the config says that they are one person", 10.0)

    def _same_mailbox(self, address: str) -> None:
        mailbox = mailbox_of(address)
        first = self._mailboxes.setdefault(mailbox, address)
        if first != address and not self.is_role(mailbox) and not self.is_role(address):
            self._merge(first, address, "identity.mailbox", "one mailbox: its provider ignores what differs", 8.0)

    def _same_name(self, address: str, sighting: Sighting, key: Key) -> None:
        """The same full name in one organisation; elsewhere it is no more than a hint."""
        if key in self._common:
            return
        organisation = organisation_of(address)
        near = self._named[key, organisation] if organisation else []
        if address not in near:
            shown = " ".join(word.capitalize() for word in key)
            for other in near:
                why_not = self._why_not_one(address, sighting, other, self.seen[other], key)
                if why_not:
                    self._doubt(other, address, f"both are {shown} at {organisation}, but {why_not}")
                else:
                    self._merge(other, address, "identity.name", f"both are {shown} at {organisation}", 5.0)
            near.append(address)
        far = self._everywhere[key]
        if address not in far:
            for other in far:
                if other not in near and self._moving.get(key) == other and self._keys(other) == {key}:
                    because = f"{other} wrote of a new address, and this one is signed with the same name"
                    self._merge(other, address, "identity.moved", because, 4.0)
                elif other not in near:
                    because = f"both bear the name {' '.join(word.capitalize() for word in key)}"
                    self._doubt(other, address, because)
                    if not _are_two(sighting, self.seen[other], key):
                        self.alike.append(self._known(other, address, "identity.alike", because, 2.0))
            far.append(address)
            if len(far) > COMMON:
                self._common.add(key)

    def _same_local(self, address: str, sighting: Sighting) -> None:
        """The same local part at another organisation, longer than a first name: dgagliardi@ of two firms."""
        local = address.partition("@")[0]
        other = self._locals.setdefault(local, address)
        if other == address or len(local) < _TELLING or local in self._given or self.is_role(address):
            return
        theirs = self.seen[other]
        named = sighting.keys and theirs.keys and sighting.keys.isdisjoint(theirs.keys)
        if spelled_key(address) is None and not named and organisation_of(address) != organisation_of(other):
            because = f"both are {local} at their organisation"
            self.alike.append(self._known(other, address, "identity.alike", because, 2.0))

    def _told_of(self, address: str, key: Key) -> None:
        """The old address named this one as its new one, and the given name has stayed: surnames change."""
        old = self._told.get(address)
        if old is not None and old != address and any(key[0] == theirs[0] for theirs in self._keys(old)):
            self._merge(old, address, "identity.moved", f"{old} wrote that its new address is {address}", 5.0)

    def _why_not_one(self, one: str, mine: Sighting, other: str, theirs: Sighting, key: Key) -> str | None:
        objections = (
            ((min(one, other), max(one, other)) in self._beside, "they were written to side by side"),
            (_initials_differ(mine, theirs), "their initials differ"),
            (number_of(one) != number_of(other), "one of them bears a number, as houses give to namesakes"),
            (key not in mine.keys and key not in theirs.keys, "neither was ever signed with the name"),
            (_has_another_name(mine, theirs, key), "one of them is signed with another name"),
            (_several_sign(mine, theirs), "several people sign with one of them"),
            (not (bears(one, key) and bears(other, key)), "one of the addresses bears another name"),
        )
        return next((objection for holds, objection in objections if holds), None)

    def _copies_to_self(self, message: Message, writer: str) -> None:
        for one in (*(message.to or ()), *(message.cc or ())):
            if one.address and one.address != writer and self._share_name(writer, one.address):
                because = f"{writer} copies mail to {one.address} under the same name"
                self._merge(writer, one.address, "identity.copy", because, 5.0)
        for one in message.reply_to or ():
            # Forgers ask for answers elsewhere too, so this alone is only a hint.
            if (
                one.address
                and one.address != writer
                and one.address in self.seen
                and self._share_name(writer, one.address)
            ):
                self._doubt(writer, one.address, f"{writer} asks for answers at {one.address} under the same name")

    def _share_name(self, one: str, other: str) -> bool:
        if other in self.own or one in self.lists or other in self.lists or self.is_role(one) or self.is_role(other):
            return False
        mine, theirs = self._keys(one), self._keys(other)
        if max(len(mine), len(theirs)) > _MANY_NAMES:
            return False
        return not mine.isdisjoint(theirs)

    def _keys(self, address: str) -> set[Key]:
        sighting = self.seen.get(address)
        if sighting and sighting.keys:
            return sighting.keys
        spelled = spelled_key(address)
        return {spelled} if spelled else set()

    def _doubt(self, one: str, other: str, because: str) -> None:
        self.doubts.setdefault((min(one, other), max(one, other)), because)

    def _merge(self, one: str, other: str, rule: str, because: str, weight: float) -> None:
        if one in self.own or other in self.own or self._groups.root(one) == self._groups.root(other):
            return
        if self.apart and rule != "identity.config":
            first, second = self._groups.members(one), self._groups.members(other)
            if any(self.apart(mine, theirs) for mine in first for theirs in second):
                return
        self._groups.join(one, other)
        self.merges.append(self._known(one, other, rule, because, weight))

    def _known(self, one: str, other: str, rule: str, because: str, weight: float) -> Merge:
        on = self._when.astimezone(self._zone).date() if self._when else date.min
        return Merge(on, one, other, (Evidence(rule, because, "same person", weight),))


# --- what tells two people apart ------------------------------------------------------------------------------------


def _initials_differ(mine: Sighting, theirs: Sighting) -> bool:
    return bool(mine.initials and theirs.initials and mine.initials.isdisjoint(theirs.initials))


def _has_another_name(mine: Sighting, theirs: Sighting, key: Key) -> bool:
    return any(sighting.keys and key not in sighting.keys for sighting in (mine, theirs))


def _several_sign(mine: Sighting, theirs: Sighting) -> bool:
    return max(len(mine.keys), len(theirs.keys)) > _MANY_NAMES


def _are_two(mine: Sighting, theirs: Sighting, key: Key) -> bool:
    """Whether one name at two organisations is plainly that of two people."""
    return _initials_differ(mine, theirs) or _has_another_name(mine, theirs, key) or _several_sign(mine, theirs)
