"""Google Calendar under the contract of all connectors, and what is its own: series, calendars, tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.connector import ConnectorError, CursorExpired, Unreachable
from connectors.google import calendar
from connectors.observations import Address, Event
from syncd.storing import entry
from tests.connectors.contract import CANARY, NOW, ConnectorContract, Held, World, listed, run
from tests.fakes.google.calendar import CalendarInfo
from tests.fakes.google.discovery import Refused
from tests.fakes.mailbox import Entry
from tests.fakes.wire import Request
from tests.google.diary import ANNA, OWNER, CalendarWorld, events, only, sync, timed

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = datetime(2026, 2, 2, 10, tzinfo=AMSTERDAM)
WEEK = timedelta(weeks=1)
ZONE = {"timeZone": "Europe/Amsterdam"}


class TestGoogleCalendar(ConnectorContract):
    @pytest.fixture
    def world(self, monkeypatch: pytest.MonkeyPatch) -> World:
        monkeypatch.setattr(calendar, "BATCH", 10)
        return CalendarWorld()


def weekly(world: CalendarWorld, rule: str = "RRULE:FREQ=WEEKLY;COUNT=6", start: datetime = MONDAY) -> None:
    world.write("series", timed(start, **ZONE), summary="Weekly", recurrence=[rule])


def starts(held: Held) -> list[datetime]:
    return [one.start for one in events(held) if one.start]


# Series


def test_a_series_comes_as_its_occurrences() -> None:
    world, held = CalendarWorld(), Held()
    weekly(world)
    sync(world, held)
    assert starts(held) == [MONDAY + n * WEEK for n in range(6)]
    assert {one.original_start for one in events(held)} == {MONDAY + n * WEEK for n in range(6)}
    assert {(one.uid, one.recurring) for one in events(held)} == {("series@google.com", True)}


def test_a_moved_occurrence_keeps_its_place_in_the_series() -> None:
    world, held = CalendarWorld(), Held()
    weekly(world)
    sync(world, held)
    before = dict(held.kept)
    world.except_("series", MONDAY + WEEK, MONDAY + WEEK + timedelta(days=1), summary="Tuesday for once")
    sync(world, held)
    assert held.kept.keys() == before.keys()
    moved = next(one for one in events(held) if one.title == "Tuesday for once")
    assert moved.original_start == MONDAY + WEEK
    assert moved.start == MONDAY + WEEK + timedelta(days=1)
    assert len(starts(held)) == 6


def test_a_cancelled_occurrence_stays_as_cancelled() -> None:
    world, held = CalendarWorld(), Held()
    weekly(world)
    world.except_("series", MONDAY + WEEK, status="cancelled")
    sync(world, held)
    assert [one.status for one in events(held)].count("cancelled") == 1


@pytest.mark.parametrize("later", [False, True], ids=["first listing", "by sync token"])
def test_a_deleted_occurrence_is_not_there(later: bool) -> None:
    """Of one that was deleted Google keeps an id, its series and its original start: no iCalUID."""
    world, held = CalendarWorld(), Held()
    weekly(world)
    if later:
        sync(world, held)
    world.delete_occurrence("series", MONDAY + WEEK)
    sync(world, held)
    assert starts(held) == [MONDAY + n * WEEK for n in range(6) if n != 1]
    assert set(listed(world)) == set(held.kept)


def test_an_all_day_series_with_a_deleted_day() -> None:
    world, held = CalendarWorld(), Held()
    world.write("days", {"date": "2026-02-02"}, recurrence=["RRULE:FREQ=DAILY;COUNT=4"])
    original = {"originalStartTime": {"date": "2026-02-03"}, "recurringEventId": "days"}
    world.write("days_20260203", {"date": "2026-02-03"}, **original)
    world.delete("days_20260203")
    sync(world, held)
    assert [f"{start:%m-%d}" for start in starts(held)] == ["02-02", "02-04", "02-05"]
    assert {one.all_day for one in events(held)} == {True}


def test_a_series_that_was_cut_short() -> None:
    """All that follows is deleted: the master gets an UNTIL, and what came after it is gone."""
    world, held = CalendarWorld(), Held()
    weekly(world)
    sync(world, held)
    weekly(world, f"RRULE:FREQ=WEEKLY;UNTIL={(MONDAY + 2 * WEEK).astimezone(UTC):%Y%m%dT%H%M%SZ}")
    (batch,) = run(world, held)
    assert len(batch.removed) == 3
    assert starts(held) == [MONDAY + n * WEEK for n in range(3)]


def test_a_deleted_series_is_gone_with_its_exceptions() -> None:
    world, held = CalendarWorld(), Held()
    weekly(world)
    id_ = world.except_("series", MONDAY + WEEK, MONDAY + WEEK + timedelta(hours=2))
    sync(world, held)
    world.delete("series")
    world.delete(id_)
    sync(world, held)
    assert not held.kept


def test_a_deleted_entry_that_keeps_its_details_is_cancelled() -> None:
    """As in its organiser's own calendar, from where it could be restored."""
    world, held = CalendarWorld(), Held()
    world.calendar.keeps_details = True
    world.write("one", timed(MONDAY))
    sync(world, held)
    world.delete("one")
    sync(world, held)
    (event,) = events(held)
    assert event.status == "cancelled"
    weekly(world)
    sync(world, held)
    world.delete("series")
    sync(world, held)
    assert len(held.kept) == 1


