"""Google Calendar as one owner meets it: masters with their exceptions, sync tokens that expire, pages that chain.

Entries are kept as Google's own event resources (`Entry.data`); this fake expands no series, because a client that
syncs with `singleEvents=false` must do so itself.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.google.discovery import Json, Refused
from tests.fakes.mailbox import Entry, Mailbox
from tests.fakes.wire import Request

_NOT_WITH_TOKEN = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
_FREE_TO_CHANGE = frozenset({"syncToken", "pageToken", "maxResults", "fields", "alt", "prettyPrint", "key"})


@dataclass(frozen=True, slots=True)
class CalendarInfo:
    """One line of the owner's calendar list."""

    id: str
    summary: str
    primary: bool = False
    zone: str = "Europe/Amsterdam"
    role: str = "owner"
    selected: bool = True


@dataclass
class FakeCalendar:
    """The owner's calendars. `expire_tokens()` makes every sync token given so far answer 410."""

    mailbox: Mailbox
    calendars: tuple[CalendarInfo, ...] = (CalendarInfo("mara@visser-advies.example", "Mara", primary=True),)
    oldest_token: int = 0
    page_size: int = 250
    keeps_details: bool = False  # a deleted entry keeps all it had, as in its organiser's own calendar
    _firsts: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    _indexed: int = -1
    _index: dict[tuple[str, str | None], list[Entry]] = field(default_factory=dict)

    def expire_tokens(self) -> None:
        self.oldest_token = self.mailbox.number + 1

    def answer(self, method: str, path: dict[str, str], request: Request, scopes: frozenset[str]) -> Json:
        """The answer to a request that the discovery document allows."""
        answers = {
            "calendar.calendarList.list": self._calendars,
            "calendar.events.list": self._list,
            "calendar.events.get": self._get,
        }
        if method not in answers:
            raise Refused(403, "insufficientPermissions", f"{method} is beyond what this client was granted")
        return answers[method](path, request)

    def _calendars(self, path: dict[str, str], request: Request) -> Json:
        items = []
        for info in self.calendars:
            item: Json = {
                "kind": "calendar#calendarListEntry",
                "id": info.id,
                "summary": info.summary,
                "timeZone": info.zone,
                "accessRole": info.role,
            }
            if info.primary:
                item["primary"] = True
            if info.selected:
                item["selected"] = True
            items.append(item)
        return {"kind": "calendar#calendarList", "items": items, "nextSyncToken": "list"}

    def _info(self, path: dict[str, str]) -> CalendarInfo:
        for info in self.calendars:
            if path["calendarId"] == info.id or (path["calendarId"] == "primary" and info.primary):
                return info
        raise Refused(404, "notFound", "Not Found")

    def _get(self, path: dict[str, str], request: Request) -> Json:
        info = self._info(path)
        entry = self.mailbox.entries.get((info.id, path["eventId"]))
        if entry is None:
            raise Refused(404, "notFound", "Not Found")
        return self._event(entry, request)

    def _list(self, path: dict[str, str], request: Request) -> Json:
        info = self._info(path)
        token = request.one("syncToken")
        _refuse_mixture(request, token)
        asked = frozenset((key, value) for key, value in request.query if key not in _FREE_TO_CHANGE)
        if token is None:
            entries, upto = self._all(info, request), self.mailbox.number
        else:
            number, _, name = token.removeprefix("s~").partition("~")
            if not token.startswith("s~") or not number.isdigit():
                raise Refused(400, "invalid", "Invalid sync token value.")
            if int(number) < self.oldest_token:
                raise Refused(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
            if self._firsts.get(name, asked) != asked:
                raise Refused(400, "badRequest", "Parameters must be those of the first request.")
            entries, upto = self._changed(info, int(number)), self.mailbox.number
        return self._paged(info, request, entries, upto, asked)

    def _all(self, info: CalendarInfo, request: Request) -> list[Entry]:
        deleted = request.one("showDeleted") == "true"
        found = [entry for entry in self._under(info, request.one("iCalUID")) if deleted or not entry.deleted]
        return found if deleted else [e for e in found if e.data.get("status") != "cancelled" or _exception(e)]

    def _under(self, info: CalendarInfo, uid: str | None) -> list[Entry]:
        """The calendar's entries, or those of them with an iCalUID."""
        if self._indexed != self.mailbox.number:
            self._indexed, self._index = self.mailbox.number, defaultdict(list)
            for entry in self.mailbox.entries.values():
                for key in {None, entry.data.get("iCalUID")}:
                    self._index[entry.calendar, key].append(entry)
        return self._index.get((info.id, uid), [])

    def _changed(self, info: CalendarInfo, number: int) -> list[Entry]:
        ids = {change.id for change in self.mailbox.since(number) if isinstance(change.after, Entry)}
        return [entry for entry in self.mailbox.entries.values() if entry.calendar == info.id and entry.id in ids]

    def _paged(
        self, info: CalendarInfo, request: Request, entries: list[Entry], upto: int, asked: frozenset[tuple[str, str]]
    ) -> Json:
        entries = sorted(entries, key=lambda entry: entry.id)
        page = request.one("pageToken")
        if page is not None:
            if not page.startswith("p~"):
                raise Refused(400, "invalid", "Invalid page token value.")
            last, _, told = page[2:].partition("~")
            upto = int(told) if told else upto  # what changes while one pages comes with the next sync token
            entries = [entry for entry in entries if entry.id > last]
        size = min(int(request.one("maxResults") or self.page_size), self.page_size)
        given, more = entries[:size], entries[size:]
        answer: Json = {
            "kind": "calendar#events",
            "summary": info.summary,
            "timeZone": info.zone,
            "accessRole": info.role,
            "items": [self._event(entry, request) for entry in given],
        }
        if more:
            return answer | {"nextPageToken": f"p~{given[-1].id}~{upto}"}
        name = str(len(self._firsts))
        self._firsts[name] = asked
        return answer | {"nextSyncToken": f"s~{upto}~{name}"}

    def _event(self, entry: Entry, request: Request) -> Json:
        if entry.deleted:
            if self.keeps_details:
                return {**entry.data, "kind": "calendar#event", "status": "cancelled"}
            # All that is promised of a deleted entry: its id, and as an exception its place in the series.
            kept = ("id", "recurringEventId", "originalStartTime")
            return {"kind": "calendar#event", "status": "cancelled"} | {
                key: entry.data[key] for key in kept if key in entry.data
            }
        data: dict[str, Any] = dict(entry.data)
        most = request.one("maxAttendees")
        if most is not None and len(data.get("attendees", [])) > int(most):
            data["attendeesOmitted"] = True
            data["attendees"] = [one for one in data["attendees"] if one.get("self")]
        return data


def _refuse_mixture(request: Request, token: str | None) -> None:
    if token is None:
        if request.one("orderBy") == "startTime" and request.one("singleEvents") != "true":
            raise Refused(400, "badRequest", "The requested ordering is not available for the particular query.")
        return
    for key in _NOT_WITH_TOKEN:
        if request.one(key) is not None:
            raise Refused(400, "badRequest", f"Sync token cannot be combined with {key}.")
    if request.one("showDeleted") == "false":
        raise Refused(400, "badRequest", "Sync token cannot be combined with showDeleted=false.")


def _exception(entry: Entry) -> bool:
    return "recurringEventId" in entry.data
