"""One sync of a calendar: what has been seen, what seems gone, which series changed, what waits to be handed over.

An item's etag is a digest of the event, as Graph's own etag of an occurrence does not change with its master.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import msgspec

from connectors.connector import BadItem, Batch, Item, Known, Place, Quarantined
from connectors.microsoft.events import etag_of, event_of, native_id
from connectors.microsoft.graph import Json
from connectors.observations import Event
from connectors.positions import Extent


class CalendarReading:
    """See the module."""

    def __init__(self, known: Known, place: Place, extent: Extent) -> None:
        self.held: Mapping[str, str] = known.etags()
        self.place, self.extent = place, extent
        self._known = known
        self._by_id = {id_.rpartition("#")[2]: id_ for id_ in self.held}
        self._by_series: dict[str, list[str]] = {}
        for id_ in self.held:
            self._by_series.setdefault(id_.partition("#")[0], []).append(id_)
        self.seen: dict[str, None] = {}
        self.gone: dict[str, None] = {}
        self.series: dict[str, Json] = {}
        self._items: dict[str, Item] = {}
        self._bad: list[Quarantined] = []
        self._unchanged = 0
        self._counted: set[str] = set()

    def take(self, lines: Sequence[Json], masters: Mapping[str, Json], *, listing: bool) -> None:
        """Lines of a view: events, masters of series, removals. `listing`: they are all there is, no changes."""
        for line in lines:
            if "@removed" in line:
                self.series.pop(line["id"], None)
                native = self._by_id.get(line["id"])
                if native is not None and native not in self.seen:
                    self.gone[native] = None
            elif line.get("type") == "seriesMaster":
                self._master(line, listing=listing)
            else:
                master = masters.get(str(line.get("seriesMasterId")))
                self._event(line, master)
                if master and line.get("type") == "exception" and native_id(line) not in self.held:
                    self._master(master, listing=False)  # the occurrence that it was had perhaps another id

    def missing_of(self, series: str, occurrences: Sequence[Json]) -> None:
        """What was held of a series and is not among its occurrences as they are now, whatever a view said before."""
        there = {native_id(line) for line in occurrences}
        self.gone.update(dict.fromkeys(id_ for id_ in self._by_series.get(series, ()) if id_ not in there))

    def renamed(self) -> None:
        """The calendar has another name now."""
        for native in self.held:
            event = self._known.observation(native)
            if isinstance(event, Event):
                etag = etag_of(msgspec.structs.replace(event, folders=(self.place.name,)))
                self._items[native] = Item(native, etag, (self.place,), None)

    def _master(self, line: Json, *, listing: bool) -> None:
        """A changed master changes its occurrences, and the view sends neither those nor which were deleted."""
        single = native_id(line)
        if single in self.held:  # became a series
            self.gone[single] = None
        if not listing and any(native != single for native in self._by_series.get(line["id"], ())):
            self.series[line["id"]] = line

    def _event(self, line: Json, master: Json | None) -> None:
        native = native_id(line)
        self.seen[native] = None
        self.gone.pop(native, None)
        try:
            event = event_of(line, master)
        except BadItem as error:
            etag = blake2b(repr(line).encode(), digest_size=8).hexdigest()
            if self.held.get(native) == etag:
                self._unchanged += 1
            else:
                self._bad.append(Quarantined(native, etag, error.what, self.place.name))
            return
        self._put(event)

    def _put(self, event: Event) -> None:
        placed = msgspec.structs.replace(event, folders=(self.place.name,))
        etag = etag_of(placed)
        self.extent.include(placed)
        if self.held.get(placed.id) == etag:
            self._unchanged += placed.id not in self._counted
            self._counted.add(placed.id)
            return
        self._counted.add(placed.id)
        self._items[placed.id] = Item(placed.id, etag, (self.place,), placed)

    def batch(self, *, cursor: str | None, removed: tuple[str, ...] = (), **more: object) -> Batch:
        for native in removed:  # the calendar was renamed, too
            self._items.pop(native, None)
        batch = Batch(
            items=tuple(self._items.values()), quarantined=tuple(self._bad), removed=removed,
            unchanged=self._unchanged, cursor=cursor, **more,  # type: ignore[arg-type]
        )  # fmt: skip
        self._items, self._bad, self._unchanged = {}, [], 0
        return batch