def test_a_series_becomes_a_single_entry_and_back() -> None:
    world, held = CalendarWorld(), Held()
    weekly(world)
    sync(world, held)
    world.write("series", timed(MONDAY, **ZONE), summary="Once")
    sync(world, held)
    assert [one.title for one in events(held)] == ["Once"]
    weekly(world)
    sync(world, held)
    assert len(starts(held)) == 6


def test_invited_to_single_occurrences_of_a_series_of_others() -> None:
    """Their master is in nobody's calendar that we can see; losing one of them says nothing of the other."""
    world, held = CalendarWorld(), Held()
    one = world.except_("theirs", MONDAY)
    world.except_("theirs", MONDAY + WEEK)
    sync(world, held)
    assert len(held.kept) == 2
    world.delete(one)
    sync(world, held)
    assert starts(held) == [MONDAY + WEEK]


def test_the_horizon_moves() -> None:
    world, held = CalendarWorld(), Held()
    weekly(world, "RRULE:FREQ=WEEKLY")
    sync(world, held)
    first = len(held.kept)
    assert max(starts(held)) < NOW + calendar.AHEAD
    before = len(world.fake.log)
    sync(world, held, now=NOW)
    assert len(world.fake.log) == before + 2, "calendar list and sync token: nothing else on the same day"
    later = NOW + 4 * WEEK
    sync(world, held, now=later)
    assert len(held.kept) == first + 4
    assert max(starts(held)) >= NOW + calendar.AHEAD


def test_what_lies_behind_the_horizon_comes_in_time() -> None:
    """A lunch in five months, an exception moved there, a date of its own: no change announces them again."""
    world, held = CalendarWorld(), Held()
    far = MONDAY + 24 * WEEK
    world.write("far", timed(far), summary="Far")
    world.write("dates", timed(MONDAY, **ZONE), recurrence=[f"RDATE;TZID=Europe/Amsterdam:{far:%Y%m%dT%H%M%S}"])
    weekly(world, "RRULE:FREQ=WEEKLY;COUNT=2")
    world.except_("series", MONDAY + WEEK, far, summary="Put off")
    sync(world, held)
    assert len(held.kept) == 2
    sync(world, held, now=NOW + 20 * WEEK)
    assert {one.title for one in events(held)} == {"Far", "Put off", "Lunch", "Weekly"}
    assert len(held.kept) == 5
    before = len(world.fake.log)
    sync(world, held, now=NOW + 30 * WEEK)
    sync(world, held, now=NOW + 31 * WEEK)
    assert len(world.fake.log) == before + 4, "what has come is not looked at any more"


