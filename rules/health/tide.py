"""What moves everybody: holidays, seasons, a remote shift, a crisis; and what the portfolio teaches of its labels.

The gauge is read once a week, before the week's evidence is taken in, and its reading (a `Tide`) is kept: with the
tides of all weeks one person can be replayed without the others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rules.health.detector import Detector, Grid, State, Tide
from rules.health.diary import MAIL, RICH
from rules.health.labels import FLIPS, KINDS, Sheet, Trust, readings, weekly
from rules.health.signals import Signals, hear, plain_weeks
from rules.health.verdicts import counted_score, counted_silence

Floats = NDArray[np.float64]

_ROUNDS = 3
_FORGET = 0.995
_LEAST_KNOWN = 13  # weeks: sooner nothing can be seen to have changed
# Which share of misreadings foretells the labels of mails best: learned every other week. Personal mails of one week
# may come one by one or by the handful; without the latter a lively exchange looks like misreadings.
_LEARNED_EVERY, _NUMBERS = 2, (None, 0.2, 0.7)
# Honest probabilities, of which none is misread, look like a share of 0.03 to 0.06. No labels are wholly believed.
_SEEMING, _BELIEVED, _LEAST_BELIEVED = 0.04, 0.7, 0.02


class Gauge:
    """Running portfolio figures: the prior over rates and rhythms, how labels are to be trusted, how many change."""

    def __init__(self, detector: Detector, *, misread: bool = True) -> None:
        """`misread`: whether labels can be, so that how many are must be learned."""
        self.detector, self.misread = detector, misread
        self.prior: Grid = detector.flat_prior
        self.week = 0
        self.candidates = np.array([20.0, 20.0])
        self.labelled = np.array([10.0, 6.0])
        self.flips_score = -20.0 * np.abs(FLIPS - 0.1)
        self.changing = self.quieting = detector.method.changing
        self.level = np.ones(KINDS)
        self.found, self.expected = 0.0, 0.0  # personal contact in the last week read, of people who have not changed

    def trust(self, state: State) -> Trust:
        base = np.clip(self.labelled / self.candidates, 0.02, 0.95)
        weeks = state["recent"].sum() + 20.0
        plain = [
            (state[name].sum() + 20.0 * usual) / weeks for name, usual in (("plain_rich", 0.2), ("plain_mail", 0.4))
        ]
        return Trust((float(base[0]), float(base[1])), self._believed(), (float(plain[0]), float(plain[1])))

    def _believed(self) -> float:
        """The share of labels that is taken to be misread."""
        if not self.misread:
            return _LEAST_BELIEVED
        weight = np.exp(self.flips_score - self.flips_score.max())
        flips = float((weight * FLIPS).sum() / weight.sum())
        return _LEAST_BELIEVED + _BELIEVED * max(flips - _SEEMING, 0.0)

    def read(self, week: int, state: State, sheet: Sheet, seen: tuple[float, float]) -> tuple[Tide, Signals, Grid]:
        """The week's tide, its signals and the hazards they were expected with; learns from the week."""
        trust = self.trust(state)
        signals = hear(sheet, state, trust)
        share_rich = float((state["rich"].sum() + 5.0) / (state["warm"].sum() + 10.0))
        still = Tide(week, 1.0, 1.0, *seen, self.prior, share_rich, trust, self.changing, self.quieting)
        hazard = self.detector.hazard(state)
        expected = self.detector.expected(state, still, hazard)
        rich, mail = self._movement(state, signals, still, expected)
        tide = Tide(week, rich, mail, *seen, self.prior, share_rich, trust, self.changing, self.quieting)
        self.candidates = self.candidates * _FORGET + np.bincount(sheet.kind, minlength=KINDS)
        self.labelled = self.labelled * _FORGET + np.bincount(sheet.kind, sheet.probability, KINDS)
        if self.misread and self.week % _LEARNED_EVERY == 0:
            self._learn_flips(sheet.of_kind(MAIL), signals, state, tide, expected)
        return tide, signals, hazard

    def settle(self, state: State) -> None:
        """After a week has been taken in."""
        self.week += 1
        if self.week % self.detector.method.refit_every == 0:
            self.prior = self.detector.refit(state, self.prior)
            self._learn_changes(state)

    def _learn_changes(self, state: State) -> None:
        """How many people change: of somebody known for w weeks all that was seen is (1 - h)^w (1 + h SR) times as
        likely as without changes, and the h for which most speaks is found by EM, from `changing_weight` changes at
        the usual rate on. Those who go quiet altogether likewise."""
        known = state["weeks"] > _LEAST_KNOWN
        weeks = float(state["weeks"][known].sum())
        self.changing = self._hazard(self.changing, counted_score(state)[known], weeks)
        self.quieting = self._hazard(self.quieting, counted_silence(state)[known], weeks)

    def _hazard(self, hazard: float, score: Floats, weeks: float) -> float:
        method = self.detector.method
        for _ in range(_ROUNDS):
            odds = hazard * score
            changed = float((odds / (1 + odds)).sum()) + method.changing_weight
            hazard = changed / (weeks + method.changing_weight / method.changing)
        return hazard

    def _movement(self, state: State, signals: Signals, tide: Tide, expected: Floats) -> tuple[float, float]:
        """This week's personal contact against what was expected of people who have not changed, per kind."""
        method = self.detector.method
        weight = 1 / (1 + method.hazard * state["score_any"])
        usual = expected * np.stack(self.detector.kinds(state, tide))
        awaited = 1 + method.persist * (self.level - 1)
        level, hits, met = np.ones((KINDS, 1)), np.zeros(KINDS), np.zeros(KINDS)
        for _ in range(_ROUNDS):
            each = usual * level
            both = np.maximum(each.sum(0), 1e-9)
            calm = np.exp(-both)
            ratio = (each * signals.ratios).sum(0) / both
            found = weight * (1 - calm) / np.maximum(calm + (1 - calm) * ratio, 1e-12) / both
            hits = (found * each * signals.ratios).sum(1)
            met = (weight * (1 - calm) / both * usual).sum(1)
            level = np.clip((hits + awaited * method.shrink / 2) / (met + method.shrink / 2), 0.05, 2.5)[:, None]
        self.level = level[:, 0]
        self.found, self.expected = float(hits.sum()), float(met.sum())
        return float(level[0, 0]), float(level[1, 0])

    def _learn_flips(self, mails: Sheet, signals: Signals, state: State, tide: Tide, expected: Floats) -> None:
        """Scores each share of misreadings by how well it foretells the labels of this week's mails."""
        some = np.flatnonzero(np.bincount(mails.rows, minlength=state.size))
        rich, mail = self.detector.kinds(state, tide)
        level = np.maximum(rich + mail, 1e-9)
        calm, part = np.exp(-level * expected)[some], (rich / level)[some]
        ratio, cold = readings(mails, tide.trust, FLIPS[:, None])
        each = sum(weekly(mails.cells, ratio, state.size, number)[:, MAIL, some] for number in _NUMBERS)
        found = each / len(_NUMBERS) / plain_weeks(state, tide.trust)[MAIL, some]
        mixed = calm + (1 - calm) * (part * signals.ratios[RICH, some] + (1 - part) * found)
        foretold = np.log(cold).sum(1) + np.log(np.maximum(mixed, 1e-9)).sum(1)
        self.flips_score = self.flips_score * _FORGET + foretold
