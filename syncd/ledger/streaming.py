"""Copies for interpretation, read side by side from items, revisions and placements, none of them whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from connectors.observations import decode
from rules.copies import Copy, Placement, Revision
from syncd.ledger.schema import items, placements, revisions, sources
from syncd.ledger.times import moment

ROWS = 1000  # fetched at once


def copies(connection: Connection, owner: int, only: Sequence[int] | None) -> Iterator[Copy]:
    """The owner's copies by item number; `only` names some, at most as many as a statement takes parameters."""
    # SQLite would go by the owner's index and then sort all payloads, in memory. Walking the table needs no sorting.
    whose = items.c.owner_id + 0 if connection.dialect.name == "sqlite" and only is None else items.c.owner_id
    heads = (
        sa.select(items.c.id, items.c.payload, items.c.seen_at, sources.c.account, sources.c.name)
        .join(sources, sources.c.id == items.c.source_id)
        .where(whose == owner, items.c.payload.is_not(None))
        .order_by(items.c.id)
    )
    older = sa.select(revisions).where(revisions.c.owner_id == owner)
    older = older.order_by(revisions.c.item_id, revisions.c.number)
    places = sa.select(placements).where(placements.c.owner_id == owner)
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
        for row in rows:
            newest = Revision(moment(row.seen_at), decode(row.payload))
            earlier = tuple(Revision(moment(old.seen_at), decode(old.payload)) for old in past.of(row.id))
            places_held = tuple(_placement(place) for place in held.of(row.id))
            yield Copy(row.id, row.account, row.name, (*earlier, newest), places_held)


def _placement(row: Row[Any]) -> Placement:
    until = None if row.until is None else moment(row.until)
    return Placement(row.place, row.role, moment(row.since), until)


def _stream(connection: Connection, query: sa.Select[Any]) -> sa.CursorResult[Any]:
    return connection.execute(query, execution_options={"yield_per": ROWS})


class _Beside:
    """Rows sorted by `item_id`, handed out item by item to somebody who walks the items in the same order."""

    def __init__(self, rows: Iterable[Row[Any]]) -> None:
        self._groups = groupby(rows, key=attrgetter("item_id"))
        self._ahead: tuple[int, list[Row[Any]]] | None = None

    def of(self, item: int) -> list[Row[Any]]:
        while self._ahead is None or self._ahead[0] < item:
            following = next(self._groups, None)
            if following is None:
                return []
            self._ahead = (following[0], list(following[1]))
        return self._ahead[1] if self._ahead[0] == item else []
