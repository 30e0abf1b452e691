"""Who is close, what each side gave, what was weathered, and holes in a mailbox; by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from rules.health.assessment import Assessment, Burst, Portfolio, Status
from rules.health.bursts import bursts, weathered
from rules.health.closeness import Closeness, against_key, privileges
from rules.health.desk import follow
from rules.health.facets import facets, window
from rules.health.giving import GIFTS, counts
from rules.health.holes import cut, holes
from rules.health.renewals import due
from rules.health.suggestions import suggestion
from rules.health.weeks import week_of
from rules.meaning import Channel, Circle, Direction, Interaction, Purpose
from tests.health.desks import (
    START,
    WORK,
    bill,
    contact,
    desk,
    history,
    person,
    persons,
    sunday_of,
    whole,
)

WHO = "kim@here.example"


def mail(week: int, *, out: bool, who: str = WHO, **rest: object) -> Interaction:
    return contact(who, week, Channel.EMAIL, direction=Direction.OUT if out else Direction.IN, **rest)  # type: ignore[arg-type]


def mutual(who: str, weeks: range) -> list[Interaction]:
    return [mail(w, out=w % 2 == 0, who=who, starts=True) for w in weeks] + [contact(who, w, day=2) for w in weeks]


def test_the_bench_is_reciprocal_relational_and_recent() -> None:
    last = sunday_of(99)
    items = (
        mutual("good@a.example", range(80, 100))
        + mutual("past@b.example", range(75, 85))
        + [mail(w, out=True, who="eager@c.example", starts=True) for w in range(75, 100)]
        + [contact("work@d.example", w, Channel.EMAIL, WORK) for w in range(75, 100)]
        + mutual("once@e.example", range(98, 99))
    )
    close = Closeness(sorted(items, key=lambda one: one.at), {}, last)
    assert close.bench == ["good@a.example"]
    assert close.ranked[0] == "good@a.example"
    assert "work@d.example" not in close.ranked


def test_both_lists_of_key_people() -> None:
    last = sunday_of(99)
    close = Closeness(mutual("near@a.example", range(80, 100)), {}, last)
    near, far, new = "near@a.example", "far@b.example", "new@c.example"
    assert against_key(close, close.bench, {far, new}, {near, far}) == ((far,), (near,)), (
        "nobody knows of the new one"
    )
    assert against_key(close, [*close.bench, far], {far}, {near, far}) == ((), (near,)), "on the bench is not distant"
    assert against_key(close, [], {far}, {near, far}) == ((far,), ()), "who has a flag is not called close"
    assert against_key(close, close.bench, set(), {near, far}) == ((), ())
    assert against_key(close, close.bench, {near}, {near, far}) == ((), ())


def test_privileges_compare_key_people_with_others_outside_the_house() -> None:
    key, other, mate = "key@a.example", "other@b.example", "mate@c.example"
    people = {
        key: person(key, key=True),
        other: person(other),
        mate: person(mate, circle=Circle.TEAM),
    }
    items = [contact(key, w, day=w % 5) for w in range(80, 86)] + [contact(other, w) for w in range(80, 83)]
    items += [contact(mate, w) for w in range(80, 100)]
    for who, hours in ((key, 2.0), (other, 30.0), (mate, 0.1)):
        items += [mail(w, out=True, who=who, answers="x", answer_hours=hours) for w in range(90, 95)]
    found = privileges(items, people, {}, sunday_of(99))
    assert found == {
        "your_answer_to_key": (2.0, "hours"),
        "visits_with_key": (6.0, "times"),
        "your_answer_to_others": (30.0, "hours"),
        "visits_with_others": (3.0, "times"),
    }
    assert privileges(items, {other: people[other]}, {}, sunday_of(99)) == {}


def test_what_each_side_gave_counts_each_contact_once() -> None:
    items = [
        mail(1, out=True, answers="q", answer_hours=3.0),
        mail(2, out=False, answers="q2", answer_hours=3.0),
        mail(3, out=True, starts=True, introduces=True, title="Anna, meet Ben", weight=0.7),
        mail(4, out=False, starts=True, title="Intro: Anna <> Ben", weight=0.7),
        mail(5, out=True, starts=True, title="Thank you for yesterday"),
        structs.replace(
            mail(6, out=True, starts=True, title="Thank you for your order"), purpose=Purpose(0.1, 0.1, 0.8)
        ),
        mail(7, out=False, starts=True, title="How was the holiday?"),
        contact(WHO, 8, organised=True),
        contact(WHO, 9, starts=True),
        contact(WHO, 12),  # somebody else called it
        contact(WHO, 10, Channel.PHONE, organised=True),
        contact(WHO, 11, standing=True, organised=True),
    ]
    ours, theirs = counts(items, side=Direction.OUT), counts(items, side=Direction.IN)
    assert ours == {"answers": 1, "introductions": 1, "thanks": 1, "visits": 1, "unasked": 1}
    assert theirs == {"answers": 1, "introductions": 1, "thanks": 0, "visits": 1, "unasked": 1}
    found = facets(window(items, (), sunday_of(20)))
    assert {name: found[f"given_{name}"].value for name in GIFTS} == {name: float(n) for name, n in ours.items()}
    assert found["given_visits"].year_ago is None
    later = facets(window([*items, contact(WHO, 90)], (), sunday_of(90)))
    assert (later["given_visits"].value, later["given_visits"].year_ago) == (0.0, 1.0)


def test_a_meeting_is_begun_by_whoever_called_it_and_a_series_by_nobody() -> None:
    ours = [contact(WHO, w, organised=True) for w in range(4)]
    theirs = [contact(WHO, w, day=1, starts=True) for w in range(4)]
    others = [contact(WHO, w, day=2) for w in range(4)]
    series = [contact(WHO, w, day=3, organised=True, standing=True) for w in range(20)]
    rounds = [contact(WHO, w, day=4, organised=True, crowd=True) for w in range(20)]
    found = facets(window([*ours, *theirs, *others, *series, *rounds], (), sunday_of(20)))
    assert (found["begun_by_them"].value, found["begun_by_them"].counted) == (0.5, 8)
    assert found["given_visits"].value == found["received_visits"].value == 4
    assert found["received"].value > 3


def test_one_mail_to_several_people_is_one_introduction() -> None:
    both = [
        mail(3, out=True, who=who, starts=True, introduces=True, title="Anna, meet Ben", observation="one mail")
        for who in ("anna@a.example", "ben@b.example")
    ]
    again = mail(4, out=True, starts=True, introduces=True, title="Cleo, meet Dan", observation="another")
    assert counts([*both, again], side=Direction.OUT)["introductions"] == 2


def test_reply_speed_both_ways_stands_beside_the_past_and_a_year_ago() -> None:
    items = [mail(w, out=w % 2 == 0, answers="q", answer_hours=4.0 if w < 90 else 40.0 + w) for w in range(20, 120)]
    found = facets(window(items, (), sunday_of(119)))
    for name in ("your_answer", "their_answer"):
        facet = found[name]
        assert facet.unit == "hours"
        assert facet.low <= facet.value <= facet.high
        assert facet.value > 100
        assert facet.past == facet.year_ago == 4.0
        assert facet.trend == "rising"
        assert facet.counted in {13, 14}


def stormy(back: int | None = 66, week: int = 60) -> list[Interaction]:
    before = [contact(WHO, w) for w in range(40, week, 3)]
    work = [contact(WHO, w, Channel.EMAIL, WORK, day=1) for w in range(40, week)]
    heat = [contact(WHO, week + d // 6, Channel.EMAIL, WORK, day=d % 6, weight=0.5) for d in range(8)]
    after = [] if back is None else [contact(WHO, back, day=3)]
    return sorted(before + work + heat + after, key=lambda one: one.at)


def test_a_burst_after_which_personal_contact_came_back_was_weathered() -> None:
    (found,) = bursts(WHO, stormy())
    assert (found.first, found.mails) == (START + timedelta(weeks=60), 8)
    assert found.back == START + timedelta(weeks=66, days=3)
    assert weathered([found], START, sunday_of(80)) == (found,)
    assert weathered([found], START, sunday_of(65)) == (), "not yet back then"
    assert weathered([found], sunday_of(70), sunday_of(80)) == (), "long ago"


@pytest.mark.parametrize("back", [None, 90])
def test_a_burst_without_return_was_not(back: int | None) -> None:
    (found,) = bursts(WHO, stormy(back))
    assert found.back is None


def test_where_others_are_always_copied_in_there_is_no_burst() -> None:
    always = [contact(WHO, w, Channel.EMAIL, WORK, day=d, weight=0.5) for w in range(20, 70) for d in range(4)]
    assert bursts(WHO, sorted([*always, contact(WHO, 55, day=5)], key=lambda one: one.at)[40:]) == ()
    assert bursts(WHO, []) == ()


def test_the_desk_tells_of_the_weathered_and_of_renewals() -> None:
    items = desk(10, 90) + stormy()
    people = [*persons(10), person(WHO, renews=sunday_of(100), key=True)]
    portfolio = Portfolio("")
    for week in follow(history(people, items), sunday_of(89)):
        portfolio = week.portfolio if week.sunday == sunday_of(89) else portfolio
    assert portfolio.weathered == (
        Burst(
            WHO,
            START + timedelta(weeks=60),
            START + timedelta(weeks=61, days=1),
            8,
            START + timedelta(weeks=66, days=3),
        ),
    )
    assert portfolio.renewals == (WHO,)


@given(st.integers(-200, 200))
def test_a_renewal_is_looked_at_eighteen_weeks_before(days: int) -> None:
    who = person(WHO, renews=START + timedelta(days=days))
    assert due(who, START) is (0 <= days <= 126)
    assert not due(person(WHO), START)


def test_every_measure_has_last_year_beside_it() -> None:
    items = desk(20, 120) + [contact(WHO, w) for w in range(0, 120, 3)]
    people = [*persons(20), person(WHO, key=True)]
    weeks = [week for week in follow(history(people, items), sunday_of(119)) if week.sunday >= sunday_of(40)]
    late, early = weeks[-1].portfolio.measures, weeks[0].portfolio.measures
    assert {"met_in_person", "spoke_by_phone", "personal_contact", "meaningful", "contacts_a_week", "concentration",
            "circle_team", "bench", "given_visits", "received_answers", "visits_with_key"} <= set(late)  # fmt: skip
    assert not [name for name, facet in late.items() if facet.year_ago is None]
    assert not [name for name, facet in early.items() if facet.year_ago is not None]


# --- holes


def lively(first: int, end: int, each: int = 3) -> list[Interaction]:
    return [mail(w, out=True, day=d) for w in range(first, end) for d in range(each)]


def test_a_year_without_a_single_mail_is_a_hole_and_a_crisis_of_three_months_is_none() -> None:
    (hole,) = holes(lively(0, 50) + lively(90, 110), (), sunday_of(110))
    assert hole.last == START + timedelta(weeks=49, days=2)
    assert hole.next == START + timedelta(weeks=90)
    assert hole.known - hole.last == timedelta(days=112)
    assert holes(lively(0, 50) + lively(63, 110), (), sunday_of(110)) == ()
    assert holes(lively(0, 50) + lively(90, 110), [bill("a.example", w) for w in range(50, 90)], sunday_of(110)) == ()
    assert holes([], ()) == ()


def test_seldom_mail_makes_no_hole() -> None:
    seldom = [mail(w, out=True) for w in range(0, 60, 8)] + [mail(90, out=True)]
    assert holes(seldom, (), sunday_of(200)) == ()


@given(st.lists(st.integers(0, 200), min_size=1, max_size=60), st.integers(0, 220))
@example([0, 0, 0, 0, 0], 16)  # the hole is known on the very last day
def test_what_is_known_of_holes_looks_at_nothing_later(weeks: list[int], until: int) -> None:
    items = sorted((mail(w, out=True, day=d) for w in weeks for d in range(7)), key=lambda one: one.at)
    end = sunday_of(until)
    then = cut(whole(START, end + timedelta(days=1)), holes(items, (), end))
    now = cut(whole(START, end + timedelta(days=1)), holes(items, ()))
    assert then == now


def test_weeks_in_a_hole_are_unknown_and_no_evidence() -> None:
    items = [one for one in desk(12, 150) if not 80 <= week_of(one.local) - week_of(START) < 120]
    told = history(persons(12), items, coverage=replace(whole(), calendar=None))
    weeks = list(follow(told, sunday_of(149)))
    said = weeks[110].assessments[0]
    assert said.status is Status.UNKNOWN
    assert "not a single mail has come or gone since" in said.evidence
    assert Status.UNKNOWN not in {one.status for one in weeks[90].assessments}
    flagged = {Status.DRIFTING, Status.GOING_QUIET}
    assert not [one for one in weeks[-1].assessments if one.status in flagged]
    assert weeks[110].portfolio.event is None


def test_a_wish_for_meetings_is_not_met_by_mail_and_what_is_planned_is_known() -> None:
    rng = random.Random(1)
    items = desk(12, 100)
    items += [contact(WHO, w, Channel.EMAIL, day=rng.randrange(5)) for w in range(100)]
    items += [contact(WHO, w) for w in range(0, 60, 4)]
    wish = person(WHO, every_days=60, prefers=Channel.IN_PERSON)

    def said(**more: object) -> Assessment:
        told = replace(history([*persons(12), wish], items), **more)  # type: ignore[arg-type]
        week = list(follow(told, sunday_of(99)))[-1]
        return next(one for one in week.assessments if one.person == WHO)

    waiting = said()
    assert Status.WATCH in {waiting.status, *waiting.also} or waiting.status is Status.MOVED_DOWN
    planned = said(planned=[structs.replace(contact(WHO, 101), planned=True)])
    assert planned.status is waiting.status, "what is said of a week looks at no later plan"
    assert planned.suggestion.startswith("You are going to meet on ")
    assert (
        said(planned=[structs.replace(contact(WHO, 101), planned=True, standing=True)]).suggestion
        == waiting.suggestion
    )


def test_a_wish_that_waits_is_told_until_a_day_is_agreed_on() -> None:
    items = desk(12, 100) + [contact(WHO, w) for w in range(0, 97, 3)]
    wish = person(WHO, every_days=7)
    for planned in ((), (structs.replace(contact(WHO, 101), planned=True),)):
        told = replace(history([*persons(12), wish], items), planned=planned)
        week = list(follow(told, sunday_of(99)))[-1]
        found = next(one for one in week.assessments if one.person == WHO)
        assert found.status is Status.WATCH
        assert found.evidence.startswith("You wished for personal contact every 7 days; the last was in")
        assert found.slight is bool(planned)


def test_what_has_been_the_custom_of_late_is_suggested() -> None:
    dinners = [contact(WHO, w, title="Dinner with Kim") for w in range(20)]
    lunches = [contact(WHO, w, title="Lunch with Kim") for w in range(40, 52)]
    said = suggestion(Status.DRIFTING, window([*dinners, *lunches], (), sunday_of(60)), person(WHO))
    assert said.startswith("You have met over lunch 12 times, last in December 2022.")


def test_who_is_met_about_work_since_is_told_so() -> None:
    calls = [contact(WHO, w, Channel.PHONE) for w in range(20)]
    only = suggestion(Status.DRIFTING, window(calls, (), sunday_of(60)), person(WHO))
    assert only.startswith("You have talked by phone 20 times, last in May 2022.")
    reviews = [contact(WHO, w, Channel.PHONE, WORK, title="Review") for w in range(40, 44)]
    both = suggestion(Status.DRIFTING, window([*calls, *reviews], (), sunday_of(60)), person(WHO))
    assert both.startswith("Beyond work, you have talked by phone 20 times, last in May 2022.")
