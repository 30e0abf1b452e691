"""Who fell silent just when the same name turned up elsewhere is not called silent: the owner is asked."""

from __future__ import annotations

from dataclasses import replace

from rules.health.assessment import Assessment, History, Status
from rules.health.desk import follow
from rules.meaning import Channel, Direction, Merge
from tests.health.desks import START, WORK, bill, contact, desk, history, person, persons, sunday_of

OLD, NEW = "jo.berg@nordkai.example", "jo.berg@suedhaus.example"
WEEKS, FALL = 170, 100


def moved(
    *, starts: int = FALL + 2, known: int | None = FALL + 2, theirs: Direction = Direction.IN, more: int = WEEKS
) -> History:
    """Somebody met every third week, with mail every second, until they leave; from a week on the name writes from
    another firm. The invoices of the old one go on."""
    old = [contact(OLD, week) for week in range(0, FALL, 3)]
    old += [contact(OLD, week, Channel.EMAIL, WORK, day=3) for week in range(0, FALL, 2)]
    new = [contact(NEW, week, Channel.EMAIL, WORK, direction=theirs) for week in range(starts, more, 2)]
    alike = () if known is None else (Merge(sunday_of(known), OLD, NEW),)
    people = [person(OLD, alike=alike), person(NEW), *persons(30)]
    bills = [bill("nordkai.example", week) for week in range(0, WEEKS, 2)]
    return history(people, [*desk(30, WEEKS), *old, *new], traffic=bills)


def said(told: History, week: int = WEEKS - 1) -> Assessment:
    *_, last = follow(told, sunday_of(week))
    return next(one for one in last.assessments if one.person == OLD)


def test_without_a_name_elsewhere_it_is_a_flag() -> None:
    found = said(moved(known=None))
    assert found.status is Status.DRIFTING
    assert found.namesake is None


def test_a_name_that_turned_up_elsewhere_is_asked_about_instead() -> None:
    found = said(moved())
    assert (found.status, found.also, found.namesake) == (Status.UNKNOWN, (Status.DRIFTING,), NEW)
    assert f"somebody of the same name writes from {NEW}" in found.evidence
    assert "[[person]]" in found.evidence
    assert found.health is None


def test_whoever_is_well_is_not_asked_about() -> None:
    found = said(moved(), FALL - 1)
    assert found.status is Status.HEALTHY


def test_a_name_known_long_before_is_somebody_else() -> None:
    assert said(moved(starts=10, known=10)).status is Status.DRIFTING


def test_a_name_that_turned_up_a_year_later_is_somebody_else() -> None:
    assert said(moved(starts=FALL + 55, known=FALL + 55)).status is Status.DRIFTING


def test_an_address_that_only_the_owner_writes_to_is_no_move() -> None:
    assert said(moved(theirs=Direction.OUT)).status is Status.DRIFTING


def test_what_the_owner_still_writes_to_the_old_address_does_not_end_the_question() -> None:
    told = moved()
    late = [contact(OLD, week, Channel.EMAIL, WORK, direction=Direction.OUT) for week in range(FALL, WEEKS, 20)]
    items = sorted([*told.interactions, *late], key=lambda one: (one.at, one.id))
    assert said(replace(told, interactions=items)).namesake == NEW


def test_what_is_not_known_yet_changes_nothing_before() -> None:
    told = moved(known=WEEKS - 5)
    weeks = list(follow(told, sunday_of(WEEKS - 1)))
    before = [week.statuses[OLD][0] for week in weeks if week.sunday < sunday_of(WEEKS - 5)]
    assert before[-1] is Status.DRIFTING
    assert weeks[-1].statuses[OLD][0] is Status.UNKNOWN


def test_the_merge_ends_the_question() -> None:
    told = moved()
    one = person(OLD, NEW, alike=told.people[0].alike)
    merged = replace(told, people=[one, *told.people[2:]], merges=[Merge(START, OLD, NEW)])
    found = said(merged)
    assert Status.UNKNOWN not in (found.status, *found.also)
