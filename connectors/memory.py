"""A source without an outside: for tests, which break it on purpose, and for demos.

It behaves like a good server: a log of changes that a cursor points into, pages newest first, a cursor that is taken
before listing. The switches make it behave like a bad one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

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
    Unreachable,
)  # fmt: skip
from connectors.observations import Message, Observation, from_json
from connectors.options import MemoryOptions
from connectors.positions import Extent, happened, read_cursor, vanished, write_cursor

_INBOX = (Place("INBOX", "inbox"),)


class _Position(msgspec.Struct, omit_defaults=True):
    """`seen`: the number of the change up to which all is known; `listed` False while the first listing goes on."""

    version: Literal[1] = 1
    seen: int = 0
    listed: bool = False
    oldest: datetime | None = None
    newest: datetime | None = None


@dataclass
class _Held:
    observation: Observation | None
    etag: str
    places: tuple[Place, ...]
    bad: str | None = None


@dataclass
class Faults:
    """What goes wrong, for tests. Each is in force until it is taken back.

    Attributes:
        expired: every cursor given out so far is refused once.
        empty: the listing shows nothing, though nothing was removed; `listing` too if `empty_twice`.
        fail_after: so many batches, then `error`.
    """

    expired: bool = False
    empty: bool = False
    empty_twice: bool = False
    fail_after: int | None = None
    error: ConnectorError = field(default_factory=lambda: Unreachable("the line went dead."))


@dataclass
class _Box:
    """One source: its items and the log of what changed."""

    observes: str
    live: bool = True
    items: dict[str, _Held] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)


class MemoryConnector:
    """Sources `mail` and `calendar`, each there as soon as it has held something; more by `put(…, source=…)`."""

    def __init__(self, options: MemoryOptions | None = None, *, page: int = 100) -> None:
        self._boxes: dict[str, _Box] = {}
        self._page = page
        self.faults = Faults()
        if options and options.path:
            for line in options.path.expanduser().read_bytes().splitlines():
                if line.strip():
                    self.put(from_json(line))

    def put(self, observation: Observation, places: Sequence[Place] = _INBOX, *, source: str | None = None) -> None:
        """Add an item under its observation's id, or change what it holds or where it lies."""
        box = self._box(observation, source)
        changes = len(box.log)
        box.items[observation.id] = _Held(observation, f"{changes}", tuple(places))
        box.log.append(observation.id)

    def spoil(self, native_id: str, reason: str = "it cannot be read", *, source: str = "mail") -> None:
        """Make an item unreadable; `put` heals it."""
        box = self._boxes[source]
        box.items[native_id] = _Held(None, f"{len(box.log)}", _INBOX, bad=reason)
        box.log.append(native_id)

    def remove(self, native_id: str, *, source: str = "mail") -> None:
        box = self._boxes[source]
        del box.items[native_id]
        box.log.append(native_id)

    def end(self, source: str) -> None:
        """From now on the source does not grow any more."""
        self._boxes[source].live = False

    def sources(self) -> Sequence[Source]:
        return tuple(Source(name, observes=box.observes, live=box.live) for name, box in self._boxes.items())

    def hosts(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Nothing to close."""

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:
        """See `Connector.batches`."""
        if cursor is not None and self.faults.expired:
            self.faults.expired = False
            raise CursorExpired("this cursor is too old", where=source, fix="The source is listed again.")
        position = read_cursor(cursor, _Position)
        box = self._boxes[source]
        batches = self._changes(box, position, now) if position.listed else self._all(box, position, known, now)
        for count, batch in enumerate(batches):
            if self.faults.fail_after is not None and count >= self.faults.fail_after:
                raise self.faults.error
            yield batch

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:  # noqa: ARG002
        """Straight from the box."""
        if not self.faults.empty_twice:
            for native_id, held in self._boxes[source].items.items():
                yield Listed(native_id, held.etag)

    def _box(self, observation: Observation, source: str | None) -> _Box:
        observes = "message" if isinstance(observation, Message) else "event"
        name = source or ("mail" if observes == "message" else "calendar")
        return self._boxes.setdefault(name, _Box(observes))

    def _all(self, box: _Box, position: _Position, known: Known, now: datetime) -> Iterator[Batch]:
        """Everything, newest first; the cursor was true before we looked."""
        seen = position.seen or len(box.log)
        items = {} if self.faults.empty else dict(box.items)
        etags = known.etags()
        extent = Extent(now, position.oldest, position.newest)
        fresh = [native_id for native_id, held in items.items() if etags.get(native_id) != held.etag]
        fresh.sort(key=lambda native_id: _when(items[native_id]), reverse=True)
        unchanged = items.keys() - set(fresh)
        if not position.seen:
            extent.include_known(known, unchanged)
        for first in range(0, len(fresh), self._page):
            batch = _read(fresh[first : first + self._page], items, extent)
            done = _Position(seen=seen, oldest=extent.oldest, newest=extent.newest)
            yield replace(batch, cursor=write_cursor(done), total=len(items))
        done = _Position(seen=seen, listed=True, oldest=extent.oldest, newest=extent.newest)
        yield Batch(
            removed=vanished(etags, items.keys()), unchanged=len(unchanged), covered=extent.covered(live=box.live),
            cursor=write_cursor(done), total=len(items),
        )  # fmt: skip

    def _changes(self, box: _Box, position: _Position, now: datetime) -> Iterator[Batch]:
        """What the log holds behind the cursor, each item once; a page of the log a batch."""
        extent = Extent(now, position.oldest, position.newest)
        seen = position.seen
        while True:
            page = box.log[seen : seen + self._page]
            names = dict.fromkeys(page)
            gone = tuple(native_id for native_id in names if native_id not in box.items)
            batch = _read([native_id for native_id in names if native_id in box.items], box.items, extent)
            seen += len(page)
            last = seen >= len(box.log)
            done = _Position(seen=seen, listed=True, oldest=extent.oldest, newest=extent.newest)
            yield replace(
                batch, removed=gone, cursor=write_cursor(done), covered=extent.covered(live=box.live) if last else (),
                total=len(box.items),
            )  # fmt: skip
            if last:
                return


def _read(native_ids: Sequence[str], items: Mapping[str, _Held], extent: Extent) -> Batch:
    read: list[Item] = []
    bad: list[Quarantined] = []
    for native_id in native_ids:
        held = items[native_id]
        if held.observation is None:
            bad.append(Quarantined(native_id, held.etag, held.bad or "", held.places[0].name))
            continue
        folders = tuple(place.name for place in held.places)
        observation = msgspec.structs.replace(held.observation, folders=folders)
        extent.include(observation)
        read.append(Item(native_id, held.etag, held.places, observation))
    return Batch(items=tuple(read), quarantined=tuple(bad), cost=Cost(requests=1))


def _when(held: _Held) -> float:
    moment = happened(held.observation) if held.observation else None
    return moment.timestamp() if moment else 0.0
