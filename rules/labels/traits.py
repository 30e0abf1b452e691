"""The look of a sender and of a subject, as flags: what people's names and subjects look like, and what machines' do.

Everything here is form, no vocabulary: words stand in rules and in learned packs.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rules.engine.fields import BIT
from rules.texts.folding import fold
from rules.texts.organisations import is_free_mail, registrable
from rules.texts.prefixes import bare_subject, is_answer, is_forward

_LAST_FIRST = re.compile(r"^[^\W\d_][\w'’.-]+(?: [^\W\d_][\w'’-]+)?, [^\W\d_][\w'’.-]*(?: [^\W\d_][\w'’.-]*){0,2}$")
_TWO = re.compile(r"^[^\W\d_][\w'’.-]*(?: [^\W\d_]\.?| (?:van|von|de|der|den|del|di|da|dos|la|le|zu|ter|ten|al|el|bin)\b)* [^\W\d_][\w'’-]+$")  # fmt: skip  # noqa: E501
_ONE = re.compile(r"^[^\W\d_][\w'’.-]*$")
_EASTERN = re.compile(r"^(?:[\u3400-\u9fff]{2,4}|[\u3400-\u9fff]{1,3} [\u3400-\u9fff]{1,3}|[\uac00-\ud7a3]{2,4})$")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# What directories and gateways append to names, and people in brackets: "Anna Berg (Nordkai Ltd)".
_EXPORT = re.compile(r"</O=.*|<[^>]*>|@ENRON\b.*|(?<=\w) \((?!via\b)[^()]{2,40}\)$", re.IGNORECASE)
_FIRST_LAST = re.compile(r"^[a-z'-]+[._]+(?:[a-z][._]+)?[a-z'-]{2,}$")
_DATE = re.compile(r"\b\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{1,4})?\b")
_DIGIT = re.compile(r"[0-9]")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")


def plain_name(name: str) -> str:
    """A display name without what gateways and directories append to it."""
    return _EXPORT.sub("", name).strip().strip("\"'").strip()


@lru_cache(maxsize=16384)
def of_sender(address: str, name: str | None) -> int:
    """Flags about the look of an address and the name that stands before it."""
    local, _, domain = address.rpartition("@")
    flags = BIT["free_mail"] if is_free_mail(domain) else 0
    if any(map(str.isdigit, local)):
        flags |= BIT["address_digits"]
    if _FIRST_LAST.match(local):
        flags |= BIT["address_first_last"]
    organisation = registrable(domain)
    if organisation != domain and not domain.startswith("www."):
        flags |= BIT["deep_domain"]
    label = organisation.partition(".")[0]
    flags |= _of_name(plain_name(name or ""), local, label)
    if not flags & (BIT["free_mail"] | BIT["person_name"]) and len(label) >= 4 and label in local:
        flags |= BIT["address_is_domain"]  # Vogel at vogel-stahl.example is a person, shop at shop.example is none
    return flags


def _of_name(name: str, local: str, label: str) -> int:
    if not name:
        return BIT["no_name"]
    if "@" in name:
        return BIT["name_is_address"]
    if _LAST_FIRST.match(name):
        flags = BIT["name_last_first"] | BIT["person_name"]
    elif _TWO.match(name):
        flags = BIT["name_two_words"] | BIT["person_name"]
    elif _EASTERN.match(name):
        flags = BIT["name_two_words"] | BIT["person_name"]  # firms bear longer names in these scripts
    elif _ONE.match(name):
        flags = BIT["name_one_word"]
    else:
        flags = BIT["name_other"]
    words = [word.lower() for word in _WORDS.findall(_CAMEL.sub(" ", fold(name)))]
    if any(word == local or (len(word) >= 3 and word in local) for word in words):
        flags |= BIT["name_in_address"]
    if len(label) >= 4 and not flags & BIT["person_name"] and (label in "".join(words) or label in words):
        flags |= BIT["name_is_domain"]
    return flags


def bare(subject: str) -> str:
    """The subject as rules look at it."""
    return of_subject(subject)[0]


@lru_cache(maxsize=8192)
def of_subject(subject: str) -> tuple[str, int]:
    """The subject without marks of answers and forwards, and flags about its look."""
    if is_answer(subject):
        return bare_subject(subject), BIT["forward"] if is_forward(subject) else BIT["reply"]
    bare = subject.strip()
    if not bare:
        return "", BIT["no_subject"]
    length = len(bare)
    flags = BIT["subject_long"] if length > 50 else BIT["subject_short"] if length < 16 else 0
    if _DIGIT.search(bare) if bare.isascii() else any(map(str.isdigit, bare)):
        flags |= BIT["subject_digits"]
        if _DATE.search(bare) is not None:
            flags |= BIT["subject_date"]
    if length > 6 and bare.isupper():
        flags |= BIT["subject_caps"]
    if bare[0] == "[":
        flags |= BIT["subject_bracket"]
    if bare[-1] == "?":
        flags |= BIT["subject_asks"]
    for sign, name in _SIGNS:
        if sign in bare:
            flags |= BIT[name]
    return bare, flags | _of_capitals(bare)


_SIGNS = (
    ("!", "subject_shouts"), (":", "subject_colon"),
    ("$", "subject_money"), ("€", "subject_money"), ("£", "subject_money"), ("%", "subject_money"),
    (" - ", "subject_dash"), ("--", "subject_dash"), (" | ", "subject_dash"),
)  # fmt: skip


def _of_capitals(bare: str) -> int:
    words = _LONG_WORD.findall(bare)
    if len(words) < 2:
        return 0
    large = [word[0].isupper() for word in words]
    if len(words) >= 3 and all(large):
        return BIT["subject_title_case"]
    return 0 if any(large) else BIT["subject_lower_case"]
