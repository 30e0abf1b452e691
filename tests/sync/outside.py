"""A mailbox or calendar that a test can do anything to, and its connector: a model of what lies outside.

The connector keeps the contract as a server's would: changes since a point, a backfill that goes on where it
stopped, points that expire. `fail` breaks it on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from connectors.connector import (
    Batch,
    ConnectorError,
    Cost,
    CursorExpired,
    Item,
    Known,
    Listed,
    Place,
    Quarantined,
    Source,
    Span,
)
from connectors.observations import Event, Message, Observation
from connectors.options import AccountOptions

DAWN = datetime(1990, 1, 1, tzinfo=UTC)
Seen = TypeVar("Seen", Message, Event)


@dataclass
class Thing:
    """An item as the outside holds it now."""

    observation: Observation
    places: tuple[Place, ...]
    etag: str


@dataclass
class Outside:
    """One source. Every change gets a number; `oldest` is the first that a cursor may still ask for."""

    source: Source
    things: dict[str, Thing] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    oldest: int = 0
    unreadable: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)  # what the next listings of `batches` overlook
    beyond: set[str] = field(default_factory=set)  # what left the window that is synced, and was not deleted
    returned: set[str] = field(default_factory=set)  # what came back into the window and was not seen there yet
    size: int = 7  # items in a batch
    fail: Callable[[int], None] | None = None  # called with the number of each batch before it is yielded

    def put(self, native: str, observation: Observation, *places: str, role: str | None = None) -> None:
        etag = f"e{len(self.changes)}"
        self.things[native] = Thing(observation, tuple(Place(place, role) for place in places or ("INBOX",)), etag)
        self.changes.append(native)
        if native in self.beyond:
            self.beyond.remove(native)
            self.returned.add(native)

    def move(self, native: str, *places: str) -> None:
        self.put(native, self.things[native].observation, *places)

    def delete(self, native: str) -> None:
        del self.things[native]
        self.changes.append(native)
        if native in self.returned:  # nobody saw it: as far as can be told it never came back
            self.beyond.add(native)

    def leave(self, native: str) -> None:
        """It is out of the window now: no longer listed, but there."""
        self.delete(native)
        self.beyond.add(native)

    def expire(self) -> None:
        """Cursors taken before now are no longer known."""
        self.oldest = len(self.changes) + 1
        self.changes.append("")

    # The connector's part

    def batches(self, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:
        at: dict[str, Any] = json.loads(cursor) if cursor else {"point": len(self.changes), "below": None}
        if cursor and at["point"] < self.oldest:
            raise CursorExpired("the server no longer knows this point", where=self.source.name)
        number = 0
        if cursor is None or at["below"] is not None:
            for batch in self._listing(at, known, now):
                self._maybe_fail(number)
                yield batch
                number += 1
        for batch in self._changes(at["point"], now):
            self._maybe_fail(number)
            yield batch
            number += 1
        self._maybe_fail(number)

    def _maybe_fail(self, number: int) -> None:
        if self.fail is not None:
            self.fail(number)

    def _listing(self, at: dict[str, Any], known: Known, now: datetime) -> Iterator[Batch]:
        etags = known.etags()
        natives = sorted((native for native in self.things if native not in self.hidden), reverse=True)
        gone = sorted(set(etags) - set(natives))
        below = at["below"] or 0
        for first in range(below, len(natives), self.size):
            chosen = natives[first : first + self.size]
            cursor = json.dumps({"point": at["point"], "below": first + self.size})
            yield self._batch(chosen, etags.get, cursor, total=len(natives))
        cursor = json.dumps({"point": at["point"], "below": None})
        yield self._last(gone, cursor, now, total=len(natives))

    def _changes(self, point: int, now: datetime) -> Iterator[Batch]:
        changed = list(dict.fromkeys(self.changes[point:]))
        end = len(self.changes)
        present = [native for native in changed if native in self.things]
        gone = [native for native in changed if native and native not in self.things]
        for first in range(0, len(present), self.size):
            yield self._batch(present[first : first + self.size], lambda _: None, None)
        cursor = json.dumps({"point": end, "below": None})
        yield self._last(gone, cursor, now)

    def _last(self, gone: Sequence[str], cursor: str, now: datetime, total: int | None = None) -> Batch:
        removed = tuple(native for native in gone if native not in self.beyond)
        ended = tuple(native for native in gone if native in self.beyond)
        covered = (Span(DAWN, now),)
        return Batch(removed=removed, ended=ended, cursor=cursor, covered=covered, total=total, cost=Cost(1))

    def _batch(
        self,
        natives: Sequence[str],
        etag: Callable[[str], str | None],
        cursor: str | None,
        total: int | None = None,
    ) -> Batch:
        news = [native for native in natives if etag(native) != self.things[native].etag]
        readable = [native for native in news if native not in self.unreadable]
        items = tuple(self._item(native) for native in readable)
        bad = tuple(
            Quarantined(native, self.things[native].etag, "cannot be read")
            for native in news
            if native in self.unreadable
        )
        same = len(natives) - len(news)
        return Batch(items=items, quarantined=bad, unchanged=same, cursor=cursor, total=total, cost=Cost(1, 10, 5))

    def _item(self, native: str) -> Item:
        thing = self.things[native]
        return Item(native, thing.etag, thing.places, thing.observation)


@dataclass
class Account:
    """Some sources behind one login."""

    outsides: Sequence[Outside]
    trouble: ConnectorError | None = None
    closed: int = 0

    def sources(self) -> Sequence[Source]:
        if self.trouble is not None:
            raise self.trouble
        return [outside.source for outside in self.outsides]

    def _of(self, source: str) -> Outside:
        return next(outside for outside in self.outsides if outside.source.name == source)

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:
        return self._of(source).batches(cursor, known, now)

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:
        return iter([Listed(native, thing.etag) for native, thing in self._of(source).things.items()])

    def hosts(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        self.closed += 1


def options(name: str = "work", *, include_private: bool = False) -> AccountOptions:
    return AccountOptions(name=name, kind="memory", include_private=include_private)


def mailbox(name: str = "mail", *, live: bool = True) -> Outside:
    return Outside(Source(name, "message", live))


def calendar(name: str = "calendar") -> Outside:
    return Outside(Source(name, "event"))


def meeting(native: str, start: datetime, end: datetime, **more: object) -> Event:
    return Event(id=native, uid=native, start=start, end=end, **more)  # type: ignore[arg-type]


def changed(observation: Seen, **fields: object) -> Seen:
    """The same with some fields different."""
    return msgspec.structs.replace(observation, **fields)