def test_series_over_a_change_of_the_clocks() -> None:
    world, held = CalendarWorld(), Held()
    weekly(world, start=datetime(2025, 10, 13, 10, tzinfo=AMSTERDAM))
    sync(world, held)
    assert {f"{start:%H:%M}" for start in starts(held)} == {"10:00"}
    assert {str(start.utcoffset()) for start in starts(held)} == {"1:00:00", "2:00:00"}


# Fields


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


# Calendars and tokens


FOUR = (
    CalendarInfo(OWNER, "Mara", primary=True),
    CalendarInfo("team@group.calendar.google.com", "Team", role="writer"),
    CalendarInfo("hidden@group.calendar.google.com", "Old", selected=False),
    CalendarInfo("nl.dutch#holiday@group.v.calendar.google.com", "Holidays", role="reader"),
)


def test_without_a_choice_the_own_calendars_that_are_shown() -> None:
    world = CalendarWorld(*FOUR)
    assert [(s.name, s.title, s.observes) for s in world.connector().sources()] == [
        (OWNER, "Mara", "event"),
        ("team@group.calendar.google.com", "Team", "event"),
    ]


def test_calendars_are_chosen_by_name_id_or_as_primary() -> None:
    world = CalendarWorld(*FOUR)
    world.options = {"calendars": ("PRIMARY", "holidays", "hidden@group.calendar.google.com")}
    assert [s.title for s in world.connector().sources()] == ["Mara", "Old", "Holidays"]
    world.options = {"calendars": ("Teem",)}
    with pytest.raises(ConnectorError, match='no calendar "Teem"') as told:
        world.connector()
    assert "Team" in told.value.fix


def test_an_expired_token_lists_again_and_compares() -> None:
    world, held = CalendarWorld(), Held()
    world.add(range(5))
    sync(world, held)
    world.remove(2)
    world.calendar.expire_tokens()
    with pytest.raises(CursorExpired):
        sync(world, held)
    held.cursor = None
    assert not sync(world, held)
    assert len(held.kept) == 4


def test_a_token_that_expires_in_the_middle_of_paging() -> None:
    world, held = CalendarWorld(), Held()
    world.calendar.page_size = 3
    world.add(range(5))
    sync(world, held)
    world.add(range(5, 15))
    handle, seen = world.calendar.answer, []

    def answer(*told: object) -> object:
        if told[0] == "calendar.events.list":
            seen.append(told)
            if len(seen) == 2:
                world.calendar.expire_tokens()
        return handle(*told)  # type: ignore[arg-type]

    world.calendar.answer = answer  # type: ignore[assignment,method-assign]
    with pytest.raises(CursorExpired):
        sync(world, held)
    held.cursor = None
    sync(world, held)
    assert len(held.kept) == 15


def test_a_token_of_another_time_lists_again() -> None:
    """Google refuses a token that it cannot read with 400; without a way out the calendar would be stuck."""
    world, held = CalendarWorld(), Held()
    world.add(range(3))
    sync(world, held)
    assert held.cursor is not None
    held.cursor = held.cursor.replace("s~", "old~")
    with pytest.raises(CursorExpired):
        sync(world, held)


def test_an_empty_page_may_have_a_next_one() -> None:
    world, held = CalendarWorld(), Held()
    world.calendar.page_size = 2
    world.add(range(5))
    handle = world.calendar.answer
    emptied: list[str] = []

    def answer(method: str, path: dict[str, str], request: object, scopes: frozenset[str]) -> object:
        found = handle(method, path, request, scopes)  # type: ignore[arg-type]
        if method == "calendar.events.list" and found.get("nextPageToken") and not emptied:
            emptied.append(found["nextPageToken"])
            world.fake.mailbox.delete_entry(OWNER, "e00000")
            return {**found, "items": []}
        return found

    world.calendar.answer = answer  # type: ignore[assignment,method-assign]
    sync(world, held)
    assert emptied
    assert {id_[:6] for id_ in held.kept} == {"e00002", "e00003", "e00004"}


