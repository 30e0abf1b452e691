"""The sequential detector: has personal contact stopped coming while other contact goes on?

One observation per person and week: did personal contact (rich: a meeting or call; or by mail) take place? Labels
say so only in likelihood ratios (`rules.health.labels`).

Null model: personal weeks arrive with hazard rate x tide x rhythm(age; shape): the person's own rate, what moves
everybody that week, and a Weibull rhythm over the weeks since the last one. (rate, shape) lies on a grid whose prior
is the nonparametric maximum likelihood over the portfolio. Change model: from an unknown week on, the rate falls to
one of `falls` times itself.

Statistic: the Shiryaev-Roberts sum of the likelihood ratios over all possible weeks of change. Per grid cell the
likelihood J of "changed" follows J <- (J + like) * l1 beside like <- like * l0, both scaled alike (a ratio of each
cell would be wrong where a likelihood has become too small to be held, and the rate comes back); then SR =
sum(prior * J) / sum(prior * like). Under the null SR - t is a martingale: on average it takes at least A weeks until
SR reaches A, and with a hazard h of change, h SR / (1 + h SR) is the probability that a change has happened.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.health.labels import Trust
from rules.health.rows import Rows
from rules.health.signals import Signals

Floats = NDArray[np.float64]
Grid = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WEEKS_A_YEAR = 52.0
CHANGING = 0.02 / WEEKS_A_YEAR  # people that change in a week, before anything is known of the desk
LONGEST_AGE = 260
LEAST_LEVEL = 1e-9  # of the tide, with which a week counts as seen
TRACED = 156  # weeks of which the evidence is kept, to date a change
_BLOCK = 1024  # rows of which the grids fit into the cache
_SMALLEST, _LARGEST = np.float32(1e-30), np.float32(1e30)


@dataclass(frozen=True, slots=True)
class Method:
    """The constants of the method; `docs/health.md` says how each was chosen."""

    rates: int = 16
    lowest: float = 0.004
    highest: float = 3.0
    shapes: tuple[float, ...] = (0.6, 0.8, 1.0, 1.3)
    falls: tuple[float, ...] = (0.05, 0.15)
    quiet_fall: float = 0.2
    rhythm: tuple[float, float] = (0.2, 1.5)
    spread: float = 1.5
    dating_fall: float = 0.25
    hazard: float = 0.10 / WEEKS_A_YEAR
    changing: float = CHANGING
    changing_weight: float = 1.0
    shrink: float = 6.0
    persist: float = 0.5
    smooth: float = 6.0
    refit_every: int = 4
    forget: float = 0.99
    seldom: float = 0.05


@dataclass(frozen=True, slots=True)
class Tide:
    """What a week does to everybody, and what the portfolio taught until then: all that a replay needs.

    Attributes:
        rich, mail: this week's personal contact by kind, against what was expected (1.0: as usual).
        seen_rich, seen_mail: the part of the week that calendar and mail sources have listed.
        prior: over the grid of (rate, shape), sums to 1.
        share_rich: of personal contact in the portfolio.
        trust: how labels are to be read.
        changing, quieting: the parts of the portfolio's people whose personal contact falls in a week: alone, or with
            all other contact.

    Where rows are weeks (`rules.health.replay`), each has an entry of its own.
    """

    week: int | Ints
    rich: float | Floats
    mail: float | Floats
    seen_rich: float | Floats
    seen_mail: float | Floats
    prior: Grid
    share_rich: float | Floats
    trust: Trust
    changing: float | Floats = CHANGING
    quieting: float | Floats = CHANGING


_VECTORS = (
    "age",
    "rich",
    "warm",
    "plain_rich",
    "plain_mail",
    "recent",
    "personal",
    "others",
    "weeks",
    "cusum",
    "before",
    "before_personal",
    "before_others",
    "usual_since",
    "score",
    "score_any",
    "score_quiet",
    "seldom",
    "changing",
    "open_rich",
    "open_mail",
)


# What is held of the counts at the most likely week of change.
BEFORE = {"before": "weeks", "before_personal": "personal", "before_others": "others"}


class State(Rows):
    """Rows of fixed size, one per person.

    like: likelihood of the grid, scaled so that its largest cell is 1; fall0, fall1 ..., quiet: J, scaled as that.
    age: weeks since the last personal week. With the old slowly forgotten: rich, warm: rich and all personal
    contacts; plain_rich, plain_mail: weeks with other contact of that kind; recent: weeks. personal, others, weeks:
    weeks counted so far (personal ones as probabilities). before*: the same counts at the most likely week of
    change. usual_since: personal weeks that the usual rate would have brought since then. score*: SR with the rival
    story allowed for, without it, and the rival's. rate: expected personal weeks a week. changing: that of the tide.
    open_rich, open_mail: 1, or 0 where the accounts that showed such contact have ended. trace_ratio, trace_level:
    R and level of the last TRACED weeks, that of week w at place w % TRACED.
    """

    def __init__(self, cells: int, falls: int, capacity: int = 64) -> None:
        names = ("like", "quiet", *(f"fall{i}" for i in range(falls)))
        grids: dict[str, tuple[type[np.generic], tuple[int, ...]]] = dict.fromkeys(names, (np.float32, (cells,)))
        traces = dict.fromkeys(("trace_ratio", "trace_level"), (np.float32, (TRACED,)))
        super().__init__(grids | traces | dict.fromkeys(_VECTORS, (np.float64, ())), capacity)
        self.fresh(like=1.0, open_rich=1.0, open_mail=1.0)


def column(values: Floats) -> Grid:
    """One value per row as it meets the grid, shape [size, 1]."""
    return values.astype(np.float32)[:, None]


def mixed(ratios: Floats, level: Floats, rich_part: Floats) -> tuple[Floats, Bools]:
    """R of each row over both kinds, and which rows were seen at all: those that were not say nothing."""
    ratio = np.minimum(rich_part * ratios[0] + (1 - rich_part) * ratios[1], 1e4)
    seen = level > LEAST_LEVEL
    ratio[~seen] = 1.0
    return ratio, seen


def likely(calm: Grid, wide: Grid) -> Grid:
    """How likely what was seen is, per row and cell; `calm`: P(no personal contact), `wide`: R, shape [size, 1]."""
    seen: Grid = calm * (1 - wide)
    seen += wide
    return seen


def weighed(values: Grid, prior: Grid) -> Floats:
    """The sum over the grid of each row, by a prior, or by one per row."""
    found: Floats = np.einsum("ng,g->n" if prior.ndim == 1 else "ng,ng->n", values, prior).astype(np.float64)
    return found


def recurse(changed: Grid, like: Grid, factor: Grid) -> None:
    """J <- (J + like) * factor; `like`: that of before the week."""
    changed += like
    changed *= factor
    np.clip(changed, _SMALLEST, _LARGEST, out=changed)


def settle(like: Grid, usual: Grid) -> Grid:
    """Takes a week into the likelihood of the grid; returns by what each row was scaled, shape [size, 1]."""
    like *= usual
    largest = like[np.arange(len(like)), like.argmax(1)]  # in less than half the time of `max`
    scale: Grid = (1 / np.maximum(largest, _SMALLEST))[:, None]
    like *= scale
    np.clip(like, _SMALLEST, _LARGEST, out=like)  # in less than half the time of `maximum`
    return scale


def found(quietly: Grid, ratio: Floats, seen: Bools) -> Floats:
    """P(personal contact) of each row's week; `quietly`: P(none) before it was seen."""
    return np.where(seen, (1 - quietly) * ratio / (quietly + (1 - quietly) * ratio), 0.0)


