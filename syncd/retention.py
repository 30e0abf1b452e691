"""Dropping what is older than its owner wants to keep: subjects and titles first, whole observations later.

An observation that lost its words keeps the label that they gave it, so that a lunch stays a lunch in the counts. One
that is gone whole leaves only its place in the source's list, and the time before it is no longer covered: nobody is
to look silent because the past was dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connectors.observations import Message, Observation, decode, encode
from rules.meaning import Decision, Evidence
from syncd.ledger import Ledger, coverage, database, schema
from syncd.ledger.facts import EXPIRED
from syncd.ledger.lines import encoded
from syncd.ledger.times import text
from syncd.ledger.writing import lock

Labels = Callable[[], Iterable[tuple[Sequence[int], Decision]]]
"""The items of every occurrence and what the rules say of it now; asked only when something is to be kept."""

_KEPT = "its subject or title is no longer kept; the label was given while it was"


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept; None: for ever."""

    subjects: timedelta | None = None
    everything: timedelta | None = None

    @classmethod
    def of_days(cls, subjects: int | None, everything: int | None) -> Retention:
        return cls(_days(subjects), _days(everything))

    def __bool__(self) -> bool:
        return self.subjects is not None or self.everything is not None

    def aged(self, observation: Observation, now: datetime) -> Observation | None:
        """What may still be kept of an observation; None if nothing. What has no time at all is kept."""
        at = _time(observation)
        if at is None:
            return observation
        if self.everything is not None and at < now - self.everything:
            return None
        if self.subjects is not None and at < now - self.subjects:
            words = {"subject": None} if isinstance(observation, Message) else {"title": None}
            return msgspec.structs.replace(observation, **words)
        return observation


def _days(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(days=count)


def _time(observation: Observation) -> datetime | None:
    if isinstance(observation, Message):
        at = observation.date or observation.received
    else:
        at = observation.end or observation.start
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was dropped now: items that lost their words, and items that are gone whole."""

    words: int = 0
    items: int = 0


@dataclass(slots=True)
class _Aged:
    stripped: list[dict[str, Any]] = field(default_factory=list)
    gone: list[dict[str, Any]] = field(default_factory=list)


def expire(ledger: Ledger, retention: Retention, now: datetime, labels: Labels = tuple) -> Dropped:
    """Drop what is too old, in one transaction; the meaning has to be interpreted anew if anything was."""
    if not retention:
        return Dropped()
    if retention.subjects is not None and _has_old_words(ledger, retention, now):
        kept = {item: encoded(_kept(decision)) for items, decision in labels() for item in items}
    else:
        kept = {}
    with ledger.write() as connection:
        version = lock(connection, ledger.owner_id) + 1
        aged = _aged(connection, ledger.owner_id, schema.items, retention, now)
        older = _aged(connection, ledger.owner_id, schema.revisions, retention, now)
        _drop(connection, ledger.owner_id, aged, older, kept, version=version)
        if retention.everything is not None:
            coverage.cut(connection, ledger.owner_id, text(now - retention.everything))
    if aged.gone or aged.stripped or older.gone or older.stripped:
        database.checkpoint(ledger.engine)
    return Dropped(len(aged.stripped), len(aged.gone))


def _has_old_words(ledger: Ledger, retention: Retention, now: datetime) -> bool:
    with ledger.read() as connection:
        return bool(_aged(connection, ledger.owner_id, schema.items, retention, now).stripped)


def _kept(decision: Decision) -> Decision:
    """A label without the words that its evidence quotes."""
    evidence = tuple(Evidence(one.rule, _KEPT, one.for_, one.weight) for one in decision.evidence)
    return msgspec.structs.replace(decision, evidence=evidence)


def _aged(connection: Connection, owner: int, table: sa.Table, retention: Retention, now: datetime) -> _Aged:
    """The rows of items or revisions that have to change, by their keys."""
    found = _Aged()
    keys = list(table.primary_key.columns)
    query = sa.select(*keys, table.c.payload).where(table.c.owner_id == owner, table.c.payload.is_not(None))
    for *key, payload in connection.execute(query, execution_options={"yield_per": 1000}):
        observation = decode(payload)
        kept = retention.aged(observation, now)
        row = {f"k_{column.name}": value for column, value in zip(keys, key, strict=True)}
        if kept is None:
            found.gone.append(row)
        elif kept != observation:
            found.stripped.append({**row, "v_payload": encode(kept).decode()})
    return found


def _drop(
    connection: Connection, owner: int, aged: _Aged, older: _Aged, kept: Mapping[int, str], *, version: int
) -> None:
    items, revisions, owners = schema.items, schema.revisions, schema.owners
    change: dict[str, Any] = {"payload": sa.bindparam("v_payload")}
    gone: dict[str, Any] = {"payload": None, "state": EXPIRED, "version": version}
    labels = [{"item_id": row["k_id"], "owner_id": owner, "label": kept[row["k_id"]]}
              for row in aged.stripped if row["k_id"] in kept]  # fmt: skip
    many = [
        (sa.update(items).where(_key(items)).values(version=version, **change), aged.stripped),
        (sa.update(revisions).where(_key(revisions)).values(change), older.stripped),
        (sa.delete(revisions).where(_key(revisions)), older.gone),
        (sa.update(items).where(_key(items)).values(gone), aged.gone),
        *((sa.delete(table).where(table.c.item_id == sa.bindparam("k_id")), aged.gone) for table in _BELONGINGS),
        (sa.delete(schema.kept_labels).where(schema.kept_labels.c.item_id == sa.bindparam("item_id")), labels),
        (sa.insert(schema.kept_labels), labels),
    ]
    for statement, rows in many:
        if rows:
            connection.execute(statement, rows)
    if aged.stripped or aged.gone:
        connection.execute(sa.update(owners).where(owners.c.id == owner).values(facts_version=version))


_BELONGINGS = (schema.revisions, schema.placements, schema.kept_labels)


def _key(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == sa.bindparam(f"k_{column.name}") for column in table.primary_key.columns))
