"""A Google calendar to write tests with: entries as Google keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.connector import Item
from connectors.google.calendar import GoogleCalendarConnector
from connectors.observations import Event
from connectors.secrets import Forgetful
from tests.connectors.contract import CANARY, NOW, Held, moment, run
from tests.fakes.clock import Clock
from tests.fakes.google.calendar import CalendarInfo, FakeCalendar
from tests.fakes.google.server import FakeGoogle
from tests.fakes.mailbox import Entry
from tests.google.door import calendar_options, patience, transports

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = datetime(2026, 2, 2, 10, tzinfo=AMSTERDAM)
WEEK = timedelta(weeks=1)
ZONE = {"timeZone": "Europe/Amsterdam"}
OWNER = "mara@visser-advies.example"
ANNA = "anna@nordkai.example"


class CalendarWorld:
    """The owner's Google calendars, of which `source` is the one under test."""

    source = OWNER
    live = True

    def __init__(self, *calendars: CalendarInfo) -> None:
        self.fake = FakeGoogle(clock=Clock(NOW))
        self.calendar = FakeCalendar(self.fake.mailbox)
        if calendars:
            self.calendar.calendars = calendars
        self.fake.calendar = self.calendar
        self.options: dict[str, Any] = {}

    def connector(self) -> GoogleCalendarConnector:
        options = calendar_options(**self.options)
        connector = GoogleCalendarConnector(
            options, Forgetful(), transports=transports(self.fake, options), patience=patience(self.fake)
        )
        connector.sources()  # as the sync engine does
        return connector

    # The contract's numbered items

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._put(number, f"item {number}")

    def _put(self, number: int, title: str) -> None:
        at = moment(number)
        self.write(f"e{number:05}", timed(at), end=timed(at + timedelta(hours=1)), summary=title)

    def change(self, number: int) -> None:
        self._put(number, f"item {number} changed")

    def remove(self, number: int) -> None:
        self.delete(f"e{number:05}")

    def move(self, number: int) -> str:
        """Another calendar is another source; within one there is nowhere to move to."""
        return "Mara"

    def spoil(self) -> None:
        self.write("spoilt", timed(moment(0)), end=timed(moment(1)), recurrence=["RRULE:FREQ=SECONDLY"])

    # Entries

    def write(self, id_: str, start: Mapping[str, Any], *, without: Iterable[str] = (), **more: Any) -> None:
        """Add or change an entry; `end` is an hour after `start` if not given."""
        data: dict[str, Any] = {
            "kind": "calendar#event", "id": id_, "status": "confirmed", "iCalUID": f"{id_}@google.com",
            "summary": "Lunch", "description": f"{CANARY} see https://agenda.example/{id_}?x={CANARY}",
            "start": dict(start), "end": dict(more.pop("end", None) or _hour_later(start)),
            "organizer": {"email": OWNER, "self": True}, "creator": {"email": OWNER, "self": True},
            "updated": f"{self.fake.clock.now:%Y-%m-%dT%H:%M:%S.000Z}", "eventType": "default",
        }  # fmt: skip
        data |= more
        kept = {key: value for key, value in data.items() if key not in set(without)}
        self.fake.mailbox.write(Entry(id_, self.source, kept))

    def except_(self, master: str, original: datetime, start: datetime | None = None, **more: Any) -> str:
        """Change one occurrence of a series; answers the exception's id."""
        id_ = f"{master}_{original.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        zone = {"timeZone": "Europe/Amsterdam"}
        more = {"recurringEventId": master, "iCalUID": f"{master}@google.com"} | more
        self.write(id_, timed(start or original, **zone), originalStartTime=timed(original, **zone), **more)
        return id_

    def delete(self, id_: str) -> None:
        self.fake.mailbox.delete_entry(self.source, id_)

    def delete_occurrence(self, master: str, original: datetime) -> None:
        self.delete(self.except_(master, original))


def timed(at: datetime, **more: str) -> dict[str, str]:
    return {"dateTime": at.isoformat(), **more}


def _hour_later(start: Mapping[str, Any]) -> dict[str, Any]:
    if "date" in start:
        return {"date": (datetime.fromisoformat(start["date"]) + timedelta(days=1)).date().isoformat()}
    return {**start, "dateTime": (datetime.fromisoformat(start["dateTime"]) + timedelta(hours=1)).isoformat()}


def sync(world: CalendarWorld, held: Held, now: datetime = NOW) -> list[Item]:
    """Sync; answers the items that came."""
    return [item for batch in run(world, held, now=now) for item in batch.items]


def events(held: Held) -> list[Event]:
    """What is held, in order of time."""
    found = [one for one in held.observations.values() if isinstance(one, Event)]
    return sorted(found, key=lambda one: (str(one.start), one.id))


def only(world: CalendarWorld) -> Event:
    """The single event of a world."""
    held = Held()
    sync(world, held)
    (event,) = events(held)
    return event


def weekly(world: CalendarWorld, rule: str = "RRULE:FREQ=WEEKLY;COUNT=6", start: datetime = MONDAY) -> None:
    world.write("series", timed(start, **ZONE), summary="Weekly", recurrence=[rule])


def starts(held: Held) -> list[datetime]:
    return [one.start for one in events(held) if one.start]
