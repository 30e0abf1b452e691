"""Reads mail and events in order of time and says which addresses are one person, as soon as that is proven.

Nothing is merged by what comes later: a merge made on a day needs only what stood before the end of that day.
`rules.identity` lists what proves it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec

from connectors.observations import Address, Attendee, Event, Message
from rules.groups import Groups
from rules.meaning import Channel, Decision, Evidence, Merge
from rules.occurrences.copies import Occurrence, moment
from rules.occurrences.threads import Threads
from rules.remembering import Remembers
from rules.texts.lists import is_list_mail, is_tagged, lists_of
from rules.texts.names import Key, bears, initials_of, key_of, number_of, readable, spelled_initials, spelled_key
from rules.texts.organisations import mailbox_of, organisation_of
from rules.words import Apart

_MANY_NAMES = 2  # an address signed with more full names than this is shared by several people
# A mail from the old address that tells of a new one; from the new one alone anybody could write it.
_NEW_ADDRESS = re.compile(
    r"\b(?:new (?:e-?mail|mail|contact)(?: address)?|change of (?:e-?mail|address)|neue (?:e-?mail|adresse)[\w-]*"
    r"|nouvelle (?:adresse|e-?mail)|nueva direcci[óo]n|nuevo (?:correo|e-?mail)|nuovo (?:indirizzo|e-?mail)"
    r"|nuova (?:e-?mail|mail)|nieuw(?:e)? (?:e-?mail|mail)\w*|novo (?:endere[çc]o|e-?mail)"
    r"|ny (?:e-?post|mejl|adress)\w*)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_COMMON = 12  # addresses that bear one name, before it is no person's name
_TELLING = 7  # letters of a local part that are hardly chance
_PROJECT = 6  # writers of a list that is still a few people talking


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


class _Question(msgspec.Struct, frozen=True, gc=False):
    """What a later answer needs to know of a mail: whom it asked, the owner aside, and whether the owner wrote it."""

    asked: tuple[str, ...]
    by_owner: bool


class Reader(Remembers):
    """Feed it with `read` in order of time, then take `seen`, `merges`, `doubts`, `alike` and `lists`.

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
        self._pairs: dict[tuple[str, str | None], int] = {}
        self._mailboxes: dict[str, str] = {}
        self._named: dict[tuple[Key, str], list[str]] = defaultdict(list)
        self._everywhere: dict[Key, list[str]] = defaultdict(list)
        self._moving: dict[Key, str] = {}
        self._locals: dict[str, str] = {}  # the first address with each local part
        self._given: set[str] = set()  # first names that people here bear
        self._told: dict[str, str] = {}  # a new address that a mail named -> the address it came from
        self._common: set[Key] = set()
        self._beside: set[tuple[str, str]] = set()
        self._threads: Threads[_Question] = Threads()
        self._list_writers: dict[str, set[str]] = defaultdict(set)
        self._lists_written: set[str] = set()
        self._when: datetime | None = None
        for addresses in together:
            for other in addresses[1:]:
                self._merge(addresses[0], other, "identity.config", "the config says that they are one person", 10.0)

    def read(self, occurrence: Occurrence, decision: Decision) -> None:
        """Take in one occurrence that stands, with its label."""
        observation = occurrence.observation
        when = moment(observation, self._zone)
        if when is None:
            return
        self._when = when
        if isinstance(observation, Event):
            if decision.channel is not Channel.NONE or observation.status == "cancelled":
                self._event(observation)
            return
        lists = self._lists(observation)
        if not decision.automated:
            self._message(observation, when, lists)

    def finish(self) -> None:
        """Count the names; and those who write on a project's list, where the owner writes too, are people."""
        for (address, written), count in self._pairs.items():
            if bare := readable(written):
                self.seen[address].names[bare] += count
        for name in self._lists_written:
            writers = self._list_writers.get(name, ())
            if len(writers) <= _PROJECT:
                for writer in writers:
                    self.seen[writer].wrote += 1

    def last_heard(self, address: str) -> date | None:
        """The last day on which an address wrote or was met."""
        sighting = self.seen.get(address)
        return sighting.last.astimezone(self._zone).date() if sighting and sighting.last else None

    # --- what is seen -----------------------------------------------------------------------------------------------

    def _event(self, event: Event) -> None:
        invited: list[Address | Attendee] = [one for one in event.attendees or () if not one.resource]
        if event.organizer:
            invited.append(event.organizer)
        for sighting in self._sight_all(invited):
            sighting.met += 1
            sighting.last = self._when

    def _lists(self, message: Message) -> tuple[str, ...]:
        found = lists_of(message)
        self.lists.update(found)
        return found

    def _message(self, message: Message, when: datetime, lists: Sequence[str]) -> None:
        writer = message.from_.address if message.from_ else None
        by_owner = writer in self.own or (
            message.sender is not None and message.sender.address in self.own and self.is_role(writer or "")
        )
        named = False
        for group in (message.to, message.cc, message.bcc):
            if not group:
                continue
            named = named or any(one.address in self.own for one in group)
            for sighting in self._sight_all(group):
                sighting.written += by_owner
        if by_owner:
            self._lists_written.update(lists)
            if self.lists:
                groups = (message.to, message.cc)
                self._lists_written.update(
                    one.address for group in groups for one in group or () if one.address in self.lists
                )
        elif writer and message.from_:
            sighting = self._sight(writer, message.from_.name)
            if named or not (is_list_mail(message) or is_tagged(message.subject)):
                sighting.wrote += 1
                sighting.last = when
            for name in lists:
                self._list_writers[name].add(writer)
            if message.subject and _NEW_ADDRESS.search(message.subject):
                for key in sighting.keys:
                    self._moving[key] = writer
                self._told.update(dict.fromkeys(_ADDRESS.findall(message.subject.lower()), writer))
            self._answer(message, writer, when)
            self._copies_to_self(message, writer)
        asked = tuple([one.address for one in message.to or () if one.address and one.address not in self.own])
        self._threads.take(message, when, _Question(asked, by_owner=writer in self.own))

    def _sight_all(self, group: Iterable[Address | Attendee]) -> list[Sighting]:
        others = [(one.address, one.name) for one in group if one.address and one.address not in self.own]
        if len(others) > 1 and not all(pair in self._pairs for pair in others):
            self._side_by_side(others)
        return [self._sight(address, name) for address, name in others]

    def _side_by_side(self, others: Sequence[tuple[str, str | None]]) -> None:
        """Two addresses of one name on one list are two people, or one person twice: nothing to merge by."""
        bearers: dict[tuple[Key, str | None], list[str]] = defaultdict(list)
        for address, name in others:
            key = key_of(name) or spelled_key(address)
            if key is None:
                continue
            together = bearers[key, organisation_of(address)]
            if len(together) >= _COMMON:  # nobody's name: "Customer Account" as often as the list is long
                self._common.add(key)
            elif address not in together:
                self._beside.update((min(address, other), max(address, other)) for other in together)
                together.append(address)

    def _sight(self, address: str, name: str | None) -> Sighting:
        pair = (address, name)
        count = self._pairs.get(pair)
        if count is not None:  # nearly always: nothing new to learn
            self._pairs[pair] = count + 1
            return self.seen[address]
        self._pairs[pair] = 1
        sighting = self.seen.get(address)
        fresh = sighting is None
        if sighting is None:
            sighting = self.seen[address] = Sighting(initials=spelled_initials(address) | initials_of(name))
            self._same_mailbox(address)
            if (spelled := spelled_key(address)) is not None and not self.is_role(address):
                self._same_name(address, sighting, spelled)
        key = key_of(name)
        if key is not None and key not in sighting.keys and not self.is_role(address):
            sighting.keys.add(key)
            sighting.initials |= initials_of(name)
            self._same_name(address, sighting, key)
            self._told_of(address, key)
            self._given.add(key[0])
        if fresh:
            self._same_local(address, sighting)
        return sighting

    # --- what proves that two are one -------------------------------------------------------------------------------

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
            if len(far) > _COMMON:
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

    def _answer(self, message: Message, writer: str, when: datetime) -> None:
        """What was written to one address is answered from another, under the same name."""
        answered = self._threads.answered(message, when)
        if answered is None or not answered.by_owner or writer in answered.asked:
            return
        for address in answered.asked:
            if self._share_name(writer, address):
                because = f"a mail to {address} was answered from {writer} under the same name"
                self._merge(address, writer, "identity.answer", because, 6.0)

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
