"""Google calendars: masters and overrides by sync token, expanded here.

`events.list` with expanded instances and sync tokens has been seen to lose tokens and to give half cancelled
instances, so series come as Google keeps them. A sync brings what changed; of a series that changed in any part, all
parts are asked for by its iCalUID (one request), because an occurrence can only be worked out from all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from connectors.calendar_choice import Offered, chosen
from connectors.connector import (
    BadItem,
    Batch,
    Item,
    Known,
    Listed,
    Place,
    Quarantined,
    Source,
)
from connectors.google.access import Transports, hosts
from connectors.google.listing import Listings
from connectors.google.series import Series, native_of, occurrences, series_of
from connectors.google.service import Json, Service
from connectors.options import GoogleCalendarOptions
from connectors.patience import Budget, Patience
from connectors.positions import Extent, read_cursor, write_cursor
from connectors.secrets import Secrets

AHEAD = timedelta(days=90)
"""How far ahead of now occurrences are given at least."""

BATCH = 1_000

_BAD = "#bad"  # ends the native id of a series that cannot be read


def horizon(now: datetime) -> datetime:
    """Up to when occurrences are given: the first Monday, midnight UTC, that is `AHEAD` of now. It stands still for a
    week, so that a series without an end costs one request a week and not one a day."""
    day = (now.astimezone(UTC) + AHEAD).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=7 - day.weekday())


def etag_of(series: Series, place: Place) -> str:
    """Changes with any part of a series, and with the name of the calendar, of which Google's entries say nothing."""
    return f"{series.etag}:{_mark(place)}"


def _mark(place: Place) -> str:
    return blake2b(place.name.encode(), digest_size=4).hexdigest()


def _content(etag: str) -> str:
    return etag.partition(":")[0]


class _Position(msgspec.Struct, omit_defaults=True):
    """`token`: Google's sync token. `horizon`: up to which day series are expanded. `growing`: iCalUIDs of series
    that go on behind it and must be expanded again as it moves."""

    version: Literal[1] = 1
    token: str = ""
    horizon: date | None = None
    growing: tuple[str, ...] = ()
    oldest: datetime | None = None


