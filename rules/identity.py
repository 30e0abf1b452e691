"""Who is who: from addresses to persons, and since when that is known.

Precision comes first. Two addresses become one person only where something proves it; where it is merely likely, it
is a suggestion that the owner confirms in the config. Every merge says why, and carries the day on which its
evidence was complete, so that no earlier week knows of it. What makes a merge:

- the same mailbox: plus-tags, and dots where the provider ignores them;
- the same full name in the same organisation, unless initials differ or both were written to side by side;
- a local part that spells, without digits, the full name another address of that organisation is signed with;
- an answer: what the owner wrote to one address is answered from the other under the same name;
- a Reply-To or a copy to oneself at the other address, under the same name;
- the owner's word.

The same name in two organisations or at free-mail providers, and nothing else, makes a suggestion.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connectors.observations import Event, Message
from rules import owners
from rules.copies import Occurrence, moment
from rules.meaning import Channel, Circle, Decision, Evidence, Merge, Owner, Person
from rules.names import Key, initials_of, key_of, readable, words_of
from rules.organisations import domain_of, mailbox_of, organisation_of, within
from rules.threads import Threads


@dataclass(frozen=True, slots=True)
class PersonWord:
    """The owner's word on a person, from the config. `addresses` are one person, the first of them its id.

    `not_same`: addresses that are somebody else. `assistants`: addresses that write in this person's name.
    """

    addresses: tuple[str, ...]
    name: str | None = None
    circle: Circle | None = None
    key: bool = False
    renews: date | None = None
    ignore: bool = False
    not_same: tuple[str, ...] = ()
    every_days: int | None = None
    prefers: Channel | None = None
    assistants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DomainWord:
    """The owner's word on everybody at a domain and below it."""

    domain: str
    circle: Circle | None = None
    ignore: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two persons, by their ids, who may be one: for the owner to confirm. Most likely first."""

    one: str
    other: str
    because: str
    weight: float


@dataclass(frozen=True, slots=True)
class Identities:
    """Who is who, as known at the end of the facts.

    Attributes:
        people: by id. Everybody who wrote to the owner, was written to, or was invited together with the owner.
        merges: in order of time; each joins two groups that were apart until then.
        owner_addresses: with the evidence for each.
        lists: addresses and List-Ids of mailing lists; `ignored`: addresses the owner does not want to see.
        assistants: the assistant's address -> the person's id for whom they write.
    """

    people: tuple[Person, ...]
    merges: tuple[Merge, ...]
    suggestions: tuple[Suggestion, ...]
    owner_addresses: Mapping[str, tuple[Evidence, ...]]
    lists: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    assistants: Mapping[str, str] = field(default_factory=dict)
    by_address: Mapping[str, Person] = field(default_factory=dict)
    is_role: Callable[[str], bool] = field(default=lambda _: False)


def person_id(addresses: Iterable[str], ids: Collection[str] = ()) -> str:
    """The id of a group of addresses: the one that is an id already, else the smallest without a tag.

    It depends on the addresses alone, not on what was seen first, so a backfill or a rebuild changes nothing.

    Args:
        addresses: at least one.
        ids: the pinned ids, or the ids of the people as known at the end.
    """
    return min(addresses, key=lambda address: (address not in ids, "+" in address, address))


def partition(people: Iterable[Person], merges: Iterable[Merge], day: date) -> dict[str, str]:
    """Every address of `people` -> the id of the person it was known to be at the end of `day`."""
    groups = _Groups()
    for merge in merges:
        if merge.on <= day:
            groups.join(merge.one, merge.other)
    known: dict[str, str] = {}
    for person in people:
        apart: dict[str, list[str]] = defaultdict(list)
        for address in person.addresses:
            apart[groups.root(address)].append(address)
        for together in apart.values():
            own = person_id(together, (person.id,))
            known.update(dict.fromkeys(together, own))
    return known


def resolve(
    occurrences: Sequence[Occurrence],
    decisions: Sequence[Decision],
    owner: Owner,
    words: Sequence[PersonWord | DomainWord] = (),
    *,
    is_role: Callable[[str], bool] | None = None,
) -> Identities:
    """Persons from addresses.

    Args:
        occurrences: in order of time, as `rules.copies.fold` gives them.
        decisions: one for each, in the same order.
        owner: what the config says of the owner.
        words: the owner's word on people and on whole domains.
        is_role: whether an address is a desk or a robot (billing@); by default as the built-in packs know them.
    """
    role = is_role or _built_in_roles()
    persons = [word for word in words if isinstance(word, PersonWord)]
    domains = [word for word in words if isinstance(word, DomainWord)]
    taken = {address for word in persons for address in (*word.addresses, *word.assistants)}
    own = owners.find(occurrences, owner, is_role=role, taken=taken)
    reader = _Reader(frozenset(own), persons, ZoneInfo(owner.timezone), role)
    for occurrence, decision in zip(occurrences, decisions, strict=True):
        if occurrence.stands:
            reader.read(occurrence, decision)
    return _Census(reader, own, persons, domains).identities()


def _built_in_roles() -> Callable[[str], bool]:
    from rules.automation import is_role_address
    from rules.ruleset import load

    rules = load()
    return lambda address: is_role_address(address, rules)


class _Groups:
    """Disjoint sets of addresses, and the members of each."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}

    def root(self, address: str) -> str:
        parent = self._parent
        while (above := parent.get(address, address)) != address:
            parent[address] = parent.get(above, above)
            address = above
        return address

    def members(self, address: str) -> list[str]:
        root = self.root(address)
        return self._members.get(root) or [root]

    def join(self, one: str, other: str) -> bool:
        first, second = sorted((self.root(one), self.root(other)))
        if first == second:
            return False
        self._members[first] = [*self.members(first), *self.members(second)]
        self._members.pop(second, None)
        self._parent[second] = first
        return True


