"""One person replayed is the person as the fold has them, to the last digit, whatever happened."""

from __future__ import annotations

import os
import random
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.health.assessment import Answer, DriftSettings, History
from rules.health.desk import Desk, Memory
from rules.health.diary import read
from rules.health.weeks import week_of
from rules.meaning import RETURNED, Channel, Coverage, Evidence, Interaction, Merge, Purpose
from tests.health.desks import START, address, bill, contact, desk, history, person, persons, sunday_of

WEEKS, PEOPLE = 70, 6
FIRST = week_of(START)


def returned(who: str, week: int) -> Interaction:
    reason = Evidence(RETURNED, "mail to this address came back", "ended", 4.0)
    return contact(who, week, Channel.NONE, day=3, evidence=(reason,))


def lively(rng: random.Random) -> list[Interaction]:
    """Contact of all sorts, half sure and half meant, from some week on."""
    found = []
    for number in range(PEOPLE):
        for week in range(rng.randrange(20), WEEKS):
            if rng.random() < rng.choice((0.05, 0.4)):
                share = rng.random()
                meant = Purpose(share, 1 - share, 0.0)
                channel = rng.choice((Channel.EMAIL, Channel.PHONE, Channel.IN_PERSON))
                crowd, day = rng.random() < 0.2, rng.randrange(5)
                found.append(contact(address(number), week, channel, meant, day=day, crowd=crowd, starts=crowd))
    return found


def folded(told: History) -> Desk:
    held = Desk(told, DriftSettings(false_flags=200.0))
    for week in range(held.first_week(), FIRST + WEEKS):
        held.take(week)
    return held


def assert_same(held: Desk, row: int, again: Memory) -> None:
    for ours, theirs in (
        (held.memory.drift, again.drift),
        (held.memory.ladder, again.ladder),
        (held.memory.verdicts, again.verdicts),
    ):
        for name in ours.names():
            assert np.array_equal(ours[name][row], theirs[name][0]), name


@settings(max_examples=int(os.environ.get("SYNCD_SOAK", "0")) * 60 or 8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    calendar=st.integers(0, 60),
    gap=st.integers(20, 60),
    merged=st.none() | st.integers(5, 65),
    answers=st.lists(
        st.tuples(
            st.integers(0, PEOPLE - 1),
            st.integers(0, WEEKS - 1),
            st.sampled_from(["wrong", "right", "snooze", "ended"]),
        ),
        max_size=6,
    ),
)
def test_a_replay_is_the_fold(
    seed: int, calendar: int, gap: int, merged: int | None, answers: list[tuple[int, int, str]]
) -> None:
    rng = random.Random(seed)
    hole = START + timedelta(weeks=gap)
    told = history(
        [person(address(0), address(1)), *persons(PEOPLE)[2:]] if merged else persons(PEOPLE),
        [*lively(rng), returned(address(2), rng.randrange(WEEKS)), returned(address(3), rng.randrange(WEEKS))],
        merges=[Merge(sunday_of(merged), address(0), address(1))] if merged else [],
        traffic=[bill(f"firm{number}.example", rng.randrange(WEEKS)) for number in (0, 4, 4, 4, 9)],
        coverage=Coverage(
            mail=((START, hole), (hole + timedelta(days=25), sunday_of(WEEKS))),
            calendar=((START + timedelta(weeks=calendar), sunday_of(WEEKS)),),
        ),
        answers=[Answer(address(number), sunday_of(week), word) for number, week, word in answers],
    )
    held = folded(told)
    for row, group in enumerate(held.rows):
        assert_same(held, row, held.replay(group, FIRST + WEEKS - 1))


def test_nobody_is_replayed_before_the_first_contact() -> None:
    held = folded(history(persons(2), desk(2, WEEKS)))
    first = min(week for week in read(held.history).week)
    assert held.replay(held.rows[0], int(first) - 1).size == 0


def test_somebody_of_one_week_is_replayed() -> None:
    told = history(persons(3), [*desk(2, WEEKS), contact(address(2), WEEKS - 1)])
    held = folded(told)
    row = next(row for row, group in enumerate(held.rows) if group.id == address(2))
    assert_same(held, row, held.replay(held.rows[row], FIRST + WEEKS - 1))
