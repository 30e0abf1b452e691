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

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from connectors.observations import Observation
from syncd.ledger import schema
from syncd.ledger.times import moment, text

if TYPE_CHECKING:
    from syncd.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; `data` is whatever its kind needs, as JSON knows it."""

    id: int
    at: datetime
    kind: str
    subject: str
    data: dict[str, Any] = field(default_factory=dict)


class Journal:
    """One owner's journal."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._owner = ledger.owner_id

    def add(self, kind: str, subject: str, at: datetime, **data: Any) -> Entry:
        """Write an entry down; it is on disk when this returns. `at` is kept in whole seconds."""
        table = schema.journal
        written = msgspec.json.encode(data, order="deterministic").decode()
        row = {"owner_id": self._owner, "at": text(at), "kind": kind, "subject": subject.lower(), "data": written}
        with self._ledger.write(durable=True) as connection:
            added = connection.execute(sa.insert(table).values(row).returning(table)).one()
        return _entry(added)

    def entries(
        self, kind: str | Sequence[str] | None = None, subject: str | None = None, since: datetime | None = None
    ) -> list[Entry]:
        """Entries in the order in which they were written, of some kinds, on a subject, at or after a time."""
        table = schema.journal
        query = sa.select(table).where(table.c.owner_id == self._owner).order_by(table.c.id)
        if kind is not None:
            query = query.where(table.c.kind.in_([kind] if isinstance(kind, str) else kind))
        if subject is not None:
            query = query.where(table.c.subject == subject.lower())
        if since is not None:
            query = query.where(table.c.at >= text(since))
        with self._ledger.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def forgotten_filter(self) -> Callable[[Observation], Observation | None] | None:
        """Takes people who are to be kept out of an observation (None: nothing may stay); None if there are none."""
        return None


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.id, moment(row.at), row.kind, row.subject, msgspec.json.decode(row.data))
