"""Outlook calendars: the changes of one view per year.

A view's delta knows a window and nothing outside, and says "removed" of what merely left it. So the windows are
calendar years that never move: nothing leaves a year but to stand in another, and the year that holds the horizon is
opened when it comes. Years are opened backwards until some in a row are empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import httpx
import msgspec

from connectors.connector import (
    BadItem,
    Batch,
    ConnectorError,
    CursorExpired,
    Item,
    Known,
    Listed,
    Place,
    Quarantined,
    Source,
)
from connectors.microsoft.events import etag_of, event_of, native_id, renewed
from connectors.microsoft.graph import Gone, Graph, Json, Missing
from connectors.microsoft.login import Tokens, hosts
from connectors.observations import Event
from connectors.options import OutlookCalendarOptions
from connectors.patience import Patience
from connectors.positions import Extent, read_cursor, write_cursor
from connectors.secrets import Secrets

AHEAD = timedelta(days=90)
EMPTY_YEARS = 5
"""After so many empty years in a row nothing older is looked for."""
OLDEST_YEAR = 1995


class _Position(msgspec.Struct, omit_defaults=True):
    """`years`: year -> its delta link. `complete`: all years back to the first have been read."""

    version: Literal[1] = 1
    years: dict[int, str] = {}
    complete: bool = False
    reconciling: bool = False
    oldest: datetime | None = None


class OutlookCalendarConnector:
    """See the module. Each calendar is a source of its own, named by its id."""

    def __init__(
        self,
        options: OutlookCalendarOptions,
        secrets: Secrets,
        *,
        tokens: Tokens | None = None,
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._options = options
        self._graph = Graph(options, tokens or Tokens(options, secrets), patience or Patience(), transport)
        self._titles: dict[str, str] = {}

    def sources(self) -> Sequence[Source]:
        """The calendars that the config names, or the owner's own ones.

        Raises:
            ConnectorError: the config names one that is not there.
        """
        found = [line for page in self._graph.pages("/calendars") for line in page.get("value", ())]
        wanted = {name.casefold() for name in self._options.calendars}
        chosen = [one for one in found if wanted & _names(one)] if wanted else [one for one in found if _own(one)]
        missing = sorted(wanted - {name for one in chosen for name in _names(one)})
        if missing:
            names = ", ".join(sorted(str(one.get("name")) for one in found))
            fix = f"Write one of these under calendars: {names}."
            raise ConnectorError(f'there is no calendar "{missing[0]}".', where=self._options.name, fix=fix)
        self._titles = {one["id"]: str(one.get("name") or one["id"]) for one in chosen}
        return [Source(id_, observes="event", title=title) for id_, title in self._titles.items()]

    def hosts(self) -> Sequence[str]:
        return hosts(self._options)

    def close(self) -> None:
        self._graph.close()

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:
        """See `Connector.batches`: the newest year first, then back."""
        position = read_cursor(cursor, _Position)
        if position.reconciling:
            position = _Position()
        reading = _Reading(known, Place(self._titles.get(source, source)), Extent(now, position.oldest))
        position.reconciling = not position.years and bool(reading.held)
        empty = 0
        for year in self._years(position, now):
            link = position.years.get(year)
            before = len(reading.seen)
            try:
                lines, position.years[year] = self._year(source, year, link)
            except Gone as error:
                raise CursorExpired("Microsoft no longer has the changes since the last sync") from error
            reading.take(lines, self._masters(source, lines))
            empty = 0 if link or len(reading.seen) > before else empty + 1
            position.oldest = reading.extent.oldest
            if not reading.gone:  # a removal is settled at the end: until then no cursor may pass it
                yield reading.batch(cursor=write_cursor(position), cost=self._graph.cost())
            if not position.complete and empty >= EMPTY_YEARS and year < now.year:
                break
        position.complete, reconciled, position.reconciling = True, position.reconciling, False
        yield from self._end(source, reading, position, reconciled=reconciled)

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:
        """Every year's view anew, without a token."""
        empty = 0
        for year in range((now + AHEAD).year, OLDEST_YEAR - 1, -1):
            lines, _ = self._year(source, year, None)
            real = [line for line in lines if line.get("type") != "seriesMaster" and "@removed" not in line]
            yield from (Listed(native_id(line)) for line in real)
            empty = 0 if real else empty + 1
            if empty >= EMPTY_YEARS and year < now.year:
                return

    def _years(self, position: _Position, now: datetime) -> Sequence[int]:
        newest = (now + AHEAD).year
        if position.complete:
            return [
                year
                for year in range(newest, OLDEST_YEAR - 1, -1)
                if year in position.years or year > max(position.years)
            ]
        return range(newest, OLDEST_YEAR - 1, -1)

    def _year(self, source: str, year: int, link: str | None) -> tuple[list[Json], str]:
        """All lines of a year's view, or its changes; and the link for next time."""
        window = {"startDateTime": f"{year}-01-01T00:00:00Z", "endDateTime": f"{year + 1}-01-01T00:00:00Z"}
        first = link or f"/calendars/{source}/calendarView/delta"
        lines: dict[str, Json] = {}
        try:
            for page in self._graph.pages(first, None if link else window):
                lines.update((line["id"], line) for line in page.get("value", ()))
                link = page.get("@odata.deltaLink", link)
        except Missing as error:
            fix = "Take it out of calendars in the config."
            raise ConnectorError("this calendar is not there any more.", where=self._options.name, fix=fix) from error
        return list(lines.values()), str(link)

    def _masters(self, source: str, lines: Sequence[Json]) -> dict[str, Json]:
        """The masters of all series that the lines speak of; those that did not come along are asked for."""
        masters = {line["id"]: line for line in lines if line.get("type") == "seriesMaster"}
        needed = {
            str(line["seriesMasterId"])
            for line in lines
            if line.get("seriesMasterId") and line["seriesMasterId"] not in masters and "@removed" not in line
        }
        asked = sorted(needed)
        answers = self._graph.get_all([f"/calendars/{source}/events/{id_}" for id_ in asked])
        return masters | {id_: answer for id_, answer in zip(asked, answers, strict=True) if answer}

    def _end(self, source: str, reading: _Reading, position: _Position, *, reconciled: bool) -> Iterator[Batch]:
        """Settle what is gone: from one year, but perhaps moved to another that was read before it moved."""
        if reconciled:
            reading.gone.update(dict.fromkeys(id_ for id_ in reading.held if id_ not in reading.seen))
        asked = list(reading.gone)
        answers = self._graph.get_all([f"/calendars/{source}/events/{id_.rpartition('#')[2]}" for id_ in asked])
        there = [answer for answer in answers if answer and answer.get("type") != "seriesMaster"]
        reading.take(there, self._masters(source, there))
        position.oldest = reading.extent.oldest
        covered = reading.extent.covered(live=True)
        yield reading.batch(
            cursor=write_cursor(position), covered=covered, removed=tuple(reading.gone), cost=self._graph.cost()
        )


