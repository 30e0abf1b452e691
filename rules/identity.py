"""Who is who: from addresses to persons, and since when that is known.

Precision comes first. Two addresses become one person only where something proves it; where it is merely likely, it
is a suggestion that the owner confirms in the config. Every merge says why, and carries the day on which its
evidence was complete, so that no earlier week knows of it. What makes a merge:

- the same mailbox: plus-tags, and dots where the provider ignores them;
- the same full name in the same organisation, unless initials differ or both were written to side by side;
- a local part that spells, without digits, the full name another address of that organisation is signed with;
- an answer: what the owner wrote to one address is answered from the other under the same name;
- a copy to oneself at the other address, under the same name;
- a mail from the old address that tells of a new one, where the new one is signed with the same name;
- the owner's word.

The same name in two organisations or at free-mail providers, and nothing else, makes a suggestion: first of all where
it turned up at one when the other fell silent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from rules import owners
from rules.groups import Groups
from rules.meaning import Circle, Decision, Evidence, Merge, Owner, Person
from rules.moves import took_over
from rules.occurrences.copies import Occurrence
from rules.sightings import Reader
from rules.texts.names import is_shared, key_of, spelled_key, words_of
from rules.texts.organisations import domain_of, organisation_of, within
from rules.words import Apart, DomainWord, PersonWord, united

__all__ = [
    "DomainWord",
    "Identities",
    "PersonWord",
    "Resolver",
    "Suggestion",
    "partition",
    "person_id",
    "resolve",
]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two persons, by their ids, who may be one: for the owner to confirm. Most likely first.

    Where `one` is an address of the owner's, `other` may be the owner's too.
    """

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


