"""Outlook calendars under the contract of all connectors, and what Graph's views leave to the reader."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.connector import ConnectorError, CursorExpired
from connectors.microsoft.events import event_of
from connectors.observations import Event
from tests.connectors.contract import NOW, ConnectorContract, Held, World, listed, run, titles
from tests.fakes.microsoft.calendar import CalendarInfo
from tests.fakes.wire import Request
from tests.microsoft.gate import calendar_options
from tests.microsoft.worlds import MAIN, OutlookCalendarWorld, also_given, stamp


class TestOutlookCalendar(ConnectorContract):
    @pytest.fixture
    def world(self, monkeypatch: pytest.MonkeyPatch) -> World:
        return OutlookCalendarWorld(monkeypatch)

    def test_numbers_add_up(self, full: Any) -> None:
        super().test_numbers_add_up(full)
        assert full.fake.calendar.asked_for_content == []
        assert full.fake.mail.mutable_ids == 0


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> OutlookCalendarWorld:
    return OutlookCalendarWorld(monkeypatch)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def synced(world: OutlookCalendarWorld, held: Held, now: datetime = NOW) -> dict[datetime | None, Event]:
    """Sync, and all events by their start."""
    run(world, held, now=now)
    assert set(listed(world, now)) == set(held.kept)
    return {event.start: event for event in held.observations.values() if isinstance(event, Event)}


def only(world: OutlookCalendarWorld) -> Event:
    (event,) = synced(world, Held()).values()
    return event


def test_a_series_with_an_exception_and_a_deleted_occurrence(world: OutlookCalendarWorld) -> None:
    held = Held()
    first = at("2025-12-01T09:00")
    world.series("jour", first, 10, "Jour fixe")
    world.exception("jour", first + timedelta(weeks=2), at("2025-12-16T15:00"), "Jour fixe at Nordkai")
    events = synced(world, held)
    assert len(events) == 10
    moved = events[at("2025-12-16T15:00")]
    assert moved.title == "Jour fixe at Nordkai"
    assert moved.original_start == first + timedelta(weeks=2)
    assert {event.uid for event in events.values()} == {"uid-jour"}, "iCalUId differs from one to another"
    assert all(event.recurring for event in events.values())
    world.series("jour", first, 10, "Jour fixe", deleted=["2025-12-08T09:00:00Z"])
    assert at("2025-12-08T09:00") not in synced(world, held)


def test_a_deleted_occurrence_that_only_the_master_tells(world: OutlookCalendarWorld) -> None:
    """Peers: Graph omits deleted occurrences, and the cancelled meeting stays for ever."""
    held = Held()
    first = at("2025-12-01T09:00")
    world.series("jour", first, 10)
    synced(world, held)
    world.fake.calendar.omit_deleted_occurrences = True
    world.series("jour", first, 10, deleted=["2025-12-08T09:00:00Z", "2026-01-05T09:00:00Z"])
    events = synced(world, held)
    assert len(events) == 8
    assert at("2026-01-05T09:00") not in events


def test_a_master_is_renamed_and_its_exception_keeps_its_own(world: OutlookCalendarWorld) -> None:
    held = Held()
    first = at("2025-12-01T09:00")
    world.series("jour", first, 10, "Jour fixe")
    world.exception("jour", first, at("2025-12-02T09:00"), "Moved once")
    synced(world, held)
    world.series("jour", first, 10, "Monday round")
    events = synced(world, held)
    assert [events[start].title for start in sorted(events, key=str)] == ["Moved once", *["Monday round"] * 9]


def test_a_killed_sync_does_not_forget_that_a_series_changed(world: OutlookCalendarWorld) -> None:
    held = Held()
    world.series("jour", at("2025-12-01T09:00"), 10, "Jour fixe")
    synced(world, held)
    world.series("jour", at("2025-12-01T09:00"), 10, "Monday round")
    run(world, held, batches=1)
    assert {event.title for event in synced(world, held).values()} == {"Monday round"}


def test_a_single_event_becomes_a_series_and_back(world: OutlookCalendarWorld) -> None:
    held = Held()
    world.write("one", at("2026-02-02T09:00"))
    assert len(synced(world, held)) == 1
    world.series("one", at("2026-02-02T09:00"), 3)
    assert len(synced(world, held)) == 3
    assert len(held.kept) == 3
    world.write("one", at("2026-02-02T09:00"))
    assert len(synced(world, held)) == len(held.kept) == 1


def test_a_series_is_deleted(world: OutlookCalendarWorld) -> None:
    held = Held()
    world.series("jour", at("2025-12-01T09:00"), 10)
    synced(world, held)
    world.delete("jour")
    assert synced(world, held) == {}


@pytest.mark.parametrize("year", [2024, 2025, 2027])
def test_moved_into_another_year(world: OutlookCalendarWorld, year: int) -> None:
    """It leaves one view and stands in another: no removal, whichever is read first."""
    held = Held()
    world.write("one", at("2026-02-02T09:00"), "Lunch")
    world.write("other", at("2026-02-03T09:00"))
    now = at("2026-11-20T09:00")
    synced(world, held, now)
    world.write("one", at(f"{year}-02-02T09:00"), "Lunch")
    batches = run(world, held, now=now)
    assert not any(batch.removed for batch in batches)
    assert at(f"{year}-02-02T09:00") in synced(world, held, now)


def test_moved_behind_the_horizon(world: OutlookCalendarWorld) -> None:
    """It did not take place then; once its year is opened, it is there again. `verify` sees as far as a sync."""
    held = Held()
    world.write("one", at("2026-02-02T09:00"), "Lunch")
    world.write("other", at("2026-02-03T09:00"))
    synced(world, held)
    world.write("one", at("2027-02-02T09:00"), "Lunch")
    assert synced(world, held).keys() == {at("2026-02-03T09:00")}
    assert synced(world, held, at("2026-11-20T09:00")).keys() == {at("2027-02-02T09:00"), at("2026-02-03T09:00")}


@pytest.mark.parametrize("own_id", [False, True])
def test_an_occurrence_moves_behind_the_horizon(world: OutlookCalendarWorld, own_id: bool) -> None:
    """Of which the view of its year says nothing but that the series changed."""
    held = Held()
    first = at("2026-03-02T09:00")
    world.fake.calendar.omit_deleted_occurrences = True
    world.series("jour", first, 3)
    synced(world, held)
    original, moved = first + timedelta(weeks=1), at("2027-02-02T09:00")
    world.exception("jour", original, moved, "Moved far", id_=None if own_id else "jour.20260309T0900")
    rest = {first, first + timedelta(weeks=2)}
    assert synced(world, held).keys() == rest
    assert synced(world, held, at("2026-11-20T09:00")).keys() == {*rest, moved}


def test_over_new_year_in_two_views(world: OutlookCalendarWorld) -> None:
    held = Held()
    world.write("party", at("2025-12-31T20:00"), hours=8)
    assert len(synced(world, held)) == len(held.kept) == 1
    world.write("party", at("2025-12-31T20:00"), hours=3)
    assert len(synced(world, held)) == 1
    world.delete("party")
    assert synced(world, held) == {}


def test_the_window_moves_over_new_year(world: OutlookCalendarWorld) -> None:
    """The view of the new year opens when it comes near; what leaves no window is no removal."""
    held = Held()
    world.series("jour", at("2026-08-03T09:00"), 40)
    world.write("old", at("2026-01-07T09:00"))
    before = synced(world, held, at("2026-08-10T09:00"))
    assert max(str(start) for start in before).startswith("2026-12")
    batches = run(world, held, now=at("2026-10-20T09:00"))
    assert not any(batch.removed for batch in batches)
    after = synced(world, held, at("2027-02-01T09:00"))
    assert len(after) == 41


def test_old_years_are_found_by_going_back(world: OutlookCalendarWorld) -> None:
    held = Held()
    for year in (2026, 2022, 2018, 2014, 2001):
        world.write(f"y{year}", at(f"{year}-01-15T09:00"))
    assert {start.year for start in synced(world, held) if start} == {2026, 2022, 2018, 2014}, "2001 is too far back"


def test_an_old_calendar_that_is_imported_later_is_found(world: OutlookCalendarWorld) -> None:
    held = Held()
    world.write("new", at("2026-01-15T09:00"))
    synced(world, held)
    for year in (2023, 2019):
        world.write(f"y{year}", at(f"{year}-01-15T09:00"))
    assert {start.year for start in synced(world, held) if start} == {2026, 2023, 2019}


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


@pytest.mark.parametrize("middle", [False, True])
def test_expired_tokens_reconcile(world: OutlookCalendarWorld, middle: bool) -> None:
    held = Held()
    world.add(range(45))
    run(world, held, batches=2 if middle else None)
    world.remove(5)
    world.change(6)
    world.fake.calendar.expire_tokens()
    with pytest.raises(CursorExpired):
        run(world, held)
    held.cursor = None
    run(world, held)
    assert held.titles() == titles(n for n in range(45) if n not in (5, 6)) + Counter(["item 6 changed"])


@pytest.mark.parametrize("behind", [False, True])
def test_old_lines_beside_the_new(world: OutlookCalendarWorld, monkeypatch: pytest.MonkeyPatch, behind: bool) -> None:
    """Lines come in no order and may be repeated: what is told twice and not alike is asked for."""
    held = Held()
    world.add(range(3))
    world.series("jour", at("2025-12-01T09:00"), 10, "Jour fixe")
    world.series("tour", at("2025-12-02T09:00"), 10, "Tour")
    synced(world, held)
    ids = ("e0", "e1", "e2", "jour", "tour", "tour.20251209T0900")
    before = [world.fake.calendar.get_event(id_, Request.of("GET", "/?$select=id")) for id_ in ids]
    world.change(1)
    world.remove(2)
    world.series("jour", at("2025-12-01T09:00"), 10, "Monday round")
    world.delete("tour")
    also_given(monkeypatch, world.fake.calendar, MAIN, before, behind=behind)
    synced(world, held)
    rounds = Counter({"Monday round": 10})
    assert held.titles() == titles([0]) + Counter(["item 1 changed"]) + rounds


def test_a_deleted_occurrence_is_repeated_behind_its_master(
    world: OutlookCalendarWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view names the master alone; what stands among its occurrences now is believed before an old line."""
    held = Held()
    first = at("2025-12-01T09:00")
    world.series("jour", first, 3)
    synced(world, held)
    occurrence = "jour.20251208T0900"
    old = world.fake.calendar.get_event(occurrence, Request.of("GET", "/?$select=id"))
    world.fake.calendar.omit_deleted_occurrences = True
    world.series("jour", first, 3, deleted=("2025-12-08T09:00:00Z",))
    also_given(monkeypatch, world.fake.calendar, MAIN, [old], behind=True, beside="jour")
    assert synced(world, held).keys() == {first, first + timedelta(weeks=2)}


