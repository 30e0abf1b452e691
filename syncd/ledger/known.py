"""What the ledger holds of one source, as its connector sees it: under the names that the source itself gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa

from connectors.observations import Observation, decode
from syncd.ledger.naming import original, stored
from syncd.ledger.schema import items

if TYPE_CHECKING:
    from syncd.ledger.ledger import Ledger


class Known:
    """What the ledger holds of one source; the connector's view of it.

    `left_out` are native ids that the connector is not told of, because they have to be read again.
    """

    def __init__(self, ledger: Ledger, source: int, left_out: frozenset[str] = frozenset()) -> None:
        self._ledger, self._source, self._left_out = ledger, source, left_out

    def etags(self) -> Mapping[str, str]:
        """As `connectors.connector.Known.etags`."""
        query = sa.select(items.c.native_id, items.c.etag).where(present(self._source))
        with self._ledger.read() as connection:
            named = (_named(row.native_id, row.etag) for row in connection.execute(query))
            etags = {native: etag for native, etag in named if native is not None}
        for native in self._left_out:
            etags.pop(native, None)
        return etags

    def observation(self, native_id: str) -> Observation | None:
        """As `connectors.connector.Known.observation`."""
        mine = (items.c.source_id == self._source, items.c.native_id == stored(native_id))
        query = sa.select(items.c.payload).where(*mine)
        with self._ledger.read() as connection:
            payload = connection.execute(query).scalar()
        return None if payload is None else decode(payload)


def _named(native: str, etag: str) -> tuple[str | None, str]:
    if native.startswith("%") or etag.startswith("%"):
        return original(native), original(etag) or etag
    return native, etag


def present(source: int) -> sa.ColumnElement[bool]:
    """The items that the source still held at the last sync."""
    return sa.and_(items.c.source_id == source, items.c.removed_at.is_(None), items.c.ended_at.is_(None))
