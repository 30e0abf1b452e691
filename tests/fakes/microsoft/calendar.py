"""Calendars of the fake Graph: the view of a window expanded by the server, its delta, its gaps.

A series master is kept as one entry with `recurrence` as `{"every_days": n, "count": m}` under `x-series` (the fake's
own word, never sent) and its exceptions as entries with `seriesMasterId` and `originalStart`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from tests.fakes.mailbox import Entry, Mailbox
from tests.fakes.microsoft.graph import Json, Refused, _shuffled, _state
from tests.fakes.wire import Request


@dataclass(frozen=True, slots=True)
class CalendarInfo:
    id: str
    name: str
    default: bool = False
    editable: bool = True
    owner: str = "mara@visser-advies.example"


@dataclass
class CalendarService:
    """The owner's calendars. What a view showed is remembered per token, so that leaving the window is a removal.

    Attributes:
        omit_deleted_occurrences: only the master's change says that an occurrence was deleted.
        shows_texts: as under Calendars.Read, the answers carry bodies.
    """

    mailbox: Mailbox
    calendars: tuple[CalendarInfo, ...] = (CalendarInfo("C-main", "Calendar", default=True),)
    oldest_token: int = 0
    page: int = 50
    omit_deleted_occurrences: bool = False
    shows_texts: bool = False
    asked_for_content: list[str] = field(default_factory=list)
    _views: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)

    def expire_tokens(self) -> None:
        self.oldest_token = len(self._views)

    def list_calendars(self, request: Request) -> Json:
        lines = []
        for info in self.calendars:
            owner = {"name": info.owner, "address": info.owner}
            line = {"id": info.id, "name": info.name, "isDefaultCalendar": info.default, "canEdit": info.editable}
            lines.append({**line, "owner": owner, "canViewPrivateItems": True})
        return {"value": lines}

    def calendar(self, name: str | None) -> CalendarInfo:
        for info in self.calendars:
            if name == info.id or (name is None and info.default):
                return info
        raise Refused(404, "ErrorItemNotFound", "The specified object was not found in the store.")

    def get_event(self, id_: str, request: Request) -> Json:
        self._look(request)
        for (_, own), entry in self.mailbox.entries.items():
            if own == id_ and not entry.deleted:
                return _shown(entry)
        for entry in [entry for entry in self.mailbox.entries.values() if not entry.deleted]:
            for line in _expanded(entry, self.mailbox):
                if line["id"] == id_:
                    return {**_shown(entry), **line, "type": "occurrence"}
        raise Refused(404, "ErrorItemNotFound", "The specified object was not found in the store.")

    def list_view(self, name: str | None, request: Request) -> Json:
        """The occurrences and single events of a window, without masters."""
        info = self.calendar(name)
        low, high = (_moment(request.one(key) or "") for key in ("startDateTime", "endDateTime"))
        return self._listed([line for line in self._lines(info) if _overlaps(line, low, high)], request)

    def instances(self, name: str, id_: str, request: Request) -> Json:
        """The occurrences and exceptions of a series in a window, each whole."""
        info = self.calendar(name)
        master = self.get_event(id_, request)
        low, high = (_moment(request.one(key) or "") for key in ("startDateTime", "endDateTime"))
        lines = [one for one in self._lines(info) if one.get("seriesMasterId") == id_ and _overlaps(one, low, high)]
        whole = [line if line["type"] == "exception" else {**master, **line} for line in lines]
        return self._listed(whole, request)

    def _listed(self, lines: list[Json], request: Request) -> Json:
        self._look(request)
        lines.sort(key=lambda line: (line["start"]["dateTime"], line["id"]))
        skip, size = int(request.one("$skip") or 0), self._page_size(request)
        answer: Json = {"value": lines[skip : skip + size]}
        if len(lines) > skip + size:
            answer["@odata.nextLink"] = ("same", {"$skip": str(skip + size)})
        return answer

    def _look(self, request: Request) -> None:
        """Without `$select` a plain answer would bring the body, if the permission let it."""
        selected = (request.one("$select") or "body").split(",")
        unknown = {"body", "bodyPreview"} & set(selected)
        if unknown:
            self.asked_for_content.append(request.path)

    def delta(self, name: str | None, request: Request) -> Json:
        """A page of the view's changes since a token, or of the whole view."""
        for key, _ in request.query:
            if key not in {"startDateTime", "endDateTime", "$skiptoken", "$deltatoken"}:
                raise Refused(
                    400, "ErrorInvalidUrlQuery", f"The query parameter '{key}' is not supported with delta."
                )
        info = self.calendar(name)
        skip, token = request.one("$skiptoken"), request.one("$deltatoken")
        _, number, after = _state(skip or token, -1)
        if (skip or token) and not self.oldest_token <= number < len(self._views):
            raise Refused(410, "SyncStateNotFound", "The sync state is not found. Full resync is required.")
        if skip:
            start, end, before_name, now = self._views[number]
        elif token:
            start, end, _, _ = self._views[number]
            now = self._view(info, start, end)
            number, before_name = self._remember(start, end, str(number), now), str(number)
        else:
            start, end = request.one("startDateTime") or "", request.one("endDateTime") or ""
            if not start or not end:
                raise Refused(400, "ErrorInvalidRequest", "This request requires startDateTime and endDateTime.")
            now = self._view(info, start, end)
            number, before_name = self._remember(start, end, "", now), ""
        before = self._views[int(before_name)][3] if before_name else {}
        left = [id_ for id_ in before if id_ not in now]
        if self.omit_deleted_occurrences:
            left = [id_ for id_ in left if id_.partition(".")[0] not in now]
        changed = [id_ for id_, etag in now.items() if before.get(id_) != etag] + left
        changed.sort(key=_shuffled)
        rest = [id_ for id_ in changed if not after or _shuffled(id_) > after]
        size = self._page_size(request)
        given, more = rest[:size], rest[size:]
        value = [self._line(info, id_, now) for id_ in given]
        if more:
            return {"value": value, "@odata.nextLink": ("same", {"$skiptoken": f"|{number}|{_shuffled(given[-1])}"})}
        return {"value": value, "@odata.deltaLink": ("same", {"$deltatoken": f"|{number}|"})}

    def _page_size(self, request: Request) -> int:
        for part in request.headers.get("prefer", "").split(","):
            key, _, value = part.strip().partition("=")
            if key == "odata.maxpagesize":
                return max(1, min(1000, int(value.strip('"'))))
        return self.page

    def _remember(self, start: str, end: str, before: str, now: dict[str, str]) -> int:
        self._views.append((start, end, before, now))
        return len(self._views) - 1

    def _lines(self, info: CalendarInfo) -> Iterator[Json]:
        for entry in list(self.mailbox.entries.values()):
            if entry.calendar == info.id and not entry.deleted:
                yield from _expanded(entry, self.mailbox)

    def _view(self, info: CalendarInfo, start: str, end: str) -> dict[str, str]:
        low, high = _moment(start), _moment(end)
        view: dict[str, str] = {}
        masters: set[str] = set()
        for line in self._lines(info):
            if _overlaps(line, low, high):
                view[line["id"]] = _etag(line)
                if line.get("seriesMasterId"):
                    masters.add(line["seriesMasterId"])
        for id_ in masters:
            view[id_] = _etag(_shown(self.mailbox.entries[info.id, id_]) | {"exceptions": self._exceptions(id_)})
        return view

    def _exceptions(self, series: str) -> list[str]:
        """What a series' master holds of its exceptions: each is an attachment of the master, and its times stand in
        the master's own recurrence ([MS-OXOCAL] 2.2.10 and 2.2.1.44), so that they change it."""
        entries = self.mailbox.entries.values()
        return sorted(
            _etag(_shown(entry))
            for entry in entries
            if entry.data.get("seriesMasterId") == series and not entry.deleted
        )

    def _line(self, info: CalendarInfo, id_: str, now: dict[str, str]) -> Json:
        if id_ not in now:
            return {"id": id_, "@removed": {"reason": "deleted"}}
        entry = self.mailbox.entries.get((info.id, id_))
        if entry is not None and not entry.deleted:  # a restored occurrence bears the id of the exception it was
            text = {"bodyPreview": "CANARY", "body": {"contentType": "text", "content": "CANARY"}}
            return _shown(entry) | (text if self.shows_texts else {})
        return next(line for line in self._lines(info) if line["id"] == id_)