@dataclass(slots=True)
class _Sighting:
    """One address as the mail shows it. `wrote`: its mails to here, `written`: the owner's to it, `met`: events."""

    names: Counter[str] = field(default_factory=Counter)
    keys: set[Key] = field(default_factory=set)
    initials: frozenset[str] = frozenset()
    wrote: int = 0
    written: int = 0
    met: int = 0

    @property
    def active(self) -> int:
        return self.wrote + self.written + self.met


class _Reader:
    """Reads observations in order of time and merges as soon as, and only when, the evidence is there."""

    def __init__(
        self, own: frozenset[str], words: Sequence[PersonWord], zone: ZoneInfo, is_role: Callable[[str], bool]
    ) -> None:
        self.own, self.zone, self.is_role = own, zone, is_role
        self.groups = _Groups()
        self.merges: list[Merge] = []
        self.doubts: dict[tuple[str, str], str] = {}
        self.seen: dict[str, _Sighting] = {}
        self.lists: set[str] = set()
        self._pairs: set[tuple[str, str | None]] = set()
        self._mailboxes: dict[str, str] = {}
        self._named: dict[tuple[Key, str], list[str]] = defaultdict(list)
        self._everywhere: dict[Key, list[str]] = defaultdict(list)
        self._beside: set[tuple[str, str]] = set()
        self._threads: Threads[Message] = Threads()
        self.apart = _apart(words)
        self._day: date = date.min
        for word in words:
            for other in word.addresses[1:]:
                because = "the config says that they are one person"
                self._merge(word.addresses[0], other, "identity.config", because, 10.0)

    def read(self, occurrence: Occurrence, decision: Decision) -> None:
        observation = occurrence.observation
        when = moment(observation, self.zone)
        if when is None:
            return
        self._day = when.astimezone(self.zone).date()
        if isinstance(observation, Event):
            if decision.channel is not Channel.NONE:
                self._event(observation)
        else:
            self._message(observation, when, automated=decision.automated)

    def _event(self, event: Event) -> None:
        for attendee in (*(event.attendees or ()), *((event.organizer,) if event.organizer else ())):
            if attendee.address and not getattr(attendee, "resource", None) and attendee.address not in self.own:
                self._sight(attendee.address, attendee.name).met += 1

    def _message(self, message: Message, when: datetime, *, automated: bool) -> None:
        headers = message.headers
        if headers and ("list-id" in headers or "list-post" in headers):
            self.lists.update(lists_of(headers))
        writer = message.from_.address if message.from_ else None
        written = writer in self.own
        for group in (message.to, message.cc, message.bcc):
            addressed = [one for one in group or () if one.address and one.address not in self.own]
            for one in addressed:
                assert one.address
                sighting = self._sight(one.address, one.name)
                if written and not automated:
                    sighting.written += 1
            if 1 < len(addressed) <= 50:
                self._side_by_side([one.address for one in addressed if one.address])
        if writer and not written and not automated and message.from_:
            self._sight(writer, message.from_.name).wrote += 1
            self._answer(message, writer, when)
            self._own_copies(message, writer)
        if not automated:
            self._threads.take(message, when, message)

    def _sight(self, address: str, name: str | None) -> _Sighting:
        sighting = self.seen.get(address)
        if (address, name) in self._pairs and sighting is not None:
            return sighting
        self._pairs.add((address, name))
        if sighting is None:
            sighting = self.seen[address] = _Sighting()
            first = self._mailboxes.setdefault(mailbox_of(address), address)
            if first != address and not self.is_role(address):
                self._merge(first, address, "identity.mailbox", "one mailbox: its provider ignores what differs", 8.0)
        if bare := readable(name):
            sighting.names[bare] += 1
        key = key_of(name)
        if key is not None and key not in sighting.keys and not self.is_role(address):
            sighting.keys.add(key)
            sighting.initials |= initials_of(name)
            self._same_name(address, sighting, key)
        return sighting

    def _same_name(self, address: str, sighting: _Sighting, key: Key) -> None:
        if len(sighting.keys) > 2:  # many sign with it: a shared mailbox is nobody
            return
        organisation = organisation_of(address)
        shown = " ".join(key).title()
        others = self._named[key, organisation] if organisation else []
        for other in others:
            theirs = self.seen[other]
            if len(theirs.keys) > 2:
                continue
            if self._alike(address, sighting, other, theirs):
                self._merge(other, address, "identity.name", f"both are {shown} at {organisation}", 5.0)
            else:
                self._doubt(other, address, f"both are {shown} at {organisation}, but they were seen side by side")
        for other in self._everywhere[key]:
            if other not in others:
                self._doubt(other, address, f"both are signed {shown}")
        others.append(address)
        if organisation:
            self._named[key, organisation] = others
        self._everywhere[key].append(address)

    def _alike(self, address: str, sighting: _Sighting, other: str, theirs: _Sighting) -> bool:
        if sighting.initials and theirs.initials and not sighting.initials & theirs.initials:
            return False
        return (min(address, other), max(address, other)) not in self._beside

    def _side_by_side(self, addresses: Sequence[str]) -> None:
        """Two addresses of one name on one list are two people, or one person twice: nothing to merge by."""
        names: dict[tuple[Key, str | None], str] = {}
        for address in addresses:
            for key in self.seen[address].keys:
                other = names.setdefault((key, organisation_of(address)), address)
                if other != address:
                    self._beside.add((min(address, other), max(address, other)))

    def _answer(self, message: Message, writer: str, when: datetime) -> None:
        """What was written to one address is answered from another, under the same name."""
        answered = self._threads.answered(message, when)
        if answered is None or answered.from_ is None or answered.from_.address not in self.own:
            return
        asked = [one for one in answered.to or () if one.address and one.address not in self.own]
        if any(one.address == writer for one in asked):
            return
        for one in asked:
            assert one.address
            if self._share_name(writer, one.address):
                because = f"a mail to {one.address} was answered from {writer} under the same name"
                self._merge(one.address, writer, "identity.answer", because, 6.0)

    def _own_copies(self, message: Message, writer: str) -> None:
        for group, what in ((message.reply_to, "asks for answers at"), (message.cc, "sends copies to itself at")):
            for one in group or ():
                if one.address and one.address != writer and one.address not in self.own:
                    if one.address not in self.seen:
                        if what.startswith("asks"):
                            self._sight(one.address, one.name)
                        else:
                            continue
                    if self._share_name(writer, one.address):
                        because = f"{writer} {what} {one.address} under the same name"
                        self._merge(writer, one.address, "identity.copy", because, 5.0)

    def _share_name(self, one: str, other: str) -> bool:
        if self.is_role(one) or self.is_role(other) or one in self.lists or other in self.lists:
            return False
        mine, theirs = self._keys(one), self._keys(other)
        return bool(mine & theirs) and len(mine) <= 2 and len(theirs) <= 2

    def _keys(self, address: str) -> set[Key]:
        sighting = self.seen.get(address)
        return (sighting.keys if sighting else None) or spelled_keys(address)

    def _doubt(self, one: str, other: str, because: str) -> None:
        self.doubts.setdefault((min(one, other), max(one, other)), because)

    def _merge(self, one: str, other: str, rule: str, because: str, weight: float) -> None:
        if one in self.own or other in self.own or self.groups.root(one) == self.groups.root(other):
            return
        if self.apart and rule != "identity.config":
            first, second = self.groups.members(one), self.groups.members(other)
            if any((a, b) in self.apart for a in first for b in second):
                return
        self.groups.join(one, other)
        self.merges.append(Merge(self._day, one, other, (Evidence(rule, because, "same person", weight),)))


