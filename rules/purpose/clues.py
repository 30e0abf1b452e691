"""What a mail shows beside its words: who these two are to each other, how many read along, what the subject looks
like, what is known of the people and the thread. Each clue is a short name; `voice` weighs them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import chain

import msgspec

from connectors.observations import Message
from rules.purpose.company import Company, Party, bucket, company_of
from rules.texts.folders import role_of
from rules.texts.subjects import Text, read, topics

PERSONAL = frozenset(
    {
        "family", "celebration", "meals", "sport", "humour", "leisure", "greeting", "thanks", "congratulation",
        "farewell", "care", "school", "invitation", "introduction",
    }
)  # fmt: skip

_DOCUMENT = re.compile(r"\.(?:xls|doc|pdf|ppt|zip|csv|docx|xlsx|pptx|odt|ods)\b", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:jpe?g|gif|mpe?g|avi|mp3|mp4|mov|wav|png|pps|heic)\b", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]*\d+[A-Z-]+\d|[A-Z]{2,}[-\d]{2,}")


class Clues(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A mail's clues: `words` of its subject, without names of the people on it, and `groups` of the names of
    everything else, each group a tuple that other mails share. `other` is the address across from the owner,
    `personal` the personal topics of the subject, `parties` those whose past speaks."""

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
    company = company_of(message.from_, message.to, message.cc, message.bcc, mine, domains)
    said = _said(message.subject or "", company)
    weekend = message.date is not None and message.date.weekday() >= 5
    folders = message.folders
    return _placed(said, folders[:3] if folders else (), weekend) if folders or weekend else said


@lru_cache(maxsize=4096)
def _placed(said: Clues, folders: tuple[str, ...], weekend: bool) -> Clues:
    """The clues of a mail that was filed, or sent on a weekend."""
    groups = (*said.groups, *map(_folder, folders), *((_WEEKEND,) if weekend else ()))
    return msgspec.structs.replace(said, groups=groups)


@lru_cache(maxsize=4096)
def _said(subject: str, company: Company) -> Clues:
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


@lru_cache(maxsize=4096)
def _seen(subject: str) -> tuple[Text, tuple[str, ...]]:
    """A subject's words, and the clues of its look."""
    text = read(subject)
    return text, _form(text)


_WEEKEND = ("weekend",)


def _scale(kind: str, *edges: int) -> tuple[str, ...]:
    """The clues of a kind for 0, 1, 2 …, the last one for all numbers beyond."""
    return tuple(f"{kind}:{bucket(number, edges)}" for number in range(edges[-1] + 2))


def _at(scale: tuple[str, ...], number: int) -> str:
    return scale[number] if number < len(scale) else scale[-1]


_LENGTHS = _scale("length", 0, 1, 2, 3, 5, 8, 12)
_NUMBERS = _scale("numbers", 0, 1, 2)
_ACRONYMS = _scale("acronyms", 0, 1, 2)


@lru_cache(maxsize=4096)
def _between(who: str, way: str, kind: str, form: str, marks: int, count: int) -> tuple[str, ...]:
    """Who these two are to each other, which way it went, how many read it. `way` is "out", or for mail that came
    in the owner's place on it."""
    crowd = bucket(count, (1, 4, 15))
    direction = "out" if way == "out" else "in"
    names = (
        f"way:{direction}", f"who:{who}", f"people:{bucket(count, (0, 1, 2, 4, 8, 15))}", f"kind:{kind}",
        f"who:{who} way:{direction}", f"who:{who} people:{crowd}", f"who:{who} kind:{kind}",
        f"who:{who} kind:{kind} form:{form}", f"kind:{kind} people:{crowd}", f"marks:{bucket(marks, (0, 1, 2))}",
    )  # fmt: skip
    return names if way == "out" else (*names, f"owner:{way}", f"owner:{way} who:{who}")


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


def _names_in_subject(words: tuple[str, ...], company: Company) -> tuple[str, ...]:
    names = company.likeness
    if not company.writers.isdisjoint(words):
        names = ("names the writer", *names)
    return names if company.readers.isdisjoint(words) else ("names the reader", *names)


@lru_cache(maxsize=4096)
def _folder(name: str) -> tuple[str, ...]:
    if role_of(name) is not None:
        return ()
    found = topics().find(read(name).words)
    return ("folder:own", *(f"folder:{'personal' if topic.name in PERSONAL else 'business'}" for topic in found))
