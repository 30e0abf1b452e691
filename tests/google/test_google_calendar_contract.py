"""Google Calendar under the contract of all connectors, and what is its own: calendars, tokens, pages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.connector import ConnectorError, CursorExpired, Unreachable
from connectors.google import calendar
from tests.connectors.contract import NOW, ConnectorContract, Held, World, listed
from tests.fakes.google.calendar import CalendarInfo
from tests.fakes.google.discovery import Refused
from tests.fakes.mailbox import Entry
from tests.fakes.wire import Request
from tests.google.diary import (
    MONDAY,
    OWNER,
    WEEK,
    CalendarWorld,
    sync,
    weekly,
)


class TestGoogleCalendar(ConnectorContract):
    @pytest.fixture
    def world(self, monkeypatch: pytest.MonkeyPatch) -> World:
        monkeypatch.setattr(calendar, "BATCH", 10)
        return CalendarWorld()


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