class _Reading:
    """One sync of one calendar."""

    def __init__(self, known: Known, place: Place, extent: Extent) -> None:
        self.held: Mapping[str, str] = known.etags()
        self._known, self._place, self.extent = known, place, extent
        self._by_id = {id_.rpartition("#")[2]: id_ for id_ in self.held}
        self._by_series: dict[str, list[str]] = {}
        for id_ in self.held:
            self._by_series.setdefault(id_.partition("#")[0], []).append(id_)
        self.seen: dict[str, None] = {}
        self.gone: dict[str, None] = {}
        self._items: dict[str, Item] = {}
        self._bad: list[Quarantined] = []
        self._unchanged = 0

    def take(self, lines: Sequence[Json], masters: Mapping[str, Json]) -> None:
        """Lines of a view: events, masters of series, removals."""
        for line in lines:
            if "@removed" in line:
                native = self._by_id.get(line["id"])
                if native is not None and native not in self.seen:
                    self.gone[native] = None
            elif line.get("type") != "seriesMaster":
                self._event(line, masters.get(str(line.get("seriesMasterId"))))
        for id_, master in masters.items():
            self._renew(id_, master)

    def _event(self, line: Json, master: Json | None) -> None:
        native = native_id(line)
        self.seen[native] = None
        self.gone.pop(native, None)
        try:
            event = event_of(line, master if line.get("type") == "occurrence" else None)
        except BadItem as error:
            self._bad.append(Quarantined(native, str(line.get("@odata.etag", "")), error.what, self._place.name))
            return
        self._put(event)

    def _renew(self, series: str, master: Json) -> None:
        """A change of a master changes its occurrences, which the view does not send again."""
        for native in self._by_series.get(series, ()):
            if native in self.seen or native in self.gone:
                continue
            event = self._known.observation(native)
            if isinstance(event, Event) and event.recurring:
                self._put(renewed(event, master))

    def _put(self, event: Event) -> None:
        placed = msgspec.structs.replace(event, folders=(self._place.name,))
        etag = etag_of(placed)
        self.extent.include(placed)
        if self.held.get(placed.id) == etag:
            self._unchanged += placed.id in self.seen
            return
        self._items[placed.id] = Item(placed.id, etag, (self._place,), placed)

    def batch(self, *, cursor: str | None, removed: tuple[str, ...] = (), **more: object) -> Batch:
        batch = Batch(
            items=tuple(self._items.values()), quarantined=tuple(self._bad), removed=removed,
            unchanged=self._unchanged, cursor=cursor, **more,  # type: ignore[arg-type]
        )  # fmt: skip
        self._items, self._bad, self._unchanged = {}, [], 0
        return batch


def _names(calendar: Json) -> set[str]:
    return {str(calendar.get("name", "")).casefold(), calendar["id"].casefold()}


def _own(calendar: Json) -> bool:
    return bool(calendar.get("isDefaultCalendar")) or bool(calendar.get("canEdit"))
