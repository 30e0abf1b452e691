"""When did it change? The weeks in which a fall most likely began, from the evidence of the last three years.

For one person, all weeks of change are compared at once: the likelihood of the grid of rates up to the week and of
the fallen rates from it on. The detector itself needs no date; the sentence and the report do.

What was seen before those three years counts as what was usual. A change that lies at their edge or before them keeps
the week that the detector's running count gave it: nothing is left to compare it with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.health.detector import TRACED, Detector

Floats = NDArray[np.float64]

# What the comparison needs of the evidence that is kept: weeks before the change, and personal ones among them.
EDGE, LEAST = 26, 3.0


@dataclass(frozen=True, slots=True)
class Fall:
    """The most likely week, and the weeks between which it lies with 80 % probability. `before`: weeks seen before
    it and personal ones among them; `since`: from it on, and `usual`: personal weeks that would have been usual."""

    week: int
    earliest: int
    latest: int
    before: int
    before_personal: float
    since: int
    since_personal: float
    usual: float


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a row from the beginning: weeks seen and personal ones among them; how many of both came
    before the change as it is dated week by week."""

    weeks: float
    personal: float
    before: float
    before_personal: float


NOTHING = Counted(0.0, 0.0, 0.0, 0.0)


def fallen(
    detector: Detector, ratio: Floats, level: Floats, week: int, counted: Counted = NOTHING, *, sharpest: bool = False
) -> Fall:
    """The change of one row, seen at the end of `week`; `ratio` and `level` are its traces, shape [TRACED]. Its week
    is the middle of the distribution, or, `sharpest`, the one for which most speaks: where little speaks for any
    change, the middle is only the middle of the time."""
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
    middle = int(np.argmax(score)) if sharpest else middle
    found = _found(rates, before[:, -1], ratio, level)
    late = min(late, TRACED - 1)
    early_part = slice(0, middle)
    older = max(0.0, counted.weeks - seen.sum())
    little = middle < EDGE or found[early_part].sum() < LEAST
    if older and little and counted.weeks - counted.before > TRACED - EDGE:
        return _long_ago(counted, week)
    older_personal = max(0.0, counted.personal - found.sum()) if older else 0.0
    usual_level = level[seen].mean() if older else 0.0
    before_personal = found[early_part].sum() + older_personal
    usual_rate = before_personal / max(level[early_part].sum() + older * usual_level, 1e-9)
    usual = (1 - np.exp(-usual_rate * level[middle:])).sum()
    return Fall(
        int(weeks[middle]), int(weeks[early]), int(weeks[late]),
        int(seen[early_part].sum() + older), float(before_personal),
        int(seen[middle:].sum()), float(found[middle:].sum()), float(usual),
    )  # fmt: skip


def _long_ago(counted: Counted, week: int) -> Fall:
    since = round(counted.weeks - counted.before)
    began = week - since + 1
    usual = counted.before_personal / max(counted.before, 1.0) * since
    return Fall(
        began, began, began, round(counted.before), counted.before_personal,
        since, counted.personal - counted.before_personal, usual,
    )  # fmt: skip


def _found(rates: Floats, score: Floats, ratio: Floats, level: Floats) -> Floats:
    """P(personal contact) of each week, at the rate that explains all of them best."""
    hazard = rates[int(np.argmax(score))] * level
    calm = np.exp(-hazard)
    found: Floats = (1 - calm) * ratio / np.maximum(calm + (1 - calm) * ratio, 1e-12)
    return found


def _running(hazard: Floats, ratio: Floats) -> Floats:
    """Log-likelihood of the weeks before each, shape [rates, weeks + 1]."""
    calm = np.exp(-hazard)
    each = np.log(np.maximum(calm * (1 - ratio) + ratio, 1e-12))
    return np.concatenate([np.zeros((len(each), 1)), np.cumsum(each, axis=1)], axis=1)
