"""Two families of simulated desks.

`renewal` is the detector's own model family: a weekly hazard with a Weibull rhythm, a common index, independent other
contact. `visits` is not: visits come after log-normal or clockwork gaps, closeness wanders, visits bring echoes,
other contact is bursty and heavy-tailed and goes with the visits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.drift.records import MAIL, PHONE, VIDEO, Contacts, Truth, World

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Setting:
    """How a desk is made. `shares` of the planted kinds, the rest is steady; `rate` fixes everybody's usual rate;
    `labels`: `hard` (0.95 or 0.05, wrong for `flips`), `soft` (calibrated, wrong side of 0.5 for `flips`), `true`."""

    family: str = "renewal"
    people: int = 600
    weeks: int = 208
    shares: tuple[tuple[str, float], ...] = ()
    rate: float | None = None
    flips: float = 0.15
    labels: str = "hard"
    remote: bool = True
    crisis: bool = False
    commotion: bool = True


OTHER_RICH = 0.15  # of contact that is not personal, the part in meetings and calls

USUAL = (
    ("abrupt", 0.075), ("ramp", 0.075), ("billing", 0.02), ("quiet", 0.03), ("one_sided", 0.03), ("never", 0.08),
    ("address", 0.01), ("moved_address", 0.02), ("moved_down", 0.03), ("break", 0.05), ("long_leave", 0.01),
    ("seasonal", 0.03), ("project_end", 0.04), ("job_change", 0.01), ("swap", 0.01),
)  # fmt: skip
STEADY = (("never", 0.08), ("break", 0.05), ("one_sided", 0.03), ("seasonal", 0.03), ("project_end", 0.04))


def world(setting: Setting, seed: int) -> World:
    """A desk from a setting and a seed; the same for the same two."""
    rng = np.random.default_rng([seed, 7])
    truth = _plant(setting, rng)
    mood = _moods(setting, rng)
    personal, others, bills, level = _intensities(setting, truth, rng)
    if setting.family == "renewal":
        met = _renewal(truth, personal, rng)
    else:
        met = visits(truth, personal * mood, rng)
        level = level * mood
    contacts = _contacts(setting, truth, met, others, rng)
    billed = np.argwhere(rng.random(bills.shape) < 1 - np.exp(-bills))
    return World(setting.people, setting.weeks, contacts, billed, truth, setting.flips, setting.family, level, others)


def _plant(setting: Setting, rng: np.random.Generator) -> Truth:
    n, weeks = setting.people, setting.weeks
    names = [name for name, _ in setting.shares]
    chances = [share for _, share in setting.shares]
    kind = rng.choice(["steady", *names], n, p=[1 - sum(chances), *chances])
    rate = np.clip(np.exp(rng.normal(math.log(0.35), 0.8, n)), 0.03, 1.6)
    if setting.rate:
        rate = np.full(n, setting.rate)
    rate = np.where(kind == "never", 0.0, rate)
    first = np.where(rng.random(n) < 0.2, rng.integers(0, max(1, weeks // 3), n), 0)
    low = np.minimum(first + 45, int(weeks * 0.4))
    change = (low + rng.random(n) * (weeks - 40 - low).clip(1)).astype(int)
    change[(kind == "steady") | (kind == "never") | (kind == "one_sided") | (kind == "seasonal")] = weeks
    shape = rng.choice([0.6, 0.8, 1.0, 1.3], n, p=[0.2, 0.3, 0.3, 0.2])
    others = np.clip(np.exp(rng.normal(math.log(0.6), 0.7, n)), 0.1, 4.0)
    spread = np.where(rng.random(n) < 0.33, 0.25, rng.uniform(0.6, 1.1, n))
    return Truth(
        kind, change, rate, shape, rng.beta(2.5, 1.5, n), others, first, _index(setting, rng),
        np.where(kind == "moved_address", change + rng.integers(2, 9, n), weeks), spread,
    )  # fmt: skip


def _index(setting: Setting, rng: np.random.Generator) -> Floats:
    """What moves everybody: summer, Christmas, the owner's leave, a remote shift, a crisis."""
    weeks = setting.weeks
    index = np.ones(weeks)
    if not setting.commotion:
        return index
    of_year = np.arange(weeks) % 52
    index *= 1 + 0.12 * np.cos(2 * math.pi * (of_year - 18) / 52)
    index[(of_year >= 29) & (of_year <= 32)] *= 0.5
    index[(of_year >= 50)] *= 0.25
    for start in rng.integers(0, weeks, weeks // 52):
        index[start : start + 2] *= 0.15
    if setting.remote:
        index[weeks // 2 : weeks // 2 + 40] *= 0.85
    if setting.crisis:
        index[int(weeks * 0.7) : int(weeks * 0.7) + 14] *= 0.1
    return index


def _intensities(setting: Setting, truth: Truth, rng: np.random.Generator) -> tuple[Floats, Floats, Floats, Floats]:
    """Factors on personal contact, rates of other contact, rates of bills, and the first without what was planted:
    [people, weeks] each."""
    n, weeks = setting.people, setting.weeks
    week = np.arange(weeks)[None, :]
    after = week >= truth.change[:, None]
    kind = truth.kind[:, None]
    personal = np.tile(truth.index, (n, 1))
    others = truth.others[:, None] * np.where(truth.index < 0.5, truth.index * 1.5, 1.0)[None, :]
    bills = np.where(rng.random((n, 1)) < 0.3, 0.3, 0.0) * np.ones((1, weeks))
    fall = rng.choice([0.0, 0.05, 0.1, 0.2, 0.3], n)[:, None]
    length = rng.integers(13, 30, n)[:, None]
    slope = 1 - (1 - fall) * np.clip((week - truth.change[:, None]) / length, 0, 1)
    personal *= np.where((kind == "abrupt") & after, fall, 1.0)
    ramped = np.isin(kind, ["ramp", "billing"])
    personal *= np.where(ramped & after, slope, 1.0)
    others *= np.where((kind == "billing") & after, np.maximum(slope, 0.05), 1.0)
    bills += np.where((kind == "billing") & after, 0.6, 0.0)
    quiet = np.isin(kind, ["quiet", "job_change"]) & after
    personal *= np.where(quiet, 0.05, 1.0)
    others *= np.where(quiet, 0.1, 1.0)
    bills *= np.where(quiet, 0.0, 1.0)
    span = np.where(truth.kind == "break", rng.integers(6, 12, n), rng.integers(20, 31, n))[:, None]
    away = np.isin(kind, ["break", "long_leave"]) & after & (week < truth.change[:, None] + span)
    personal *= np.where(away, 0.0, 1.0)
    others *= np.where(away & (rng.random((n, 1)) < 0.6), 0.0, 1.0)
    peak = rng.integers(0, 52, n)[:, None]
    season = np.where(kind == "seasonal", 1 + 0.8 * np.cos(2 * math.pi * (week - peak) / 52), 1.0)
    personal *= season
    others *= season
    others *= np.where((kind == "project_end") & ~after, 3.0, 1.0)
    swapped = np.flatnonzero(truth.kind == "swap")
    for one, other in zip(swapped[::2], swapped[1::2], strict=False):
        late = np.arange(weeks) >= truth.change[one]
        ratio = max(truth.rate[other], 0.01) / max(truth.rate[one], 0.01)
        personal[one, late] *= ratio
        personal[other, late] /= ratio
    if setting.commotion:
        for _ in range(2):  # bursts of project mail, surges of orders
            start, long = rng.integers(0, weeks, n)[:, None], rng.integers(4, 13, n)[:, None]
            burst = (rng.random((n, 1)) < 0.5) & (week >= start) & (week < start + long)
            others *= np.where(burst, rng.uniform(2, 6, (n, 1)), 1.0)
    here = week >= truth.first[:, None]
    return personal * here, others * here, bills * here, truth.index * season * here


def _moods(setting: Setting, rng: np.random.Generator) -> Floats:
    """How closeness wanders, slowly and by itself: a factor [people, weeks]."""
    n, weeks = setting.people, setting.weeks
    moods = np.empty((n, weeks))
    mood = rng.normal(0, 0.25, n)
    for week in range(weeks):
        mood = 0.96 * mood + rng.normal(0, 0.07, n)
        moods[:, week] = mood
    return np.exp(moods)


def _renewal(truth: Truth, personal: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """Number of personal contacts per person and week, by a weekly hazard with a Weibull rhythm."""
    n, weeks = personal.shape
    scale = np.array([math.gamma(1 + 1 / k) for k in truth.shape])
    age = rng.integers(0, 6, n).astype(float)
    met = np.zeros((n, weeks), int)
    for week in range(weeks):
        rhythm = np.clip(
            truth.shape * (scale * (age + 0.5) * np.maximum(truth.rate, 1e-9)) ** (truth.shape - 1), 0.4, 2.5
        )
        hit = rng.random(n) < 1 - np.exp(-truth.rate * personal[:, week] * rhythm)
        met[:, week] = hit * (1 + (rng.random(n) < 0.15))
        age = np.where(hit, 0.0, age + 1)
    return met


def visits(truth: Truth, personal: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """The same by visits: gaps are log-normal, or clockwork for a third; echoes follow."""
    n, weeks = personal.shape
    met = np.zeros((n, weeks), int)
    clock = np.zeros(n)
    due = rng.random(n)
    for week in range(weeks):
        clock += truth.rate * 0.75 * personal[:, week]
        for _ in range(3):
            hit = (clock >= due) & (truth.rate > 0) & (personal[:, week] > 0)
            met[:, week] += hit
            due = np.where(hit, due + np.exp(rng.normal(-(truth.spread**2) / 2, truth.spread)), due)
        if week:
            met[:, week] += (met[:, week - 1] > 0) & (rng.random(n) < 0.25) & (personal[:, week] > 0.3)
    return met


def _contacts(
    setting: Setting, truth: Truth, met: NDArray[np.int64], others: Floats, rng: np.random.Generator
) -> Contacts:
    n, weeks = met.shape
    if setting.family == "visits":
        others = others * rng.gamma(0.7, 1 / 0.7, others.shape) * np.where(met > 0, 1.5, 0.9)
    number = rng.poisson(others)
    person = np.concatenate([np.repeat(np.arange(n * weeks), c.ravel()) for c in (met, number)])
    week = person % weeks
    who = person // weeks
    personal = np.zeros(len(who), bool)
    personal[: met.sum()] = True
    rich = np.where(personal, truth.rich[who], OTHER_RICH)
    if setting.remote and setting.commotion:
        shifted = (week >= weeks // 2) & (week < weeks // 2 + 40)
        rich = np.where(shifted, rich * 0.5, rich)
    after = week >= truth.change[who]
    rich = np.where((truth.kind[who] == "moved_down") & after, rich * 0.1, rich)
    channel = np.where(rng.random(len(who)) < rich, rng.choice([0, VIDEO, PHONE], len(who)), MAIL)
    shown = ~((truth.kind[who] == "unseen_calls") & after & personal & (rng.random(len(who)) < 0.7))
    business = rng.beta(1.0, 1.0, n)[who]
    order = np.argsort(week, kind="stable")
    order = order[shown[order]]
    opens_share = np.where(truth.kind == "one_sided", np.where(rng.random(n) < 0.5, 0.05, 0.95), rng.beta(8, 8, n))
    outgoing = rng.random(len(who)) < opens_share[who]
    relational, labelled, transactional = _labels(setting, personal, business, rng)
    columns = (who, week, channel, personal, relational, labelled, transactional)
    met_it = np.where(channel == MAIL, 1.0, rng.choice([0.95, 0.8], len(who)))
    second = np.isin(truth.kind[who], ["address", "moved_address", "job_change"]) & after
    rest = (met_it, second, outgoing, rng.random(len(who)) < 0.6)
    return Contacts(*(column[order] for column in (*columns, *rest)))


def _labels(
    setting: Setting, personal: NDArray[np.bool_], business: Floats, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """P(relational), the hard label and P(transactional) as a labeller would give them."""
    size = len(personal)
    if setting.labels == "soft":
        distance = 2 * 1.0364 * (setting.flips / 0.15)  # two normals that far apart err for 15 % at the middle
        if setting.flips != 0.15:
            raise ValueError("soft labels are made for flips of 0.15")
        score = rng.normal(np.where(personal, distance / 2, -distance / 2), 1.0)
        share = personal.mean()
        relational = 1 / (1 + (1 - share) / share * np.exp(-distance * score))
        labelled = score > 0
    else:
        wrong = (rng.random(size) < setting.flips) & (setting.labels != "true")
        labelled = personal ^ wrong
        relational = np.where(labelled, 0.95, 0.05)
    order = rng.random(size) < business
    return relational, labelled, (1 - relational) * np.where(order, 0.9, 0.15)
