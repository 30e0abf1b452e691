"""Mail of a firm says of each person there what the others' contact leaves over."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.health.assessment import Assessment, DriftSettings, History, Status
from rules.health.checkpoints import Checkpoints
from rules.health.desk import Desk, follow
from rules.health.firms import Firms
from rules.health.weeks import week_of
from rules.meaning import Channel, Interaction, Merge
from tests.health.desks import START, WORK, address, bill, contact, desk, history, person, persons, sunday_of

FIRM = "nordkai.example"
ANNA, BOB, HOME = f"anna@{FIRM}", f"bob@{FIRM}", f"anna.home@{FIRM}"
FIRST = week_of(START)
WEEKS, FALL = 170, 100


def weekly(who: str, first: int, last: int, *, warm_every: int = 3) -> list[Interaction]:
    """A mail about work every second week, and a meeting every third week unless `warm_every` says otherwise."""
    mails = [contact(who, week, Channel.EMAIL, WORK, day=3) for week in range(first, last, 2)]
    return mails + [contact(who, week) for week in range(first, last, warm_every)]


def invoices(first: int, last: int, every: int) -> list[int]:
    return list(range(first, last, every))


def parts(told: History, week: int) -> dict[str, float]:
    """Of the firm's mail by the end of a week, the part that is with each address."""
    held = Desk(told, DriftSettings())
    firms = Firms(told, held.diary)
    for one in range(FIRST, FIRST + week + 1):
        firms.take(one)
    names = held.diary.addresses
    firm = np.array([held.diary.number(FIRM)] * len(names))
    return dict(zip(names, firms.parts(np.arange(len(names)), firm).tolist(), strict=True))


def firm_of_two(anna_until: int, bob_until: int, bills: list[int]) -> History:
    items = [*desk(30, WEEKS), *weekly(ANNA, 0, anna_until), *weekly(BOB, 0, bob_until)]
    people = [person(ANNA), person(BOB), *persons(30)]
    return history(people, items, traffic=[bill(FIRM, week) for week in bills])


def said_of(told: History, who: str, week: int = WEEKS - 1) -> Assessment:
    *_, last = follow(told, sunday_of(week))
    return next(one for one in last.assessments if one.person == who)


def test_the_only_person_of_a_firm_has_all_of_its_mail() -> None:
    told = history([person(ANNA)], weekly(ANNA, 0, 40), traffic=[bill(FIRM, week) for week in range(0, 100, 3)])
    assert parts(told, 39)[ANNA] == 1.0
    assert parts(told, 99)[ANNA] == 1.0, "silence leaves it to nobody else"


def test_two_who_are_alike_in_touch_share_it() -> None:
    found = parts(firm_of_two(WEEKS, WEEKS, invoices(0, WEEKS, 3)), 90)
    assert abs(found[ANNA] - 0.5) < 0.15
    assert abs(found[BOB] - 0.5) < 0.15


def test_who_fell_silent_beside_a_colleague_loses_it() -> None:
    half = invoices(0, FALL, 2) + invoices(FALL, WEEKS, 4)  # hers come no more
    found = parts(firm_of_two(FALL, WEEKS, half), FALL + 30)
    assert found[ANNA] < 0.2
    assert found[BOB] > 0.9


def test_mail_that_grew_when_somebody_fell_silent_is_with_them() -> None:
    more = invoices(0, FALL, 6) + invoices(FALL, WEEKS, 1)
    assert parts(firm_of_two(FALL, WEEKS, more), FALL + 20)[ANNA] > 0.6


def test_the_last_to_be_in_touch_keeps_all_of_it() -> None:
    found = parts(firm_of_two(FALL, FALL - 60, invoices(0, WEEKS, 3)), FALL + 40)
    assert found[ANNA] > 0.9


def test_the_slide_of_the_last_one_at_a_firm_into_its_invoices_is_drifting() -> None:
    told = said_of(firm_of_two(FALL, FALL - 60, invoices(0, WEEKS, 2)), ANNA)
    assert told.status is Status.DRIFTING
    assert "Orders and invoices went on" in told.evidence


