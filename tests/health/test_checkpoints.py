"""Late mail, merges, answers and corrections fold only what lies after them, and give what a whole fold gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from rules.health.assessment import Answer, DriftSettings, History
from rules.health.checkpoints import Checkpoints
from rules.health.desk import Week, follow
from rules.health.weeks import week_of
from rules.meaning import RETURNED, Channel, Direction, Evidence, Interaction, Merge
from tests.health.desks import START, WARM, WORK, address, bill, contact, history, person, sunday_of, usual

WEEKS, PEOPLE = 70, 6
END = sunday_of(WEEKS - 1)
FIRST = week_of(START)


def start(seed: int) -> History:
    rng = random.Random(seed)
    items = [one for number in range(PEOPLE) for one in usual(number, WEEKS, rng, until=40 if number == 0 else None)]
    other = "p1.new@firm1.example"
    items += [contact(other, w, Channel.EMAIL, WARM, day=w % 5) for w in range(30, WEEKS, 3)]
    people = [person(address(0)), person(address(1), other), *(person(address(n)) for n in range(2, PEOPLE))]
    traffic = [bill("firm0.example", w) for w in range(30, WEEKS, 2)]
    return history(people, items, traffic=traffic)


def add(told: History, *items: Interaction) -> History:
    return replace(told, interactions=sorted([*told.interactions, *items], key=lambda one: (one.at, one.id)))


def late_mail(told: History, week: int, rng: random.Random) -> History:
    who = rng.choice([address(rng.randrange(PEOPLE)), "new@somewhere.example"])
    return add(
        told, structs.replace(contact(who, week, Channel.EMAIL, rng.choice([WARM, WORK]), day=6), id=f"late{week}")
    )


def corrected(told: History, week: int, rng: random.Random) -> History:
    place = next((i for i, one in enumerate(told.interactions) if week_of(one.local) - FIRST >= week), None)
    if place is None:
        return told
    items = list(told.interactions)
    if rng.random() < 0.5:
        del items[place]
    else:
        items[place] = structs.replace(items[place], took_place=0.5, title="Called off, perhaps")
    return replace(told, interactions=items)


def merged(told: History, week: int, rng: random.Random) -> History:
    return replace(told, merges=[*told.merges, Merge(sunday_of(week), address(1), "p1.new@firm1.example")])


def answered(told: History, week: int, rng: random.Random) -> History:
    word = rng.choice(["right", "wrong", "ended", "snooze"])
    return replace(told, answers=[*told.answers, Answer(address(0), sunday_of(week), word)])


def returned(told: History, week: int, rng: random.Random) -> History:
    back = structs.replace(
        contact(address(2), week, Channel.NONE, direction=Direction.IN),
        evidence=(Evidence(RETURNED, "it came back", "none", 5.0),),
        took_place=0.0,
    )
    return add(told, back)


def unseen(told: History, week: int, rng: random.Random) -> History:
    gap = START + timedelta(weeks=week)
    spans = told.coverage.calendar or ()
    cut = tuple(part for first, last in spans for part in ((first, min(last, gap)), (gap + timedelta(days=9), last)))
    return replace(told, coverage=replace(told.coverage, calendar=cut))


def billed(told: History, week: int, rng: random.Random) -> History:
    traffic = sorted([*told.traffic, bill(f"firm{rng.randrange(PEOPLE)}.example", week)], key=lambda one: one.at)
    return replace(told, traffic=traffic)


Change = Callable[[History, int, random.Random], History]
CHANGES: tuple[Change, ...] = (late_mail, corrected, merged, answered, returned, unseen, billed)


def same(one: Week, other: Week) -> None:
    assert one.label == other.label
    assert one.statuses == other.statuses
    assert [group.addresses for group in one.groups] == [group.addresses for group in other.groups]
    for name, column in one._drift.items():
        assert np.array_equal(column, other._drift[name]), name
    assert np.array_equal(one._down, other._down)


LATE = (
    st.integers(0, 5),
    st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, WEEKS - 1)), min_size=1, max_size=3),
    st.integers(0, 99),
)


def come_late(seed: int, changes: list[tuple[Change, int]], luck: int) -> None:
    """Folds a history, then changes it again and again, and compares with whole folds."""
    rng = random.Random(luck)
    told, kept = start(seed), Checkpoints()
    for _ in follow(told, sunday_of(WEEKS - 4), kept=kept):
        pass
    for change, week in changes:
        told = change(told, week, rng)
        found = list(follow(told, END, kept=kept))
        whole = list(follow(told, END))
        assert len(found) <= len(whole)
        for one, other in zip(found, whole[len(whole) - len(found) :], strict=True):
            same(one, other)
        if found:
            assert [one.evidence for one in found[-1].assessments] == [one.evidence for one in whole[-1].assessments]


@given(*LATE)
@settings(max_examples=12, deadline=None)
def test_whatever_comes_late_gives_exactly_what_a_whole_fold_gives(
    seed: int, changes: list[tuple[Change, int]], luck: int
) -> None:
    come_late(seed, changes, luck)


@pytest.mark.soak
@given(*LATE)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_late_gives_exactly_what_a_whole_fold_gives_often(
    seed: int, changes: list[tuple[Change, int]], luck: int
) -> None:
    come_late(seed, changes, luck)


def test_where_nothing_changed_nothing_is_folded_and_a_new_week_costs_one() -> None:
    told, kept = start(1), Checkpoints()
    assert len(list(follow(told, sunday_of(WEEKS - 2), kept=kept))) == WEEKS - 1
    assert list(follow(told, sunday_of(WEEKS - 2), kept=kept)) == []
    assert [week.sunday for week in follow(told, END, kept=kept)] == [END]
    assert len(list(follow(late_mail(told, WEEKS - 6, random.Random(1)), END, kept=kept))) <= 14


def test_weeks_that_are_wanted_are_folded_again() -> None:
    told, kept = start(1), Checkpoints()
    since = sunday_of(WEEKS - 10)
    whole = list(follow(told, END))
    for _ in range(2):
        found = list(follow(told, END, since=since, kept=kept))
        assert [week.sunday for week in found] == [week.sunday for week in whole if week.sunday >= since]
        for one, other in zip(found, whole[-len(found) :], strict=True):
            same(one, other)


def test_other_settings_hold_nothing_and_memory_is_bounded() -> None:
    told, kept = start(1), Checkpoints()
    list(follow(told, END, kept=kept))
    assert len(list(kept)) == 8, "one for each doubling of 70 weeks, and the newest"
    assert len(list(follow(told, END, DriftSettings(false_flags=5.0), kept=kept))) == WEEKS
    few = Checkpoints(memory=1)
    list(follow(told, END, kept=few))
    assert len(list(few)) == 2
