"""What the calendar API answers: all entries of a calendar, what changed since a token, the parts of one series."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.connector import ConnectorError, CursorExpired, Unreachable
from connectors.google.events import FIELDS
from connectors.google.refusals import Gone, Missing, Misunderstood
from connectors.google.service import Call, Json, Service

PAGE = 2_500
RESTARTS = 3
"""How often a listing that the server breaks off is begun again before the sync gives up until the next one."""


class Listings:
    """The calendars of one account as Google answers; `account` for messages."""

    def __init__(self, service: Service, account: str) -> None:
        self._service, self._account = service, account

    def calendars(self, *, hidden: bool) -> Iterator[Json]:
        """The lines of the owner's calendar list."""
        lists = self._service.collection("calendarList")
        fields = "nextPageToken,items(id,summary,summaryOverride,primary,selected,accessRole)"
        request = lists.list(maxResults=250, showHidden=hidden, fields=fields)
        while request is not None:
            page = self._service.execute(Call(request, 1, "calendarList.list"))
            yield from page.get("items", ())
            request = lists.list_next(request, page)

    def everything(self, calendar: str) -> tuple[str, list[Json]]:
        """The token for next time, and all masters, exceptions and single entries, deleted ones too."""
        return self._from_the_start(calendar)

    def series(self, calendar: str, uid: str) -> list[Json]:
        """All that a calendar holds under one iCalUID."""
        return self._from_the_start(calendar, iCalUID=uid)[1]

    def changes(self, calendar: str, token: str) -> tuple[str, list[Json]]:
        """The token for next time, and what changed since a token.

        Raises:
            CursorExpired: Google no longer takes the token.
        """
        try:
            return self._pages(calendar, syncToken=token)
        except (Gone, Misunderstood) as error:
            raise CursorExpired("Google Calendar no longer has the changes since the last sync") from error

    def uid_of(self, calendar: str, resource: Json) -> Iterator[str]:
        """The iCalUID of the series that an occurrence without one belongs to."""
        master = resource.get("recurringEventId")
        if master is None:
            return
        request = self._service.collection("events").get(calendarId=calendar, eventId=master, fields="iCalUID")
        try:
            yield str(self._service.execute(Call(request, 1, "events.get"))["iCalUID"])
        except (Missing, Gone, KeyError):
            return

    def _from_the_start(self, calendar: str, **more: str) -> tuple[str, list[Json]]:
        """A listing without a token has nothing to lose by being begun again where Google breaks it off."""
        for _ in range(RESTARTS):
            try:
                return self._pages(calendar, **more)
            except Gone as error:
                broken = error
        fix = "It is tried again at the next sync."
        raise Unreachable("Google breaks off the listing of a calendar.", where=self._account, fix=fix) from broken

    def _pages(self, calendar: str, **more: str) -> tuple[str, list[Json]]:
        events = self._service.collection("events")
        options: dict[str, Any] = {"maxResults": PAGE, "showDeleted": True, "singleEvents": False, **more}
        found: dict[str, Json] = {}
        page_token: str | None = None
        while True:
            request = events.list(
                calendarId=calendar, pageToken=page_token, fields=f"nextPageToken,nextSyncToken,items({FIELDS})",
                **options,
            )  # fmt: skip
            try:
                page = self._service.execute(Call(request, 1, "events.list"))
            except Missing as error:
                what = "this calendar is not there any more, or not shared with you."
                fix = "Take it out of calendars in the config."
                raise ConnectorError(what, where=self._account, fix=fix) from error
            found.update((item["id"], item) for item in page.get("items", ()))  # a page may repeat what came before
            page_token = page.get("nextPageToken")
            if page_token is None:  # only the last page has the token for next time
                return str(page.get("nextSyncToken", "")), list(found.values())
