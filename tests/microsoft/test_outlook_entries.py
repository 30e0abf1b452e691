"""What an entry of an Outlook calendar says: times, people, places, answers, privacy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.microsoft.events import event_of
from connectors.observations import Event
from tests.connectors.contract import Held, run
from tests.microsoft.worlds import OutlookCalendarWorld, at, stamp, synced


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> OutlookCalendarWorld:
    return OutlookCalendarWorld(monkeypatch)


def only(world: OutlookCalendarWorld) -> Event:
    (event,) = synced(world, Held()).values()
    return event


def test_all_day(world: OutlookCalendarWorld) -> None:
    """Peers: a day too early in every zone west of the server."""
    zone = "Pacific Standard Time"
    world.write("fair", at("2026-02-10T00:00"), hours=48, isAllDay=True, originalStartTimeZone=zone)
    event = only(world)
    assert (event.all_day, event.start, event.end) == (True, datetime(2026, 2, 10), datetime(2026, 2, 12))
    assert event.zone == "America/Los_Angeles"


def test_the_original_day_of_an_all_day_exception() -> None:
    """It is said as the midnight of the event's zone, in UTC."""
    line = {
        "id": "x", "seriesMasterId": "s", "type": "exception", "isAllDay": True,
        "start": stamp(at("2026-02-11T00:00")),
        "end": stamp(at("2026-02-12T00:00")), "originalStart": "2026-02-09T23:00:00Z",
        "originalStartTimeZone": "W. Europe Standard Time",
    }  # fmt: skip
    event = event_of(line, None)
    assert event.start == datetime(2026, 2, 11)
    assert event.original_start == datetime(2026, 2, 10)


@pytest.mark.parametrize(
    ("zone", "iana", "utc"),
    [
        ("W. Europe Standard Time", "Europe/Berlin", "2026-07-01T08:00"),
        ("Pacific Standard Time", "America/Los_Angeles", "2026-07-01T17:00"),
        ("Tokyo Standard Time", "Asia/Tokyo", "2026-07-01T01:00"),
    ],
)
def test_windows_zones(world: OutlookCalendarWorld, zone: str, iana: str, utc: str) -> None:
    """Times may come in the zone that they were written in, by its Windows name."""
    ten, eleven = datetime(2026, 7, 1, 10), datetime(2026, 7, 1, 11)
    world.write("one", ten, start=stamp(ten, zone), end=stamp(eleven, zone), originalStartTimeZone=zone)
    (event,) = [one for one in _read(world) if isinstance(one, Event)]
    assert event.zone == iana
    assert event.start == at(utc)
    assert event.end == at(utc) + timedelta(hours=1)


def _read(world: OutlookCalendarWorld) -> list[Any]:
    held = Held()
    run(world, held)
    return list(held.observations.values())


@pytest.mark.parametrize(
    ("sensitivity", "visibility"),
    [("normal", "default"), ("personal", "private"), ("private", "private"), ("confidential", "confidential")],
)
def test_private(world: OutlookCalendarWorld, sensitivity: str, visibility: str) -> None:
    world.write("one", at("2026-02-10T09:00"), sensitivity=sensitivity)
    assert only(world).visibility == visibility


def test_free_and_busy_only(world: OutlookCalendarWorld) -> None:
    """Of a calendar that shows no more, nothing is made up: unknown is not nobody."""
    hidden = dict.fromkeys(("subject", "organizer", "attendees", "responseStatus", "isOrganizer"))
    world.write("one", at("2026-02-10T09:00"), **hidden)
    event = only(world)
    assert (event.title, event.organizer, event.attendees, event.attendee_count) == (None, None, None, None)
    assert event.transparency == "opaque"


def test_hidden_attendees(world: OutlookCalendarWorld) -> None:
    """Who was invited sees themselves alone; who invites sees all."""
    world.write("one", at("2026-02-10T09:00"), hideAttendees=True, isOrganizer=False)
    assert (only(world).attendees, only(world).attendee_count) == (None, None)
    world.write("one", at("2026-02-10T09:00"), hideAttendees=True, isOrganizer=True)
    assert only(world).attendee_count == 2


def test_online_meeting(world: OutlookCalendarWorld) -> None:
    meeting = {
        "joinUrl": "https://teams.microsoft.com/l/meetup-join/19%3ameeting/0?context=%7b%22Tid%22%7d",
        "tollNumber": "+31 20 555 0100",
        "tollFreeNumbers": ["0800 555 0100"], "phones": [{"number": "+31 6 5550100"}],
    }  # fmt: skip
    told = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness", "onlineMeeting": meeting}
    world.write("one", at("2026-02-10T09:00"), **told)
    event = only(world)
    assert event.conference is not None
    assert event.conference.provider == "Microsoft Teams"
    assert event.conference.url is not None
    assert event.conference.url.startswith("https://teams.microsoft.com/l/meetup-join/")
    assert "context" not in event.conference.url
    assert event.phones == ("+31 20 555 0100", "0800 555 0100", "+31 6 5550100")


def test_several_locations(world: OutlookCalendarWorld) -> None:
    """The first alone would hide the room behind the online meeting."""
    places = [
        {"displayName": "Microsoft Teams Meeting"},
        {"displayName": "Kantoor 3.12", "locationType": "conferenceRoom"},
    ]
    world.write("one", at("2026-02-10T09:00"), location=places[0], locations=places)
    assert only(world).location == "Microsoft Teams Meeting; Kantoor 3.12"
    joined = {"displayName": "Microsoft Teams Meeting; Kantoor 3.12"}
    world.write("one", at("2026-02-10T09:00"), location=joined, locations=places)
    assert only(world).location == "Microsoft Teams Meeting; Kantoor 3.12"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("accepted", "accepted"),
        ("declined", "declined"),
        ("tentativelyAccepted", "tentative"),
        ("notResponded", "needs_action"),
        ("organizer", "accepted"),
        ("none", None),
    ],
)
def test_responses(world: OutlookCalendarWorld, said: str, meant: str | None) -> None:
    anna = {"type": "required", "status": {"response": said}, "emailAddress": {"address": "Anna@Nordkai.example"}}
    world.write("one", at("2026-02-10T09:00"), responseStatus={"response": said}, attendees=[anna], isOrganizer=False)
    event = only(world)
    assert event.owner_response == meant
    assert event.attendees is not None
    assert (event.attendees[0].address, event.attendees[0].response) == ("anna@nordkai.example", meant)


def test_no_answer_is_one_where_the_owner_organises(world: OutlookCalendarWorld) -> None:
    anna = {"type": "required", "status": {"response": "none"}, "emailAddress": {"address": "anna@nordkai.example"}}
    room = {
        "type": "resource",
        "status": {"response": "accepted"},
        "emailAddress": {"address": "room@nordkai.example"},
    }
    world.write("one", at("2026-02-10T09:00"), attendees=[anna, room])
    event = only(world)
    assert event.attendees is not None
    assert [(one.response, one.resource) for one in event.attendees] == [("needs_action", False), ("accepted", True)]
    assert event.attendee_count == 2, "a room is nobody"


def test_cancelled_and_free(world: OutlookCalendarWorld) -> None:
    world.write("one", at("2026-02-10T09:00"), isCancelled=True, showAs="free")
    assert (only(world).status, only(world).transparency) == ("cancelled", "transparent")
