"""Outlook calendars under the contract of all connectors, and what Graph's views leave to the reader."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from connectors.connector import ConnectorError, CursorExpired
from tests.connectors.contract import ConnectorContract, Held, World, run, titles
from tests.fakes.microsoft.calendar import CalendarInfo
from tests.fakes.wire import Request
from tests.microsoft.gate import calendar_options
from tests.microsoft.worlds import MAIN, OutlookCalendarWorld, also_given, at, synced


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
