"""The owner's word on people and domains. It outranks whatever the rules conclude."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rules.meaning import Channel, Circle
from rules.people.groups import Groups


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
    role: str | None = None


@dataclass(frozen=True, slots=True)
class DomainWord:
    """The owner's word on everybody at a domain and below it; a word on a person outranks it, as does one on a
    longer domain."""

    domain: str
    circle: Circle | None = None
    ignore: bool = False
    every_days: int | None = None
    prefers: Channel | None = None
    role: str | None = None


def united(words: Iterable[PersonWord]) -> list[PersonWord]:
    """One word per person: words that share an address are on the same person, and the first that says something
    on a matter has it."""
    given = list(words)
    groups = Groups()
    for word in given:
        for other in word.addresses[1:]:
            groups.join(word.addresses[0], other)
    together: dict[str, list[PersonWord]] = {}
    for word in given:
        together.setdefault(groups.root(word.addresses[0]), []).append(word)
    return [_one(said) for said in together.values()]


def _one(said: Sequence[PersonWord]) -> PersonWord:
    if len(said) == 1:
        return said[0]
    return PersonWord(
        addresses=tuple(dict.fromkeys(address for word in said for address in word.addresses)),
        name=next((word.name for word in said if word.name), None),
        circle=next((word.circle for word in said if word.circle), None),
        key=any(word.key for word in said),
        renews=next((word.renews for word in said if word.renews), None),
        ignore=any(word.ignore for word in said),
        not_same=tuple(dict.fromkeys(address for word in said for address in word.not_same)),
        every_days=next((word.every_days for word in said if word.every_days), None),
        prefers=next((word.prefers for word in said if word.prefers), None),
        assistants=tuple(dict.fromkeys(address for word in said for address in word.assistants)),
        role=next((word.role for word in said if word.role), None),
    )


class Apart:
    """Whether the owner holds two addresses apart: by `not_same`, or because they stand under two people."""

    def __init__(self, words: Iterable[PersonWord] = ()) -> None:
        self._person: dict[str, int] = {}
        self._pairs: set[tuple[str, str]] = set()
        for number, word in enumerate(words):
            for mine in word.addresses:
                self._person[mine] = number
                for other in word.not_same:
                    self._pairs |= {(mine, other), (other, mine)}

    def __call__(self, one: str, other: str) -> bool:
        first, second = self._person.get(one), self._person.get(other)
        return (first is not None and second is not None and first != second) or (one, other) in self._pairs

    def __bool__(self) -> bool:
        return bool(self._person)
