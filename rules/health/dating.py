"""When did it change? The weeks in which a fall most likely began, from the evidence of the last three years.

For one person, all weeks of change are compared at once: the likelihood of the grid of rates up to the week and of
the fallen rates from it on. The detector itself needs no date; the sentence and the report do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.health.detector import TRACED, Detector

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """The most likely week, and the weeks between which it lies with 80 % probability."""

    week: int
    earliest: int
    latest: int


def change(detector: Detector, ratio: Floats, level: Floats, week: int) -> Change:
    """The change of one row, seen at the end of `week`; `ratio` and `level` are its traces, shape [TRACED]."""
    weeks = np.arange(week - TRACED + 1, week + 1)
    order = weeks % TRACED
    ratio, level = ratio[order].astype(float), level[order].astype(float)
    rates = np.unique(detector.rates)
    before = _running(rates[:, None] * level, ratio)
    total = np.stack([_running(fall * rates[:, None] * level, ratio) for fall in detector.method.falls])
    after = total[:, :, -1:] - total  # [falls, rates, weeks + 1]
    score = np.logaddexp.reduce((before + after).reshape(-1, TRACED + 1), axis=0)[:-1]
    seen = level > 0
    score[~seen] = -np.inf
    chance = np.exp(score - score.max()) if seen.any() else np.ones(TRACED)
    summed = np.cumsum(chance) / chance.sum()
    early, middle, late = (int(np.searchsorted(summed, part)) for part in (0.1, 0.5, 0.9))
    return Change(int(weeks[middle]), int(weeks[early]), int(weeks[min(late, TRACED - 1)]))


def _running(hazard: Floats, ratio: Floats) -> Floats:
    """Log-likelihood of the weeks before each, shape [rates, weeks + 1]."""
    calm = np.exp(-hazard)
    each = np.log(np.maximum(calm * (1 - ratio) + ratio, 1e-12))
    return np.concatenate([np.zeros((len(each), 1)), np.cumsum(each, axis=1)], axis=1)
