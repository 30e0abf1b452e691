"""Bringing a table of meaning to new rows by writing only what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

Row = dict[str, Any]
ROWS = 1000  # read or written at once


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a table that a write added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.added + other.added, self.changed + other.changed, self.removed + other.removed)


def write(
    connection: Connection,
    owner: int,
    table: sa.Table,
    rows: Iterable[Row],
    changed: Callable[[Mapping[str, Any], Row], None] | None = None,
    *,
    only: sa.ColumnElement[bool] | None = None,
) -> Counts:
    """Make the owner's rows of a table (those under `only`) equal to `rows`; a row given twice counts once, last.

    `changed` is called with the old and the new row of each that changed.
    """
    keys = [column.name for column in table.primary_key if column.name != "owner_id"]
    held = table.c.owner_id == owner if only is None else sa.and_(table.c.owner_id == owner, only)
    if connection.execute(sa.select(sa.literal(1)).select_from(table).where(held).limit(1)).first() is None:
        return _fill(connection, owner, table, keys, rows)
    wanted = {tuple(row[key] for key in keys): row for row in rows}
    added_keys = set(wanted)
    gone: list[Row] = []
    updates: list[Row] = []
    query = sa.select(table).where(held)
    for old in connection.execute(query, execution_options={"yield_per": ROWS}).mappings():
        key = tuple(old[name] for name in keys)
        new = wanted.get(key)
        if new is None:
            gone.append({f"k_{name}": value for name, value in zip(keys, key, strict=True)})
            continue
        added_keys.discard(key)
        if any(old[name] != value for name, value in new.items()):
            if changed is not None:
                changed(dict(old), new)
            updates.append(new)
    if gone:
        connection.execute(sa.delete(table).where(_same(table, owner, keys)), gone)
    _update(connection, owner, table, keys, updates)
    _insert(connection, owner, table, [row for key, row in wanted.items() if key in added_keys])
    return Counts(len(added_keys), len(updates), len(gone))


def _fill(connection: Connection, owner: int, table: sa.Table, keys: list[str], rows: Iterable[Row]) -> Counts:
    """Write rows where there are none yet, a few at a time: a first meaning is never whole in memory."""
    written: set[tuple[Any, ...]] = set()
    stream = iter(rows)
    while some := list(islice(stream, ROWS)):
        wanted = {tuple(row[key] for key in keys): row for row in some}
        _update(connection, owner, table, keys, [row for key, row in wanted.items() if key in written])
        _insert(connection, owner, table, [row for key, row in wanted.items() if key not in written])
        written.update(wanted)
    return Counts(added=len(written))


def _same(table: sa.Table, owner: int, keys: list[str]) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.owner_id == owner, *(table.c[key] == sa.bindparam(f"k_{key}") for key in keys))


def _update(connection: Connection, owner: int, table: sa.Table, keys: list[str], rows: list[Row]) -> None:
    if not rows:
        return
    names = {name: f"k_{name}" if name in keys else f"v_{name}" for name in rows[0]}
    values: dict[str, Any] = {name: sa.bindparam(bound) for name, bound in names.items() if name not in keys}
    change = sa.update(table).where(_same(table, owner, keys)).values(values)
    connection.execute(change, [{names[name]: value for name, value in row.items()} for row in rows])


def _insert(connection: Connection, owner: int, table: sa.Table, added: list[Row]) -> None:
    for first in range(0, len(added), ROWS):
        new = [{"owner_id": owner, **row} for row in added[first : first + ROWS]]
        connection.execute(sa.insert(table), new)