def _apart(words: Sequence[PersonWord]) -> set[tuple[str, str]]:
    """Pairs that the owner holds apart: by `not_same`, and because they stand under two people in the config."""
    pairs: set[tuple[str, str]] = set()
    for index, word in enumerate(words):
        others = {address for later in words[index + 1 :] for address in later.addresses} | set(word.not_same)
        for mine in word.addresses:
            for other in others:
                pairs |= {(mine, other), (other, mine)}
    return pairs


def spelled_keys(address: str) -> set[Key]:
    """The full name that a local part spells (anna.meyer@), as far as it can: no digits, two words or more."""
    local = address.partition("@")[0].partition("+")[0]
    words = tuple(word for word in words_of(address) if len(word) > 1)
    if len(words) < 2 or any(letter.isdigit() for letter in local):
        return set()
    key = key_of(" ".join(words))
    return {key} if key else set()


def lists_of(headers: Mapping[str, str]) -> Iterator[str]:
    """The List-Id of a message and the address one posts to, both in lower case."""
    if value := headers.get("list-id"):
        yield value.rpartition("<")[2].strip("<> \t").lower()
    if "mailto:" in (value := headers.get("list-post", "").lower()):
        yield value.partition("mailto:")[2].partition(">")[0].partition("?")[0].strip()


