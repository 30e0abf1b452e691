"""From what was read of the addresses to the people that are shown, and to what the owner is asked of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rules.meaning import Circle, Evidence, Merge, Person
from rules.people.groups import Groups
from rules.people.moves import took_over
from rules.people.persons import Identities, Suggestion, person_id
from rules.people.sightings import Reader
from rules.people.words import DomainWord, PersonWord
from rules.texts.names import is_shared, key_of, spelled_key, words_of
from rules.texts.organisations import domain_of, organisation_of, within

# What exports and gateways write where they lost an address.
PLACEHOLDERS = frozenset({"no.address", "unknown", "undisclosed-recipients", "undisclosed", "nobody", "invalid", ""})
_SEEN_ENOUGH = 2  # contacts of the rarer of two before mere likeness is worth a question
_TELLING = 4  # letters of a name that are more than chance
_MOVED_FIRST = 100.0  # where a name moves, an answer is what a verdict waits for


class Census:
    """Who is who, taken when all is read: `identities` of a `Reader` that has finished."""

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
