"""What is known of who is who, and how persons are named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from rules.meaning import Evidence, Merge, Person


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


def person_id(addresses: Iterable[str], ids: Collection[str] = ()) -> str:
    """The id of a group of addresses: the one that is an id already, else the smallest without a tag.

    It depends on the addresses alone, not on what was seen first, so a backfill or a rebuild changes nothing.

    Args:
        addresses: at least one.
        ids: the pinned ids, or the ids of the people as known at the end.
    """
    return min(addresses, key=lambda address: (address not in ids, "+" in address, address))
