"""A mailbox and calendars as the owner sees them, whoever serves them. Every change has a number, so that a fake can
tell what happened since one; nothing in here knows a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Mail:
    """One stored mail. `places` are labels (many) or a folder (one); `headers` in their order, as written.

    `body` is there to prove that nobody asks for it.
    """

    id: str
    thread: str
    received: datetime
    headers: tuple[tuple[str, str], ...]
    places: frozenset[str]
    flags: frozenset[str] = frozenset()
    size: int = 2048
    body: str = "CANARY-BODY"

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored calendar entry (a master, an override or a single event); `data` is what its provider keeps."""

    id: str
    calendar: str
    data: Mapping[str, Any]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """`what`: added, removed, placed (places changed), flagged for mail; written, deleted for entries."""

    number: int
    what: str
    id: str
    before: Mail | Entry | None
    after: Mail | Entry | None


@dataclass
class Mailbox:
    """Mail and calendar entries with their history. Numbers of changes start at `first` and only grow."""

    address: str = "mara@visser-advies.example"
    first: int = 1000
    mails: dict[str, Mail] = field(default_factory=dict)
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The number of the newest change."""
        return self.changes[-1].number if self.changes else self.first

    def since(self, number: int) -> list[Change]:
        """Changes after a number, oldest first."""
        if not self.changes or number >= self.number:
            return []
        return self.changes[max(0, number - self.changes[0].number + 1) :]

    def deliver(self, mail: Mail) -> None:
        assert mail.id not in self.mails
        self.mails[mail.id] = mail
        self._note("added", mail.id, None, mail)

    def place(self, id_: str, places: Iterable[str]) -> None:
        """Labels set, or a move to another folder."""
        before = self.mails[id_]
        after = replace(before, places=frozenset(places))
        if after != before:
            self.mails[id_] = after
            self._note("placed", id_, before, after)

    def flag(self, id_: str, flags: Iterable[str]) -> None:
        """Read, starred: nothing that the ledger may mind."""
        before = self.mails[id_]
        after = replace(before, flags=frozenset(flags))
        if after != before:
            self.mails[id_] = after
            self._note("flagged", id_, before, after)

    def delete(self, id_: str) -> None:
        """Gone for good."""
        self._note("removed", id_, self.mails.pop(id_), None)

    def write(self, entry: Entry) -> None:
        """Adds or changes a calendar entry."""
        key = (entry.calendar, entry.id)
        before = self.entries.get(key)
        self.entries[key] = entry
        self._note("deleted" if entry.deleted else "written", entry.id, before, entry)

    def delete_entry(self, calendar: str, id_: str) -> None:
        self.write(replace(self.entries[calendar, id_], deleted=True))

    def _note(self, what: str, id_: str, before: Mail | Entry | None, after: Mail | Entry | None) -> None:
        self.changes.append(Change(self.number + 1, what, id_, before, after))
