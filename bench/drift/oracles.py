"""Oracles: the same kind of statistic for somebody who knows every true rate, rhythm, index and share of misreadings.

They bound what is possible: nobody knows these. Labels are hard here, as the design note defines them: `noisy` sees
what the labeller said, `true` sees the truth. One more, `probable`, sees the labels' probabilities.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bench.drift import worlds
from bench.drift.records import MAIL, World

Floats = NDArray[np.float64]

FALLS = (0.05, 0.3)
HAZARD = 0.10 / 52
QUIET = 0.2


def presence(world: World, labels: str) -> tuple[Floats, Floats, Floats, Floats]:
    """Weekly counts [people, weeks]: personal rich, personal mail, other rich, other mail (bills count there)."""
    c = world.contacts
    personal = c.personal if labels == "true" else c.labelled
    mail = c.channel == MAIL
    counts = []
    for chosen in (personal & ~mail, personal & mail, ~personal & ~mail, ~personal & mail):
        grid = np.zeros((world.people, world.weeks))
        np.add.at(grid, (c.person[chosen], c.week[chosen]), 1)
        counts.append(grid)
    return tuple(counts)  # type: ignore[return-value]


def fitted(world: World) -> tuple[Floats, Floats]:
    """The rate of personal weeks in long undisturbed runs of the same world's rules, without a rhythm: with the best
    fitting one the oracle of this family does worse."""
    rng = np.random.default_rng(5)
    calm = np.ones((world.people, 1500))
    met = worlds.visits(world.truth, calm, rng) > 0
    usual = np.maximum(-np.log1p(-met.mean(1).clip(0, 0.99)), 1e-9)
    return usual, np.ones(world.people)


def oracle(world: World, labels: str = "noisy") -> Floats:
    """The gated score [people, weeks]: two outcomes a week, personal contact labelled or not."""
    rich, warm, other_rich, other_mail = presence(world, labels)
    truth = world.truth
    flips = 0.0 if labels == "true" else world.flips
    usual, shape = truth.rate, truth.shape
    if world.family != "renewal":
        usual, shape = fitted(world)
    rate = usual * (1 - flips)
    scale = np.array([math.gamma(1 + 1 / k) for k in shape])
    n, weeks = rich.shape
    billed = np.zeros((n, weeks), bool)
    if len(world.bills):
        billed[world.bills[:, 0], world.bills[:, 1]] = True
    age, sums, quiet = np.zeros(n), np.zeros((len(FALLS), n)), np.zeros((len(FALLS), n))
    cusum, before, before_others = np.zeros(n), np.zeros(n), np.zeros(n)
    personal, others = np.zeros(n), np.zeros(n)
    score = np.zeros((n, weeks), np.float32)
    usual_other = np.clip(1 - np.exp(-truth.others), 0.01, 0.98)
    for w in range(weeks):
        hit = (rich[:, w] > 0) | (warm[:, w] > 0)
        other = (other_rich[:, w] + other_mail[:, w] > 0) | billed[:, w]
        floor = flips * world.other_rate[:, w]
        live = (truth.first <= w) & (truth.rate > 0)
        u = (age + 0.5) * np.maximum(rate, 1e-9)
        hazard = rate * world.level[:, w] * np.clip(shape * (scale * u) ** (shape - 1), 0.4, 2.5)
        same = _log_likelihood(hazard + floor, hit)
        o = -np.log1p(-usual_other) * truth.index[w]
        also = np.where(other, np.log(np.expm1(-QUIET * o) / np.expm1(-o)), (1 - QUIET) * o)
        for i, fall in enumerate(FALLS):
            step = np.where(live, _log_likelihood(hazard * fall + floor, hit) - same, 0.0)
            sums[i] = np.minimum((sums[i] + live) * np.exp(step), 1e200)
            quiet[i] = np.minimum((quiet[i] + live) * np.exp(step + np.where(live, also, 0.0)), 1e200)
            if i == 0:
                cusum = np.maximum(cusum + step, 0.0)
        personal += hit
        others += other
        before = np.where(cusum <= 0, personal, before)
        before_others = np.where(cusum <= 0, others, before_others)
        real = hit & ((1 - np.exp(-hazard)) > 0.5 * (1 - np.exp(-(hazard + floor))))
        age = np.where(real, 0.0, age + live)
        gate = live & (before >= 5) & (others - before_others >= 2)
        score[:, w] = np.where(gate, np.minimum(sums.mean(0) / (1 + HAZARD * quiet.mean(0)), 1e30), 0.0)
    return score


def _log_likelihood(hazard: Floats, hit: NDArray[np.bool_]) -> Floats:
    found: Floats = np.where(hit, np.log(-np.expm1(-hazard) + 1e-12), -hazard)
    return found
