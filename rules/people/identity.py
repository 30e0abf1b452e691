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

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from rules.meaning import Decision, Merge, Owner, Person
from rules.occurrences.copies import Occurrence
from rules.people import owners
from rules.people.census import Census
from rules.people.groups import Groups
from rules.people.persons import Identities, Suggestion, person_id
from rules.people.sightings import Reader
from rules.people.words import Apart, DomainWord, PersonWord, united

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

_OWN_FIRST = 1000.0  # an own address taken for a contact spoils more than two contacts that are one


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
        identities = Census(self._reader, self.own, self._persons, self._domains).identities()
        mine = min(self._owner.addresses or self.own, default="")
        asked = owners.suspects(self._traces, self.own, self._owner, set(identities.by_address) - self._taken)
        maybe_owner = [Suggestion(mine, address, because, _OWN_FIRST) for address, because in asked]
        return replace(identities, suggestions=(*maybe_owner, *identities.suggestions))


def _built_in_roles() -> Callable[[str], bool]:
    from rules.engine.ruleset import load
    from rules.labels.automation import is_role_address

    rules = load()
    return lambda address: is_role_address(address, rules)
