"""What an entry of Google Calendar says, field by field."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.observations import Address, Event
from syncd.storing import entry
from tests.connectors.contract import CANARY, Held
from tests.google.diary import (
    ANNA,
    MONDAY,
    OWNER,
    WEEK,
    ZONE,
    CalendarWorld,
    events,
    only,
    sync,
    timed,
)


def test_times_stand_in_the_zone_of_the_entry() -> None:
    """Google answers with the offset of the calendar, whatever the entry's own zone."""
    world = CalendarWorld()
    start = {"dateTime": "2026-02-20T13:00:00-03:00", "timeZone": "America/Los_Angeles"}
    world.write("abroad", start)
    event = only(world)
    assert event.start is not None
    assert event.start.isoformat() == "2026-02-20T08:00:00-08:00"
    assert event.zone == "America/Los_Angeles"


def test_unknown_zones_keep_the_moment() -> None:
    world = CalendarWorld()
    world.write("x", {"dateTime": "2026-02-20T13:00:00-03:00", "timeZone": "Mars/Base"})
    event = only(world)
    assert event.start == datetime(2026, 2, 20, 16, tzinfo=UTC)


def test_people_that_google_left_out_did_not_leave() -> None:
    world = CalendarWorld()
    own = {"email": OWNER, "self": True, "responseStatus": "tentative"}
    world.write("large", timed(MONDAY), attendees=[own], attendeesOmitted=True)
    event = only(world)
    assert (event.attendees, event.attendee_count, event.owner_response) == (None, None, "tentative")


@pytest.mark.parametrize("own", [True, False])
def test_guests_that_may_not_see_each_other_are_unknown_but_to_their_host(own: bool) -> None:
    """A webinar shows each of its guests nobody but themselves: it is no talk between two."""
    world = CalendarWorld()
    people = [{"email": OWNER, "self": True, "responseStatus": "accepted"}]
    host = {"email": OWNER, "self": True} if own else {"email": ANNA}
    world.write("w", timed(MONDAY), attendees=people, organizer=host, guestsCanSeeOtherGuests=False)
    event = only(world)
    assert event.organizer == Address(OWNER if own else ANNA)
    assert (event.attendee_count, event.owner_response) == (1 if own else None, "accepted")


def test_responses_rooms_and_the_organiser() -> None:
    world = CalendarWorld()
    people = [
        {"email": ANNA.upper(), "displayName": "Anna Berg", "responseStatus": "accepted", "organizer": True},
        {"email": OWNER, "self": True, "responseStatus": "needsAction"},
        {"email": "ben@z.example", "responseStatus": "declined"},
        {"email": "c_1@resource.calendar.google.com", "resource": True, "responseStatus": "accepted"},
    ]
    world.write("m", timed(MONDAY), attendees=people, organizer={"email": ANNA, "displayName": "Anna Berg"})
    event = only(world)
    assert event.attendees is not None
    found = [(one.address, one.response, one.resource) for one in event.attendees]
    assert found == [
        (ANNA, "accepted", False),
        (OWNER, "needs_action", False),
        ("ben@z.example", "declined", False),
        ("c_1@resource.calendar.google.com", "accepted", True),
    ]
    assert event.organizer == Address(ANNA, "Anna Berg")
    assert (event.attendee_count, event.owner_response) == (3, "needs_action")


def test_nobody_is_met_alone_nor_by_a_calendar() -> None:
    """A shared calendar organises its entries itself, and Google writes a stand-in for mail it read."""
    world, held = CalendarWorld(), Held()
    shared = {"email": "c_88@group.calendar.google.com", "displayName": "Team", "self": True}
    world.write("solo", timed(MONDAY))
    world.write("team", timed(MONDAY), organizer=shared, creator={"email": ANNA})
    world.write("flight", timed(MONDAY), organizer={"email": "unknownorganizer@calendar.google.com"},
                without=["creator"], eventType="fromGmail")  # fmt: skip
    sync(world, held)
    by_title = {one.id.rstrip("#"): one for one in events(held)}
    assert by_title["solo"].attendee_count == 0
    assert by_title["team"].organizer == Address(ANNA)
    assert by_title["flight"].organizer is None
    assert by_title["flight"].attendee_count == 0


@pytest.mark.parametrize("kind", ["birthday", "default", "focusTime", "fromGmail", "outOfOffice", "workingLocation"])
def test_kinds_of_entries_keep_their_name(kind: str) -> None:
    world = CalendarWorld()
    world.write("x", {"date": "2026-02-02"}, eventType=kind, transparency="transparent", visibility="public")
    event = only(world)
    assert (event.event_type, event.transparency, event.visibility) == (kind, "transparent", "public")
    assert event.start == datetime(2026, 2, 2)
    assert event.end == datetime(2026, 2, 3)


def test_conference_data_and_the_old_link() -> None:
    world, held = CalendarWorld(), Held()
    points = [
        {"entryPointType": "video", "uri": "https://zoom.example/j/123?pwd=secret"},
        {"entryPointType": "phone", "uri": "tel:+31-20-123-4567"},
        {"entryPointType": "more", "uri": "https://zoom.example/more"},
    ]
    world.write("zoom", timed(MONDAY), conferenceData={"conferenceSolution": {"name": "Zoom"}, "entryPoints": points})
    world.write("meet", timed(MONDAY + WEEK), hangoutLink="https://meet.google.com/abc-defg-hij")
    sync(world, held)
    zoom, meet = events(held)
    assert zoom.conference is not None
    assert (zoom.conference.url, zoom.conference.provider) == ("https://zoom.example/j/123", "Zoom")
    assert zoom.phones == ("+31-20-123-4567",)
    assert zoom.links is not None
    assert {"https://zoom.example/j/123", "https://zoom.example/more"} <= set(zoom.links)
    assert "secret" not in repr(zoom)
    assert meet.conference is not None
    assert meet.conference.url == "https://meet.google.com/abc-defg-hij"


def test_of_a_description_only_links_and_numbers_are_kept() -> None:
    world = CalendarWorld()
    text = f'<b>{CANARY}</b> <a href="https://teams.example/l/1?p={CANARY}">here</a> or call +31 20 123 4567'
    world.write("x", timed(MONDAY, **ZONE), description=text)
    event = only(world)
    assert event.links == ("https://teams.example/l/1",)
    assert event.phones == ("+31 20 123 4567",)
    assert CANARY not in repr(event)


def test_private_entries_say_so_and_are_left_out() -> None:
    world, held = CalendarWorld(), Held()
    world.write("doctor", timed(MONDAY), visibility="private", summary=CANARY)
    (item,) = sync(world, held)
    assert isinstance(item.observation, Event)
    assert item.observation.visibility == "private"
    assert CANARY not in repr(entry(item, include_private=False))
