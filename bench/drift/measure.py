"""From scores to figures: false flags, recall, precision, delay; with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.drift.records import DRIFTS, World

Floats = NDArray[np.floating]
LEAVE = 0.05


@dataclass
class Result:
    """Pooled over seeds. `delays`: weeks from change to flag (inf: never), `left`: weeks that there were, `rates`."""

    false: int
    years: float
    delays: Floats
    left: Floats
    rates: Floats
    false_kinds: dict[str, int]

    @property
    def found(self) -> int:
        return int(np.isfinite(self.delays).sum())

    @property
    def recall(self) -> float:
        return self.found / max(1, len(self.delays))

    @property
    def precision(self) -> float:
        return self.found / max(1, self.found + self.false)

    @property
    def false_rate(self) -> float:
        return 100 * self.false / self.years

    def delay(self, least: float = 0.3) -> float:
        """Median weeks to the flag by the product-limit estimate: who is not found yet is not forgotten."""
        return survival_median(self.delays[self.rates >= least], self.left[self.rates >= least])

    def delay_found(self, least: float = 0.3) -> float:
        found = self.delays[(self.rates >= least) & np.isfinite(self.delays)]
        return float(np.median(found)) if len(found) else math.nan


def survival_median(delays: Floats, left: Floats) -> float:
    time = np.where(np.isfinite(delays), delays, left)
    event = np.isfinite(delays)
    alive = 1.0
    for t in np.unique(time[event]):
        at_risk = (time >= t).sum()
        alive *= 1 - (event & (time == t)).sum() / at_risk
        if alive <= 0.5:
            return float(t)
    return math.inf


def starts(score: Floats, threshold: float) -> NDArray[np.bool_]:
    """Weeks in which a flag begins, with the hysteresis of the product."""
    n, weeks = score.shape
    on = np.zeros(n, bool)
    begun = np.zeros((n, weeks), bool)
    for w in range(weeks):
        fresh = ~on & (score[:, w] >= threshold)
        begun[:, w] = fresh
        on = (on | fresh) & (score[:, w] >= LEAVE * threshold)
    return begun


def judge(worlds: list[World], scores: list[Floats], threshold: float) -> Result:
    false, years, kinds = 0, 0.0, dict[str, int]()
    delays, left, rates = [], [], []
    for world, score in zip(worlds, scores, strict=True):
        truth = world.truth
        drifts = np.isin(truth.kind, DRIFTS)
        begun = starts(score, threshold)
        week = np.arange(world.weeks)
        wrong = begun & ~(drifts[:, None] & (week[None, :] >= truth.change[:, None]))
        false += int(wrong.sum())
        for kind in truth.kind[np.nonzero(wrong)[0]]:
            kinds[kind] = kinds.get(kind, 0) + 1
        until = np.where(drifts, truth.change, world.weeks)
        years += float((until - truth.first).clip(0).sum()) / 52
        for i in np.flatnonzero(drifts):
            hits = np.flatnonzero(begun[i] & (week >= truth.change[i]))
            delays.append(hits[0] - truth.change[i] if len(hits) else math.inf)
            left.append(world.weeks - truth.change[i])
            rates.append(truth.rate[i])
    return Result(false, years, np.array(delays), np.array(left), np.array(rates), kinds)


def threshold_for(worlds: list[World], scores: list[Floats], rate: float) -> float:
    """The threshold that gives a rate of false flags per 100 person-years."""
    low, high = 1e-6, 1e12
    for _ in range(26):
        middle = math.sqrt(low * high)
        if judge(worlds, scores, middle).false_rate > rate:
            low = middle
        else:
            high = middle
    return high


def poisson_interval(count: int, years: float) -> tuple[float, float, float]:
    """Rate per 100 years with its 95 % interval (Wilson-Hilferty's approximation of the exact one)."""

    def edge(n: float, z: float) -> float:
        return 0.0 if n <= 0 else n * (1 - 1 / (9 * n) + z / (3 * math.sqrt(n))) ** 3

    return 100 * count / years, 100 * edge(count, -1.96) / years, 100 * edge(count + 1, 1.96) / years