class Detector:
    """Steps a `State` through weeks. Holds constants only."""

    def __init__(self, method: Method | None = None) -> None:
        self.method = method or Method()
        m = self.method
        rates = np.exp(np.linspace(math.log(m.lowest), math.log(m.highest), m.rates))
        self.rates = np.tile(rates, len(m.shapes))
        shapes = np.repeat(np.array(m.shapes), m.rates)
        scale = np.array([math.gamma(1 + 1 / shape) for shape in m.shapes]).repeat(m.rates)
        ages = np.arange(LONGEST_AGE)[:, None] + 0.5
        rhythm = np.clip(shapes * (scale * ages * self.rates) ** (shapes - 1), *m.rhythm)
        self.hazards: Grid = (self.rates * rhythm).astype(np.float32)
        self._rates: Grid = self.rates.astype(np.float32)
        self._seldom: Grid = (self.rates < m.seldom).astype(np.float32)
        self.cells = len(self.rates)
        apart = np.subtract.outer(np.arange(m.rates), np.arange(m.rates))
        near = np.exp(-0.5 * (apart / m.spread) ** 2)
        self._spread = (np.eye(m.rates) + 2 * near / near.sum(0)) / 3
        self.flat_prior: Grid = np.full(self.cells, 1 / self.cells, np.float32)

    def state(self, capacity: int = 64) -> State:
        return State(self.cells, len(self.method.falls), max(capacity, 1))

    def hazard(self, state: State) -> Grid:
        """This week's hazard of personal contact per row and cell, before the tide; shape [size, cells]."""
        return self.hazard_at(state["age"])

    def hazard_at(self, age: Floats) -> Grid:
        """The same, so many weeks after the last personal one."""
        return self.hazards.take(np.minimum(age + 0.5, LONGEST_AGE - 1).astype(np.int64), 0)

    def shares(self, state: State, tide: Tide) -> Floats:
        """Of each row's personal contact, the part that is rich."""
        found: Floats = (state["rich"] + 4 * tide.share_rich) / (state["warm"] + 4)
        return found

    def kinds(self, state: State, tide: Tide) -> tuple[Floats, Floats]:
        """The tide on the rich part of each row's personal contact and on its mail, as far as these are seen."""
        share = self.shares(state, tide)
        rich: Floats = share * tide.rich * tide.seen_rich * state["open_rich"]
        mail: Floats = (1 - share) * tide.mail * tide.seen_mail * state["open_mail"]
        return rich, mail

    def expected(self, state: State, tide: Tide, hazard: Grid | None = None) -> Floats:
        """Hazard of each row before the tide, averaged over what is known of its rate."""
        hazard = self.hazard(state) if hazard is None else hazard
        belief = state["like"] * tide.prior
        found: Floats = weighed(belief, hazard) / np.einsum("ng->n", belief)
        return found

    def step(self, state: State, signals: Signals, tide: Tide, hazard: Grid | None = None) -> None:
        """Takes the tide's week in. `signals` has one entry per row in use."""
        hazard = self.hazard(state) if hazard is None else hazard
        for first in range(0, state.size, _BLOCK):
            rows = slice(first, first + _BLOCK)
            self._step(state.part(rows), signals.part(rows), tide, hazard[rows])

    def _step(self, state: State, signals: Signals, tide: Tide, hazard: Grid) -> None:
        level, rich_part = self.levels(state, tide)
        ratio, seen = mixed(signals.ratios, level, rich_part)
        state["trace_ratio"][:, tide.week % TRACED] = ratio
        state["trace_level"][:, tide.week % TRACED] = level
        strain, wide = hazard * column(-level), column(ratio)
        calm = np.exp(strain)
        usual = likely(calm, wide)
        like, prior = state["like"], tide.prior
        belief = like * prior
        whole = np.einsum("ng->n", belief)
        quietly = np.einsum("ng,ng->n", belief, calm) / whole
        before = like.copy()
        scale = settle(like, usual)
        for name, factor in self.factors(strain, wide, scale, self.quiet_ratio(state, signals, level)).items():
            recurse(state[name], before, factor)
        self.score(state, tide)
        self._count(state, signals, found(quietly, ratio, seen), seen)
        self._date(state, self.drop(belief, whole, strain, quietly, ratio), self.awaited(level, belief, whole))

    def levels(self, state: State, tide: Tide) -> tuple[Floats, Floats]:
        """The tide on each row, and the part of it that is meetings and calls."""
        rich, mail = self.kinds(state, tide)
        level: Floats = rich + mail
        return level, rich / np.maximum(level, 1e-9)

    def factors(self, strain: Grid, wide: Grid, scale: Grid, quiet: Floats) -> dict[str, Grid]:
        """How likely what was seen is in each story, per row and cell, scaled as the likelihood was. `strain`:
        -hazard."""
        each = {}
        rest, certain = (1 - wide) * scale, wide * scale
        for i, fall in enumerate(self.method.falls):
            each[f"fall{i}"] = np.exp(np.float32(fall) * strain) * rest + certain
        return each | {"quiet": each["fall0"] * column(quiet)}

    def drop(self, belief: Grid, whole: Grid, strain: Grid, quietly: Grid, ratio: Floats) -> Floats:
        """How the week speaks for a fall that began before it, averaged over what is known of the rate."""
        dropped = np.einsum("ng,ng->n", belief, np.exp(np.float32(self.method.dating_fall) * strain)) / whole
        found: Floats = (dropped * (1 - ratio) + ratio) / (quietly * (1 - ratio) + ratio)
        return found

    def awaited(self, level: Floats, belief: Grid, whole: Grid) -> Floats:
        """Personal weeks that the usual rate brings under the tide, averaged over what is known of the rate."""
        found: Floats = level * np.einsum("ng,g->n", belief, self._rates) / whole
        return found

    def quiet_ratio(self, state: State, signals: Signals, level: Floats) -> Floats:
        """How the week's other contact speaks for its having fallen as well, at the row's own earlier rate."""
        usual = np.clip((state["before_others"] + 0.5) / (state["before"] + 1.0), 0.01, 0.98)
        hazard = -np.log1p(-usual) * np.minimum(level, 1.5)
        hazard = np.maximum(hazard, 1e-6)
        fall = self.method.quiet_fall
        there, none = np.expm1(-fall * hazard) / np.expm1(-hazard), np.exp((1 - fall) * hazard)
        falls: Floats = signals.other * there + (1 - signals.other) * none
        return falls

    def score(self, state: State, tide: Tide) -> None:
        """The scores, and whether personal weeks are seldom, from the likelihood and the J of all stories."""
        hazard, falls = self.method.hazard, len(self.method.falls)
        whole = weighed(state["like"], tide.prior)
        quiet = weighed(state["quiet"], tide.prior) / whole
        any_ = sum(weighed(state[f"fall{i}"], tide.prior) for i in range(falls)) / (falls * whole)
        state["score_any"][:] = any_
        state["score"][:] = any_ / (1 + tide.quieting * quiet)
        state["score_quiet"][:] = quiet / (1 + hazard * any_)
        state["seldom"][:] = weighed(state["like"], tide.prior * self._seldom) / whole
        state["changing"][:] = tide.changing

    def _count(self, state: State, signals: Signals, found: Floats, seen: Bools) -> None:
        for name, new in (signals.fading() | {"recent": seen}).items():
            state[name][:] = state[name] * self.method.forget + new
        state["personal"][:] += found
        state["others"][:] += signals.other
        state["weeks"][:] += seen
        state["age"][:] = np.where(found > 0.5, 0.0, state["age"] + seen)

    def _date(self, state: State, drop: Floats, usual: Floats) -> None:
        state["cusum"][:] = np.maximum(state["cusum"] + np.log(np.maximum(drop, 1e-12)), 0.0)
        start = state["cusum"] <= 0
        for name, count in BEFORE.items():
            state[name][:] = np.where(start, state[count], state[name])
        state["usual_since"][:] = np.where(start, 0.0, state["usual_since"] + usual)

    def refit(self, state: State, prior: Grid, rounds: int = 8) -> Grid:
        """Nonparametric maximum likelihood of the mixing distribution over the grid, by EM; people who have
        probably changed weigh little."""
        n = state.size
        if n < 5:
            return prior
        like = state["like"]
        weight = (1 / (1 + self.method.hazard * state["score_any"])).astype(np.float32)
        extra = np.float32(self.method.smooth / self.cells)
        total = np.float32(weight.sum() + self.method.smooth)
        for _ in range(rounds):  # not by BLAS, whose threads wait for each other where the machine is busy
            whole = np.einsum("ng,g->n", like, prior)
            prior = (prior * np.einsum("n,ng->g", weight / whole, like) + extra) / total
        return self._loosened(prior)

    def _loosened(self, prior: Grid) -> Grid:
        """Three quarters of the way to rates that are spread over their neighbours and have nothing to do with
        rhythms: a desk has too few people to learn every rate, and every pair of rate and rhythm, by itself."""
        pairs = prior.reshape(len(self.method.shapes), -1)
        apart = np.outer(pairs.sum(1), self._spread @ pairs.sum(0)) / pairs.sum()
        loosened: Grid = ((prior + 3 * apart.ravel()) / 4).astype(np.float32)
        return loosened