def _overlaps(line: Json, low: datetime, high: datetime) -> bool:
    return _moment(line["start"]["dateTime"]) < high and _moment(line["end"]["dateTime"]) > low


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text.replace("Z", "+00:00")[:26])
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _etag(line: Json) -> str:
    return blake2b(repr(sorted(line.items())).encode(), digest_size=8).hexdigest()


def _shown(entry: Entry) -> Json:
    line = {key: value for key, value in entry.data.items() if not key.startswith("x-")}
    kind = (
        "seriesMaster" if "x-series" in entry.data else "exception" if "seriesMasterId" in line else "singleInstance"
    )
    key = blake2b(repr(sorted(entry.data.items())).encode(), digest_size=8).hexdigest()
    return {"@odata.etag": f'W/"{key}"', "changeKey": key, "id": entry.id, **line, "type": kind}


def _expanded(entry: Entry, mailbox: Mailbox) -> Iterator[Json]:
    """What a view shows of an entry: itself, or its occurrences without those that were deleted or changed."""
    series = entry.data.get("x-series")
    if series is None:
        yield _shown(entry)
        return
    elsewhere = {
        other.data.get("x-original")
        for other in mailbox.entries.values()
        if other.calendar == entry.calendar and other.data.get("seriesMasterId") == entry.id and not other.deleted
    }
    start, end = (_moment(entry.data[key]["dateTime"]) for key in ("start", "end"))
    for number in range(series["count"]):
        at = start + timedelta(days=number * series["every_days"])
        original = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if original in elsewhere or original in series.get("deleted", ()):
            continue  # Graph just leaves a deleted occurrence out
        zone = entry.data["start"]["timeZone"]
        yield {
            "@odata.type": "#microsoft.graph.event",
            "id": f"{entry.id}.{at:%Y%m%dT%H%M}",
            "seriesMasterId": entry.id,
            "type": "occurrence",
            "start": {"dateTime": at.strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": zone},
            "end": {"dateTime": (at + (end - start)).strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": zone},
        }
