"""Who is on a mail, and what they are to its owner: who stands across, which way it went, who reads along."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import chain

import msgspec

from connectors.observations import Address
from rules.texts.organisations import domain_of, is_free_mail, organisation_of, registrable

PEOPLE_READ = 30  # recipients whose names are looked at; the rest is counted

_KINDS = (
    ("school", re.compile(r"\.edu$|\.edu\.|\.ac\.|\.uni-|^uni-")),
    ("association", re.compile(r"\.org$")),
    ("authority", re.compile(r"\.gov$|\.mil$|\.gov\.|\.gob\.|\.gouv\.|\.bund\.")),
)
_NAME = re.compile(r"[^\W\d_]{3,}")
_GROUP = re.compile(
    r"^(?:all|team|group|list|staff|everyone|alle|tous|todos|tutti|iedereen|alla)\b|\bdl[-_.]|[-_.](?:all|team|list|group|staff)$"
)

Party = tuple[str, str]
"""Somebody whose past speaks: ("person", address), ("firm", domain), ("owner", "in" or "out"), or who they are to the
owner, ("who", "colleague")."""


class Company(msgspec.Struct, frozen=True, gc=False, eq=False):
    """What the addresses on a mail tell. `other` is the one across from the owner and `who` they are; `way` is
    "out", or for mail that came in the owner's place on it; `circle` the clues of those together; `names` all parts
    of their names; `likeness` what ties the other's address to the owner's."""

    other: str
    who: str
    way: str
    count: int
    crowd: str
    colleague: bool
    circle: tuple[str, ...]
    names: frozenset[str]
    readers: frozenset[str]
    writers: frozenset[str]
    likeness: tuple[str, ...]
    parties: tuple[Party, ...]


_Group = tuple[Address, ...] | None


@lru_cache(maxsize=4096)  # the same few people write to each other again and again
def company_of(
    from_: Address | None, to: _Group, cc: _Group, bcc: _Group, own: frozenset[str], domains: frozenset[str]
) -> Company:
    writer = (from_.address if from_ is not None else None) or ""
    addresses = [a.address for group in (to, cc, bcc) if group for a in group if a.address]
    people = (*((from_,) if from_ is not None else ()), *(to or ())[:PEOPLE_READ], *(cc or ())[:PEOPLE_READ])
    out = writer in own
    others = [address for address in addresses if address not in own]
    other = writer if not out else (others[0] if others else writer)
    who, home = _relation(other, domains)
    near = [_relation(address, domains) for address in others[:PEOPLE_READ]]
    relations = {relation for relation, _ in near}
    if not out:
        relations.add(who)
    firms = {firm for _, firm in near}
    firms.add(home)
    return Company(
        other=other,
        who=who,
        way="out" if out else _place(to, cc, own, len(addresses)),
        count=len(addresses),
        crowd=bucket(len(addresses), (1, 4, 15)),
        colleague=who == "colleague",
        circle=_circle(
            "colleague" in relations, len(relations), "private" in relations, len(firms), len(cc or ()),
            bool(others) and _is_group(others[0]),
        ),
        names=frozenset(chain.from_iterable(map(_names, people))),
        readers=frozenset(chain.from_iterable(map(_parts, addresses[:5]))),
        writers=frozenset(_parts(writer)),
        likeness=_likeness(other, own),
        parties=_parties(other, "out" if out else "in", who),
    )  # fmt: skip


def _parties(other: str, way: str, who: str) -> tuple[Party, ...]:
    owner, relation = ("owner", way), ("who", who)
    if not other:
        return owner, relation
    firm = None if who == "colleague" else organisation_of(other)
    if firm is None:
        return ("person", other), owner, relation
    return ("person", other), ("firm", firm), owner, relation


def bucket(number: int, edges: Sequence[int]) -> str:
    for edge in edges:
        if number <= edge:
            return str(edge)
    return f"{edges[-1]}+"


@lru_cache(maxsize=16384)
def _relation(address: str, domains: frozenset[str]) -> tuple[str, str]:
    """Who somebody is to an organisation of these domains, and their own domain."""
    domain = domain_of(address)
    if not domain:
        return "unknown", domain
    if domain in domains or registrable(domain) in domains:
        return "colleague", domain
    if is_free_mail(domain):
        return "private", domain
    return next((kind for kind, pattern in _KINDS if pattern.search(domain)), "firm"), domain


@lru_cache(maxsize=16384)
def _is_group(address: str) -> bool:
    return _GROUP.search(address.partition("@")[0]) is not None


@lru_cache(maxsize=4096)
def _circle(colleagues: bool, kinds: int, private: bool, firms: int, copied: int, group: bool) -> tuple[str, ...]:
    """Which people are on it together."""
    together = ("mixed" if kinds > 1 else "colleagues") if colleagues else "outside"
    names = [f"circle:{together}", f"domains:{bucket(firms, (1, 2, 3, 5))}", f"cc:{bucket(copied, (0, 1, 3))}"]
    if private:
        names.append("some private")
    if group:
        names.append("to group")
    return tuple(names)


def _place(to: _Group, cc: _Group, own: Collection[str], count: int) -> str:
    if any(a.address in own for a in to or ()):
        return "alone" if count <= 1 else "named"
    return "copied" if any(a.address in own for a in cc or ()) else "unnamed"


@lru_cache(maxsize=16384)
def _parts(address: str) -> tuple[str, ...]:
    return tuple(_NAME.findall(address.partition("@")[0].lower()))


@lru_cache(maxsize=16384)
def _spoken(name: str) -> tuple[str, ...]:
    return tuple(_NAME.findall(name.partition("<")[0].partition("/")[0].lower()))


@lru_cache(maxsize=16384)
def _names(person: Address) -> tuple[str, ...]:
    """Parts of somebody's name, as address and name spell them."""
    parts = _parts(person.address) if person.address else ()
    return (*parts, *_spoken(person.name)) if person.name else parts


def _likeness(other: str, own: frozenset[str]) -> tuple[str, ...]:
    """Whether the other's address bears the owner's family name, or is another one of the owner's."""
    if other in own:
        return ()
    local = other.partition("@")[0]
    if not any(len(part) > 3 and part in local for address in own for part in _parts(address)[-1:]):
        return ()
    same = any(address[:1] == other[:1] for address in own)
    return ("the owner's own name",) if same else ("same family name",)
