"""Outlook calendars: the changes of one view per year.

A view's delta knows a window and nothing outside, and says "removed" of what merely left it. So the windows are
calendar years that never move: nothing leaves a year but to stand in another, and the year that holds the horizon is
opened when it comes. Years are opened backwards until some in a row are empty; what is entered there later is found,
and opens those before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import httpx
import msgspec

from connectors.calendar_choice import Offered, chosen
from connectors.connector import (
    Batch,
    ConnectorError,
    CursorExpired,
    Known,
    Listed,
    Place,
    Source,
)
from connectors.microsoft.calendar_reading import CalendarReading
from connectors.microsoft.events import SELECT, native_id
from connectors.microsoft.graph import Gone, Graph, Json, Missing
from connectors.microsoft.login import Tokens, hosts
from connectors.options import OutlookCalendarOptions
from connectors.patience import Patience, Turnstiles
from connectors.positions import Extent, read_cursor, write_cursor
from connectors.secrets import Secrets

AHEAD = timedelta(days=90)
EMPTY_YEARS = 5
"""After so many empty years in a row nothing older is looked for."""
OLDEST_YEAR = 1995


class _Position(msgspec.Struct, omit_defaults=True):
    """`years`: year -> its delta link. `name`: what the calendar was called."""

    version: Literal[1] = 1
    years: dict[int, str] = {}
    name: str = ""
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
        turnstiles: Turnstiles | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._options = options
        self._graph = Graph(
            options, tokens or Tokens(options, secrets), patience or Patience(), turnstiles, transport
        )
        self._titles: dict[str, str] = {}

    def sources(self) -> Sequence[Source]:
        """The calendars that the config names, or the owner's own ones.

        Raises:
            ConnectorError: the config names one that is not there.
        """
        if self._options.certificate:
            raise ConnectorError(
                "access by certificate would bring the texts of events, so it is for mail only.",
                where=self._options.name,
                fix=f'Take certificate out of this account and run: syncd login "{self._options.name}"',
            )
        found = [line for page in self._graph.pages("/calendars") for line in page.get("value", ())]
        own = {one["id"] for one in _own(found)}
        offered = [Offered(one["id"], str(one.get("name") or one["id"]), one["id"] in own) for one in found]
        sources = chosen(offered, self._options.calendars, self._options.name)
        self._titles = {source.name: source.title or source.name for source in sources}
        return sources

    def hosts(self) -> Sequence[str]:
        return hosts(self._options)

    def close(self) -> None:
        self._graph.close()

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:
        """See `Connector.batches`: the newest year first, then back."""
        position = read_cursor(cursor, _Position)
        if position.reconciling:
            position = _Position()
        reading = CalendarReading(known, self._place(source), Extent(now, position.oldest))
        position.reconciling = not position.years and bool(reading.held)
        if position.name not in {"", reading.place.name}:
            reading.renamed()
        position.name = reading.place.name
        for year in _years(position.years, reading.extent):
            link = position.years.get(year)
            try:
                lines, position.years[year] = self._year(source, year, link, _horizon(now))
            except Gone as error:
                raise CursorExpired("Microsoft no longer has the changes since the last sync") from error
            reading.take(lines, self._masters(source, lines), listing=link is None)
            position.oldest = reading.extent.oldest
            if not reading.gone and not reading.series:  # what is to be settled at the end no cursor may pass
                yield reading.batch(cursor=write_cursor(position), cost=self._graph.cost())
        reconciled, position.reconciling = position.reconciling, False
        yield from self._end(source, reading, position, reconciled=reconciled)

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:
        """Plain views of every year, where `batches` follows the changes of views."""
        seen: dict[str, None] = {}
        extent = Extent(now)
        for year in _years({}, extent):
            params = {**_window(year, year), "$select": "id,type,seriesMasterId,start"}
            for page in self._graph.pages(f"/calendars/{source}/calendarView", params):
                for line in page.get("value", ()):
                    if native_id(line) not in seen:
                        seen[native_id(line)] = None
                        yield Listed(native_id(line))
                    start = datetime(year, 1, 1, tzinfo=UTC)
                    extent.oldest = min(extent.oldest or start, start)

    def _place(self, source: str) -> Place:
        if source not in self._titles:
            self.sources()
        return Place(self._titles.get(source, source))

    def _year(self, source: str, year: int, link: str | None, horizon: int) -> tuple[list[Json], str]:
        """All lines of a year's view, or its changes; and the link for next time. Lines come in no order and may be
        repeated, so what is told twice and not alike is asked for."""
        first = link or f"/calendars/{source}/calendarView/delta"
        lines: dict[str, Json] = {}
        unlike: dict[str, None] = {}
        try:
            for page in self._graph.pages(first, None if link else _window(year, year)):
                for line in page.get("value", ()):
                    if lines.setdefault(line["id"], line) != line:
                        unlike[line["id"]] = None
                    lines[line["id"]] = self._textless(line)
                link = page.get("@odata.deltaLink", link)
        except Missing as error:
            fix = "Take it out of calendars in the config."
            raise ConnectorError("this calendar is not there any more.", where=self._options.name, fix=fix) from error
        for id_, answer in zip(unlike, self._events(source, list(unlike)), strict=True):
            there = answer and _in_sight(answer, horizon)
            lines[id_] = answer if answer and there else {"id": id_, "@removed": {"reason": "deleted"}}
        return list(lines.values()), str(link)

    def _textless(self, line: Json) -> Json:
        """Changes of a view take no `$select`, so only the permission keeps texts away; a wider one is not used."""
        if line.get("bodyPreview") or (line.get("body") or {}).get("content"):
            raise ConnectorError(
                "this login may read the texts of events, and its answers bring them. Nothing of it was kept.",
                where=self._options.name,
                fix="Use the permission Calendars.ReadBasic instead of Calendars.Read (docs/microsoft.md).",
            )
        return line

    def _masters(self, source: str, lines: Sequence[Json]) -> dict[str, Json]:
        """The masters of all series that the lines speak of; those that did not come along are asked for."""
        masters = {line["id"]: line for line in lines if line.get("type") == "seriesMaster"}
        needed = {
            str(line["seriesMasterId"])
            for line in lines
            if line.get("seriesMasterId") and line["seriesMasterId"] not in masters and "@removed" not in line
        }
        asked = sorted(needed)
        answers = self._events(source, asked)
        return masters | {id_: answer for id_, answer in zip(asked, answers, strict=True) if answer}

    def _events(self, source: str, ids: Sequence[str]) -> list[Json | None]:
        return self._graph.get_all([f"/calendars/{source}/events/{id_}?$select={SELECT}" for id_ in ids])

    def _instances(self, source: str, series: str, years: Sequence[int]) -> list[Json]:
        """All occurrences of a series as they are now."""
        params = {**_window(min(years), max(years)), "$select": SELECT}
        try:
            pages = list(self._graph.pages(f"/calendars/{source}/events/{series}/instances", params))
        except Missing:  # deleted meanwhile
            return []
        return [line for page in pages for line in page.get("value", ())]

    def _end(
        self, source: str, reading: CalendarReading, position: _Position, *, reconciled: bool
    ) -> Iterator[Batch]:
        """Settle what is gone: from one year, but perhaps moved to another that was read before it moved."""
        for id_, master in list(reading.series.items()):
            occurrences = self._instances(source, id_, list(position.years))
            reading.take(occurrences, {id_: master}, listing=True)
            reading.missing_of(id_, occurrences)
        if reconciled:
            reading.gone.update(dict.fromkeys(id_ for id_ in reading.held if id_ not in reading.seen))
        asked = list(reading.gone)
        answers = self._events(source, [id_.rpartition("#")[2] for id_ in asked])
        horizon = max(position.years)
        there = [
            answer
            for answer in answers
            if answer and answer.get("type") != "seriesMaster" and _in_sight(answer, horizon)
        ]
        reading.take(there, self._masters(source, there), listing=True)
        position.oldest = reading.extent.oldest
        covered = reading.extent.covered(live=True)
        yield reading.batch(
            cursor=write_cursor(position), covered=covered, removed=tuple(reading.gone), cost=self._graph.cost()
        )


def _years(known: Mapping[int, str], extent: Extent) -> Iterator[int]:
    """Years from the horizon back to `EMPTY_YEARS` before the oldest entry; the extent may grow meanwhile."""
    year = _horizon(extent.now)
    while year >= OLDEST_YEAR:
        oldest = min(extent.now, extent.oldest or extent.now).year - EMPTY_YEARS
        if year < oldest and year not in known:
            return
        yield year
        year -= 1


def _horizon(now: datetime) -> int:
    """The last year of which there is a view."""
    return (now + AHEAD).year


def _in_sight(line: Json, horizon: int) -> bool:
    """What was moved behind the horizon is not there until its year is opened, which brings it back."""
    return str((line.get("start") or {}).get("dateTime") or "")[:4] <= str(horizon)


def _window(first: int, last: int) -> dict[str, str]:
    return {"startDateTime": f"{first}-01-01T00:00:00Z", "endDateTime": f"{last + 1}-01-01T00:00:00Z"}


def _own(calendars: Sequence[Json]) -> list[Json]:
    """The owner's own ones that can be edited: not a colleague's that is shared, nor holidays and birthdays."""
    main = next((one for one in calendars if one.get("isDefaultCalendar")), None)
    if main is None:
        return [one for one in calendars if one.get("canEdit")]
    return [one for one in calendars if one is main or (one.get("canEdit") and _owner(one) == _owner(main))]


def _owner(calendar: Json) -> str:
    return str((calendar.get("owner") or {}).get("address", "")).casefold()
