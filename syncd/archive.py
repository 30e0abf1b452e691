"""Everything out and in again, as JSON lines; and everything about one person, for whoever asks what is held.

The first line says what wrote the archive; then one row a line, each with the table that it belongs to. Facts and
journal are all there is: meaning is made from them again by the next interpretation, with the same ids.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

import syncd
from connectors.observations import Observation
from syncd.forgetting import is_named, named
from syncd.ledger import Ledger, LedgerError, schema
from syncd.ledger.lines import encoded
from syncd.ledger.times import text
from syncd.ledger.writing import numbers

TABLES = (
    *(schema.sources, schema.items, schema.revisions, schema.placements, schema.kept_labels),
    *(schema.coverage, schema.journal),
)
_BY_NAME = {table.name: table for table in TABLES}
_ROWS = 1000
_NAMING = ("from", "sender", "reply_to", "to", "cc", "bcc", "organizer", "attendees")
Row = dict[str, Any]


# Everything


def export(ledger: Ledger) -> Iterator[str]:
    """The owner's facts and journal, one JSON object a line, as they stood at one moment."""
    with ledger.read() as connection:
        owner = connection.execute(sa.select(schema.owners).where(schema.owners.c.id == ledger.owner_id)).one()
        head = {"schema": schema.HEAD, "facts_version": owner.facts_version, "forget_key": owner.forget_key}
        yield _line({"syncd": syncd.__version__, **head})
        for table in TABLES:
            columns = [column for column in table.columns if column.name != "owner_id"]
            query = sa.select(*columns).where(table.c.owner_id == ledger.owner_id).order_by(*table.primary_key)
            with connection.execute(query, execution_options={"yield_per": _ROWS}) as rows:
                for row in rows.mappings():
                    yield _line({"table": table.name, **row})


def restore(ledger: Ledger, lines: Iterable[str]) -> dict[str, int]:
    """Put an archive into an empty ledger, all of it or nothing; returns the rows per table.

    Raises:
        LedgerError: the ledger is not empty, the archive is from a newer syncd, or a line of it cannot be read.
    """
    numbered = enumerate(lines, start=1)
    with ledger.write(durable=True) as connection:
        _refuse_unless_empty(connection, ledger)
        _head(connection, ledger, next(numbered, None))
        renumbered = _Renumbered(connection, ledger.owner_id)
        counts: dict[str, int] = {}
        while chunk := list(islice(numbered, _ROWS)):
            for table, rows in _grouped(chunk):
                connection.execute(sa.insert(table), renumbered.rows(table, rows))
                counts[table.name] = counts.get(table.name, 0) + len(rows)
    ledger.journal.back_up()
    return counts


def _line(row: Row) -> str:
    # The standard encoder: it takes column names, which are a kind of str, as what they are.
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _refuse_unless_empty(connection: Connection, ledger: Ledger) -> None:
    for table in (schema.sources, schema.journal):
        if connection.execute(sa.select(table.c.id).where(table.c.owner_id == ledger.owner_id).limit(1)).first():
            fix = "Name a new database in the config, then import."
            raise LedgerError("an archive can only be put into an empty ledger.", fix=fix)


def _head(connection: Connection, ledger: Ledger, first: tuple[int, str] | None) -> None:
    head = _read(*first) if first is not None else {}
    if "syncd" not in head or "forget_key" not in head:
        raise _bad(1, "it does not begin with the line that says what wrote it")
    if str(head["schema"]) > schema.HEAD:
        fix = f"Install syncd {head['syncd']} or newer here."
        raise LedgerError(f"the archive was written by a newer syncd ({head['syncd']}).", fix=fix)
    values = {"facts_version": head["facts_version"], "forget_key": head["forget_key"]}
    connection.execute(sa.update(schema.owners).where(schema.owners.c.id == ledger.owner_id).values(values))


def _read(number: int, line: str) -> Row:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise _bad(number, f"it is no JSON object: {error}") from error


def _bad(number: int, why: str) -> LedgerError:
    fix = "Export again, or restore a copy of the ledger instead. Nothing was imported."
    return LedgerError(f"the archive cannot be read: {why}.", where=f"line {number}", fix=fix)


def _grouped(chunk: list[tuple[int, str]]) -> Iterator[tuple[sa.Table, list[Row]]]:
    """The rows of a chunk, table by table in the archive's order."""
    groups: dict[str, list[Row]] = {}
    for number, line in chunk:
        row = _read(number, line)
        table = _BY_NAME.get(row.pop("table", ""))
        if table is None or not row.keys() <= set(table.columns.keys()):
            raise _bad(number, "it names a table or a column that syncd does not know")
        groups.setdefault(table.name, []).append(row)
    for name, rows in groups.items():
        yield _BY_NAME[name], rows


