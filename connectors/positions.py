"""Cursors of local sources, and the time that their listings cover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from connectors.connector import CursorExpired, Known, Span
from connectors.headers import moment_of
from connectors.observations import Event, Message, Observation

Position = TypeVar("Position", bound=msgspec.Struct)


def read_cursor(cursor: str | None, kind: type[Position]) -> Position:
    """The cursor as the struct it was written from, a blank one for None.

    Raises:
        CursorExpired: it was written by another version of the connector.
    """
    if cursor is None:
        return kind()
    try:
        return msgspec.json.decode(cursor, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise CursorExpired("the cursor is not one of this version") from error


def write_cursor(position: msgspec.Struct) -> str:
    return msgspec.json.encode(position).decode()


class Extent:
    """From when to when items lie that had happened by `now`."""

    __slots__ = ("newest", "now", "oldest")

    def __init__(self, now: datetime, oldest: datetime | None = None, newest: datetime | None = None) -> None:
        self.now, self.oldest, self.newest = now, oldest, newest

    def include(self, observation: Observation | None) -> None:
        moment = happened(observation) if observation else None
        if moment is None or moment > self.now:
            return
        if self.oldest is None or moment < self.oldest:
            self.oldest = moment
        if self.newest is None or moment > self.newest:
            self.newest = moment

    def include_known(self, known: Known, native_ids: Iterable[str]) -> None:
        """Items that were not read because the ledger has them, where the cursor no longer remembers their time."""
        for native_id in native_ids:
            self.include(known.observation(native_id))

    def covered(self, *, live: bool) -> tuple[Span, ...]:
        """What a complete listing covers: up to now if the source goes on growing, else up to its newest item."""
        end = self.now if live or self.newest is None else self.newest + timedelta(seconds=1)
        if self.oldest is None or end <= self.oldest:
            return ()
        return (Span(self.oldest, end),)


def happened(observation: Observation) -> datetime | None:
    """When it was, in UTC; floating and all-day times are taken as UTC, which is near enough for coverage."""
    if isinstance(observation, Message):
        return moment_of(observation)
    assert isinstance(observation, Event)
    start = observation.start
    if start is None:
        return None
    return start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)


def vanished(known: Mapping[str, str], listed: AbstractSet[str]) -> tuple[str, ...]:
    """Native ids that the ledger holds and the source no longer does."""
    return tuple(native_id for native_id in known if native_id not in listed)