def test_a_calendar_that_is_no_longer_shared() -> None:
    world, held = CalendarWorld(*FOUR), Held()
    world.add(range(3))
    sync(world, held)
    connector = world.connector()
    world.calendar.calendars = FOUR[1:]
    with pytest.raises(ConnectorError, match="not there any more"):
        list(connector.batches(OWNER, held.cursor, held, NOW))
    assert len(held.kept) == 3


def test_another_calendars_entry_is_another_sources() -> None:
    world, held = CalendarWorld(*FOUR), Held()
    world.add(range(2))
    data = {**next(iter(world.fake.mailbox.entries.values())).data, "id": "other"}
    world.fake.mailbox.write(Entry("other", FOUR[1].id, data))
    sync(world, held)
    assert len(held.kept) == 2


def test_a_renamed_calendar_renames_the_place_of_what_did_not_change() -> None:
    world, held = CalendarWorld(*FOUR), Held()
    world.add(range(5))
    weekly(world)
    sync(world, held)
    world.calendar.calendars = (replace(FOUR[0], summary="Mara Visser"), *FOUR[1:])
    world.change(2)
    before = len(world.fake.log)
    items = sync(world, held)
    assert set(held.places.values()) == {("Mara Visser",)}
    assert [item.native_id for item in items if item.observation] == ["e00002#"], "nothing is read again"
    assert len(world.fake.log) == before + 2, "calendar list and sync token"
    assert not sync(world, held)
    assert {line.native_id: line.etag for line in world.connector().listing(OWNER, NOW)} == held.kept


def test_a_calendar_renamed_while_its_token_expired() -> None:
    world, held = CalendarWorld(*FOUR), Held()
    world.add(range(5))
    sync(world, held)
    world.calendar.calendars = (replace(FOUR[0], summary="Mara Visser"), *FOUR[1:])
    held.cursor = None
    items = sync(world, held)
    assert [item.observation for item in items] == [None] * 5
    assert set(held.places.values()) == {("Mara Visser",)}


@pytest.mark.parametrize("first", [True, False], ids=["first listing", "one series"])
def test_a_listing_that_google_breaks_off_is_begun_again(first: bool) -> None:
    """A 410 while one pages without a token: there is no cursor that could have expired."""
    world, held = CalendarWorld(), Held()
    world.calendar.page_size = 2
    world.add(range(5))
    if not first:
        weekly(world)
        sync(world, held)
        for number in range(4):
            world.except_("series", MONDAY + number * WEEK, summary="Moved")
    broken: list[Request] = []
    handle = world.calendar.answer

    def answer(method: str, path: dict[str, str], request: Request, scopes: frozenset[str]) -> object:
        series = first or request.one("iCalUID")
        if method == "calendar.events.list" and series and request.one("pageToken") and len(broken) < 2:
            broken.append(request)
            raise Refused(410, "fullSyncRequired", "A full sync is required.")
        return handle(method, path, request, scopes)

    world.calendar.answer = answer  # type: ignore[assignment,method-assign]
    sync(world, held)
    assert len(broken) == 2
    assert len(held.kept) == (5 if first else 11)
    assert set(listed(world)) == set(held.kept)


def test_a_listing_that_never_ends_well_is_left_for_later() -> None:
    world, held = CalendarWorld(), Held()
    world.add(range(5))

    def answer(method: str, *_: object) -> object:
        raise Refused(410, "fullSyncRequired", "A full sync is required.")

    connector = world.connector()
    world.calendar.answer = answer  # type: ignore[assignment,method-assign]
    with pytest.raises(Unreachable, match="breaks off") as told:
        list(connector.batches(OWNER, None, held, NOW))
    assert "next sync" in told.value.fix
