"""Bringing a table of meaning to new rows by writing only what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar, overload

import sqlalchemy as sa
from sqlalchemy.engine import Connection

T = TypeVar("T")
Row = dict[str, Any]
Differs = Callable[[Mapping[str, Any] | None, Row | None], None]
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
    differs: Differs | None = None,
    *,
    only: sa.ColumnElement[bool] | None = None,
) -> Counts:
    """Make the owner's rows of a table (those under `only`) equal to `rows`; a row given twice counts once, last. A
    large table is best given as `Made`.

    `differs` is called with the old and the new row of each that changed, with None for one that is not there.
    """
    keys = [column.name for column in table.primary_key if column.name != "owner_id"]
    held = table.c.owner_id == owner if only is None else sa.and_(table.c.owner_id == owner, only)
    if connection.execute(sa.select(sa.literal(1)).select_from(table).where(held).limit(1)).first() is None:
        return _fill(connection, owner, table, keys, rows, differs)
    given = rows if isinstance(rows, Sequence) else list(rows)
    short = given.telling() if isinstance(given, Made) else given
    every = [column.name for column in table.columns if column.name != "owner_id"]
    names = tuple(next(iter(short), every))
    wanted = {tuple([row[key] for key in keys]): (number, _print(row, names)) for number, row in enumerate(short)}
    gone: list[Row] = []
    updates: list[int] = []
    query = sa.select(*[table.c[name] for name in names]).where(held)
    for old in connection.execute(query, execution_options={"yield_per": ROWS}).mappings():
        key = tuple([old[name] for name in keys])
        number, print_ = wanted.pop(key, (-1, 0))
        if number < 0:
            gone.append({f"k_{name}": value for name, value in zip(keys, key, strict=True)})
            if differs is not None:
                differs(dict(old), None)
        elif _print(old, names) != print_:
            updates.append(number)
            if differs is not None:
                differs(dict(old), given[number])
    if gone:
        connection.execute(sa.delete(table).where(_same(table, owner, keys)), gone)
    for some in _few(updates):
        _update(connection, owner, table, keys, [given[number] for number in some])
    for some in _few([number for number, _ in wanted.values()]):
        added = [given[number] for number in some]
        _insert(connection, owner, table, added)
        _tell(differs, added)
    return Counts(len(wanted), len(updates), len(gone))


def _print(row: Mapping[Any, Any], names: Sequence[str]) -> int:
    """A row's fingerprint, which stands for it while it is compared: equal values have equal ones, and that a change
    leaves 64 bits as they were is not to be expected."""
    return hash(tuple([row[name] for name in names]))


def _few(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[first : first + ROWS] for first in range(0, len(numbers), ROWS))


class Made(Sequence[Row]):
    """Rows that are made of values when they are asked for, so that a large table is never whole in memory."""

    def __init__(
        self, values: Sequence[T], make: Callable[[T], Row], telling: Callable[[T], Row] | None = None
    ) -> None:
        self._values, self._make, self._telling = values, make, telling or make

    def telling(self) -> Iterable[Row]:
        """Of each row the columns that everything else in it follows from: where they are equal, it is."""
        return Made(self._values, self._telling)

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, number: int) -> Row: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[Row]: ...

    def __getitem__(self, number: int | slice) -> Row | Sequence[Row]:
        if isinstance(number, slice):
            return Made(self._values[number], self._make, self._telling)
        return self._make(self._values[number])

    def __iter__(self) -> Iterator[Row]:
        return map(self._make, self._values)


def _tell(differs: Differs | None, added: Iterable[Row]) -> None:
    if differs is not None:
        for row in added:
            differs(None, row)


def _fill(
    connection: Connection, owner: int, table: sa.Table, keys: list[str], rows: Iterable[Row], differs: Differs | None
) -> Counts:
    """Write rows where there are none yet, a few at a time: a first meaning is never whole in memory."""
    written: set[tuple[Any, ...]] = set()
    stream = iter(rows)
    while some := list(islice(stream, ROWS)):
        wanted = {tuple(row[key] for key in keys): row for row in some}
        _update(connection, owner, table, keys, [row for key, row in wanted.items() if key in written])
        _insert(connection, owner, table, [row for key, row in wanted.items() if key not in written])
        written.update(wanted)
        _tell(differs, wanted.values())
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
