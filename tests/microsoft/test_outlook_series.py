"""Series of an Outlook calendar: a view names masters, exceptions and some of the occurrences, and no more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.connectors.contract import Held, run
from tests.fakes.wire import Request
from tests.microsoft.worlds import MAIN, OutlookCalendarWorld, also_given, at, synced


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> OutlookCalendarWorld:
    return OutlookCalendarWorld(monkeypatch)


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
