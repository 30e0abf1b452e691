"""Reads mail and events in order of time: which addresses and names turn up, who wrote, was written to, was met."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from connectors.observations import Address, Attendee, Event, Message
from rules.meaning import Channel, Decision
from rules.occurrences.copies import Occurrence, moment
from rules.occurrences.threads import Threads
from rules.people.merging import COMMON, Merger, Sighting
from rules.people.words import Apart
from rules.texts.lists import is_list_mail, is_tagged, lists_of
from rules.texts.names import Key, initials_of, key_of, readable, spelled_initials, spelled_key
from rules.texts.organisations import organisation_of

# A mail from the old address that tells of a new one; from the new one alone anybody could write it.
_NEW_ADDRESS = re.compile(
    r"\b(?:new (?:e-?mail|mail|contact)(?: address)?|change of (?:e-?mail|address)|neue (?:e-?mail|adresse)[\w-]*"
    r"|nouvelle (?:adresse|e-?mail)|nueva direcci[óo]n|nuevo (?:correo|e-?mail)|nuovo (?:indirizzo|e-?mail)"
    r"|nuova (?:e-?mail|mail)|nieuw(?:e)? (?:e-?mail|mail)\w*|novo (?:endere[çc]o|e-?mail)"
    r"|ny (?:e-?post|mejl|adress)\w*)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PROJECT = 6  # writers of a list that is still a few people talking


class _Question(msgspec.Struct, frozen=True, gc=False):
    """What a later answer needs to know of a mail: whom it asked, the owner aside, and whether the owner wrote it."""

    asked: tuple[str, ...]
    by_owner: bool


class Reader(Merger):
    """Feed it with `read` in order of time, `finish` it, then take `seen`, `merges`, `doubts`, `alike` and `lists`.
    It is given what a `Merger` is given."""

    def __init__(
        self,
        own: Container[str | None],
        zone: ZoneInfo,
        is_role: Callable[[str], bool],
        together: Iterable[Sequence[str]] = (),
        apart: Apart | None = None,
    ) -> None:
        super().__init__(own, zone, is_role, together, apart)
        self._pairs: dict[tuple[str, str | None], int] = {}
        self._threads: Threads[_Question] = Threads()
        self._list_writers: dict[str, set[str]] = defaultdict(set)
        self._lists_written: set[str] = set()

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
            if len(together) >= COMMON:  # nobody's name: "Customer Account" as often as the list is long
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

    def _answer(self, message: Message, writer: str, when: datetime) -> None:
        """What was written to one address is answered from another, under the same name."""
        answered = self._threads.answered(message, when)
        if answered is None or not answered.by_owner or writer in answered.asked:
            return
        for address in answered.asked:
            if self._share_name(writer, address):
                because = f"a mail to {address} was answered from {writer} under the same name"
                self._merge(address, writer, "identity.answer", because, 6.0)
