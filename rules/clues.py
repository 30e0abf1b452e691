"""What a mail shows beside its words: who these two are to each other, how many read along, what the subject looks
like, what is known of the people and the thread. Each clue is a short name; `purpose` weighs them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import chain

import msgspec

from connectors.observations import Address, Message
from rules.folders import role_of
from rules.organisations import domain_of, is_free_mail, organisation_of, registrable
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


Party = tuple[str, str]


class Clues(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A mail's clues: `words` of its subject, without names of the people on it, and `groups` of the names of
    everything else, each group a tuple that other mails share. `other` is the address across from the owner,
    `personal` the personal topics of the subject, `parties` those whose past speaks: ("person", address),
    ("firm", domain) if they have one that is not the owner's, ("owner", "in" or "out"), and who they are to the
    owner, ("who", "colleague")."""

    text: Text
    words: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    other: str | None
    out: bool
    colleague: bool
    personal: tuple[str, ...] = ()
    parties: tuple[Party, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(chain.from_iterable(self.groups))


def clues(message: Message, own: Collection[str], domains: frozenset[str]) -> Clues:
    """The clues of a message, seen from the owner of the addresses `own`, whose organisation has `domains`. Mails
    that show the same share them."""
    mine = own if isinstance(own, frozenset) else frozenset(own)
    company = _company(message.from_, message.to, message.cc, message.bcc, mine, domains)
    said = _said(message.subject or "", company)
    weekend = message.date is not None and message.date.weekday() >= 5
    folders = message.folders
    return _placed(said, folders[:3] if folders else (), weekend) if folders or weekend else said


@lru_cache(maxsize=4096)
def _placed(said: Clues, folders: tuple[str, ...], weekend: bool) -> Clues:
    """The clues of a mail that was filed, or sent on a weekend."""
    groups = (*said.groups, *map(_folder, folders), *((_WEEKEND,) if weekend else ()))
    return msgspec.structs.replace(said, groups=groups)


class _Company(msgspec.Struct, frozen=True, gc=False, eq=False):
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


@lru_cache(maxsize=4096)
def _said(subject: str, company: _Company) -> Clues:
    """What a subject says between these people."""
    text, form = _seen(subject)
    words = text.words
    if not company.names.isdisjoint(words):
        words = tuple(["#person" if word in company.names else word for word in words])
    who, kind = company.who, text.kind
    topical, personal = _subjects(words, who, company.crowd, kind)
    groups = (
        _between(who, company.way, kind, "words" if words else "empty", text.marks, company.count),
        company.circle,
        form,
        topical,
        _names_in_subject(text.words, company),
    )
    return Clues(
        text, words, groups, company.other or None, company.way == "out", company.colleague, personal, company.parties
    )


_Group = tuple[Address, ...] | None


@lru_cache(maxsize=4096)  # the same few people write to each other again and again
def _company(
    from_: Address | None, to: _Group, cc: _Group, bcc: _Group, own: frozenset[str], domains: frozenset[str]
) -> _Company:
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
    return _Company(
        other=other,
        who=who,
        way="out" if out else _place(to, cc, own, len(addresses)),
        count=len(addresses),
        crowd=_bucket(len(addresses), (1, 4, 15)),
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


@lru_cache(maxsize=4096)
def _seen(subject: str) -> tuple[Text, tuple[str, ...]]:
    """A subject's words, and the clues of its look."""
    text = read(subject)
    return text, _form(text)


_WEEKEND = ("weekend",)


def _bucket(number: int, edges: Sequence[int]) -> str:
    for edge in edges:
        if number <= edge:
            return str(edge)
    return f"{edges[-1]}+"


def _scale(kind: str, *edges: int) -> tuple[str, ...]:
    """The clues of a kind for 0, 1, 2 …, the last one for all numbers beyond."""
    return tuple(f"{kind}:{_bucket(number, edges)}" for number in range(edges[-1] + 2))


def _at(scale: tuple[str, ...], number: int) -> str:
    return scale[number] if number < len(scale) else scale[-1]


_LENGTHS = _scale("length", 0, 1, 2, 3, 5, 8, 12)
_NUMBERS = _scale("numbers", 0, 1, 2)
_ACRONYMS = _scale("acronyms", 0, 1, 2)


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


def _place(to: _Group, cc: _Group, own: Collection[str], count: int) -> str:
    if any(a.address in own for a in to or ()):
        return "alone" if count <= 1 else "named"
    return "copied" if any(a.address in own for a in cc or ()) else "unnamed"


def _form(text: Text) -> tuple[str, ...]:
    """What the subject looks like."""
    bare, raw = text.bare, text.raw
    names = ["form:words" if raw else "form:empty", _at(_LENGTHS, len(raw))]
    alpha = [token for token in raw if token[0].isalpha()]
    if alpha:
        names += _case(alpha)
    numbers = 0 if len(alpha) == len(raw) else len([token for token in raw if token[0].isdigit()])
    names.append(_at(_NUMBERS, numbers))
    if "!" in bare:
        names.append("bang")
    if "?" in bare:
        names.append("question")
    if ".." in bare:
        names.append("dots")
    if "." in bare:
        if _DOCUMENT.search(bare):
            names.append("document")
        if _PICTURE.search(bare):
            names.append("picture")
    if (numbers or "--" in bare) and _CODE.search(bare):
        names.append("code")
    return tuple(names)


def _case(alpha: Sequence[str]) -> tuple[str, ...]:
    """How a subject's words are written: large or small letters, how many acronyms."""
    if all(map(str.islower, alpha)):
        return "case:lower", _ACRONYMS[0]
    upper = [len(token) for token in alpha if token.isupper()]
    acronyms = _at(_ACRONYMS, len([size for size in upper if 2 <= size <= 6]))
    if upper and len([size for size in upper if size > 1]) >= max(2, 0.7 * len(alpha)):
        return "case:upper", acronyms
    if len(alpha) < 3:
        return (acronyms,)
    titled = all(token[0].isupper() for token in alpha if len(token) > 3)
    return "case:title" if titled else "case:sentence", acronyms


@lru_cache(maxsize=4096)
def _subjects(words: tuple[str, ...], who: str, crowd: str, kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The topics that the subject speaks of, how personal and business ones stand beside each other, and again the
    personal ones alone."""
    if not words:
        return (), ()
    found = topics().find(words)
    names = tuple([topic.name for topic in found if topic.name in PERSONAL])
    personal, business = len(names), len(found) - len(names)
    both = f"topics:{min(personal, 1)}{min(business, 1)}"
    clues = (
        *(f"topic:{topic.name}" for topic in found),
        *(f"topic:{topic.name} kind:{kind}" for topic in found),
        f"topics:{min(personal, 2)}{min(business, 2)}",
        f"{both} who:{who}",
        f"{both} people:{crowd}",
    )
    return clues, names


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


def _names_in_subject(words: tuple[str, ...], company: _Company) -> tuple[str, ...]:
    names = company.likeness
    if not company.writers.isdisjoint(words):
        names = ("names the writer", *names)
    return names if company.readers.isdisjoint(words) else ("names the reader", *names)


def _likeness(other: str, own: frozenset[str]) -> tuple[str, ...]:
    """Whether the other's address bears the owner's family name, or is another one of the owner's."""
    if other in own:
        return ()
    local = other.partition("@")[0]
    if not any(len(part) > 3 and part in local for address in own for part in _parts(address)[-1:]):
        return ()
    same = any(address[:1] == other[:1] for address in own)
    return ("the owner's own name",) if same else ("same family name",)


@lru_cache(maxsize=4096)
def _folder(name: str) -> tuple[str, ...]:
    if role_of(name) is not None:
        return ()
    found = topics().find(read(name).words)
    return ("folder:own", *(f"folder:{'personal' if topic.name in PERSONAL else 'business'}" for topic in found))
