"""One person's past at once: their weeks are the rows that detectors and verdicts otherwise keep for people.

The tides of weeks that are over are known, so that nearly all of a replay is the same arithmetic on all weeks
together. Week by week go only the likelihood of the rates, with the weeks since the last personal one, and the sums
over the weeks of change. Both detectors go side by side. The result is that of the fold to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rules.health.assessment import Status
from rules.health.detector import (
    BEFORE,
    LEAST_LEVEL,
    TRACED,
    Detector,
    State,
    Tide,
    column,
    found,
    likely,
    mixed,
    recurse,
    settle,
)
from rules.health.diary import MAIL, RICH
from rules.health.labels import Sheet, Trust
from rules.health.signals import Signals, beside_plain, listen
from rules.health.verdicts import FORGET, KEPT, Thresholds, Verdicts, judge

if TYPE_CHECKING:
    from rules.health.desk import Memory, Past
    from rules.health.page import Page

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Grid = NDArray[np.float32]
Ints = NDArray[np.int64]


def replay(
    memory: Memory, detector: Detector, page: Page, past: Sequence[Past], opened: Floats, thresholds: Thresholds
) -> None:
    """Brings a memory of one row from before the weeks of `past` to the last of them, which is still to be judged.

    Args:
        page: with those weeks as rows.
        opened: whether meetings and mail could still be seen in them, shape [2, weeks].
    """
    drift = _Line(detector, memory.drift, page.drift, together([one.drift for one in past]), opened)
    ladder = _Line(detector, memory.ladder, page.ladder, together([one.ladder for one in past]), opened)
    _live(detector, (drift, ladder))
    drift.date()
    ladder.date()
    _recur((drift, ladder))
    _judge(memory.verdicts, page, drift.end(), ladder.end(), past, thresholds)
    memory.drift.take(drift.weeks, len(past) - 1, 0)
    memory.ladder.take(ladder.weeks, len(past) - 1, 0)


def together(tides: Sequence[Tide]) -> Tide:
    """The tides of some weeks as one, with these weeks as rows."""
    each = ("rich", "mail", "seen_rich", "seen_mail", "share_rich", "changing", "quieting")
    rich, mail, seen_rich, seen_mail, share_rich, *hazards = (
        np.array([getattr(one, name) for one in tides], np.float64) for name in each
    )
    flips = np.array([one.trust.flips for one in tides])
    base, plain = (np.array([getattr(one.trust, name) for one in tides]).T for name in ("base", "plain"))
    prior = np.stack([one.prior for one in tides])
    weeks = np.array([one.week for one in tides], np.int64)
    return Tide(weeks, rich, mail, seen_rich, seen_mail, prior, share_rich, Trust(base, flips, plain), *hazards)


def _running(start: Floats, keep: float, new: Floats | Bools) -> Floats:
    """start, start * keep + new[0], ...: one entry more than `new`."""
    return np.array(list(accumulate(new.tolist(), lambda total, one: total * keep + one, initial=float(start[0]))))


class _Line:
    """One detector's past of one person. `weeks` holds what was known before each week, at the `end` after it."""

    def __init__(self, detector: Detector, before: State, sheet: Sheet, tide: Tide, opened: Floats) -> None:
        self.detector, self.before, self.tide = detector, before, tide
        self.number = len(sheet.other)
        self.weeks = weeks = detector.state(self.number)
        weeks.add(self.number)
        weeks["open_rich"][:], weeks["open_mail"][:] = opened[RICH], opened[MAIL]
        self.said: Signals = listen(sheet, tide.trust)
        self.after: dict[str, Floats] = {}
        keep = detector.method.forget
        for name, new in self.said.fading().items():
            self._count(name, keep, new)
        self.level, rich_part = detector.levels(weeks, tide)
        self._count("recent", keep, self.level > LEAST_LEVEL)
        self.ratio, self.seen = mixed(beside_plain(self.said.ratios, weeks, tide.trust), self.level, rich_part)
        self.strain: Grid = np.empty(0, np.float32)
        self.likes: Grid = np.empty(0, np.float32)  # before every week and after the last, shape [number + 1, cells]
        self.scales: Grid = np.empty(0, np.float32)
        self.factors: dict[str, Grid] = {}

    def _count(self, name: str, keep: float, new: Floats | Bools) -> None:
        counted = _running(self.before[name], keep, new)
        self.weeks[name][:], self.after[name] = counted[:-1], counted[1:]

    def date(self) -> None:
        """What the likelihoods say of every week, and what was known at the most likely week of change."""
        detector, weeks, prior = self.detector, self.weeks, self.tide.prior
        strain, wide = self.strain, column(self.ratio)
        calm = np.exp(strain)
        belief = self.likes[:-1] * prior
        whole = np.einsum("ng->n", belief)
        quietly = np.einsum("ng,ng->n", belief, calm) / whole
        self._count("personal", 1.0, found(quietly, self.ratio, self.seen))
        self._count("others", 1.0, self.said.other)
        self._count("weeks", 1.0, self.seen)
        gain = np.log(np.maximum(detector.drop(belief, whole, strain, quietly, self.ratio), 1e-12))
        self._look_back(gain.tolist(), detector.awaited(self.level, belief, whole).tolist())
        quiet = detector.quiet_ratio(weeks, self.said, self.level)
        self.factors = detector.factors(strain, wide, self.scales, quiet)

    def _look_back(self, gain: list[float], usual: list[float]) -> None:
        total, missed = float(self.before["cusum"][0]), float(self.before["usual_since"][0])
        totals, misses = [], []
        for more, awaited in zip(gain, usual, strict=True):
            total = max(total + more, 0.0)
            missed = missed + awaited if total > 0 else 0.0
            totals.append(total)
            misses.append(missed)
        self.after["cusum"], self.after["usual_since"] = np.array(totals), np.array(misses)
        start = np.maximum.accumulate(np.where(self.after["cusum"] <= 0, np.arange(self.number), -1))
        for name, count in BEFORE.items():
            first = self.before[name][0]
            self.after[name] = np.where(start >= 0, self.after[count][start], first)
            self.weeks[name][:] = np.concatenate([[first], self.after[name][:-1]])

    def end(self) -> State:
        """The state after every week."""
        weeks = self.weeks
        for name, values in self.after.items():
            weeks[name][:] = values
        weeks["like"][:] = self.likes[1:]
        self.detector.score(weeks, self.tide)
        last = np.asarray(self.tide.week)[-TRACED:] % TRACED
        for name, values in (("trace_ratio", self.ratio), ("trace_level", self.level)):
            weeks[name][-1] = self.before[name][0]
            weeks[name][-1, last] = values[-TRACED:]
        return weeks


