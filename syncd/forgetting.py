"""Erasing somebody for good: from what was seen, what was made of it, what was said, and every copy of it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connectors.observations import Address, Event, Observation, decode, encode
from rules.copies import Copy
from syncd.forgotten import Forgotten, digest, name_digest, name_words
from syncd.ledger import Ledger, database, journal_copy, schema
from syncd.ledger.facts import FORGOTTEN
from syncd.ledger.journal import Saying, insert
from syncd.ledger.journal import read as read_entry
from syncd.ledger.journal_copy import Entry
from syncd.ledger.ledger import older

log = logging.getLogger(__name__)

KIND = "forgotten"
MEANING = (
    *(schema.persons, schema.person_addresses, schema.merges, schema.suggestions, schema.contacts),
    *(schema.organisation_traffic, schema.assessments, schema.portfolios, schema.interpretations),
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


def forgotten(ledger: Ledger) -> Forgotten:
    """Who is to be kept out of this ledger."""
    with ledger.read() as connection:
        return _forgotten(connection, ledger.owner_id)


def _forgotten(connection: Connection, owner: int) -> Forgotten:
    key = connection.execute(sa.select(schema.owners.c.forget_key).where(schema.owners.c.id == owner)).scalar_one()
    table = schema.journal
    query = sa.select(table.c.subject, table.c.data).where(table.c.owner_id == owner, table.c.kind == KIND)
    known: dict[str, set[str]] = {"address": set(), "name": set()}
    for row in connection.execute(query):
        known[msgspec.json.decode(row.data)["of"]].add(row.subject)
    return Forgotten(bytes.fromhex(key), frozenset(known["address"]), frozenset(known["name"]))


def forget(ledger: Ledger, addresses: Collection[str], now: datetime, *, names: Collection[str] = ()) -> Erased:
    """Erase the person behind `addresses` and keep them out of every later sync.

    Their names are found beside their addresses; `names` adds some. What they wrote, and what concerned nobody
    else, is erased whole; elsewhere their address and their full name are taken out. A kill in between leaves the
    ledger as it was, or erased with only the free pages and copies to clean, which the next `enforce` does.
    """
    wanted = frozenset(address.strip().lower() for address in addresses)
    found = {*names, *_names(ledger, wanted)}
    with ledger.write(durable=True) as connection:
        key = _forgotten(connection, ledger.owner_id).key
        known = {digest(key, address): "address" for address in wanted}
        known |= {name_digest(key, words): "name" for words in map(name_words, found) if words}
        old = _forgotten(connection, ledger.owner_id)
        for subject, of in known.items():
            if subject not in old.addresses | old.names:
                insert(connection, ledger.owner_id, Saying(KIND, subject, now, {"of": of}))
        erased = _erase(connection, ledger.owner_id)
    return _clean_up(ledger, erased)


def enforce(ledger: Ledger) -> Erased:
    """Erase everybody who is to be kept out, as after an older ledger or journal was put back."""
    with ledger.write(durable=True) as connection:
        erased = _erase(connection, ledger.owner_id)
    return _clean_up(ledger, erased)


def _names(ledger: Ledger, addresses: frozenset[str]) -> Iterator[str]:
    """The names that stand beside these addresses, in what was seen and in what was made of it."""
    for address in addresses:
        person = ledger.meaning.person(address)
        if person is not None and person.name:
            yield person.name
    for copy in ledger.facts.copies():
        for revision in copy.revisions:
            for who in named(revision.observation):
                if who.address in addresses and who.name:
                    yield who.name


def named(observation: Observation) -> Iterator[Address]:
    """Everybody whom an observation names."""
    if isinstance(observation, Event):
        yield from (Address(who.address, who.name) for who in observation.attendees or ())
        single = [observation.organizer]
    else:
        lists = (observation.to, observation.cc, observation.bcc, observation.reply_to)
        yield from (who for group in lists for who in group or ())
        single = [observation.from_, observation.sender]
    yield from (who for who in single if who is not None)


def _erase(connection: Connection, owner: int) -> Erased:
    known = _forgotten(connection, owner)
    if not known:
        return Erased()
    items, changed = _erase_facts(connection, owner, known)
    entries = _erase_entries(connection, owner, known)
    for table in MEANING:
        connection.execute(sa.delete(table).where(table.c.owner_id == owner))
    return Erased(items, changed, entries)


def _erase_facts(connection: Connection, owner: int, known: Forgotten) -> tuple[int, int]:
    items, revisions, placements, owners = schema.items, schema.revisions, schema.placements, schema.owners
    kept_labels = schema.kept_labels
    version = connection.execute(sa.select(owners.c.facts_version).where(owners.c.id == owner)).scalar_one() + 1
    newest = dict(_cleaned(connection, sa.select(items.c.id, items.c.payload), items, owner, known))
    older = dict(_cleaned(connection, sa.select(revisions.c.item_id, revisions.c.number, revisions.c.payload),
                          revisions, owner, known))  # fmt: skip
    gone = {item for (item,), clean in newest.items() if clean is None}
    changed = ({item for (item, *_) in (*newest, *older)}) - gone
    for (item,), clean in newest.items():
        state = {"state": FORGOTTEN, "reason": None} if clean is None else {}
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
        entry = read_entry(row)
        clean = _clean_entry(entry, known)
        if clean == entry:
            continue
        count += 1
        if clean is None:
            connection.execute(sa.delete(table).where(table.c.id == entry.id))
        else:
            data = msgspec.json.encode(clean.data, order="deterministic").decode()
            connection.execute(sa.update(table).where(table.c.id == entry.id).values(data=data))
    return count


def _clean_entry(entry: Entry, known: Forgotten) -> Entry | None:
    if entry.kind == KIND:
        return entry
    if known.is_address(entry.subject):
        return None
    return Entry(entry.id, entry.at, entry.kind, entry.subject, known.clean(entry.data))


def _clean_up(ledger: Ledger, erased: Erased) -> Erased:
    """Free pages, the write-ahead log and the journal's copies still hold what the tables no longer do."""
    database.compact(ledger.engine, schema.metadata.tables)
    copies = 0
    if ledger.path is not None:
        for old in older(ledger.path):  # of an older schema: it cannot be cleaned without becoming another ledger
            old.unlink()
            copies += 1
        copy = ledger.path.with_name(journal_copy.name(ledger.path, ledger.owner))
        for each in [*journal_copy.kept(copy), copy]:
            copies += _rewrite(each, forgotten(ledger))
        ledger.journal.back_up(journal_copy.newest(ledger.journal.entries()))
    return Erased(erased.items, erased.changed, erased.entries, copies)


def _rewrite(copy: Path, known: Forgotten) -> bool:
    if not copy.exists():
        return False
    entries: Iterable[Entry | None] = (_clean_entry(entry, known) for entry in journal_copy.read(copy))
    journal_copy.replace(copy, [entry for entry in entries if entry is not None])
    return True


def is_named(copy: Copy, addresses: Collection[str]) -> bool:
    """Whether any revision of a copy names one of the addresses."""
    return any(who.address in addresses for revision in copy.revisions for who in named(revision.observation))