def test_who_left_while_a_colleague_goes_on_is_going_quiet_and_the_card_says_whose_mail_it_is() -> None:
    told = said_of(firm_of_two(FALL, WEEKS, invoices(0, FALL, 2) + invoices(FALL, WEEKS, 4)), ANNA)
    assert told.status is Status.GOING_QUIET
    assert "Mail from their firm went on, where you are in touch with others." in told.evidence


def test_the_mail_of_a_firm_where_others_are_in_touch_is_not_counted_as_theirs() -> None:
    told = firm_of_two(WEEKS, WEEKS, invoices(0, FALL, 2) + invoices(FALL, WEEKS, 4))
    kept = [
        one
        for one in told.interactions
        if one.address != ANNA or one.channel is Channel.EMAIL or week_of(one.local) < FIRST + FALL
    ]
    said = said_of(replace(told, interactions=kept), ANNA)
    assert said.status is Status.DRIFTING
    assert "Project work went on" in said.evidence
    assert "Mail from their firm went on, where you are in touch with others." in said.evidence


def crowded(rng: random.Random, merged: int | None) -> History:
    """Nine people at three firms, all of which send invoices."""
    addresses = [f"p{number}@firm{number % 3}.example" for number in range(9)]
    items = [
        contact(one, week, rng.choice([Channel.EMAIL, Channel.PHONE]), day=rng.randrange(5))
        for one in addresses
        for week in range(rng.randrange(30), rng.randrange(40, 70))
        if rng.random() < 0.4
    ]
    people = [person(one) for one in addresses]
    merges = []
    if merged is not None:
        people = [
            person(addresses[0], addresses[3]),
            *(person(one) for one in addresses if one not in addresses[:4:3]),
        ]
        merges = [Merge(sunday_of(merged), addresses[0], addresses[3])]
    traffic = [bill(f"firm{rng.randrange(3)}.example", rng.randrange(70)) for _ in range(60)]
    return history(people, items, merges=merges, traffic=traffic)


@settings(max_examples=int(os.environ.get("SYNCD_SOAK", "0")) * 100 or 10, deadline=None)
@given(seed=st.integers(0, 10_000), merged=st.none() | st.integers(5, 65))
def test_one_person_of_a_firm_replayed_is_the_fold(seed: int, merged: int | None) -> None:
    held = Desk(crowded(random.Random(seed), merged), DriftSettings(false_flags=200.0))
    for week in range(held.first_week(), FIRST + 70):
        held.take(week)
    for row, group in enumerate(held.rows):
        again = held.replay(group, FIRST + 69)
        for ours, theirs in ((held.memory.drift, again.drift), (held.memory.verdicts, again.verdicts)):
            for name in ours.names():
                assert np.array_equal(ours[name][row], theirs[name][0]), name


@settings(max_examples=int(os.environ.get("SYNCD_SOAK", "0")) * 100 or 10, deadline=None)
@given(seed=st.integers(0, 10_000), late=st.integers(0, 69), number=st.integers(0, 8))
def test_what_comes_late_at_a_firm_gives_what_a_whole_fold_gives(seed: int, late: int, number: int) -> None:
    told, kept, end = crowded(random.Random(seed), None), Checkpoints(), sunday_of(69)
    for _ in follow(told, end, kept=kept):
        pass
    more = contact(f"p{number}@firm{number % 3}.example", late, Channel.EMAIL, WORK, day=6)
    stranger = contact(f"new@firm{number % 3}.example", late, Channel.EMAIL, WORK, day=5)
    items = sorted([*told.interactions, more, stranger], key=lambda one: (one.at, one.id))
    changed = replace(told, interactions=items, people=[*told.people, person(stranger.address)])
    found, whole = list(follow(changed, end, kept=kept)), list(follow(changed, end))
    for one, other in zip(found, whole[len(whole) - len(found) :], strict=True):
        assert one.statuses == other.statuses
        assert np.array_equal(one._parts, other._parts)
        for name, column in one._drift.items():
            assert np.array_equal(column, other._drift[name]), name


def test_a_desk_without_such_mail_asks_nothing() -> None:
    told = history(persons(3), desk(3, 40))
    held = Desk(told, DriftSettings())
    assert held.firms.parts(np.arange(3), np.full(3, -1)).tolist() == [1.0, 1.0, 1.0]
    assert held.firms.of(np.array([0]), address(0), FIRST, FIRST + 3).tolist() == [0.0] * 4
    assert date(2022, 1, 3) == START
