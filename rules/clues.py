"""What a mail shows beside its words: who these two are to each other, how many read along, what the subject looks
like, what is known of the people and the thread. Each clue is a short name; `purpose` weighs them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from connectors.observations import Address, Message
from rules.folders import role_of
from rules.organisations import domain_of, is_free_mail, registrable
from rules.subjects import Text, read, topics

PEOPLE_READ = 30  # recipients whose names are looked at; the rest is counted
PERSONAL = frozenset(
    {
        "family", "celebration", "meals", "sport", "humour", "leisure", "greeting", "thanks", "congratulation",
        "farewell", "care", "school", "invitation", "introduction",
    }
)  # fmt: skip

_KINDS = (
    ("school", re.compile(r"\.edu$|\.edu\.|\.ac\.|\.uni-|^uni-")),
    ("association", re.compile(r"\.org$")),
    ("authority", re.compile(r"\.gov$|\.mil$|\.gov\.|\.gob\.|\.gouv\.|\.bund\.")),
)
_NAME = re.compile(r"[^\W\d_]{3,}")
_DOCUMENT = re.compile(r"\.(?:xls|doc|pdf|ppt|zip|csv|docx|xlsx|pptx|odt|ods)\b", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:jpe?g|gif|mpe?g|avi|mp3|mp4|mov|wav|png|pps|heic)\b", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]*\d+[A-Z-]+\d|[A-Z]{2,}[-\d]{2,}")
_GROUP = re.compile(
    r"^(?:all|team|group|list|staff|everyone|alle|tous|todos|tutti|iedereen|alla)\b|\bdl[-_.]|[-_.](?:all|team|list|group|staff)$"
)


@dataclass(frozen=True, slots=True)
class Clues:
    """A mail's clues: `words` of its subject, without names of the people on it, and `groups` of the names of
    everything else, each group a tuple that other mails share. `other` is the address across from the owner,
    `personal` the personal topics of the subject."""

    text: Text
    words: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    other: str | None
    out: bool
    colleague: bool
    personal: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(chain.from_iterable(self.groups))


def clues(message: Message, own: Collection[str], domains: frozenset[str]) -> Clues:
    """The clues of a message, seen from the owner of the addresses `own`, whose organisation has `domains`."""
    text = read(message.subject or "")
    writer = (message.from_.address if message.from_ is not None else None) or ""
    addresses = [a.address for group in (message.to, message.cc, message.bcc) if group for a in group if a.address]
    out = writer in own
    others = [address for address in addresses if address not in own]
    other = writer if not out else (others[0] if others else writer)
    who = _relation(other, domains)
    crowd = _bucket(len(addresses), (1, 4, 15))
    people = _people_names(message) if text.words else ()
    words = tuple(["#person" if word in people else word for word in text.words])
    relations = {_relation(address, domains) for address in others[:PEOPLE_READ]}
    if not out:
        relations.add(who)
    way = "out" if out else _place(message, own, len(addresses))
    form = "words" if words else "empty"
    firms = len({domain_of(address) for address in others[:PEOPLE_READ]} | {domain_of(other)})
    groups = (
        _between(who, way, text.kind, form, text.marks, len(addresses)),
        _circle(
            "colleague" in relations, len(relations), "private" in relations, firms, len(message.cc or ()),
            bool(others) and _is_group(others[0]),
        ),
        _form(text),
        _subjects(words, who, crowd, text.kind),
        tuple(_names_in_subject(text, writer, addresses, own, other)),
        *map(_folder, (message.folders or ())[:3]),
        _WEEKEND if message.date is not None and message.date.weekday() >= 5 else (),
    )  # fmt: skip
    return Clues(text, words, groups, other or None, out, who == "colleague", _personal(words))


_WEEKEND = ("weekend",)


def _bucket(number: int, edges: Sequence[int]) -> str:
    for edge in edges:
        if number <= edge:
            return str(edge)
    return f"{edges[-1]}+"


@lru_cache(maxsize=65536)
def _relation(address: str, domains: frozenset[str]) -> str:
    domain = domain_of(address)
    if not domain:
        return "unknown"
    if domain in domains or registrable(domain) in domains:
        return "colleague"
    if is_free_mail(domain):
        return "private"
    return next((kind for kind, pattern in _KINDS if pattern.search(domain)), "firm")


@lru_cache(maxsize=65536)
def _is_group(address: str) -> bool:
    return _GROUP.search(address.partition("@")[0]) is not None


@lru_cache(maxsize=16384)
def _between(who: str, way: str, kind: str, form: str, marks: int, count: int) -> tuple[str, ...]:
    """Who these two are to each other, which way it went, how many read it. `way` is "out", or for mail that came
    in the owner's place on it."""
    crowd = _bucket(count, (1, 4, 15))
    direction = "out" if way == "out" else "in"
    names = (
        f"way:{direction}", f"who:{who}", f"people:{_bucket(count, (0, 1, 2, 4, 8, 15))}", f"kind:{kind}",
        f"who:{who} way:{direction}", f"who:{who} people:{crowd}", f"who:{who} kind:{kind}",
        f"who:{who} kind:{kind} form:{form}", f"kind:{kind} people:{crowd}", f"marks:{_bucket(marks, (0, 1, 2))}",
    )  # fmt: skip
    return names if way == "out" else (*names, f"owner:{way}", f"owner:{way} who:{who}")