class _Renumbered:
    """Rows with the numbers that this database gives them; others may share it."""

    def __init__(self, connection: Connection, owner: int) -> None:
        self._connection, self._owner = connection, owner
        self._sources: dict[int, int] = {}
        self._items: dict[int, int] = {}

    def rows(self, table: sa.Table, rows: list[Row]) -> list[Row]:
        if table is schema.sources:
            self._map(self._sources, table, rows)
        elif table is schema.items:
            self._map(self._items, table, rows)
        return [self._row(table, row) for row in rows]

    def _map(self, known: dict[int, int], table: sa.Table, rows: list[Row]) -> None:
        known.update(zip((row["id"] for row in rows), numbers(self._connection, table, len(rows)), strict=True))

    def _row(self, table: sa.Table, row: Row) -> Row:
        new = {**row, "owner_id": self._owner}
        if table is schema.journal:
            del new["id"]  # its order is its number
        elif "id" in row:
            new["id"] = (self._sources if table is schema.sources else self._items)[row["id"]]
        if "source_id" in row:
            new["source_id"] = self._sources[row["source_id"]]
        if "item_id" in row:
            new["item_id"] = self._items[row["item_id"]]
        return new


# One person


def person(ledger: Ledger, addresses: Collection[str]) -> Iterator[Row]:
    """Everything held about the person behind `addresses`, one JSON object each, `what` says which.

    person, merge, observation (every revision, and where and when it was seen), interaction, traffic, assessment,
    journal. Of the others who took part, observations give only how many they were ("others").
    """
    known = ledger.meaning.person(next(iter(addresses), ""))
    wanted = {address.lower() for address in addresses} | set(known.addresses if known else ())
    ids = wanted | ({known.id} if known else set())
    if known is not None:
        yield {"what": "person", **_plain(known)}
    merges = [*ledger.meaning.merges(), *ledger.meaning.suggestions()]
    yield from _all("merge", merges, lambda merge: merge.one in wanted or merge.other in wanted)
    yield from _observations(ledger, wanted)
    yield from _all("interaction", ledger.meaning.interactions(), lambda one: one.person in ids)
    yield from _all("traffic", ledger.meaning.traffic(), lambda one: one.address in wanted)
    yield from _all("assessment", ledger.meaning.assessments(), lambda one: one.person in ids)
    for entry in ledger.journal.entries():
        if entry.subject in ids or any(address in _line(entry.data) for address in ids):
            at = text(entry.at)
            yield {"what": "journal", "at": at, "kind": entry.kind, "subject": entry.subject, "data": entry.data}


def _all(what: str, values: Iterable[Any], concerns: Callable[[Any], bool]) -> Iterator[Row]:
    return ({"what": what, **_plain(value)} for value in values if concerns(value))


def _plain(value: object) -> Row:
    return msgspec.json.decode(encoded(value), type=dict[str, Any])


def _observations(ledger: Ledger, wanted: set[str]) -> Iterator[Row]:
    kept = wanted | set(ledger.meaning.owner_addresses())
    for copy in ledger.facts.copies():
        if not is_named(copy, wanted):
            continue
        places = [
            {"place": held.place, "since": text(held.since), "until": held.until and text(held.until)}
            for held in copy.placements
        ]
        for revision in copy.revisions:
            if any(who.address in wanted for who in named(revision.observation)):
                seen = {"account": copy.account, "source": copy.source, "seen_at": text(revision.seen_at)}
                yield {"what": "observation", **seen, "places": places, **_alone(revision.observation, kept)}


def _alone(observation: Observation, kept: Collection[str]) -> Row:
    """An observation without anybody but those with the addresses `kept`; `others` counts who was left out where."""
    row = _plain(observation)
    others: dict[str, int] = {}
    for key in _NAMING:
        value = row.get(key)
        if isinstance(value, list):
            row[key] = [who for who in value if who.get("address") in kept]
            others[key] = len(value) - len(row[key])
        elif value is not None and value.get("address") not in kept:
            del row[key]
            others[key] = 1
    if headers := row.get("headers"):  # any of them may hold an address
        row["headers"] = {name: text for name, text in headers.items() if "@" not in text}
    return {"observation": row, "others": {key: count for key, count in others.items() if count}}