class GoogleCalendarConnector:
    """See the module. Each calendar is a source of its own, named by its id."""

    def __init__(
        self,
        options: GoogleCalendarOptions,
        secrets: Secrets,
        *,
        transports: Transports | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._options = options
        self._patience = patience or Patience()
        self._service = Service(
            "calendar.v3",
            options.name,
            transports or Transports(options, secrets),
            budget=Budget(options.requests_per_minute, 60.0, self._patience.clock),
            patience=self._patience,
            endpoint=options.endpoint,
        )
        self._listings = Listings(self._service, options.name)
        self._titles: dict[str, str] = {}

    def sources(self) -> Sequence[Source]:
        """The calendars that the config names, or the owner's own ones that are shown.

        Raises:
            ConnectorError: the config names one that is not there.
        """
        wanted = self._options.calendars
        offered = [_offered(one) for one in self._listings.calendars(hidden=bool(wanted))]
        sources = chosen(offered, wanted, self._options.name)
        self._titles = {source.name: source.title or source.name for source in sources}
        return sources

    def hosts(self) -> Sequence[str]:
        return hosts(self._options, "www.googleapis.com")

    def close(self) -> None:
        self._service.close()

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:
        """See `Connector.batches`."""
        position = read_cursor(cursor, _Position)
        until = horizon(now)
        etags = known.etags()
        place = self._place(source)
        extent = Extent(now, position.oldest)
        moved = self._moved(position, until)
        if position.token:
            token, resources = self._listings.changes(source, position.token)
            changed = self._whole(source, resources, moved, etags)
        else:
            token, resources = self._listings.everything(source)
            changed = series_of(resources)
        batch = _Gathered(etags, place, extent)
        growing = set(position.growing) - {*(series.uid for series in changed), *moved}
        for series in sorted(changed, key=lambda one: one.begins, reverse=True):
            found = batch.take(series, until)
            if found is not None and series.goes_on(until, found):
                growing.add(series.uid)
            if batch.size >= BATCH:
                yield batch.given(cursor=None, cost=self._service.cost())
        if not position.token:
            batch.gone.update(id_ for id_ in etags if id_ not in batch.listed)
            extent.include_known(known, batch.same)
        batch.rename()
        done = _Position(token=token, horizon=until.date(), growing=tuple(sorted(growing)), oldest=extent.oldest)
        yield batch.given(cursor=write_cursor(done), cost=self._service.cost(), covered=extent.covered(live=True))

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:
        """A listing without a token, page by page, expanded as `batches` does; there is no second way to expand."""
        _, resources = self._listings.everything(source)
        for series in series_of(resources):
            etag = etag_of(series, self._place(source))
            try:
                events = occurrences(series, horizon(now))
            except BadItem:
                yield Listed(f"{series.id}{_BAD}", etag)
                continue
            yield from (Listed(event.id, etag) for event in events)

    def _place(self, source: str) -> Place:
        if source not in self._titles:
            self.sources()
        return Place(self._titles.get(source, source))

    def _moved(self, position: _Position, until: datetime) -> Sequence[str]:
        """ICalUIDs of the series that reach behind the old horizon, if it has moved by a day."""
        return position.growing if position.horizon is None or position.horizon < until.date() else ()

    def _whole(
        self, source: str, resources: Sequence[Json], growing: Sequence[str], etags: Mapping[str, str]
    ) -> list[Series]:
        """All parts of everything that changed. A single event needs no further request."""
        single, uids = [], set(growing)
        prefixes = {id_.partition("#")[0] for id_ in etags if not id_.endswith("#")}
        for resource in resources:
            serial = "recurrence" in resource or "recurringEventId" in resource
            was_serial = resource["id"] in prefixes
            uid = resource.get("iCalUID")
            if not serial and not was_serial:
                single.append(resource)
            elif uid:
                uids.add(uid)
            else:  # what was deleted may keep nothing but its id
                single.append(resource)
                uids.update(self._listings.uid_of(source, resource))
        found = [replace(series, whole=series.master is not None) for series in series_of(single)]
        asked = [series for uid in sorted(uids) for series in series_of(self._listings.series(source, uid))]
        again = {series.id for series in asked}
        return [series for series in found if series.id not in again] + asked


class _Gathered:
    """Items that have been worked out and not yet handed over."""

    def __init__(self, etags: Mapping[str, str], place: Place, extent: Extent) -> None:
        self._etags, self._place, self._extent = etags, place, extent
        self._by_series: dict[str, list[str]] = {}
        for id_ in etags:
            self._by_series.setdefault(id_.partition("#")[0], []).append(id_)
        self.items: list[Item] = []
        self.bad: list[Quarantined] = []
        self.gone: set[str] = set()
        self.listed: set[str] = set()
        self._told: set[str] = set()  # what needs no word of the calendar's new name
        self.same: list[str] = []
        self._unchanged = 0

    @property
    def size(self) -> int:
        return len(self.items) + len(self.bad)

    def take(self, series: Series, until: datetime) -> int | None:
        """Work out a series; what the ledger has of it and it no longer has is gone. How many occurrences it has,
        None if it cannot be read."""
        before = self._by_series.get(series.id, [])
        if not series.whole:  # of the others nothing was said
            told = {native_of(one) for one in series.exceptions}
            before = [id_ for id_ in before if id_ in told]
        try:
            events = occurrences(series, until)
        except BadItem as error:
            self._set_aside(series, error)
            return None
        now, etag = {event.id for event in events}, etag_of(series, self._place)
        self.listed |= now
        self.gone.update(id_ for id_ in before if id_ not in now)
        for event in events:
            held = self._etags.get(event.id, "")
            if _content(held) == series.etag:
                self.same.append(event.id)
                self._unchanged += held == etag  # else `rename` tells of it
                continue
            self._told.add(event.id)
            self._extent.include(event)
            placed = msgspec.structs.replace(event, folders=(self._place.name,))
            self.items.append(Item(event.id, etag, (self._place,), placed))
        return len(now)

    def rename(self) -> None:
        """Where the calendar has another name now, all that did not change lies under that name, too."""
        for id_, held in self._etags.items():
            etag = f"{_content(held)}:{_mark(self._place)}"
            if held != etag and id_ not in self._told and id_ not in self.gone and not id_.endswith(_BAD):
                self.items.append(Item(id_, etag, (self._place,), None))

    def _set_aside(self, series: Series, error: BadItem) -> None:
        native = f"{series.id}{_BAD}"
        self.listed.update((native, *self._by_series.get(series.id, ())))
        etag = etag_of(series, self._place)
        if self._etags.get(native) == etag:
            self._unchanged += 1
        else:
            self.bad.append(Quarantined(native, etag, error.what, self._place.name))

    def given(self, *, cursor: str | None, **more: Any) -> Batch:
        batch = Batch(
            items=tuple(self.items), quarantined=tuple(self.bad), removed=tuple(sorted(self.gone)),
            unchanged=self._unchanged, cursor=cursor, **more,
        )  # fmt: skip
        self._told |= self.gone
        self.items, self.bad, self.gone, self._unchanged = [], [], set(), 0
        return batch


def _offered(line: Json) -> Offered:
    """A line of the calendar list; without a choice those that are shown and could be written to."""
    summary, primary = line.get("summary", ""), bool(line.get("primary"))
    own = primary or (line.get("accessRole") in {"owner", "writer"} and bool(line.get("selected")))
    title = str(line.get("summaryOverride") or summary or line["id"])
    return Offered(line["id"], title, own, (*([summary] if summary else []), *(["primary"] if primary else [])))
