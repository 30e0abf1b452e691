"""The owner's answers: short codes in the report, and the subjects of the owner's own sent mail read back.

An answer is a mail that the owner sent to one of their own addresses, whose subject is `syncd: WORD CODE [DETAIL]`.
Only subject, addresses and folder are looked at. A mail from outside that claims to come from the owner lies in no
sent folder, and so says nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote

from connectors.observations import Message
from rules.meaning import Merge, Person
from rules.occurrences.copies import Copy
from rules.texts.folders import role_of
from syncd.days import day_said

MARK = "syncd:"
SNOOZE_WEEKS = 8
FLAG_WORDS = ("right", "wrong", "snooze", "ended")
CONTACT_WORDS = {"phone": "phone", "spoke": "phone", "met": "in_person", "video": "video"}
MERGE_WORDS = {"same": "merged", "other": "parted"}
_WORDS = (*FLAG_WORDS, *CONTACT_WORDS, *MERGE_WORDS)
_ALPHABET = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_MISREAD = str.maketrans("OIL", "011")


class JournalEntry(Protocol):
    """What is read of the journal's entries (see `syncd.ledger.journal`)."""

    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What a parsed subject says: a word, its codes, and the rest of the line."""

    word: str
    codes: tuple[str, ...]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """An entry to be added to the journal: `journal.add(kind, subject, at, **data)`."""

    kind: str
    subject: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the owner's mail said: entries to add, and subjects that could not be understood, each with its reason."""

    heard: tuple[Heard, ...] = ()
    unclear: tuple[str, ...] = ()


def code(address: str) -> str:
    """The four characters that stand for an address in subjects: the same in every report, on every machine.

    Crockford's base 32, which has no I, L, O and U, of a digest of the address.
    """
    digest = hashlib.blake2b(address.lower().encode(), digest_size=5, person=b"syncd flag").digest()
    return base64.b32encode(digest).decode().translate(_ALPHABET)[:4]


def subject(word: str, *codes: str) -> str:
    """The subject line that gives this answer."""
    return " ".join((MARK, word, *codes))


def mailto(owner: str, word: str, *codes: str) -> str:
    """A link that opens a mail to the owner with the answer as its subject."""
    return f"mailto:{quote(owner, safe='@')}?subject={quote(subject(word, *codes), safe='')}"


def parse(line: str) -> Told | None:
    """What a subject says; None if it is no answer. Case and spaces do not matter; O, I and L are read as 0 and 1."""
    head, mark, rest = line.strip().partition(":")
    if not mark or head.strip().lower() != MARK[:-1]:
        return None
    words = rest.split()
    if not words:
        return None
    word = words[0].lower()
    wanted = 2 if word in MERGE_WORDS else 1
    if word not in _WORDS or len(words) < 1 + wanted:
        return None
    codes = tuple(text.upper().translate(_MISREAD) for text in words[1 : 1 + wanted])
    return Told(word, codes, " ".join(words[1 + wanted :]))


def hear(
    copies: Iterable[Copy],
    owner_addresses: Iterable[str],
    people: Sequence[Person],
    suggestions: Sequence[Merge] = (),
    journal: Sequence[JournalEntry] = (),
) -> Hearing:
    """Read the owner's answers out of their sent mail. An answer that the journal has already is not heard again.

    A code that fits several people means the one who was last flagged; if none or several were, it is unclear.
    """
    owner = frozenset(address.lower() for address in owner_addresses)
    meant = _Codes(people, suggestions, journal)
    noted = {str(entry.data["message"]) for entry in journal if entry.data.get("message")}
    heard: list[Heard] = []
    unclear: list[str] = []
    for copy in copies:
        message = copy.newest
        if not isinstance(message, Message) or not _to_oneself(copy, message, owner):
            continue
        told, key = parse(message.subject or ""), message.message_id or message.id
        if key in noted:
            continue
        if told is None:
            if (word := _mistyped(message.subject or "", meant)) is not None:
                unclear.append(f"“{subject(word)} …”: say one of {', '.join(_WORDS)}.")
            continue
        noted.add(key)
        entry = _entry(told, meant, message.date or message.received, key)
        if isinstance(entry, Heard):
            heard.append(entry)
        else:
            unclear.append(f"“{subject(told.word, *told.codes)}”: {entry}")
    return Hearing(tuple(sorted(heard, key=lambda one: one.at)), tuple(unclear))


def _mistyped(line: str, meant: _Codes) -> str | None:
    """The word of what would be an answer if there were such a word: a code that somebody has follows it."""
    head, mark, rest = line.strip().partition(":")
    words = rest.split()
    if not mark or head.strip().lower() != MARK[:-1] or len(words) < 2 or words[0].lower() in _WORDS:
        return None
    return words[0] if meant.address(words[1].upper().translate(_MISREAD)) is not None else None


def _to_oneself(copy: Copy, message: Message, owner: frozenset[str]) -> bool:
    sender = message.from_.address if message.from_ else None
    receivers = {address.address for address in message.to or ()}
    sent = any(role_of(placement.place, placement.role) == "sent" for placement in copy.placements)
    return sent and sender in owner and bool(receivers) and receivers <= owner


def _entry(told: Told, meant: _Codes, at: datetime | None, key: str) -> Heard | str:
    """The entry that an answer becomes, or why it cannot be understood."""
    if at is None:
        return "the mail has no date."
    addresses = [meant.address(one) for one in told.codes]
    unknown = [one for one, address in zip(told.codes, addresses, strict=True) if address is None]
    if unknown:
        return f"nobody has the code {' or '.join(unknown)}; take it from the newest report."
    first, *others = (address for address in addresses if address)
    on = at.date()
    data: dict[str, Any] = {"message": key}
    if told.word in MERGE_WORDS:
        return Heard(MERGE_WORDS[told.word], first, at.astimezone(UTC), {**data, "other": others[0]})
    if told.word in CONTACT_WORDS:
        said = day_said(told.detail, on)
        data |= {"channel": CONTACT_WORDS[told.word], "on": (said if said and said <= on else on).isoformat()}
        return Heard("logged", first, at.astimezone(UTC), data)
    data |= {"word": told.word, "on": on.isoformat()}
    if told.word == "snooze":
        said = day_said(told.detail, on)
        until = said if said and said > on else on + timedelta(weeks=SNOOZE_WEEKS)
        data["until"] = until.isoformat()
    return Heard("answer", first, at.astimezone(UTC), data)


class _Codes:
    """Whom a code means. An address's code means the person who has the address."""

    def __init__(
        self, people: Sequence[Person], suggestions: Sequence[Merge], journal: Sequence[JournalEntry]
    ) -> None:
        self._by_code: dict[str, set[str]] = {}
        for person in people:
            for address in person.addresses:
                self._by_code.setdefault(code(address), set()).add(person.id)
        for merge in suggestions:
            for address in (merge.one, merge.other):
                self._by_code.setdefault(code(address), set()).add(address)
        self._flagged = [entry.subject for entry in journal if entry.kind in {"flagged", "suggested"}]

    def address(self, of: str) -> str | None:
        found = self._by_code.get(of, set())
        if len(found) == 1:
            return next(iter(found))
        return next((one for one in reversed(self._flagged) if one in found), None)