@lru_cache(maxsize=4096)
def _circle(colleagues: bool, kinds: int, private: bool, firms: int, copied: int, group: bool) -> tuple[str, ...]:
    """Which people are on it together."""
    together = ("mixed" if kinds > 1 else "colleagues") if colleagues else "outside"
    names = [f"circle:{together}", f"domains:{_bucket(firms, (1, 2, 3, 5))}", f"cc:{_bucket(copied, (0, 1, 3))}"]
    if private:
        names.append("some private")
    if group:
        names.append("to group")
    return tuple(names)


def _place(message: Message, own: Collection[str], count: int) -> str:
    if any(a.address in own for a in message.to or ()):
        return "alone" if count <= 1 else "named"
    return "copied" if any(a.address in own for a in message.cc or ()) else "unnamed"


@lru_cache(maxsize=65536)
def _form(text: Text) -> tuple[str, ...]:
    """What the subject looks like."""
    names = [
        f"form:{'words' if text.words else 'empty'}",
        f"length:{_bucket(len(text.words), (0, 1, 2, 3, 5, 8, 12))}",
    ]
    alpha = [token for token in text.raw if token[0].isalpha()]
    if alpha:
        if all(token.islower() for token in alpha):
            names.append("case:lower")
        elif sum(len(token) > 1 and token.isupper() for token in alpha) >= max(2, 0.7 * len(alpha)):
            names.append("case:upper")
        elif len(alpha) >= 3:
            titled = all(token[0].isupper() for token in alpha if len(token) > 3)
            names.append("case:title" if titled else "case:sentence")
        names.append(f"acronyms:{_bucket(sum(2 <= len(t) <= 6 and t.isupper() for t in alpha), (0, 1, 2))}")
    names.append(f"numbers:{_bucket(sum(token[0].isdigit() for token in text.raw), (0, 1, 2))}")
    for name, holds in (
        ("bang", "!" in text.bare),
        ("question", "?" in text.bare),
        ("dots", ".." in text.bare),
        ("document", _DOCUMENT.search(text.bare)),
        ("picture", _PICTURE.search(text.bare)),
        ("code", _CODE.search(text.bare)),
    ):
        if holds:
            names.append(name)
    return tuple(names)


@lru_cache(maxsize=65536)
def _personal(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(topic.name for topic in topics().find(words) if topic.name in PERSONAL)


@lru_cache(maxsize=65536)
def _subjects(words: tuple[str, ...], who: str, crowd: str, kind: str) -> tuple[str, ...]:
    """The topics that the subject speaks of, and how personal and business ones stand beside each other."""
    if not words:
        return ()
    found = topics().find(words)
    personal = sum(topic.name in PERSONAL for topic in found)
    business = len(found) - personal
    both = f"topics:{min(personal, 1)}{min(business, 1)}"
    return (
        *(f"topic:{topic.name}" for topic in found),
        *(f"topic:{topic.name} kind:{kind}" for topic in found),
        f"topics:{min(personal, 2)}{min(business, 2)}",
        f"{both} who:{who}",
        f"{both} people:{crowd}",
    )


@lru_cache(maxsize=65536)
def _parts(address: str) -> tuple[str, ...]:
    return tuple(_NAME.findall(address.partition("@")[0].lower()))


@lru_cache(maxsize=65536)
def _spoken(name: str) -> tuple[str, ...]:
    return tuple(_NAME.findall(name.partition("<")[0].partition("/")[0].lower()))


def _people_names(message: Message) -> set[str]:
    """Parts of the names of everybody on the mail."""
    names: set[str] = set()
    people: Iterable[Address] = (message.from_,) if message.from_ is not None else ()
    for group in (people, (message.to or ())[:PEOPLE_READ], (message.cc or ())[:PEOPLE_READ]):
        for person in group:
            if person.address:
                names.update(_parts(person.address))
            if person.name:
                names.update(_spoken(person.name))
    return names


def _names_in_subject(
    text: Text, writer: str, addresses: Sequence[str], own: Collection[str], other: str
) -> Iterator[str]:
    words = frozenset(text.words)
    if words:
        if any(part in words for address in addresses[:5] for part in _parts(address)):
            yield "names the reader"
        if any(part in words for part in _parts(writer)):
            yield "names the writer"
    if other not in own:
        family = next((p for a in own for p in _parts(a)[-1:] if len(p) > 3 and p in other.partition("@")[0]), None)
        if family is not None:
            same = any(address[:1] == other[:1] for address in own)
            yield "the owner's own name" if same else "same family name"


@lru_cache(maxsize=4096)
def _folder(name: str) -> tuple[str, ...]:
    if role_of(name) is not None:
        return ()
    found = topics().find(read(name).words)
    return ("folder:own", *(f"folder:{'personal' if topic.name in PERSONAL else 'business'}" for topic in found))
