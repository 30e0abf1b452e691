"""Who is whom, as it was known in a given week.

An address alone is a person until a merge ties it to others. Whoever a group of addresses is called after is the
same at all times: its `Person.id` if that address is among them, else the first of its addresses in the person's
own order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.health.weeks import week_of
from rules.meaning import Merge, Person


@dataclass(frozen=True, slots=True)
class Group:
    """Addresses that are known to be one person; `id` is one of them."""

    id: str
    addresses: tuple[str, ...]
    person: Person


class Groups:
    """Follows merges week by week."""

    def __init__(self, people: Iterable[Person], merges: Sequence[Merge]) -> None:
        self._of: dict[str, Group] = {}
        self._person = {address: person for person in people for address in person.addresses}
        self._merges = sorted(merges, key=lambda merge: merge.on)
        self._next = 0

    def person(self, address: str) -> Person:
        return self._person.get(address) or Person(address, (address,))

    def group(self, address: str) -> Group:
        """The group that an address belongs to so far."""
        return self._of.get(address) or self._make((address,))

    def _make(self, addresses: tuple[str, ...]) -> Group:
        person = self.person(addresses[0])
        order = [address for address in person.addresses if address in addresses]
        order += [address for address in addresses if address not in order]
        group = Group(person.id if person.id in order else order[0], tuple(order), person)
        self._of.update((address, group) for address in order)
        return group

    def advance(self, week: int) -> list[tuple[Group, list[Group]]]:
        """Applies the merges known by the end of `week`; returns each new group with those that it replaces."""
        new: dict[str, list[Group]] = {}
        while self._next < len(self._merges) and week_of(self._merges[self._next].on) <= week:
            merge = self._merges[self._next]
            self._next += 1
            one, other = self.group(merge.one), self.group(merge.other)
            if one is other:
                continue
            parts = new.pop(one.id, [one]) + new.pop(other.id, [other])
            new[self._make(one.addresses + other.addresses).id] = parts
        return [(self._of[id_], parts) for id_, parts in new.items()]