# What exports and gateways write where they lost an address.
PLACEHOLDERS = frozenset({"no.address", "unknown", "undisclosed-recipients", "undisclosed", "nobody", "invalid", ""})
_SEEN_ENOUGH = 2  # contacts of the rarer of two before mere likeness is worth a question
_TELLING = 4  # letters of a name that are more than chance
_MOVED_FIRST = 100.0  # where a name moves, an answer is what a verdict waits for
_OWN_FIRST = 1000.0  # an own address taken for a contact spoils more than two contacts that are one


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
    groups = Groups()
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
        occurrences: in order of time, as `rules.occurrences.gathering.fold` gives them.
        decisions: one for each, in the same order.
        owner: what the config says of the owner.
        words: the owner's word on people and on whole domains.
        is_role: whether an address is a desk or a robot (billing@); by default as the built-in packs know them.
    """
    resolver = Resolver(owners.read(occurrences), owner, words, is_role=is_role or _built_in_roles())
    resolver.read(zip(occurrences, decisions, strict=True))
    return resolver.identities()


class Resolver:
    """Who is who, read in one stride or in several; `traces`: what `owners.read` found in all of them."""

    def __init__(
        self,
        traces: owners.Traces,
        owner: Owner,
        words: Sequence[PersonWord | DomainWord],
        *,
        is_role: Callable[[str], bool],
    ) -> None:
        self._traces, self._owner = traces, owner
        self._persons = united(word for word in words if isinstance(word, PersonWord))
        self._domains = [word for word in words if isinstance(word, DomainWord)]
        self._taken = {address for word in self._persons for address in (*word.addresses, *word.assistants)}
        self.own = owners.find(traces, owner, is_role=is_role, taken=self._taken)
        together = [word.addresses for word in self._persons]
        zone = ZoneInfo(owner.timezone)
        self._reader = Reader(owners.Own(self.own), zone, is_role, together, Apart(self._persons))

    @property
    def memory(self) -> dict[str, Any]:
        """What was read so far (see `Reader.memory`)."""
        return self._reader.memory

    @memory.setter
    def memory(self, memory: dict[str, Any]) -> None:
        self._reader.memory = memory

    def read(self, labelled: Iterable[tuple[Occurrence, Decision]]) -> None:
        """Occurrences with their labels, in order of time."""
        for occurrence, decision in labelled:
            if occurrence.stands or getattr(occurrence.observation, "status", None) == "cancelled":
                self._reader.read(occurrence, decision)

    def identities(self) -> Identities:
        """Who is who, as known at the end of what was read; nothing can be read after it."""
        self._reader.finish()
        identities = _Census(self._reader, self.own, self._persons, self._domains).identities()
        mine = min(self._owner.addresses or self.own, default="")
        asked = owners.suspects(self._traces, self.own, self._owner, set(identities.by_address) - self._taken)
        maybe_owner = [Suggestion(mine, address, because, _OWN_FIRST) for address, because in asked]
        return replace(identities, suggestions=(*maybe_owner, *identities.suggestions))


def _built_in_roles() -> Callable[[str], bool]:
    from rules.engine.ruleset import load
    from rules.labels.automation import is_role_address

    rules = load()
    return lambda address: is_role_address(address, rules)


class _Census:
    """From what was read to the people that are shown."""

    def __init__(
        self,
        reader: Reader,
        own: Mapping[str, tuple[Evidence, ...]],
        words: Sequence[PersonWord],
        domains: Sequence[DomainWord],
    ) -> None:
        self.reader, self.own, self.words = reader, own, words
        self.domains = sorted(domains, key=lambda word: -len(word.domain))  # the nearest first
        self.word_of = {address: word for word in words for address in word.addresses}
        self.pinned = {word.addresses[0] for word in words}
        self.helping = {address for word in words for address in word.assistants}
        self.shared = {address for address, sighting in reader.seen.items() if is_shared(address, sighting.keys)}
        # What turned out to be a list or a desk joins nobody, so groups are built from the merges that remain.
        self.merges = [
            merge for merge in reader.merges if self._may_be_person(merge.one) and self._may_be_person(merge.other)
        ]
        self.groups = Groups()
        for merge in self.merges:
            self.groups.join(merge.one, merge.other)
        self.alike: dict[str, list[Merge]] = defaultdict(list)
        for one in reader.alike:
            if self._may_be_person(one.other) and not reader.apart(one.one, one.other):
                self.alike[one.one].append(one)

    def identities(self) -> Identities:
        people, ignored = self._people()
        by_address = {address: person for person in people for address in person.addresses}
        return Identities(
            people=tuple(people),
            merges=tuple(merge for merge in self.merges if merge.one in by_address),
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
            is_role=self._is_desk if self.shared else self.reader.is_role,
        )

    def _people(self) -> tuple[list[Person], set[str]]:
        roots = {
            self.groups.root(address)
            for address, sighting in self.reader.seen.items()
            if sighting.active and self._may_be_person(address)
        }
        roots |= {self.groups.root(word.addresses[0]) for word in self.words}
        reasons: dict[str, list[Evidence]] = defaultdict(list)
        for merge in self.merges:
            reasons[self.groups.root(merge.one)].extend(merge.evidence)
        people, ignored = [], set()
        for root in roots:
            addresses = set(self.groups.members(root))
            if self._is_ignored(addresses):
                ignored |= addresses
            else:
                people.append(self._person(addresses, tuple(reasons.get(root, ()))))
        return sorted(people, key=lambda person: person.id), ignored

    def _may_be_person(self, address: str) -> bool:
        if address in self.word_of:
            return True
        return not (
            address in self.reader.own
            or address in self.helping
            or address in self.reader.lists
            or address.partition("@")[0] in PLACEHOLDERS
            or "@" not in address
            or "/o=" in address  # a directory's path that a gateway took for an address
            or address in self.shared
            or self.reader.is_role(address)
        )

    def _is_desk(self, address: str) -> bool:
        return address in self.shared or self.reader.is_role(address)

    def _is_ignored(self, addresses: Iterable[str]) -> bool:
        addresses = list(addresses)
        if any(self.word_of[address].ignore for address in addresses if address in self.word_of):
            return True
        shunned = {word.domain for word in self.domains if word.ignore}
        return bool(shunned) and all(within(domain_of(address), shunned) for address in addresses)

    def _person(self, addresses: set[str], reasons: tuple[Evidence, ...]) -> Person:
        words = [self.word_of[address] for address in sorted(addresses) if address in self.word_of]
        word = words[0] if words else PersonWord(())
        domains = [one for one in self.domains if any(within(domain_of(a), {one.domain}) for a in addresses)]
        circle = word.circle or next((one.circle for one in domains if one.circle), None)
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
            every_days=word.every_days or next((one.every_days for one in domains if one.every_days), None),
            prefers=word.prefers or next((one.prefers for one in domains if one.prefers), None),
            role=word.role or next((one.role for one in domains if one.role), None),
            alike=tuple(one for address in sorted(addresses) for one in self.alike.get(address, ())),
        )

    def _name(self, addresses: Iterable[str]) -> str | None:
        names: Counter[str] = Counter()
        for address in addresses:
            if sighting := self.reader.seen.get(address):
                names.update({name: count for name, count in sighting.names.items() if not name.islower()})
        if names:
            return min(names, key=lambda name: (key_of(name) is None, -names[name], -len(name), name))
        spelled = sorted(key for address in addresses if (key := spelled_key(address)))
        return " ".join(word.capitalize() for word in spelled[0]) if spelled else None

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
        doubts = {**self._alike(by_address), **self.reader.doubts}
        moved = self._moved()
        found: dict[tuple[str, str], Suggestion] = {}
        for (one, other), because in doubts.items():
            first, second = by_address.get(one), by_address.get(other)
            if first is None or second is None or first.id == second.id or self.reader.apart(one, other):
                continue
            ids = (min(first.id, second.id), max(first.id, second.id))
            seen = [self.reader.seen.get(address) for address in (one, other)]
            weight = float(min(sighting.active if sighting else 0 for sighting in seen))
            if (one, other) not in self.reader.doubts and weight < _SEEN_ENOUGH:
                continue
            if (one, other) in moved:
                weight += _MOVED_FIRST
            if ids not in found or found[ids].weight < weight:
                found[ids] = Suggestion(*ids, "; ".join([because, *moved.get((one, other), ())]), weight)
        return sorted(found.values(), key=lambda one: (-one.weight, one.one, one.other))

    def _moved(self) -> dict[tuple[str, str], tuple[str]]:
        """Pairs of one name of which one turned up when the other fell silent, with these days."""
        found = {}
        for alike in (one for each in self.alike.values() for one in each):
            last = self.reader.last_heard(alike.one)
            if last is not None and took_over(last, alike.on):
                pair = (min(alike.one, alike.other), max(alike.one, alike.other))
                days = f"{alike.other} turned up on {alike.on:%-d %B %Y}, {alike.one} was last heard of on"
                found[pair] = (f"{days} {last:%-d %B %Y}",)
        return found

    def _alike(self, by_address: Mapping[str, Person]) -> dict[tuple[str, str], str]:
        """Addresses that look alike, without any name: the same long local part at two organisations, or an initial
        and a surname that only one other person of the organisation bears."""
        locals_: dict[str, list[str]] = defaultdict(list)
        surnames: dict[tuple[str | None, str], list[str]] = defaultdict(list)
        for address in sorted(by_address):
            if address in self.reader.seen:
                locals_[address.partition("@")[0]].append(address)
                words = words_of(address)
                if len(words) > 1 and len(words[-1]) >= _TELLING:
                    surnames[organisation_of(address), words[-1]].append(address)
        found: dict[tuple[str, str], str] = {}
        for local, bearers in locals_.items():
            if len(bearers) == 2 and len(local) > _TELLING and spelled_key(bearers[0]) is None:
                found[bearers[0], bearers[1]] = f"both are {local} at their organisation"
        for (organisation, surname), bearers in surnames.items():
            short = [one for one in bearers if spelled_key(one) is None]
            if organisation and len(bearers) == 2 and len(short) == 1:
                because = f"nobody else at {organisation} bears the name {surname.capitalize()}"
                found[bearers[0], bearers[1]] = because
        return found