class _Census:
    """From what was read to the people that are shown."""

    def __init__(
        self,
        reader: _Reader,
        own: dict[str, tuple[Evidence, ...]],
        words: Sequence[PersonWord],
        domains: Sequence[DomainWord],
    ) -> None:
        self.reader, self.own, self.words, self.domains = reader, own, words, domains
        self.word_of = {address: word for word in words for address in word.addresses}
        self.pinned = {word.addresses[0] for word in words}
        self.helping = {address for word in words for address in word.assistants}

    def identities(self) -> Identities:
        people, ignored = self._people()
        by_address = {address: person for person in people for address in person.addresses}
        return Identities(
            people=tuple(people),
            merges=tuple(merge for merge in self.reader.merges if merge.one in by_address),
            suggestions=tuple(self._suggestions(by_address)),
            owner_addresses=self.own,
            lists=frozenset(self.reader.lists),
            ignored=frozenset(ignored),
            assistants={
                address: by_address[word.addresses[0]].id
                for word in self.words
                for address in word.assistants
                if word.addresses[0] in by_address
            },
            by_address=by_address,
            is_role=self.reader.is_role,
        )

    def _people(self) -> tuple[list[Person], set[str]]:
        groups: dict[str, set[str]] = defaultdict(set)
        for address, sighting in self.reader.seen.items():
            if sighting.active and self._may_be_person(address):
                groups[self.reader.groups.root(address)].update(
                    one for one in self.reader.groups.members(address) if self._may_be_person(one)
                )
        for word in self.words:
            groups[self.reader.groups.root(word.addresses[0])].update(self.reader.groups.members(word.addresses[0]))
        reasons: dict[str, list[Evidence]] = defaultdict(list)
        for merge in self.reader.merges:
            reasons[self.reader.groups.root(merge.one)].extend(merge.evidence)
        people, ignored = [], set()
        for root, addresses in groups.items():
            if self._is_ignored(addresses):
                ignored |= addresses
            else:
                people.append(self._person(addresses, tuple(reasons.get(root, ()))))
        return sorted(people, key=lambda person: person.id), ignored

    def _may_be_person(self, address: str) -> bool:
        if address in self.word_of:
            return True
        return not (
            address in self.own
            or address in self.helping
            or address in self.reader.lists
            or "@" not in address
            or self.reader.is_role(address)
        )

    def _is_ignored(self, addresses: Iterable[str]) -> bool:
        addresses = list(addresses)
        if any(self.word_of[address].ignore for address in addresses if address in self.word_of):
            return True
        shunned = {word.domain for word in self.domains if word.ignore}
        return bool(shunned) and all(within(domain_of(address), shunned) for address in addresses)

    def _person(self, addresses: set[str], reasons: tuple[Evidence, ...]) -> Person:
        words = [self.word_of[address] for address in sorted(addresses) if address in self.word_of]
        word = words[0] if words else PersonWord(())
        circle = word.circle or next(
            (
                one.circle
                for one in self.domains
                if one.circle and any(within(domain_of(a), {one.domain}) for a in addresses)
            ),
            None,
        )
        because = (Evidence("circle.config", "the config says so", circle.value, 10.0),) if circle else ()
        return Person(
            id=person_id(addresses, self.pinned),
            addresses=tuple(sorted(addresses)),
            name=word.name or self._name(addresses),
            organisation=self._organisation(addresses, word),
            circle=circle or Circle.OTHER,
            circle_evidence=because,
            merge_evidence=reasons,
            key=word.key,
            renews=word.renews,
            every_days=word.every_days,
            prefers=word.prefers,
        )

    def _name(self, addresses: Iterable[str]) -> str | None:
        names: Counter[str] = Counter()
        for address in addresses:
            if sighting := self.reader.seen.get(address):
                names.update(sighting.names)
        if names:
            return min(names, key=lambda name: (key_of(name) is None, -names[name], -len(name), name))
        spelled = sorted(key for address in addresses for key in spelled_keys(address))
        return " ".join(word.title() for word in spelled[0]) if spelled else None

    def _organisation(self, addresses: Iterable[str], word: PersonWord) -> str | None:
        pinned = organisation_of(word.addresses[0]) if word.addresses else None
        if pinned:
            return pinned
        weights: Counter[str] = Counter()
        for address in sorted(addresses):
            if organisation := organisation_of(address):
                sighting = self.reader.seen.get(address)
                weights[organisation] += sighting.active if sighting else 0
        return min(weights, key=lambda one: (-weights[one], one)) if weights else None

    def _suggestions(self, by_address: Mapping[str, Person]) -> list[Suggestion]:
        found: dict[tuple[str, str], Suggestion] = {}
        for (one, other), because in self.reader.doubts.items():
            first, second = by_address.get(one), by_address.get(other)
            if first is None or second is None or first.id == second.id:
                continue
            if (one, other) in self.reader.apart:
                continue
            ids = (min(first.id, second.id), max(first.id, second.id))
            weight = float(min(self.reader.seen[one].active, self.reader.seen[other].active))
            if ids not in found or found[ids].weight < weight:
                found[ids] = Suggestion(*ids, because, weight)
        return sorted(found.values(), key=lambda one: (-one.weight, one.one, one.other))
