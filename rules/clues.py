"""What a mail shows beside its words: who these two are to each other, how many read along, what the subject looks
like, what is known of the people and the thread. Each clue is a short name; `purpose` weighs them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from connectors.observations import Address, Message
from rules.folders import role_of
from rules.organisations import domain_of, is_free_mail, registrable
from rules.subjects import Text, Topic, read, topics

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
    """A mail's clues: `words` of its subject, without names of the people on it, and `names` of everything else.
    `topics` are those among the clues, with the words that say so. `other` is the address across from the owner."""

    text: Text
    words: tuple[str, ...]
    topics: tuple[Topic, ...]
    names: tuple[str, ...]
    other: str | None
    out: bool
    colleague: bool


def clues(message: Message, own: Collection[str], domains: frozenset[str]) -> Clues:
    """The clues of a message, seen from the owner of the addresses `own`, whose organisation has `domains`."""
    text = read(message.subject or "")
    writer = (message.from_.address if message.from_ is not None else None) or ""
    addresses = [a.address for group in (message.to, message.cc, message.bcc) for a in group or () if a.address]
    out = writer in own
    others = [address for address in addresses if address not in own]
    other = writer if not out else (others[0] if others else writer)
    who = _relation(other, domains)
    people = _people_names(message)
    words = tuple("#person" if word in people else word for word in text.words)
    found = tuple(topics().find(words)) if words else ()
    names = [
        *_who(message, text, other, others, addresses, own, domains, out=out),
        *_form(text),
        *_subjects(found, who, text),
        *_names_in_subject(text, writer, addresses, own, other),
        *_folders(message.folders or ()),
    ]
    when = message.date
    if when is not None and when.weekday() >= 5:
        names.append("weekend")
    return Clues(text, words, found, tuple(names), other or None, out, who == "colleague")


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


def _who(  # noqa: PLR0913 - the parts of one mail, taken apart once
    message: Message,
    text: Text,
    other: str,
    others: Sequence[str],
    addresses: Sequence[str],
    own: Collection[str],
    domains: frozenset[str],
    *,
    out: bool,
) -> Iterator[str]:
    who = _relation(other, domains)
    count = len(addresses)
    crowd = _bucket(count, (1, 4, 15))
    way = "out" if out else "in"
    form = "words" if text.words else "empty"
    yield f"way:{way}"
    yield f"who:{who}"
    yield f"people:{_bucket(count, (0, 1, 2, 4, 8, 15))}"
    yield f"kind:{text.kind}"
    yield f"who:{who} way:{way}"
    yield f"who:{who} people:{crowd}"
    yield f"who:{who} kind:{text.kind}"
    yield f"who:{who} kind:{text.kind} form:{form}"
    yield f"kind:{text.kind} people:{crowd}"
    yield f"marks:{_bucket(text.marks, (0, 1, 2))}"
    if not out:
        place = _place(message, own, count)
        yield f"owner:{place}"
        yield f"owner:{place} who:{who}"
    if others and _is_group(others[0]):
        yield "to group"
    relations = {_relation(address, domains) for address in others[:PEOPLE_READ]}
    if not out:
        relations.add(who)
    yield "circle:" + ("mixed" if "colleague" in relations and len(relations) > 1 else
                       "colleagues" if "colleague" in relations else "outside")  # fmt: skip
    if "private" in relations:
        yield "some private"
    yield f"domains:{_bucket(len({domain_of(a) for a in (*others[:PEOPLE_READ], other)}), (1, 2, 3, 5))}"
    yield f"cc:{_bucket(len(message.cc or ()), (0, 1, 3))}"


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


def _subjects(found: Sequence[Topic], who: str, text: Text) -> Iterator[str]:
    if not text.words:
        return
    personal = sum(topic.name in PERSONAL for topic in found)
    business = len(found) - personal
    for topic in found:
        yield f"topic:{topic.name}"
    yield f"topics:{min(personal, 2)}{min(business, 2)}"
    yield f"topics:{min(personal, 1)}{min(business, 1)} who:{who}"


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
    if other not in own and any(len(p) > 3 and p in other.partition("@")[0] for a in own for p in _parts(a)[-1:]):
        yield "same family name"


@lru_cache(maxsize=4096)
def _folder(name: str) -> tuple[str, ...]:
    if role_of(name) is not None:
        return ()
    found = topics().find(read(name).words)
    return ("folder:own", *(f"folder:{'personal' if topic.name in PERSONAL else 'business'}" for topic in found))


def _folders(folders: Sequence[str]) -> Iterator[str]:
    for folder in folders[:3]:
        yield from _folder(folder)
