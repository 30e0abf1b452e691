"""What is erased when somebody is forgotten: rows, the journal's entries, free pages, and every copy beside it.

Everything goes by the digests in the journal, so that it can be done again after an older ledger was put back. The
rows go in one transaction, which also notes that the cleaning is still to come; whoever opens the ledger after a kill
in between does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connectors.observations import decode, encode
from syncd.ledger import database, journal_copy, schema
from syncd.ledger.forgotten import Forgotten
from syncd.ledger.journal_copy import Entry
from syncd.ledger.times import moment
from syncd.ledger.writing import lock

if TYPE_CHECKING:
    from syncd.ledger.ledger import Ledger

KIND = "forgotten"
MEANING = (
    *(schema.persons, schema.person_addresses, schema.merges, schema.suggestions, schema.contacts),
    *(schema.organisation_traffic, schema.assessments, schema.interpretations, schema.findings, schema.reasons),
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased. `items` are gone whole, `changed` lost the person's name or address, `entries` of the journal.

    All meaning is dropped with them: it has to be interpreted anew. `copies` are the journal's copies, written anew,
    and those of older ledgers that migrations left, deleted.
    """

    items: int = 0
    changed: int = 0
    entries: int = 0
    copies: int = 0


def forgotten(connection: Connection, owner: int) -> Forgotten:
    key = connection.execute(sa.select(schema.owners.c.forget_key).where(schema.owners.c.id == owner)).scalar_one()
    table = schema.journal
    query = sa.select(table.c.subject, table.c.data).where(table.c.owner_id == owner, table.c.kind == KIND)
    known: dict[str, set[str]] = {"address": set(), "name": set()}
    for row in connection.execute(query):
        known[msgspec.json.decode(row.data)["of"]].add(row.subject)
    return Forgotten(bytes.fromhex(key), frozenset(known["address"]), frozenset(known["name"]))


def erase(connection: Connection, owner: int) -> Erased:
    known = forgotten(connection, owner)
    if not known:
        return Erased()
    items, changed = _erase_facts(connection, owner, known)
    entries = _erase_entries(connection, owner, known)
    for table in MEANING:
        connection.execute(sa.delete(table).where(table.c.owner_id == owner))
    note(connection, owner, cleaning=True)
    return Erased(items, changed, entries)


def note(connection: Connection, owner: int, *, cleaning: bool) -> None:
    """Whether free pages and copies may still hold somebody who was erased."""
    connection.execute(sa.update(schema.owners).where(schema.owners.c.id == owner).values(cleaning=cleaning))


def finish(ledger: Ledger) -> int:
    """Do the cleaning that an erasure calls for, if there is any to do; returns how many files beside it that were.
    The database is written anew, because its free pages still hold what its tables no longer do."""
    with ledger.read() as connection:
        table = schema.owners
        due = connection.execute(sa.select(table.c.cleaning).where(table.c.id == ledger.owner_id)).scalar_one()
    if not due:
        return 0
    database.compact(ledger.engine, schema.metadata.tables)
    copies = 0
    if ledger.path is not None:
        with ledger.read() as connection:
            known = forgotten(connection, ledger.owner_id)
        copies = _clean_beside(ledger.path, ledger.owner, known)
        ledger.journal.back_up()
    with ledger.write(durable=True) as connection:
        note(connection, ledger.owner_id, cleaning=False)
    return copies


