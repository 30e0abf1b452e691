"""What a week's labels say of each row, beside how usual work is with that row."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rules.health.labels import KINDS, LARGEST, Sheet, Trust, readings, truths, weekly
from rules.health.rows import Rows

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Signals:
    """A week as seen: likelihood ratios R for personal contact per kind [2, n]; how far other contact was there;
    how many contacts were personal and whether some were not, per kind [2, n]."""

    ratios: Floats
    other: Floats
    warm: Floats
    plain: Floats

    def part(self, rows: slice) -> Signals:
        return Signals(self.ratios[:, rows], self.other[rows], self.warm[:, rows], self.plain[:, rows])

    def fading(self) -> dict[str, Floats]:
        """What the week adds to the counts of which the old is slowly forgotten."""
        return {
            "rich": self.warm[0],
            "warm": self.warm.sum(0),
            "plain_rich": self.plain[0],
            "plain_mail": self.plain[1],
        }


def plain_weeks(state: Rows, trust: Trust) -> Floats:
    """Per kind and row, the usual probability of a week with contact of that kind that was not personal."""
    usual = np.reshape(trust.plain, (KINDS, -1))
    counted = np.stack([state["plain_rich"], state["plain_mail"]])
    found: Floats = np.clip((counted + 8 * usual) / (state["recent"] + 8), 0.03, 1.0)
    return found


def hear(sheet: Sheet, state: Rows, trust: Trust) -> Signals:
    """What a week's labels say, given how they are to be trusted."""
    said = listen(sheet, trust)
    return replace(said, ratios=beside_plain(said.ratios, state, trust))


def beside_plain(ratios: Floats, state: Rows, trust: Trust) -> Floats:
    """R per kind and row, once it is known how usual contact is that was not personal."""
    return np.minimum(ratios / plain_weeks(state, trust), LARGEST)


def listen(sheet: Sheet, trust: Trust) -> Signals:
    """What a week's labels say by themselves; its ratios are still to be set `beside_plain` weeks."""
    size, cells = len(sheet.other), sheet.cells
    ratio, _ = readings(sheet, trust)
    truth = truths(ratio, sheet, trust)
    found = weekly(cells, ratio, size)
    warm: Floats = np.bincount(cells, truth, KINDS * size).astype(np.float64).reshape(KINDS, size)
    cold = np.exp(np.bincount(cells, np.log(np.maximum(truth, 1e-9)), KINDS * size)).reshape(KINDS, size)
    return Signals(found, sheet.other, warm, np.where(sheet.routine, 1.0, 1.0 - cold))
