"""Facts: what the connectors saw. Written batch by batch with the cursor that is true after it; never judged here.

An item's newest observation stands in `items.payload`, older ones in `revisions`. A revision is a change of what the
observation says; that it moved is a placement, that flags changed is nothing. `Observation.folders` is not stored:
placements say it, and since when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.exc import DatabaseError

from connectors.connector import Source, Span
from rules.meaning import Coverage, Decision
from rules.occurrences.copies import Copy
from syncd.ledger import coverage, schema, streaming, writing
from syncd.ledger.known import Known, present
from syncd.ledger.naming import escaped, original, plain, stored
from syncd.ledger.schema import items, owners, sources
from syncd.ledger.times import moment, text

if TYPE_CHECKING:
    from syncd.ledger.ledger import Ledger

WITHDRAWN = "Withdrawn"  # the kind of trouble of a source that its account no longer offers
HELD, QUARANTINED, PRIVATE, FORGOTTEN, EXPIRED = "held", "quarantined", "private", "forgotten", "expired"


class SourceBusy(Exception):
    """Another process wrote to this source since this sync began; it carries on, this one stops."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a source could not be synced: the error's kind (its class name), what happened, what to do next."""

    kind: str
    what: str
    fix: str
    at: datetime
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source as the ledger knows it. `step` counts its batches; `listed_at` ends its last complete sync."""

    id: int
    account: str
    name: str
    kind: str
    observes: str
    live: bool
    include_private: bool
    title: str | None
    cursor: str | None
    step: int
    added_at: datetime
    listed_at: datetime | None
    trouble: Trouble | None

    @property
    def withdrawn(self) -> bool:
        """Whether its account no longer offers it: a calendar that is gone, a file that was moved away."""
        return self.trouble is not None and self.trouble.kind == WITHDRAWN


@dataclass(frozen=True, slots=True)
class Holding:
    """What the ledger has of one item of a source, for `syncd verify` and `syncd status`. Name and etag stand as
    `syncd.ledger.naming` writes them."""

    native_id: str
    etag: str
    state: str
    present: bool  # the source still held it at the last sync, as far as the ledger knows
    removed: bool
    empty: bool  # nothing of what it says is kept
    reason: str | None


class Facts:
    """The observations of one owner."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._owner = ledger.owner_id

    def version(self) -> int:
        """A number that grows with every change of an item: what it says, where it lies, whether it is there."""
        with self._ledger.read() as connection:
            query = sa.select(owners.c.facts_version).where(owners.c.id == self._owner)
            return int(connection.execute(query).scalar_one())

    def changed(self, since: int) -> list[int]:
        """The items that changed after that version, by number."""
        query = sa.select(items.c.id).where(items.c.owner_id == self._owner, items.c.version > since)
        with self._ledger.read() as connection:
            return list(connection.execute(query.order_by(items.c.id)).scalars())

    def saying(self, *words: str) -> list[int]:
        """The items whose newest observation, as JSON, has all these words in it, in any case; by number."""
        says = [sa.func.lower(items.c.payload).contains(word.lower(), autoescape=True) for word in words]
        query = sa.select(items.c.id).where(items.c.owner_id == self._owner, *says).order_by(items.c.id)
        with self._ledger.read() as connection:
            return list(connection.execute(query).scalars())

    def copies(self, only: Iterable[int] | None = None) -> Iterator[Copy]:
        """Every item that was ever read, with its revisions and placements, in the order of their numbers.

        Streams: memory does not grow with the ledger. `only` limits it to some items. What is quarantined but was
        once read speaks by what was read; private, forgotten and never-read items are left out.
        """
        with self._ledger.read() as connection:
            if only is None:
                yield from streaming.copies(connection, self._owner, None)
                return
            numbers = sorted(set(only))
            for first in range(0, len(numbers), 500):
                yield from streaming.copies(connection, self._owner, numbers[first : first + 500])

    def kept_labels(self) -> dict[int, Decision]:
        """By item: what the rules said of it before retention took the words that they said it from."""
        table = schema.kept_labels
        query = sa.select(table.c.item_id, table.c.label).where(table.c.owner_id == self._owner)
        decoder = msgspec.json.Decoder(Decision)
        with self._ledger.read() as connection:
            return {row.item_id: decoder.decode(row.label) for row in connection.execute(query)}

    # Sources

    def sources(self) -> list[SourceState]:
        """All sources, in the order in which they were first seen."""
        query = sa.select(sources).where(sources.c.owner_id == self._owner).order_by(sources.c.id)
        with self._ledger.read() as connection:
            return [_state(row) for row in connection.execute(query)]

    def open_source(
        self, account: str, kind: str, source: Source, now: datetime, *, include_private: bool
    ) -> SourceState:
        """The source's state; it is added when it is new, and follows what the connector says of it now."""
        told = {"kind": kind, "observes": source.observes, "live": source.live}
        told |= {"title": source.title and plain(source.title)}
        name = stored(source.name)
        where = (sources.c.owner_id == self._owner, sources.c.account == account, sources.c.name == name)
        with self._ledger.read() as connection:
            row = connection.execute(sa.select(sources).where(*where)).one_or_none()
        if row is not None and all(getattr(row, column) == value for column, value in told.items()):
            return _state(row)
        with self._ledger.write() as connection:
            if connection.execute(sa.update(sources).where(*where).values(told)).rowcount == 0:
                first = {"include_private": include_private, "step": 0, "added_at": text(now)}
                new = {"owner_id": self._owner, "account": account, "name": name, **first, **told}
                connection.execute(sa.insert(sources).values(new))
            return _state(connection.execute(sa.select(sources).where(*where)).one())

    def known(self, source: int, left_out: frozenset[str] = frozenset()) -> Known:
        """The connector's view of a source, without the items in `left_out`."""
        return Known(self._ledger, source, left_out)

    def holdings(self, source: int) -> Iterator[Holding]:
        """Every item of a source that the ledger knows of, by native id."""
        query = sa.select(items).where(items.c.source_id == source).order_by(items.c.native_id)
        many = {"yield_per": 1000}
        with self._ledger.read() as connection, connection.execute(query, execution_options=many) as rows:
            for row in rows:
                removed = row.removed_at is not None
                present = not removed and row.ended_at is None
                empty = row.payload is None
                yield Holding(row.native_id, row.etag, row.state, present, removed, empty, row.reason)

    def unplaced(self, source: int) -> frozenset[str]:
        """Held items that lie nowhere, which no source says of anything that it lists; names as in `Holding`."""
        table = schema.placements
        placed = sa.select(table.c.item_id).where(table.c.item_id == items.c.id, table.c.until.is_(None))
        return self._natives(source, items.c.state == HELD, ~placed.exists())

    def damage(self) -> tuple[str, ...]:
        """What the database finds wrong with itself, as sentences; PostgreSQL keeps its own house."""
        if self._ledger.engine.dialect.name != "sqlite":
            return ()
        try:
            with self._ledger.read() as connection:
                lines = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars().all()
                orphans = len(connection.exec_driver_sql("PRAGMA foreign_key_check").all())
        except DatabaseError as error:
            return (f"the database file is damaged: {error.orig}",)
        found = [f"the database file is damaged: {line}" for line in lines if line != "ok"]
        return (*found, *([f"{orphans} rows belong to rows that are gone"] if orphans else []))

    def counts(self) -> dict[int, dict[str, int]]:
        """Per source, how many items it still holds in each state."""
        query = (
            sa.select(items.c.source_id, items.c.state, sa.func.count())
            .where(items.c.owner_id == self._owner, items.c.removed_at.is_(None), items.c.ended_at.is_(None))
            .group_by(items.c.source_id, items.c.state)
        )
        found: dict[int, dict[str, int]] = {}
        with self._ledger.read() as connection:
            for source, state, count in connection.execute(query):
                found.setdefault(source, {})[state] = count
        return found

    def unread(self, source: int, parser: int) -> frozenset[str]:
        """Native ids of quarantined items that another parser than this one gave up on."""
        return _originals(self._natives(source, items.c.state == QUARANTINED, items.c.parser != parser))

    def held_before(self, source: int, now: datetime) -> int:
        """How many items the source held when the sync of `now` began."""
        then = text(now)
        query = sa.select(sa.func.count()).where(
            items.c.source_id == source,
            items.c.first_seen < then,
            sa.or_(items.c.removed_at.is_(None), items.c.removed_at >= then),
            sa.or_(items.c.ended_at.is_(None), items.c.ended_at >= then),
        )
        with self._ledger.read() as connection:
            return int(connection.execute(query).scalar_one())

    def present(self, source: int, state: str | None = None) -> frozenset[str]:
        """Native ids that the source still held at the last sync, of all items or of those in one state."""
        return _originals(self._natives(source, *([] if state is None else [items.c.state == state])))

    def _natives(self, source: int, *where: sa.ColumnElement[bool]) -> frozenset[str]:
        query = sa.select(items.c.native_id).where(present(source), *where)
        with self._ledger.read() as connection:
            return frozenset(connection.execute(query).scalars())

    # Writing

    def write(self, step: writing.Step) -> writing.Written:
        """One batch and its cursor, in one transaction.

        Raises:
            SourceBusy: somebody else wrote to the source meanwhile.
        """
        with self._ledger.write() as connection:
            taken = sa.update(sources).where(sources.c.id == step.source, sources.c.step == step.step)
            cursor = {} if step.cursor is None else {"cursor": escaped(step.cursor)}
            if connection.execute(taken.values(step=step.step + 1, **cursor)).rowcount != 1:
                raise SourceBusy
            written = writing.write(connection, self._owner, step)
            coverage.extend(connection, self._owner, step.source, step.covered)
        return written

    def settle(self, source: int, now: datetime, *, include_private: bool) -> None:
        """The source was listed completely: its troubles are over."""
        clear = dict.fromkeys(("error_kind", "error", "fix", "error_at", "retry_at"))
        done = {"listed_at": text(now), "include_private": include_private, **clear}
        with self._ledger.write() as connection:
            connection.execute(sa.update(sources).where(sources.c.id == source).values(done))

    def trouble(self, source: int, trouble: Trouble) -> None:
        """The source could not be synced, and why; `syncd status` shows it until it is listed again."""
        values = {
            "error_kind": trouble.kind,
            "error": plain(trouble.what),
            "fix": plain(trouble.fix),
            "error_at": text(trouble.at),
            "retry_at": None if trouble.retry_at is None else text(trouble.retry_at),
        }
        with self._ledger.write() as connection:
            connection.execute(sa.update(sources).where(sources.c.id == source).values(values))

    # Coverage

    def spans(self) -> dict[int, tuple[Span, ...]]:
        """Per source, the time that has been listed completely: sorted, apart from each other, UTC."""
        with self._ledger.read() as connection:
            return coverage.spans(connection, self._owner)

    def coverage(self, timezone: str, now: datetime, accounts: Collection[str] | None = None) -> Coverage:
        """The covered days in a zone, per kind of source, and what is stale. `accounts` are those of the config: what
        others showed ended with their last listing."""
        return coverage.days(self.sources(), self.spans(), timezone, now, accounts)


def _originals(natives: Iterable[str]) -> frozenset[str]:
    return frozenset(native for native in map(original, natives) if native is not None)


def _state(row: Row[tuple[object, ...]]) -> SourceState:
    trouble = None
    if row.error_kind is not None:
        retry_at = None if row.retry_at is None else moment(row.retry_at)
        trouble = Trouble(row.error_kind, row.error, row.fix or "", moment(row.error_at), retry_at)
    return SourceState(
        id=row.id,
        account=row.account,
        name=row.name,
        kind=row.kind,
        observes=row.observes,
        live=row.live,
        include_private=row.include_private,
        title=row.title,
        cursor=row.cursor and original(row.cursor),
        step=row.step,
        added_at=moment(row.added_at),
        listed_at=None if row.listed_at is None else moment(row.listed_at),
        trouble=trouble,
    )