def _erase_facts(connection: Connection, owner: int, known: Forgotten) -> tuple[int, int]:
    items, revisions, placements, owners = schema.items, schema.revisions, schema.placements, schema.owners
    kept_labels = schema.kept_labels
    version = lock(connection, owner) + 1
    newest = dict(_cleaned(connection, sa.select(items.c.id, items.c.payload), items, owner, known))
    older = dict(_cleaned(connection, sa.select(revisions.c.item_id, revisions.c.number, revisions.c.payload),
                          revisions, owner, known))  # fmt: skip
    gone = {item for (item,), clean in newest.items() if clean is None}
    changed = ({item for (item, *_) in (*newest, *older)}) - gone
    for (item,), clean in newest.items():
        state = {"state": "forgotten", "reason": None} if clean is None else {}
        connection.execute(sa.update(items).where(items.c.id == item).values(payload=clean, **state))
    for (item, number), clean in older.items():
        of = (revisions.c.item_id == item, revisions.c.number == number)
        if clean is None:
            connection.execute(sa.delete(revisions).where(*of))
        else:
            connection.execute(sa.update(revisions).where(*of).values(payload=clean))
    for item in gone:
        connection.execute(sa.delete(revisions).where(revisions.c.item_id == item))
        connection.execute(sa.delete(placements).where(placements.c.item_id == item))
        connection.execute(sa.delete(kept_labels).where(kept_labels.c.item_id == item))
    for item in gone | changed:
        connection.execute(sa.update(items).where(items.c.id == item).values(version=version))
    if gone or changed:
        connection.execute(sa.update(owners).where(owners.c.id == owner).values(facts_version=version))
    return len(gone), len(changed)


def _cleaned(
    connection: Connection, query: sa.Select[Any], table: sa.Table, owner: int, known: Forgotten
) -> Iterator[tuple[tuple[int, ...], str | None]]:
    """The key and the clean payload (None: nothing may stay) of every row that has to change."""
    query = query.where(table.c.owner_id == owner, table.c.payload.is_not(None))
    for *key, payload in connection.execute(query, execution_options={"yield_per": 1000}):
        clean = known.without(decode(payload))
        written = None if clean is None else encode(clean).decode()
        if written != payload:
            yield tuple(key), written


def _erase_entries(connection: Connection, owner: int, known: Forgotten) -> int:
    table = schema.journal
    count = 0
    for row in connection.execute(sa.select(table).where(table.c.owner_id == owner)).all():
        entry = Entry(row.id, moment(row.at), row.kind, row.subject, msgspec.json.decode(row.data))
        clean = clean_entry(entry, known)
        if clean == entry:
            continue
        count += 1
        if clean is None:
            connection.execute(sa.delete(table).where(table.c.id == entry.id))
        else:
            data = msgspec.json.encode(clean.data, order="deterministic").decode()
            connection.execute(sa.update(table).where(table.c.id == entry.id).values(data=data))
    return count


def clean_entry(entry: Entry, known: Forgotten) -> Entry | None:
    """An entry of the journal without anybody forgotten; None if it was about them."""
    if entry.kind == KIND:
        return entry
    if known.is_address(entry.subject):
        return None
    return Entry(entry.id, entry.at, entry.kind, entry.subject, known.clean(entry.data))


def _clean_beside(path: Path, owner: str, known: Forgotten) -> int:
    """Clean what lies beside a SQLite ledger: the journal's copies are written anew, the ledgers that migrations
    left are deleted, because what has an older schema cannot be cleaned. Returns how many files it were."""
    leftovers = older(path)
    for each in leftovers:
        each.unlink()
    copy = path.with_name(journal_copy.name(path, owner))
    return len(leftovers) + sum(_rewrite(each, known) for each in [*journal_copy.kept(copy), copy])


def older(path: Path) -> list[Path]:
    """The copies that migrations left beside a SQLite ledger."""
    return sorted(path.parent.glob(f"{path.name}.before-*"))


def _rewrite(copy: Path, known: Forgotten) -> bool:
    """Without anybody forgotten; a copy that cannot be read cannot be cleaned either and goes whole."""
    if not copy.exists():
        return False
    try:
        entries = [clean for entry in journal_copy.read(copy) if (clean := clean_entry(entry, known)) is not None]
        journal_copy.replace(copy, entries, journal_copy.of(copy))
    except database.LedgerError:
        copy.unlink()
    return True
