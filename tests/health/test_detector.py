"""The recursion against direct computation on short histories."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rules.health.detector import Detector, State, Tide
from rules.health.labels import Sheet, Trust, readings, truths, weekly
from rules.health.signals import Signals

DETECTOR = Detector()
TRUST = Trust()


def tide(week: int, level: float = 1.0) -> Tide:
    return Tide(week, level, level, 1.0, 1.0, DETECTOR.flat_prior, 0.5, TRUST)


def signals(ratio: float, *, other: bool = False) -> Signals:
    both = np.full((2, 1), ratio)
    return Signals(both, np.array([float(other)]), np.zeros((2, 1)), np.zeros((2, 1)))


def run(ratios: list[float], levels: list[float]) -> State:
    state = DETECTOR.state(1)
    state.add()
    for week, (ratio, level) in enumerate(zip(ratios, levels, strict=True)):
        DETECTOR.step(state, signals(ratio), tide(week, level))
    return state


def directly(ratios: list[float], levels: list[float]) -> float:
    """The Shiryaev-Roberts sum, week of change by week of change and cell by cell."""
    # The age follows what the detector itself believed: taken from a run over the weeks before.
    state, ages = DETECTOR.state(1), [0.0]
    state.add()
    for week, (ratio, level) in enumerate(zip(ratios, levels, strict=True)):
        DETECTOR.step(state, signals(ratio), tide(week, level))
        ages.append(float(state["age"][0]))
    changed = np.zeros(DETECTOR.cells)

    def chance(week: int, factor: float) -> NDArray[np.float64]:
        hazard = DETECTOR.hazards[int(ages[week] + 0.5)].astype(float) * levels[week]
        calm = np.exp(-hazard * factor)
        found: NDArray[np.float64] = calm + (1 - calm) * ratios[week]
        return found

    weeks = range(len(ratios))
    null = np.prod([chance(week, 1.0) for week in weeks], axis=0)
    for fall in DETECTOR.method.falls:
        for start in weeks:
            parts = [chance(week, fall if week >= start else 1.0) for week in weeks]
            changed += np.prod(parts, axis=0) / len(DETECTOR.method.falls)
    return float(changed.sum() / null.sum())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.2, 1.0, 3.0, 60.0]), st.sampled_from([0.3, 1.0, 1.4])),
        min_size=1,
        max_size=9,
    )
)
def test_the_recursion_is_the_sum_over_all_weeks_of_change(weeks: list[tuple[float, float]]) -> None:
    ratios, levels = [one for one, _ in weeks], [level for _, level in weeks]
    assert run(ratios, levels)["score_any"][0] == pytest.approx(directly(ratios, levels), rel=2e-3)


def test_a_rate_that_nearly_was_ruled_out_may_come_back() -> None:
    """Two years of work alone, then a friendship: no float holds how unlikely high rates were until then, and what
    was held instead must not pass for a fall."""
    ratios = [0.0] * 100 + [60.0, 0.0, 0.0] * 20
    found = run(ratios, [1.0] * 160)["score_any"][0]
    assert found == pytest.approx(directly(ratios, [1.0] * 160), rel=5e-3)
    assert found < 100


def test_silence_after_a_rhythm_raises_the_score_and_one_meeting_lowers_it() -> None:
    rhythm = [50.0, 0.0, 0.0] * 30
    silent = run(rhythm + [0.0] * 40, [1.0] * 130)
    back = run(rhythm + [0.0] * 40 + [50.0, 0.0, 50.0], [1.0] * 133)
    assert silent["score_any"][0] > 5200
    assert run(rhythm, [1.0] * 90)["score_any"][0] < 50
    assert back["score_any"][0] < silent["score_any"][0] / 10


def test_an_unseen_week_says_nothing() -> None:
    state = run([50.0, 0.0, 0.0] * 10, [1.0] * 30)
    before = {name: state[name].copy() for name in ("like", "age", "seldom", "weeks", "personal")}
    unseen = Tide(30, 1.0, 1.0, 0.0, 0.0, DETECTOR.flat_prior, 0.5, TRUST)
    DETECTOR.step(state, signals(0.0), unseen)
    for name, value in before.items():
        assert np.allclose(state[name], value), name


def test_when_everybody_is_quiet_nobody_is() -> None:
    rhythm = [50.0, 0.0, 0.0] * 30
    quiet = [1.0] * 90 + [0.05] * 20
    assert (
        run(rhythm + [0.0] * 20, quiet)["score_any"][0] < run(rhythm + [0.0] * 20, [1.0] * 110)["score_any"][0] / 20
    )


def sheet(probabilities: list[float], took_place: float = 1.0) -> Sheet:
    size = len(probabilities)
    kind, rows = np.zeros(size, int), np.zeros(size, int)
    return Sheet(
        rows, kind, np.array(probabilities), np.full(size, took_place), np.zeros(1, bool), np.zeros((2, 1), bool)
    )


def test_labels_are_read_as_the_formula_says() -> None:
    trust = Trust(base=(0.4, 0.3), flips=0.1)
    ratio, _ = readings(sheet([0.9]), trust)
    warm = 0.9 * 0.9 / 0.4 + 0.1 * 0.1 / 0.6
    cold = 0.9 * 0.1 / 0.6 + 0.1 * 0.9 / 0.4
    assert ratio[0] == pytest.approx(warm / cold)
    assert readings(sheet([0.9], 0.5), trust)[0][0] == pytest.approx(1 + 0.5 * (warm / cold - 1))
    assert truths(ratio, sheet([0.9]), trust)[0] == pytest.approx(
        0.375 * (warm / cold) / (0.375 * (warm / cold) + 0.625)
    )


def test_a_constant_label_carries_nothing() -> None:
    trust = Trust(base=(0.5, 0.5), flips=0.1)
    one = sheet([0.5] * 6)
    ratio, _ = readings(one, trust)
    assert np.allclose(ratio, 1)
    assert weekly(one.cells, ratio, 1)[0, 0] == pytest.approx(1)


def test_three_misread_mails_of_twenty_are_no_friendship_but_one_lunch_is() -> None:
    ratios = np.array([6.0] * 3 + [0.2] * 17)
    burst = weekly(np.zeros(20, int), ratios, 1)[0, 0]
    lunch = weekly(np.zeros(1, int), np.array([6.0]), 1)[0, 0]
    assert burst < 2 < lunch == pytest.approx(6)


def test_the_week_formula_by_hand() -> None:
    a, one, two = 0.15, 3.0, 0.5
    expected = ((1 - a + a * one) * (1 - a + a * two) - (1 - a) ** 2) / (1 - (1 - a) ** 2)
    assert weekly(np.zeros(2, int), np.array([one, two]), 1)[0, 0] == pytest.approx(expected)


def test_the_prior_learns_what_rates_there_are() -> None:
    rng = np.random.default_rng(3)
    state = DETECTOR.state(60)
    state.add(60)
    hits = rng.random((80, 60)) < 1 - math.exp(-0.3)
    prior = DETECTOR.flat_prior
    for week in range(80):
        both = np.where(hits[week], 60.0, 0.0) * np.ones((2, 1))
        seen = Signals(both, np.zeros(60), np.zeros((2, 60)), np.zeros((2, 60)))
        DETECTOR.step(state, seen, Tide(week, 1.0, 1.0, 1.0, 1.0, prior, 0.5, TRUST))
        prior = DETECTOR.refit(state, prior)
    mean = float((prior * DETECTOR.rates).sum())
    assert mean == pytest.approx(0.3, rel=0.25)
    assert float(prior.sum()) == pytest.approx(1, abs=1e-4)


def test_many_rows_are_taken_as_each_by_itself() -> None:
    """Rows go through in blocks; where a block ends must not be seen."""
    number, rng = 1500, np.random.default_rng(5)
    together = DETECTOR.state(number)
    together.add(number)
    alone = {row: DETECTOR.state(1) for row in (0, 1023, 1024, 1499)}
    for state in alone.values():
        state.add()
    for week in range(12):
        seen = Signals(
            5 * rng.random((2, number)),
            (rng.random(number) < 0.5).astype(float),
            rng.random((2, number)),
            np.ones((2, number)),
        )
        DETECTOR.step(together, seen, tide(week))
        for row, state in alone.items():
            DETECTOR.step(state, seen.part(slice(row, row + 1)), tide(week))
    for row, state in alone.items():
        for name in state.names():
            assert np.array_equal(together[name][row], state[name][0]), name


@given(seed=st.integers(0, 10_000))
def test_what_is_learned_of_rates_reaches_their_neighbours(seed: int) -> None:
    """A rate that nobody of the desk had is likelier beside those that many had, and rhythms stay as likely."""
    rng, method = np.random.default_rng(seed), DETECTOR.method
    state = DETECTOR.state(30)
    state.add(30)
    usual = int(rng.integers(3, method.rates - 3))
    likely = np.full((len(method.shapes), method.rates), 1e-12, np.float32)
    likely[:, usual] = 1.0
    state["like"][:] = likely.ravel()
    learned = DETECTOR.refit(state, DETECTOR.flat_prior).reshape(likely.shape)
    rates = learned.sum(0)
    assert float(learned.sum()) == pytest.approx(1, abs=1e-4)
    assert rates[usual] > rates[usual + 1] > rates[usual + 2] > 0
    assert rates[usual - 1] == pytest.approx(rates[usual + 1], rel=0.05)
    assert learned.sum(1) == pytest.approx(np.full(len(method.shapes), 1 / len(method.shapes)), rel=0.01)


def test_long_silence_is_waited_for_no_harder_than_a_rhythm_can_bear() -> None:
    """The hazard of those whom one meets regularly grows with every week, but not beyond half as much again."""
    assert DETECTOR.hazards[200].max() == pytest.approx(1.5 * DETECTOR.rates.max())
    assert (DETECTOR.hazards <= 1.5 * DETECTOR.rates.astype(np.float32) * 1.0001).all()
