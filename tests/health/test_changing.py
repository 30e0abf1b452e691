"""How many people of a desk change: learned from what is seen of them, and what follows for thresholds."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.drift.adapter import FIRST_WEEK, diary, frame
from bench.drift.worlds import Setting, world
from rules.health.assessment import DriftSettings
from rules.health.desk import Desk
from rules.health.detector import CHANGING, Detector, State
from rules.health.diary import MAIL
from rules.health.labels import FLIPS, Sheet
from rules.health.tide import Gauge
from rules.health.verdicts import MOST_CAUTION, USUAL_CHANGING, strictness

DETECTOR = Detector()


def people(scores: list[float], weeks: float = 100.0) -> State:
    """Rows of people with these scores, past every gate, whose usual share of personal weeks is 0.3."""
    state = DETECTOR.state()
    state.add(len(scores))
    state["score"][:] = scores
    state["weeks"][:] = weeks
    state["others"][:] = 20
    state["before"][:] = 92
    state["before_personal"][:] = 30
    return state


def learned(state: State) -> float:
    gauge = Gauge(DETECTOR)
    for _ in range(400):
        gauge.settle(state)
    return gauge.changing


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=40), st.floats(20, 300))
def test_the_share_found_is_that_for_which_most_speaks(scores: list[float], weeks: float) -> None:
    state = people(scores, weeks)
    found = learned(state)
    candidates = np.exp(np.linspace(np.log(1e-6), np.log(0.1), 4000))
    weight = DETECTOR.method.changing_weight
    # Posterior of the likelihood in the docstring, with the usual rate as if seen in so many changes before.
    score = 0.3 * np.array(scores) / (30 / (92 + 8.0))
    speaks = (
        np.log1p(candidates[:, None] * score).sum(1)
        - candidates * (weeks * len(scores) + weight / CHANGING)
        + weight * np.log(candidates)
    )
    assert found == pytest.approx(candidates[np.argmax(speaks)], rel=0.02)


def test_newcomers_and_people_without_contact_before_say_nothing() -> None:
    state = people([1e6, 1e6])
    state["weeks"][0] = 5
    state["before_personal"][1] = 2
    assert learned(state) < CHANGING


def test_those_who_go_quiet_are_learned_apart() -> None:
    state = people([0.0] * 20)
    state["score_quiet"][:10] = 1e5
    state["others"][:] = state["before_others"][:] = 40  # none in the 40 weeks since
    state["before"][:] = 60
    gauge = Gauge(DETECTOR)
    for _ in range(400):
        gauge.settle(state)
    assert gauge.changing < CHANGING < gauge.quieting
    state["others"][:] = 60  # it goes on: they have not gone quiet, whatever the score
    for _ in range(400):
        gauge.settle(state)
    assert gauge.quieting < CHANGING


def test_where_few_change_more_is_asked_up_to_a_limit() -> None:
    state = people([0.0] * 4)
    state["changing"][:] = USUAL_CHANGING * np.array([3.0, 1.0, 0.25, 1e-6])
    factor = strictness(state) / strictness(state)[1]
    assert factor.tolist() == pytest.approx([1.0, 1.0, 2.0, MOST_CAUTION])


@pytest.mark.parametrize(("shares", "low", "high"), [((), 0.0, 0.015), ((("abrupt", 0.3),), 0.03, 0.2)])
def test_a_desk_learns_how_many_change(shares: tuple[tuple[str, float], ...], low: float, high: float) -> None:
    one = world(Setting(people=100, weeks=150, shares=shares), 77)
    desk = Desk(frame(one), DriftSettings(), None, diary(one))
    for week in range(one.weeks):
        desk.take(FIRST_WEEK + week)
    assert low < 52 * desk.gauge.changing < high
    assert desk.memory.drift["changing"].max() == desk.past[FIRST_WEEK + one.weeks - 1].drift.changing


@pytest.mark.parametrize(("found", "believed"), [(0.26, 0.174), (0.15, 0.097), (0.1, 0.062), (0.03, 0.02)])
def test_only_misreadings_beyond_what_honest_labels_look_like_are_believed(found: float, believed: float) -> None:
    gauge = Gauge(DETECTOR)
    gauge.flips_score = np.where(np.isclose(FLIPS, found), 0.0, -1000.0)
    assert gauge.trust(DETECTOR.state(1)).flips == pytest.approx(believed)


def misread(labels: str, times: int = 1) -> float:
    """The share of misreadings that a desk believes in after two years; every mail that is labelled personal came
    so many times."""
    one = world(Setting("renewal", 80, 104, labels=labels), 3)
    told = diary(one)
    number = np.where((told.kind == MAIL) & (told.personal > 0.5), times, 1)
    columns = {one.name: getattr(told, one.name) for one in fields(told) if not one.name.startswith("traffic")}
    long = {name: np.repeat(column, number) for name, column in columns.items() if len(column) == len(number)}
    told = replace(told, **long)  # type: ignore[arg-type]
    desk = Desk(frame(one), DriftSettings(), None, told)
    for week in range(one.weeks):
        desk.take(FIRST_WEEK + week)
    return float(desk.gauge.trust(desk.memory.drift).flips)


def test_misread_mails_are_found_and_lively_exchanges_are_none() -> None:
    """Fifteen in a hundred are misread, or none; in the last case personal mails come five at a time."""
    assert misread("hard") > 0.07
    assert misread("true") < 0.04
    assert misread("true", times=5) < 0.04


def test_nothing_is_learned_where_no_labeller_could_err() -> None:
    gauge = Gauge(DETECTOR, misread=False)
    before = gauge.flips_score.copy()
    state = people([0.0] * 6)
    numbers = np.arange(6)
    sheet = Sheet(numbers, np.zeros(6, np.int64), np.full(6, 0.9), np.ones(6), np.ones(6), np.zeros((2, 6), np.bool_))
    gauge.read(0, state, sheet, (1.0, 1.0))
    assert (gauge.flips_score == before).all()
    assert gauge.trust(state).flips == pytest.approx(0.02)
