"""Series at Google: exceptions, deletions, the horizon, changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.google import calendar
from tests.connectors.contract import NOW, Held, listed, run
from tests.google.diary import (
    AMSTERDAM,
    MONDAY,
    WEEK,
    ZONE,
    CalendarWorld,
    events,
    starts,
    sync,
    timed,
    weekly,
)


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
