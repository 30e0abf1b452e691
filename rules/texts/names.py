"""Names of people as mail programs write them, brought to one form so that they can be compared."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from rules.texts.folding import fold

_X500 = re.compile(r"</?o=.*|/(?:o|ou|cn)=.*", re.IGNORECASE)
_NOTES = re.compile(r"(?:/[\w .&-]+)+(?:@[\w .-]+)?$|@[A-Z][\w .-]*$")
_IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]|\{[^}]*\}")
# "Anna Meyer via DocuSign": a service writes in her name; the address is not hers.
_LENT = re.compile(
    r"\b(?:via|on behalf of|im auftrag von|pour le compte de|en nombre de|per conto di|namens|em nome de)\b"
    r"|\(via\b|'s? assistant\b",
    re.IGNORECASE,
)
_COMPANY = re.compile(r"\s+(?:[-–—|/:•·]|@|at)\s+.*$")
_HONOUR_WORDS = (
    "dr prof professor mr mrs ms miss mag ing dipl phd md mba llm esq herr frau mme mlle sir ir drs mme"
    " msc bsc cpa pmp"
)
# Words that name a desk, a robot or a team and never a person.
_DESK_WORDS = (
    "team support service services sales info office admin billing invoice invoices accounts accounting payable"
    " receivable helpdesk help desk customer customers care newsletter news noreply reply notification notifications"
    " alert alerts system mailer daemon postmaster webmaster marketing press jobs careers hr recruiting reception"
    " group department abteilung buchhaltung vertrieb kundenservice kundendienst rechnung bestellung contact kontakt"
    " orders order shop store booking bookings reservations calendar conference room meeting list members all"
    " everyone staff announcements security updates digest bot automated gmbh inc ltd llc corp company ag bv the of"
    " survey events webinar account mail email no do not"
)
# "Mueller", "Baer", "Soeren", "Haakon" for what has one letter at home; not in "Michael", "Samuel", "Joe".
_SPELT_OUT = re.compile(r"(?<![aeiouq])(?:[aou]e(?!l?$)|aa)")
_WORD = re.compile(r"[^\W\d_]+(?:[’'\-][^\W\d_]+)*")

_HONOURS = frozenset(_HONOUR_WORDS.split())
_DESKS = frozenset(_DESK_WORDS.split())

Key = tuple[str, ...]

_NUMBERED = re.compile(r"[a-z._-]{4,}?0*([1-9]\d?)")  # houses number their namesakes: hans.weber2@
_SHARED = 3  # people who sign with one address

LONGEST = 200  # characters; what is longer is no name


@lru_cache(maxsize=32768)
def readable(name: str | None) -> str | None:
    """A display name as a person would write it, or None where it names no person.

    Quotes, X.500 and Notes paths, brackets, honours and company suffixes go; "Meyer, Anna B." becomes "Anna B.
    Meyer". A name that a service borrows ("Anna Meyer via DocuSign") or that is an address is None.
    """
    if not name or len(name) > LONGEST or _LENT.search(name):
        return None
    bare = _X500.sub("", " ".join(name.split())).strip().strip("\"'<>;, ").strip()
    bare = _IN_BRACKETS.sub(" ", _NOTES.sub("", bare)).strip().strip("\"'").strip()
    if not bare or "@" in bare:
        return None
    bare = _COMPANY.sub("", bare)
    last, comma, first = bare.partition(",")
    if comma:
        words = [word for word in first.replace(",", " ").split() if not _is_honour(word)]
        bare = f"{' '.join(words)} {last}" if words else last
    kept = [word for word in bare.split() if not _is_honour(word)]
    return " ".join(kept) or None


@lru_cache(maxsize=32768)
def key_of(name: str | None) -> Key | None:
    """What two spellings of one full name share: its words without accents, case and initials, or None where there
    are fewer than two words or one of them names a desk."""
    bare = readable(name)
    if bare is None or any(letter.isdigit() for letter in bare):
        return None
    words = tuple(plain(word) for word in _WORD.findall(bare))
    full = tuple(word for word in words if len(word) > 1)
    if not 2 <= len(full) <= 4 or any(word in _DESKS for word in full):
        return None
    return full


@lru_cache(maxsize=32768)
def words_of(address: str) -> Key:
    """The words of an address's local part: "w..delainey@x" -> ("w", "delainey")."""
    local = address.partition("@")[0].partition("+")[0]
    return tuple(plain(word) for word in re.split(r"[._\-\d]+", local) if word)


def plain(word: str) -> str:
    """A word without case and accents; "ß" is "ss", and "ö" is "o", as is "oe": names with umlauts have addresses
    without."""
    bare = "".join(filter(str.isalnum, fold(word.casefold())))
    return _SPELT_OUT.sub(lambda found: found.group()[0], bare)


def _is_honour(word: str) -> bool:
    return plain(word) in _HONOURS


def initials_of(name: str | None) -> frozenset[str]:
    """The single letters in a name ("David W Delainey" -> w): two namesakes often differ in them."""
    bare = readable(name)
    return frozenset(plain(word) for word in _WORD.findall(bare or "") if len(word) == 1)


@lru_cache(maxsize=32768)
def spelled_key(address: str) -> Key | None:
    """The full name that a local part spells (anna.meyer@), or None: no digits, two words of letters or more."""
    local = address.partition("@")[0].partition("+")[0]
    words = [word for word in words_of(address) if len(word) > 1]
    if len(words) < 2 or any(letter.isdigit() for letter in local):
        return None
    return key_of(" ".join(words))


def spelled_initials(address: str) -> frozenset[str]:
    """The initials between the words of a local part that spells a full name: david.w.delainey@ -> w."""
    if spelled_key(address) is None:
        return frozenset()
    return frozenset(word for word in words_of(address) if len(word) == 1)


def bears(address: str, key: Key) -> bool:
    """Whether a local part can belong to this name: a word of it, the start of its surname, or its initials stand
    there, or it is a number as staff have. "reception@" bears nobody's name."""
    local = "".join(words_of(address))
    if any(letter.isdigit() for letter in address.partition("@")[0]) and len(local) <= 3:
        return True
    if any(len(word) > 2 and word in local for word in key):
        return True
    initials = "".join(word[0] for word in key)
    return local in (initials, initials[::-1]) or (len(key[-1]) >= 4 and key[-1][:4] in local)


def is_shared(address: str, names: Collection[Key]) -> bool:
    """Whether several people sign with an address that bears the name of none: a desk, whatever it is called."""
    if len(names) < _SHARED:
        return False
    strangers: list[Key] = []  # of whom no two share a word: "Anna Berg" and "Anna Maria Berg-Lund" are one
    for name in sorted(names):
        if bears(address, name):
            return False
        if all(set(name).isdisjoint(other) for other in strangers):
            strangers.append(name)
    return len(strangers) >= _SHARED


def number_of(address: str) -> str | None:
    """The small number behind a name: hans.weber2@ -> "2"."""
    found = _NUMBERED.fullmatch(address.partition("@")[0].partition("+")[0])
    return found.group(1) if found else None
