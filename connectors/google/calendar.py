"""Google calendars: masters and overrides by sync token, expanded here.

`events.list` with expanded instances and sync tokens has been seen to lose tokens and to give half cancelled
instances, so series come as Google keeps them. A sync brings what changed; of a series that changed in any part, all
parts are asked for by its iCalUID (one request), because an occurrence can only be worked out from all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

import msgspec

from connectors.calendar_choice import Offered, chosen
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
from connectors.google.events import FIELDS, Series, native_of, occurrences, series_of
from connectors.google.login import Transports, hosts
from connectors.google.refusals import Gone, Missing, Misunderstood
from connectors.google.service import Call, Json, Service
from connectors.options import GoogleCalendarOptions
from connectors.patience import Budget, Patience
from connectors.positions import Extent, read_cursor, write_cursor
from connectors.secrets import Secrets

AHEAD = timedelta(days=90)
"""How far ahead of now occurrences are given."""

PAGE = 2_500
BATCH = 1_000


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
        self._titles: dict[str, str] = {}

    def sources(self) -> Sequence[Source]:
        """The calendars that the config names, or the owner's own ones that are shown.

        Raises:
            ConnectorError: the config names one that is not there.
        """
        sources = chosen([_offered(one) for one in self._calendars()], self._options.calendars, self._options.name)
        self._titles = {source.name: source.title or source.name for source in sources}
        return sources

    def hosts(self) -> Sequence[str]:
        return hosts(self._options, "www.googleapis.com")

    def close(self) -> None:
        self._service.close()

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:
        """See `Connector.batches`."""
        position = read_cursor(cursor, _Position)
        until = now + AHEAD
        etags = known.etags()
        place = Place(self._titles.get(source, source))
        extent = Extent(now, position.oldest)
        token, resources = self._list(source, position.token)
        if position.token:
            changed = self._whole(source, resources, self._moved(position, until), etags)
        else:
            changed = series_of(resources)
        batch = _Gathered(etags, place, extent)
        looked_at = {*(series.uid for series in changed), *self._moved(position, until)}
        growing = set(position.growing) - looked_at
        for series in sorted(changed, key=lambda one: one.begins, reverse=True):
            found = batch.take(series, until)
            if found is not None and series.goes_on(until, found):
                growing.add(series.uid)
            if batch.size >= BATCH:
                yield batch.given(cursor=None, cost=self._service.cost())
        if not position.token:
            batch.gone.update(id_ for id_ in etags if id_ not in batch.listed)
            extent.include_known(known, batch.same)
        done = _Position(token=token, horizon=until.date(), growing=tuple(sorted(growing)), oldest=extent.oldest)
        yield batch.given(cursor=write_cursor(done), cost=self._service.cost(), covered=extent.covered(live=True))

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:
        """A listing without a token, page by page, expanded as `batches` does; there is no second way to expand."""
        _, resources = self._list(source, "")
        for series in series_of(resources):
            try:
                events = occurrences(series, now + AHEAD)
            except BadItem:
                yield Listed(f"{series.id}#bad", series.etag)
                continue
            yield from (Listed(event.id, series.etag) for event in events)

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
                uids.update(self._uid_of_master(source, resource))
        found = [replace(series, whole=series.master is not None) for series in series_of(single)]
        asked = [series for uid in sorted(uids) for series in series_of(self._parts(source, uid))]
        again = {series.id for series in asked}
        return [series for series in found if series.id not in again] + asked

    def _uid_of_master(self, source: str, resource: Json) -> Iterator[str]:
        """The iCalUID of the series that an occurrence without one belongs to."""
        master = resource.get("recurringEventId")
        if master is None:
            return
        request = self._service.collection("events").get(calendarId=source, eventId=master, fields="iCalUID")
        try:
            yield str(self._service.execute(Call(request, 1, "events.get"))["iCalUID"])
        except (Missing, Gone, KeyError):
            return

    def _list(self, source: str, token: str) -> tuple[str, list[Json]]:
        """What there is, or what changed since a token; and the token for next time."""
        expired = CursorExpired("Google Calendar no longer has the changes since the last sync")
        try:
            return self._listed(source, token)
        except Gone as error:
            raise expired from error
        except Misunderstood as error:
            raise (expired if token else error) from error
        except Missing as error:
            raise self._vanished() from error

    def _vanished(self) -> ConnectorError:
        what = "this calendar is not there any more, or not shared with you."
        return ConnectorError(what, where=self._options.name, fix="Take it out of calendars in the config.")

    def _listed(self, source: str, token: str) -> tuple[str, list[Json]]:
        found: dict[str, Json] = {}
        more: Json = {"syncToken": token} if token else {}
        page_token: str | None = None
        while True:
            request = self._service.collection("events").list(
                calendarId=source, maxResults=PAGE, singleEvents=False, showDeleted=True, pageToken=page_token,
                fields=f"nextPageToken,nextSyncToken,items({FIELDS})", **more,
            )  # fmt: skip
            page = self._service.execute(Call(request, 1, "events.list"))
            found.update((item["id"], item) for item in page.get("items", ()))  # a page may repeat what came before
            page_token = page.get("nextPageToken")
            if page_token is None:  # only the last page has the token for next time
                return str(page.get("nextSyncToken", "")), list(found.values())

    def _parts(self, source: str, uid: str) -> list[Json]:
        """All that a calendar holds under one iCalUID."""
        found: dict[str, Json] = {}
        page_token: str | None = None
        while True:
            request = self._service.collection("events").list(
                calendarId=source, maxResults=PAGE, pageToken=page_token, iCalUID=uid, showDeleted=True,
                fields=f"nextPageToken,items({FIELDS})",
            )  # fmt: skip
            try:
                page = self._service.execute(Call(request, 1, "events.list"))
            except (Missing, Gone) as error:
                raise self._vanished() from error
            found.update((item["id"], item) for item in page.get("items", ()))
            page_token = page.get("nextPageToken")
            if page_token is None:
                return list(found.values())

    def _calendars(self) -> Iterator[Json]:
        lists = self._service.collection("calendarList")
        fields = "nextPageToken,items(id,summary,summaryOverride,primary,selected,accessRole)"
        request = lists.list(maxResults=250, showHidden=bool(self._options.calendars), fields=fields)
        while request is not None:
            page = self._service.execute(Call(request, 1, "calendarList.list"))
            yield from page.get("items", ())
            request = lists.list_next(request, page)


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
        now = {event.id for event in events}
        self.listed |= now
        self.gone.update(id_ for id_ in before if id_ not in now)
        for event in events:
            if self._etags.get(event.id) == series.etag:
                self.same.append(event.id)
                self._unchanged += 1
                continue
            self._extent.include(event)
            placed = msgspec.structs.replace(event, folders=(self._place.name,))
            self.items.append(Item(event.id, series.etag, (self._place,), placed))
        return len(now)

    def _set_aside(self, series: Series, error: BadItem) -> None:
        native = f"{series.id}#bad"
        self.listed.update((native, *self._by_series.get(series.id, ())))
        if self._etags.get(native) == series.etag:
            self._unchanged += 1
        else:
            self.bad.append(Quarantined(native, series.etag, error.what, self._place.name))

    def given(self, *, cursor: str | None, **more: Any) -> Batch:
        batch = Batch(
            items=tuple(self.items), quarantined=tuple(self.bad), removed=tuple(sorted(self.gone)),
            unchanged=self._unchanged, cursor=cursor, **more,
        )  # fmt: skip
        self.items, self.bad, self.gone, self._unchanged = [], [], set(), 0
        return batch


def _offered(line: Json) -> Offered:
    """A line of the calendar list; without a choice those that are shown and could be written to."""
    summary, primary = line.get("summary", ""), bool(line.get("primary"))
    own = primary or (line.get("accessRole") in {"owner", "writer"} and bool(line.get("selected")))
    title = str(line.get("summaryOverride") or summary or line["id"])
    return Offered(line["id"], title, own, (*([summary] if summary else []), *(["primary"] if primary else [])))
