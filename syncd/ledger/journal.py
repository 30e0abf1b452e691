"""The journal: what the owner said and what syncd said. Entries are added, never changed; only `forget` erases.

Kinds (the subject is an address unless said otherwise):
    answer          right, wrong, snooze (until), ended: the owner's word on a flag
    logged          a contact that the owner logged by hand
    merged, parted  two addresses are, or are not, one person
    reported        a weekly report was sent (subject: its recipient)
    flagged         a status was shown in a report
    suggested       somebody was suggested for a next step
    forgotten       somebody is to be kept out (subject: a keyed digest, never an address)
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from syncd.ledger import erasure, journal_copy, schema
from syncd.ledger.database import LedgerError
from syncd.ledger.journal_copy import Entry
from syncd.ledger.times import moment, text

if TYPE_CHECKING:
    from syncd.ledger.ledger import Ledger


__all__ = ["Entry", "Journal", "Saying", "insert", "read"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Saying:
    """An entry that is to be written."""

    kind: str
    subject: str
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)


class Journal:
    """One owner's journal. Beside a SQLite ledger it keeps a copy of itself: see `syncd.ledger.journal_copy`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._owner = ledger.owner_id

    def add(self, kind: str, subject: str, at: datetime, **data: Any) -> Entry:
        """Write an entry down; it is on disk when this returns. `at` is kept in whole seconds."""
        return self.add_all([Saying(kind, subject, at, data)])[0]

    def add_all(self, sayings: Sequence[Saying]) -> list[Entry]:
        """Write entries down in their order, all or none."""
        with self._ledger.write(durable=True) as connection:
            added = [insert(connection, self._owner, saying) for saying in sayings]
        if added:
            self.back_up()
        return added

    def back_up(self, folder: Path | None = None) -> Path | None:
        """Copy the journal as JSON lines into a folder (that of a SQLite ledger); None where there is none.

        A copy that cannot be written is no reason to fail what the owner did: it is logged.
        """
        copy = self._copy(folder)
        if copy is None:
            return None
        try:
            journal_copy.write(copy, self.entries(), self._mark())
        except OSError as error:
            log.warning("the journal's copy cannot be written: %s", error)
            return None
        return copy

    def recover(self) -> int:
        """Take back what the copy beside the ledger has and the journal does not: an older ledger was put back. And
        the other way round: whoever was killed after an entry left a copy that does not have it."""
        copy = self._copy(None)
        if copy is None:
            return 0
        returned = 0
        try:
            if copy.is_file():
                if journal_copy.of(copy) != self._mark():
                    return 0
                returned = self.restore(copy)
                copied = {_identity(entry) for entry in journal_copy.read(copy)}
            else:
                copied = set()
        except LedgerError as error:
            log.warning("the journal's copy cannot be read: %s", error)
            return 0
        if returned:
            log.warning("%d entries of the journal were missing and came back from %s", returned, copy)
        if {_identity(entry) for entry in self.entries()} - copied:
            self.back_up()
        return returned

    def restore(self, copy: Path) -> int:
        """Add what a copy has and the journal does not; returns how much. Whoever is to be forgotten by it, is."""
        entries = journal_copy.read(copy)
        if {_identity(entry) for entry in entries} <= {_identity(entry) for entry in self.entries()}:
            return 0
        with self._ledger.write(durable=True) as connection:
            have = {_identity(read(row)) for row in connection.execute(self._all())}
            keys = [entry for entry in entries if entry.kind == erasure.KIND and _identity(entry) not in have]
            self._insert(connection, keys)
            known = erasure.forgotten(connection, self._owner)
            clean = [told for entry in entries if (told := erasure.clean_entry(entry, known)) is not None]
            lost = [entry for entry in clean if entry.kind != erasure.KIND and _identity(entry) not in have]
            self._insert(connection, lost)
            if keys:
                erasure.erase(connection, self._owner)
            if clean != entries:  # the copy is older than somebody's forgetting
                erasure.note(connection, self._owner, cleaning=True)
        erasure.finish(self._ledger)
        if keys or lost:
            self.back_up()
        return len(keys) + len(lost)

    def _insert(self, connection: Connection, entries: Sequence[Entry]) -> None:
        for entry in entries:
            insert(connection, self._owner, Saying(entry.kind, entry.subject, entry.at, entry.data))

    def _all(self) -> sa.Select[Any]:
        return sa.select(schema.journal).where(schema.journal.c.owner_id == self._owner).order_by(schema.journal.c.id)

    def _copy(self, folder: Path | None) -> Path | None:
        path = self._ledger.path
        folder = folder or (None if path is None else path.parent)
        return None if folder is None else folder / journal_copy.name(path, self._ledger.owner)

    def _mark(self) -> str:
        """Tells this owner's ledger, and every backup of it, from any other."""
        with self._ledger.read() as connection:
            query = sa.select(schema.owners.c.forget_key).where(schema.owners.c.id == self._owner)
            return journal_copy.mark(connection.execute(query).scalar_one())

    def entries(
        self, kind: str | Sequence[str] | None = None, subject: str | None = None, since: datetime | None = None
    ) -> list[Entry]:
        """Entries in the order in which they were written, of some kinds, on a subject, at or after a time."""
        table, query = schema.journal, self._all()
        if kind is not None:
            query = query.where(table.c.kind.in_([kind] if isinstance(kind, str) else kind))
        if subject is not None:
            query = query.where(table.c.subject == subject.lower())
        if since is not None:
            query = query.where(table.c.at >= text(since))
        with self._ledger.read() as connection:
            return [read(row) for row in connection.execute(query)]


def insert(connection: Connection, owner: int, saying: Saying) -> Entry:
    """Write one entry within a transaction of somebody else's."""
    table = schema.journal
    data = msgspec.json.encode(saying.data, order="deterministic").decode()
    row = {"at": text(saying.at), "kind": saying.kind, "subject": saying.subject.lower(), "data": data}
    return read(connection.execute(sa.insert(table).values({"owner_id": owner, **row}).returning(table)).one())


def read(row: Row[Any]) -> Entry:
    """An entry from its row."""
    return Entry(row.id, moment(row.at), row.kind, row.subject, msgspec.json.decode(row.data))


def _identity(entry: Entry) -> tuple[str, str, str, bytes]:
    return text(entry.at), entry.kind, entry.subject, msgspec.json.encode(entry.data, order="deterministic")
