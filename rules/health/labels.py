"""What a week's labels say for and against personal contact, as likelihood ratios.

A labeller gives each contact a probability `s` of being personal. How far these can be trusted is not known
beforehand: a share `flips` of the contacts is taken to carry the opposite label. Where contacts of a kind are
labelled personal with mean probability `base`, a label speaks for personal contact by

    warm = (1 - flips) * s / base + flips * (1 - s) / (1 - base)
    cold = (1 - flips) * (1 - s) / (1 - base) + flips * s / base
    ratio = warm / cold

A week with n candidates of a kind, each personal with probability a(n) if the week saw personal contact at all, and
where `plain` is the usual probability of a week with other contact of that kind, speaks by

    R = (prod(1 - a + a * ratio) - (1 - a)^n) / (1 - (1 - a)^n) / plain

so that one warm note among twenty project mails is heard, twenty project mails of which the labeller misread three
are not taken for friendship, and a call counts for more where calls are seldom about work. No candidate, R = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

KINDS = 2  # 0: rich (in person, video, phone), 1: mail
FLIPS = np.array([0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.26])
LARGEST, _LARGEST_LOG = 1e4, 600.0
_LARGEST_SHARE, _USUAL_NUMBER = 0.6, 0.3


@dataclass(frozen=True, slots=True)
class Trust:
    """How the labels of the portfolio are to be read: see above. `plain`, per kind, is that of the portfolio.

    Where each row of a sheet is to be read in its own way, `flips` has one entry per row, the others one per kind and
    row.
    """

    base: tuple[float, float] | Floats = (0.5, 0.3)
    flips: float | Floats = 0.1
    plain: tuple[float, float] | Floats = (0.2, 0.4)

    def true_base(self) -> Floats:
        """How many contacts are personal in truth, per kind."""
        return np.clip((np.array(self.base) - self.flips) / (1 - 2 * self.flips), 0.02, 0.98)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A week as labelled. Candidates for personal contact: row, kind, P(personal if it took place) and P(took place)
    of each. `other`: per row, 1 where
    there was contact that was not personal, else the part of their organisation's traffic that was with them.
    `routine`: per kind and row, whether there was contact that could not have been personal."""

    rows: Ints
    kind: Ints
    probability: Floats
    took_place: Floats
    other: Floats
    routine: Bools

    @property
    def cells(self) -> Ints:
        return self.kind * len(self.other) + self.rows

    def of_kind(self, kind: int) -> Sheet:
        """The same with candidates of one kind alone."""
        chosen = self.kind == kind
        rows, kinds, probability, took_place = self.rows, self.kind, self.probability, self.took_place
        return Sheet(rows[chosen], kinds[chosen], probability[chosen], took_place[chosen], self.other, self.routine)


def readings(sheet: Sheet, trust: Trust, flips: float | Floats | None = None) -> tuple[Floats, Floats]:
    """(ratio, cold) of each label, see above. A meeting that perhaps did not take place says less: its ratio is mixed
    with 1. Several shares of `flips`, shape [m, 1], give as many readings, shape [m, n]."""
    share = _of_rows(trust.flips, sheet) if flips is None else flips
    base = _of_kinds(trust.base, sheet)
    high, low = sheet.probability / base, (1 - sheet.probability) / (1 - base)
    cold = np.maximum((1 - share) * low + share * high, 1e-4)
    ratio = ((1 - share) * high + share * low) / cold
    return 1 + sheet.took_place * (ratio - 1), cold


def _of_kinds(values: ArrayLike, sheet: Sheet) -> Floats:
    """For each label, the entry of its kind, or of its kind and row."""
    known = np.asarray(values, np.float64)
    return known[sheet.kind] if known.ndim == 1 else known[sheet.kind, sheet.rows]


def _of_rows(value: float | Floats, sheet: Sheet) -> float | Floats:
    """For each label, the entry of its row; a single value stands for all."""
    return value[sheet.rows] if isinstance(value, np.ndarray) else value


def truths(ratio: Floats, sheet: Sheet, trust: Trust) -> Floats:
    """P(personal) of each contact, as the portfolio has learned to read the labels."""
    base = _of_kinds(trust.true_base(), sheet)
    return base * ratio / (base * ratio + 1 - base)


def weekly(cells: Ints, ratio: Floats, size: int, share: float | None = None) -> Floats:
    """R per kind and row but for `plain`, shape [KINDS, size]; of m readings [m, n] as many, [m, KINDS, size].
    `share`: the a of any number of candidates, if not the usual one."""
    number = np.bincount(cells, minlength=KINDS * size)
    used = np.flatnonzero(number)
    place = np.empty(KINDS * size, np.int64)
    place[used] = np.arange(len(used))
    at, number = place[cells], number[used]
    shares = np.minimum(_LARGEST_SHARE, _USUAL_NUMBER / number) if share is None else np.full(len(used), share)
    each = np.log1p(shares[at] * (ratio - 1.0))
    product = np.exp([np.minimum(np.bincount(at, one, len(used)), _LARGEST_LOG) for one in np.atleast_2d(each)])
    missed = (1 - shares) ** number
    found = np.zeros((len(product), KINDS * size))
    found[:, used] = np.maximum((product - missed) / (1 - missed), 0.0)
    return found.reshape(*ratio.shape[:-1], KINDS, size)
