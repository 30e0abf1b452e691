"""A mailbox and a calendar at the fake Google that live on at random, and a ledger that follows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.connector import Connector
from connectors.google.calendar import GoogleCalendarConnector, horizon
from connectors.google.gmail import GmailConnector
from connectors.options import AccountOptions
from connectors.secrets import Forgetful
from tests.connectors.online_life import OWNER, START, WEEK, OnlineLife
from tests.fakes.clock import Clock
from tests.fakes.google.calendar import FakeCalendar
from tests.fakes.google.gmail import headers_of
from tests.fakes.google.server import FakeGoogle
from tests.fakes.mailbox import Entry, Mail
from tests.google.door import calendar_options, gmail_options, patience, transports

SYSTEM = {"INBOX": "Inbox", "SENT": "Sent", "SPAM": "Spam", "TRASH": "Trash"}
PAGE = 7  # entries on a page of the calendar


class GoogleLife(OnlineLife):
    """A mail has any number of labels; exceptions of a series are entries of their own, deleted ones too."""

    PLACES = ("INBOX", "SENT", "SPAM", "TRASH", "Label_1", "Label_2")
    EXPIRABLE = ("history", "tokens", "access")
    FAULTS = 10
    ARRIVALS = 150  # its batches make the single mail cheap

    def __init__(self) -> None:
        self.fake = FakeGoogle(clock=Clock(START), labels={"Label_1": "Customers", "Label_2": "Later"})
        self.fake.calendar = self.calendar = FakeCalendar(self.fake.mailbox, page_size=PAGE)
        super().__init__(self.fake, [gmail_options(), calendar_options()])
        self.refresh = self.fake.grant()
        self._made: dict[str, Connector] = {}

    def open(self, options: AccountOptions) -> Connector:
        """Kept until the ledger is opened again: the client library takes its time to begin."""
        if options.name not in self._made or self.kill_at is not None:
            kind: Any = GmailConnector if options.kind == "gmail" else GoogleCalendarConnector
            doors = transports(self.fake, options, self.refresh)  # type: ignore[arg-type]
            self._made[options.name] = kind(options, Forgetful(), transports=doors, patience=patience(self.fake))
        return self._made[options.name]

    def reopen(self) -> None:
        self._made.clear()
        super().reopen()

    def move(self) -> None:
        self._made.clear()
        super().move()

    # Mail

    def deliver(self, number: int, places: Sequence[str], hours_ago: int = 0) -> None:
        self.count += 1
        at = self.fake.clock.now - timedelta(hours=hours_ago)
        id_ = f"m{self.count:06}"
        headers = headers_of("Anna <anna@y.example>", OWNER, f"No {id_}", at, f"{id_}@y.example")
        self.box.deliver(Mail(id_, f"t{number}", at, headers, frozenset(self._there(places))))

    def _there(self, places: Sequence[str]) -> list[str]:
        return [place for place in places if place in SYSTEM or place in self.fake.labels]

    def place(self, pick: int, places: Sequence[str]) -> None:
        if id_ := self.mail(pick):
            self.box.place(id_, self._there(places))

    def change_place(self, pick: int, what: str) -> None:
        """Of a label that is deleted nothing need stand in the history."""
        self.count += 1
        if what == "make":
            self.fake.labels[f"Label_{self.count}"] = f"Own {self.count}"
        elif self.fake.labels:
            label = sorted(self.fake.labels)[pick % len(self.fake.labels)]
            if what == "rename":
                self.fake.labels[label] = f"Renamed {self.count}"
                return
            del self.fake.labels[label]
            for id_, mail in self.box.mails.items():
                self.box.mails[id_] = replace(mail, places=mail.places - {label})
            self.fake.gmail._order_key = None  # type: ignore[assignment]

    # Calendar

    def rename_calendar(self) -> None:
        self.count += 1
        self.calendar.calendars = (replace(self.calendar.calendars[0], summary=f"Calendar {self.count}"),)

    @property
    def calendar_title(self) -> str:
        return self.calendar.calendars[0].summary

    def write_entry(self, id_: str, start: datetime, times: int | None) -> None:
        self._write(id_, start, {"recurrence": [f"RRULE:FREQ=WEEKLY;COUNT={times}"]} if times else {})

    def _write(self, id_: str, start: datetime, more: dict[str, Any], uid: str | None = None) -> None:
        self.count += 1
        data = {
            "kind": "calendar#event", "id": id_, "status": "confirmed", "iCalUID": f"{uid or id_}@google.com",
            "summary": f"Title {self.count}", "start": when(start), "end": when(start + timedelta(hours=1)),
            "organizer": {"email": OWNER, "self": True}, "eventType": "default",
        }  # fmt: skip
        self.box.write(Entry(id_, OWNER, data | more))

    def write_exception(self, series: Entry, original: datetime, start: datetime | None) -> None:
        id_ = f"{series.id}_{original:%Y%m%dT%H%M%SZ}"
        more = {"recurringEventId": series.id, "originalStartTime": when(original)}
        self._write(id_, start or original, more, uid=series.id)
        if start is None:
            self.box.delete_entry(OWNER, id_)

    def originals(self, series: Entry) -> list[datetime]:
        times = int(series.data["recurrence"][0].rpartition("=")[2])
        return [_moment(series.data["start"]) + number * WEEK for number in range(times)]

    def exceptions(self, series: str) -> Mapping[datetime, Entry]:
        return {
            _moment(entry.data["originalStartTime"]): entry
            for entry in self.box.entries.values()
            if entry.data.get("recurringEventId") == series
        }

    def forget_deleted(self) -> None:
        """Google keeps deleted entries for a while, of a series for as long as it is there; no token lasts longer."""
        masters = {e.id for e in self.box.entries.values() if not e.deleted}
        for key, entry in list(self.box.entries.items()):
            if entry.deleted and entry.data.get("recurringEventId") not in masters:
                del self.box.entries[key]
        self.calendar._indexed = -1
        self.calendar.expire_tokens()

    # What happens, and what should be

    def expire(self, what: str) -> None:
        if what == "history":
            self.fake.gmail.forgotten_before = self.box.number + 1
            self.deliver(0, ["INBOX"])
        elif what == "tokens":
            self.calendar.expire_tokens()
        else:
            self.fake.access.clear()

    def mails_to_hold(self) -> dict[str, tuple[str | None, set[str]]]:
        return {id_: (mail.header("Subject"), self._places(mail)) for id_, mail in self.box.mails.items()}

    def _places(self, mail: Mail) -> set[str]:
        names = SYSTEM | self.fake.labels
        return {names[place] for place in mail.places if place in names} or {"Archive"}

    def events_to_hold(self) -> Iterator[tuple[str, tuple[str, datetime]]]:
        until = horizon(self.fake.clock.now)
        for entry in self.box.entries.values():
            if entry.deleted or "recurringEventId" in entry.data:
                continue
            if "recurrence" not in entry.data:
                found = {"": entry}
            else:
                exceptions = self.exceptions(entry.id)
                found = {f"{at:%Y%m%dT%H%M%SZ}": exceptions.get(at, entry) for at in self.originals(entry)}
            for stamp, part in found.items():
                start = _moment(part.data["start"])
                if part is entry and stamp:
                    start = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                if not part.deleted and start < until:
                    yield f"{entry.id}#{stamp}", (part.data["summary"], start)

    def no_text(self) -> None:
        assert not self.fake.gmail.may_have_sent_body
        assert not self.fake.gmail.may_have_sent_snippet


def when(moment: datetime) -> dict[str, str]:
    return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "timeZone": "UTC"}


def _moment(written: dict[str, str]) -> datetime:
    return datetime.fromisoformat(written["dateTime"])