def _live(detector: Detector, lines: Sequence[_Line]) -> None:
    """Week by week: the likelihood of the grid, and with it how long ago the last personal week was."""
    number = lines[0].number
    minus, wide = (
        np.stack([column(values) for values in each], 1)
        for each in ([-line.level for line in lines], [line.ratio for line in lines])
    )
    prior = np.stack([line.tide.prior for line in lines], 1)
    ratio, seen = np.stack([line.ratio for line in lines], 1), np.stack([line.seen for line in lines], 1)
    heard = np.any((ratio > 0) & seen, axis=1).tolist()
    likes = np.empty((number + 1, len(lines), detector.cells), np.float32)
    likes[0] = [line.before["like"][0] for line in lines]
    ages = np.empty((number + 1, len(lines)))
    ages[0] = [line.before["age"][0] for line in lines]
    strain = np.empty((number, len(lines), detector.cells), np.float32)
    scales = np.empty((number, len(lines), 1), np.float32)
    for week in range(number):
        np.multiply(detector.hazard_at(ages[week]), minus[week], out=strain[week])
        calm = np.exp(strain[week])
        np.add(ages[week], seen[week], out=ages[week + 1])
        if heard[week]:
            belief = likes[week] * prior[week]
            quietly = np.einsum("ng,ng->n", belief, calm) / np.einsum("ng->n", belief)
            ages[week + 1][found(quietly, ratio[week], seen[week]) > 0.5] = 0.0
        likes[week + 1] = likes[week]
        scales[week] = settle(likes[week + 1], likely(calm, wide[week]))
    for place, line in enumerate(lines):
        line.likes, line.strain, line.after["age"] = likes[:, place], strain[:, place], ages[1:, place]
        line.scales = scales[:, place]


def _recur(lines: Sequence[_Line]) -> None:
    """Week by week: the J of every story."""
    stories = [(line, name) for line in lines for name in line.factors]
    factors = np.stack([line.factors[name] for line, name in stories], 1)
    likes = np.stack([line.likes[:-1] for line, _ in stories], 1)
    changed = np.stack([line.before[name][0] for line, name in stories])
    for week, factor in enumerate(factors):
        recurse(changed, likes[week], factor)
        factor[:] = changed
    for place, (line, name) in enumerate(stories):
        line.weeks[name][:] = factors[:, place]


class _Judged(Verdicts):
    """The verdicts on one person, with weeks as rows. `now`: the week in which each status began to hold, after all
    of them."""

    def __init__(self, before: Verdicts, number: int) -> None:
        super().__init__(number)
        self.add(number)
        self["snoozed"][:], self["patience"][:] = before["snoozed"], before["patience"]
        self.now = {status: int(before.entered(status)[0]) for status in KEPT}

    def hold(self, status: Status, week: int | Ints, begins: Bools, ends: Bools) -> None:
        entered = self.now[status]
        if entered < 0 and not begins.any():
            return
        for number, begin, end in zip(np.atleast_1d(week).tolist(), begins.tolist(), ends.tolist(), strict=True):
            if end:
                entered = -1
            elif begin and entered < 0:
                entered = number
        self.now[status] = entered


def _judge(
    verdicts: Verdicts, page: Page, drift: State, ladder: State, past: Sequence[Past], thresholds: Thresholds
) -> None:
    """Counts who opened what in every week, and judges all weeks but the last."""
    but_last = slice(0, len(past) - 1)
    judged = _Judged(verdicts, len(past) - 1)
    for name, keep, new in (
        ("ours", FORGET, page.ours),
        ("theirs", FORGET, page.theirs),
        ("contacts", 1.0, page.contacts),
    ):
        counted = _running(verdicts[name], keep, new)[1:]
        judged[name][:] = counted[but_last]
        verdicts[name][0] = counted[-1]
    weeks = np.array([one.drift.week for one in past[but_last]], np.int64)
    opened = np.array([one.opened for one in past[but_last]])
    judge(judged, drift.part(but_last), ladder.part(but_last), weeks, thresholds, opened)
    for status, entered in judged.now.items():
        verdicts.entered(status)[0] = entered