def test_texts_are_refused(world: OutlookCalendarWorld) -> None:
    """A token of the owner's own may carry a wider permission; changes of a view take no `$select`."""
    world.fake.calendar.shows_texts = True
    world.add([1])
    held = Held()
    with pytest.raises(ConnectorError, match=r"Calendars\.ReadBasic"):
        run(world, held)
    assert not held.kept


def test_a_certificate_is_for_mail_only(world: OutlookCalendarWorld, tmp_path: Any) -> None:
    world.options = calendar_options(certificate=tmp_path / "syncd.pem", user="mara@visser-advies.example")
    with pytest.raises(ConnectorError, match="for mail only"):
        world.connector().sources()


def test_own_calendars_without_those_that_are_shared(world: OutlookCalendarWorld) -> None:
    world.fake.calendar.calendars = (
        CalendarInfo(MAIN, "Calendar", default=True),
        CalendarInfo("C-2", "Projects"),
        CalendarInfo("C-3", "Holidays", editable=False),
        CalendarInfo("C-4", "Bram's", owner="bram@visser-advies.example"),
    )
    assert [source.title for source in world.connector().sources()] == ["Calendar", "Projects"]
    world.options = calendar_options(calendars=("bram's",))
    assert [source.name for source in world.connector().sources()] == ["C-4"]
    world.options = calendar_options(calendars=("Bramm",))
    with pytest.raises(ConnectorError, match="Holidays"):
        world.connector().sources()


def test_renamed_while_an_entry_is_deleted(world: OutlookCalendarWorld) -> None:
    held = Held()
    world.add(range(3))
    run(world, held)
    world.remove(1)
    world.move(2)
    run(world, held)
    assert held.titles() == titles([0, 2])
    assert set(held.places.values()) == {("Kalender",)}


def test_an_exception_under_an_id_of_its_own_replaces_its_occurrence(world: OutlookCalendarWorld) -> None:
    """No removal need tell that the occurrence is gone, and its series has not changed."""
    held = Held()
    first = at("2025-12-01T09:00")
    world.series("jour", first, 10)
    synced(world, held)
    world.fake.calendar.omit_deleted_occurrences = True
    world.exception("jour", first + timedelta(weeks=2), at("2025-12-16T15:00"), "Moved once")
    events = synced(world, held)
    assert len(events) == 10
    assert first + timedelta(weeks=2) not in events
