"""Mailbox and calendar at the fake Microsoft, to write tests with: the worlds of the contract of all connectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from connectors.microsoft import graph
from connectors.microsoft.calendar import OutlookCalendarConnector
from connectors.microsoft.mail import OutlookMailConnector
from connectors.observations import Event
from connectors.secrets import Forgetful
from tests.connectors.contract import CANARY, NOW, Held, listed, moment, run
from tests.fakes.clock import Clock
from tests.fakes.mailbox import Entry, Mail
from tests.fakes.microsoft.calendar import CalendarInfo, CalendarService
from tests.fakes.microsoft.graph import Json, MailService
from tests.fakes.microsoft.server import FakeMicrosoft
from tests.fakes.wire import Request
from tests.microsoft.gate import FixedTokens, calendar_options, mail_options, patience, transport

MAIN = "C-main"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stamp(at: datetime, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": at.strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": zone}


class OutlookCalendarWorld:
    """The main calendar of an account; to move an item is to call the calendar something else."""

    source = MAIN
    live = True

    def __init__(self, monkeypatch: pytest.MonkeyPatch, page: int = 10) -> None:
        monkeypatch.setattr(graph, "PAGE", page)
        self.fake = FakeMicrosoft(clock=Clock(NOW))
        self.options = calendar_options()

    def connector(self) -> OutlookCalendarConnector:
        return OutlookCalendarConnector(
            self.options,
            Forgetful(),
            tokens=FixedTokens(self.fake, self.options),
            patience=patience(self.fake),
            transport=transport(self.fake),
        )

    def write(self, id_: str, start: datetime, title: str | None = None, /, **more: Any) -> None:
        hours = more.pop("hours", 1)
        whole = {
            "uid": f"uid-{id_}", "subject": title or id_, "start": stamp(start), "isAllDay": False,
            "end": stamp(start + timedelta(hours=hours)), "originalStartTimeZone": "W. Europe Standard Time",
            "organizer": {"emailAddress": {"name": "Mara", "address": "mara@visser-advies.example"}},
            "attendees": [{"type": "required", "status": {"response": "accepted"},
                           "emailAddress": {"name": "Anna Berg", "address": "anna@nordkai.example"}}],
            "isCancelled": False, "isOrganizer": True, "showAs": "busy", "sensitivity": "normal",
            "responseStatus": {"response": "organizer"}, "x-body": CANARY,
        }  # fmt: skip
        whole.update(more)
        self.fake.mailbox.write(Entry(id_, MAIN, {key: one for key, one in whole.items() if one is not None}))

    def series(self, id_: str, start: datetime, count: int, title: str | None = None, **more: Any) -> None:
        """Weekly."""
        deleted = more.pop("deleted", ())
        self.write(id_, start, title, **{"x-series": {"every_days": 7, "count": count, "deleted": deleted}}, **more)

    def exception(self, series: str, original: datetime, start: datetime, title: str, **more: Any) -> None:
        at = original.strftime("%Y-%m-%dT%H:%M:%SZ")
        told = {"uid": None, "iCalUId": f"other-{at}", "seriesMasterId": series, "originalStart": at}
        id_ = more.pop("id_", None) or f"{series}-exception"
        self.write(id_, start, title, **told, **{"x-original": at}, **more)

    def delete(self, id_: str) -> None:
        self.fake.mailbox.delete_entry(MAIN, id_)

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.write(f"e{number}", moment(number), f"item {number}")

    def change(self, number: int) -> None:
        self.write(f"e{number}", moment(number), f"item {number} changed")

    def remove(self, number: int) -> None:
        self.delete(f"e{number}")

    def move(self, number: int) -> str:
        self.fake.calendar.calendars = (CalendarInfo(MAIN, "Kalender", default=True),)
        return "Kalender"

    def spoil(self) -> None:
        self.write("bad", moment(3), attendees="everybody")


class OutlookWorld:
    """A mailbox; a mail that is changed is another mail, as received mail cannot be edited."""

    source = "mail"
    live = True

    def __init__(self, monkeypatch: pytest.MonkeyPatch, page: int = 10) -> None:
        monkeypatch.setattr(graph, "PAGE", page)
        self.fake = FakeMicrosoft(clock=Clock(NOW))
        self.options = mail_options()
        self.ids: dict[int, str] = {}

    def connector(self) -> OutlookMailConnector:
        return OutlookMailConnector(
            self.options,
            Forgetful(),
            tokens=FixedTokens(self.fake, self.options),
            patience=patience(self.fake),
            transport=transport(self.fake),
        )

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.deliver(number)

    def deliver(self, number: int, subject: str | None = None, folder: str = "F-inbox") -> str:
        at = moment(number)
        id_ = f"{number:08x}-{len(self.fake.mailbox.changes):04x}"
        self.ids[number] = id_
        headers = (
            ("From", "Anna Berg <anna@nordkai.example>"),
            ("To", "mara@visser-advies.example"),
            ("Subject", subject or f"item {number}"),
            ("Date", format_datetime(at)),
            ("Message-ID", f"<{id_}@nordkai.example>"),
        )
        self.fake.mailbox.deliver(Mail(id_, f"t{number}", at, headers, frozenset({folder}), body=CANARY))
        return id_

    def change(self, number: int) -> None:
        self.remove(number)
        self.deliver(number, f"item {number} changed")

    def remove(self, number: int) -> None:
        self.fake.mailbox.delete(self.ids[number])

    def move(self, number: int) -> str:
        self.place(number, "F-archive")
        return "Archive"

    def place(self, number: int, folder: str) -> None:
        self.fake.mailbox.place(self.ids[number], {folder})

    def spoil(self) -> None:
        self.fake.mail.spoiled.add(self.deliver(999))

    def where(self, held: Held, number: int) -> tuple[str, ...] | None:
        return held.places.get(self.ids[number])

    def fetched_alone(self) -> int:
        """How often one message was asked for by its id."""
        return sum("/messages/" in path and "delta" not in path for _, path, *_ in self.fake.log)


def also_given(
    monkeypatch: pytest.MonkeyPatch,
    service: MailService | CalendarService,
    name: str,
    lines: Sequence[Json],
    *,
    behind: bool,
    beside: str | None = None,
) -> None:
    """From now on, wherever this folder's or calendar's changes speak of an item, they bring its line among these,
    too, before or behind what they say. With `beside`, they bring all, wherever they speak of that."""
    real = service.delta

    def delta(asked: str, request: Request) -> Json:
        answer = real(asked, request)
        told = {line["id"] for line in answer["value"]} if asked == name else set()
        again = [line for line in lines if line["id"] in told or beside in told]
        return {**answer, "value": [*answer["value"], *again] if behind else [*again, *answer["value"]]}

    monkeypatch.setattr(service, "delta", delta)


def synced(world: OutlookCalendarWorld, held: Held, now: datetime = NOW) -> dict[datetime | None, Event]:
    """Sync, and all events by their start."""
    run(world, held, now=now)
    assert set(listed(world, now)) == set(held.kept)
    return {event.start: event for event in held.observations.values() if isinstance(event, Event)}
