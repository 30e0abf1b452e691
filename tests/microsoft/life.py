"""A mailbox and a calendar at the fake Microsoft that live on at random, and a ledger that follows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from connectors.connector import Connector
from connectors.microsoft.calendar import AHEAD, OutlookCalendarConnector
from connectors.microsoft.folders import LEFT_OUT, ROLES
from connectors.microsoft.login import Tokens
from connectors.microsoft.mail import OutlookMailConnector
from connectors.options import AccountOptions
from connectors.secrets import Forgetful
from tests.connectors.online_life import OWNER, START, WEEK, OnlineLife
from tests.fakes.clock import Clock
from tests.fakes.mailbox import Entry, Mail
from tests.fakes.microsoft.graph import Folder
from tests.fakes.microsoft.server import FakeMicrosoft
from tests.microsoft.gate import MsalDoor, calendar_options, log_in, mail_options, patience, transport

OWN = (Folder("F-1", "Customers"), Folder("F-2", "Later", parent="F-inbox"))


class OutlookLife(OnlineLife):
    """A mail lies in one folder; a series is kept with its deleted occurrences, its exceptions apart."""

    PLACES = ("F-inbox", "F-sent", "F-junk", "F-deleted", "F-1", "F-2")
    CALENDAR = "C-main"
    EXPIRABLE = ("mail", "calendar", "access")
    FAULTS = 9

    def __init__(self) -> None:
        self.fake = FakeMicrosoft(clock=Clock(START))
        self.mail_service, self.calendar = self.fake.mail, self.fake.calendar
        self.mail_service.folders += OWN
        self.mail_service.lose_round_trips = self.calendar.omit_deleted_occurrences = True
        super().__init__(self.fake, [mail_options(name="mail"), calendar_options(name="calendar")])
        self.secrets = Forgetful()
        self._log_in()

    def _log_in(self) -> None:
        for options in self.accounts:
            log_in(self.fake, options, self.secrets)  # type: ignore[arg-type]

    def move(self) -> None:
        super().move()
        self._log_in()

    def open(self, options: AccountOptions) -> Connector:
        if self.secrets.get(options.name) is None:
            log_in(self.fake, options, self.secrets)  # type: ignore[arg-type]
        kind: Any = OutlookMailConnector if options.kind == "outlook_mail" else OutlookCalendarConnector
        tokens = Tokens(options, self.secrets, MsalDoor(self.fake))  # type: ignore[arg-type]
        connector: Connector = kind(
            options, self.secrets, tokens=tokens, patience=patience(self.fake), transport=transport(self.fake)
        )
        return connector

    @property
    def requests(self) -> int:
        return self.fake.counted

    # Mail

    def deliver(self, number: int, places: Sequence[str], hours_ago: int = 0) -> None:
        self.count += 1
        at = self.fake.clock.now - timedelta(hours=hours_ago)
        id_ = f"m{self.count:06}"
        headers = (
            ("From", "Anna <anna@y.example>"), ("To", OWNER), ("Subject", f"No {id_}"),
            ("Date", format_datetime(at)), ("Message-ID", f"<{id_}@y.example>"),
        )  # fmt: skip
        self.box.deliver(Mail(id_, f"t{number}", at, headers, frozenset({self._there(places)})))

    def _there(self, places: Sequence[str]) -> str:
        there = {folder.id for folder in self.mail_service.folders}
        return next((place for place in places if place in there), "F-inbox")

    def place(self, pick: int, places: Sequence[str]) -> None:
        if id_ := self.mail(pick):
            self.box.place(id_, {self._there(places)})

    def flag(self, pick: int) -> None:
        if id_ := self.mail(pick):
            self.box.flag(id_, {"unread"} ^ self.box.mails[id_].flags)

    def change_place(self, pick: int, what: str) -> None:
        folders = self.mail_service.folders
        own = [folder for folder in folders if folder.well_known is None]
        self.count += 1
        if what == "make":
            above = ("root", "F-inbox", "F-archive")[pick % 3]
            self.mail_service.folders += (Folder(f"F-{self.count}", f"Own {self.count}", parent=above),)
        elif own:
            old = own[pick % len(own)]
            new = replace(old, name=f"Renamed {self.count}")
            if what == "delete" and pick % 2:
                new = replace(old, parent="F-deleted")
            elif what == "delete":
                self._delete_folder(old)
                return
            self.mail_service.folders = tuple(new if folder is old else folder for folder in folders)

    def _delete_folder(self, old: Folder) -> None:
        """For good, with all in it and below it."""
        for folder in self.mail_service.folders:
            if folder.parent == old.id:
                self._delete_folder(folder)
        for id_ in [mail.id for mail in self.box.mails.values() if old.id in mail.places]:
            self.box.delete(id_)
        self.mail_service.folders = tuple(folder for folder in self.mail_service.folders if folder is not old)

    # Calendar

    def rename_calendar(self) -> None:
        self.count += 1
        self.calendar.calendars = (replace(self.calendar.calendars[0], name=f"Calendar {self.count}"),)

    @property
    def calendar_title(self) -> str:
        return self.calendar.calendars[0].name

    def write_entry(self, id_: str, start: datetime, times: int | None) -> None:
        before = self.box.entries.get((self.CALENDAR, id_))
        data = self._data(start) | {"uid": f"uid-{id_}"}
        if times is not None:
            deleted = before.data["x-series"]["deleted"] if before and "x-series" in before.data else ()
            data["x-series"] = {"every_days": 7, "count": times, "deleted": deleted}
        self.box.write(Entry(id_, self.CALENDAR, data))

    def _data(self, start: datetime) -> dict[str, Any]:
        self.count += 1
        return {
            "subject": f"Title {self.count}", "start": stamp(start), "end": stamp(start + timedelta(hours=1)),
            "isAllDay": False, "originalStartTimeZone": "UTC", "isCancelled": False, "isOrganizer": True,
            "organizer": {"emailAddress": {"name": "Mara", "address": OWNER}}, "attendees": [],
            "showAs": "busy", "sensitivity": "normal", "responseStatus": {"response": "organizer"},
        }  # fmt: skip

    def write_exception(self, series: Entry, original: datetime, start: datetime | None) -> None:
        """Every other exception keeps the id that the occurrence had."""
        at, id_ = f"{original:%Y-%m-%dT%H:%M:%SZ}", f"{series.id}.{original:%Y%m%dT%H%M}"
        if original.day % 2:
            id_ = f"{series.id}-exception-{original:%Y%m%d}"
        if start is not None:
            told = {"seriesMasterId": series.id, "originalStart": at, "x-original": at, "iCalUId": f"other-{at}"}
            self._rewrite(series, {*series.data["x-series"]["deleted"]} - {at})
            self.box.write(Entry(id_, self.CALENDAR, self._data(start) | told))
            return
        if original in self.exceptions(series.id):
            self.box.delete_entry(self.CALENDAR, id_)
        self._rewrite(series, {*series.data["x-series"]["deleted"], at})

    def _rewrite(self, series: Entry, deleted: set[str]) -> None:
        rule = {**series.data["x-series"], "deleted": tuple(sorted(deleted))}
        self.box.write(replace(series, data={**series.data, "x-series": rule}))

    def originals(self, series: Entry) -> list[datetime]:
        rule = series.data["x-series"]
        return [_moment(series.data["start"]["dateTime"]) + number * WEEK for number in range(rule["count"])]

    def exceptions(self, series: str) -> Mapping[datetime, Entry]:
        return {
            _moment(entry.data["x-original"]): entry
            for entry in self.box.entries.values()
            if entry.data.get("seriesMasterId") == series and not entry.deleted
        }

    # What happens, and what should be

    def expire(self, what: str) -> None:
        if what == "mail":
            self.mail_service.expire_tokens()
        elif what == "calendar":
            self.calendar.expire_tokens()
        else:
            self.fake.entra.access.clear()

    def mails_to_hold(self) -> dict[str, tuple[str | None, set[str]]]:
        paths = {folder.id: self._path(folder) for folder in self.mail_service.folders}
        held = ((mail, paths.get(next(iter(mail.places)))) for mail in self.box.mails.values())
        return {mail.id: (mail.header("Subject"), {path}) for mail, path in held if path is not None}

    def _path(self, folder: Folder) -> str | None:
        """The folder's name with those above it; None if it is left out."""
        if ROLES.get(str(folder.well_known)) in LEFT_OUT:
            return None
        above = next((one for one in self.mail_service.folders if one.id == folder.parent), None)
        if above is None:
            return folder.name
        path = self._path(above)
        return f"{path}/{folder.name}" if path is not None else None

    def events_to_hold(self) -> Iterator[tuple[str, tuple[str, datetime]]]:
        for entry in self.box.entries.values():
            if entry.deleted or "seriesMasterId" in entry.data:
                continue
            if "x-series" not in entry.data:
                yield from self._seen(f"{entry.id}#{entry.id}", entry, _moment(entry.data["start"]["dateTime"]))
                continue
            exceptions = self.exceptions(entry.id)
            for at in self.originals(entry):
                if at in exceptions:
                    other = exceptions[at]
                    yield from self._seen(f"{entry.id}#{other.id}", other, _moment(other.data["start"]["dateTime"]))
                elif f"{at:%Y-%m-%dT%H:%M:%SZ}" not in entry.data["x-series"]["deleted"]:
                    yield from self._seen(f"{entry.id}#{entry.id}.{at:%Y%m%dT%H%M}", entry, at)

    def _seen(self, id_: str, entry: Entry, start: datetime) -> Iterator[tuple[str, tuple[str, datetime]]]:
        if start.year <= (self.fake.clock.now + AHEAD).year:
            yield id_, (entry.data["subject"], start)

    def no_text(self) -> None:
        assert self.mail_service.asked_for_content == self.calendar.asked_for_content == []
        assert self.mail_service.mutable_ids == 0


def stamp(at: datetime) -> dict[str, str]:
    return {"dateTime": at.strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": "UTC"}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.rstrip("Z")[:19]).replace(tzinfo=UTC)
