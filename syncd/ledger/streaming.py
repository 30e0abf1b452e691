"""Copies for interpretation, read side by side from items, revisions and placements, none of them whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from connectors.observations import decode
from rules.occurrences.copies import Copy, Placement, Revision
from syncd.ledger.schema import items, placements, revisions, sources
from syncd.ledger.times import moment

ROWS = 1000  # fetched at once


def copies(connection: Connection, owner: int, only: Sequence[int] | None) -> Iterator[Copy]:
    """The owner's copies by item number; `only` names some, at most as many as a statement takes parameters."""
    # SQLite would go by the owner's index, through all items for a few that are named, and then sort all payloads, in
    # memory. Walking the table, or looking up numbers, needs no sorting.
    whose = items.c.owner_id + 0 if connection.dialect.name == "sqlite" else items.c.owner_id
    heads = (
        sa.select(items.c.id, items.c.payload, items.c.seen_at, sources.c.account, sources.c.name)
        .join(sources, sources.c.id == items.c.source_id)
        .where(whose == owner, items.c.payload.is_not(None))
        .order_by(items.c.id)
    )
    older = sa.select(revisions).where(revisions.c.owner_id == owner)
    older = older.order_by(revisions.c.item_id, revisions.c.number)
    columns = (placements.c.place, placements.c.role, placements.c.since, placements.c.until)
    places = sa.select(placements.c.item_id, *columns).where(placements.c.owner_id == owner)
    places = places.order_by(placements.c.item_id, placements.c.number)
    if only is not None:
        heads = heads.where(items.c.id.in_(only))
        older = older.where(revisions.c.item_id.in_(only))
        places = places.where(placements.c.item_id.in_(only))
    with ExitStack() as streams:  # whoever stops early leaves no cursor open on a server
        rows, revised, placed = (
            streams.enter_context(_stream(connection, query)) for query in (heads, older, places)
        )
        past, held = _Beside(revised), _Beside(placed)
        row: Any
        for row in rows:
            number, payload, seen_at, account, source = row
            newest = Revision(moment(seen_at), decode(payload))
            earlier = [Revision(moment(old.seen_at), decode(old.payload)) for old in past.of(number)]
            yield Copy(number, account, source, (*earlier, newest), tuple(map(_placement, held.of(number))))


def _placement(row: Any) -> Placement:
    place, role, since, until = row[1:]
    return Placement(place, role, moment(since), None if until is None else moment(until))


def _stream(connection: Connection, query: sa.Select[Any]) -> sa.CursorResult[Any]:
    return connection.execute(query, execution_options={"yield_per": ROWS})


class _Beside:
    """Rows that begin with an item's number, sorted by it, handed out to somebody who walks the items so."""

    def __init__(self, rows: Iterable[Row[Any]]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def of(self, item: int) -> Sequence[Row[Any]]:
        row = self._next
        if row is None or row[0] > item:
            return ()
        found = []
        while row is not None and row[0] <= item:
            if row[0] == item:
                found.append(row)
            row = next(self._rows, None)
        self._next = row
        return found
