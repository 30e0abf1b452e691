"""The rules that peers use, each as a score [people, weeks] that says "worse" by growing; and a Poisson CUSUM.

`no_contact`, `no_personal`: days without. `shares`: personal contact of the last 90 days against the 90 before.
`activity`: how far a weighted activity score has dropped in a quarter. All see the labels as they are, hard.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.drift.oracles import presence
from bench.drift.records import World

Floats = NDArray[np.floating]


def _sums(counts: Floats, weeks: int, back: int = 0) -> Floats:
    """Sum over the `weeks` weeks that end `back` weeks ago."""
    total = np.concatenate([np.zeros((len(counts), weeks + back)), np.cumsum(counts, axis=1)], axis=1)
    n = counts.shape[1]
    return total[:, weeks : weeks + n] - total[:, :n]


def _silence(hits: NDArray[np.bool_]) -> Floats:
    age = np.zeros(hits.shape, np.float32)
    for week in range(1, hits.shape[1]):
        age[:, week] = np.where(hits[:, week], 0, age[:, week - 1] + 7)
    return age


def no_contact(world: World) -> Floats:
    return _silence(sum(presence(world, "noisy")) > 0)  # type: ignore[arg-type, operator]


def no_personal(world: World) -> Floats:
    rich, warm, _, _ = presence(world, "noisy")
    return _silence((rich + warm) > 0)


def shares(world: World) -> Floats:
    rich, warm, other_rich, other_mail = presence(world, "noisy")
    personal, everything = rich + warm, rich + warm + other_rich + other_mail
    now = _sums(personal, 13) / np.maximum(_sums(everything, 13), 1)
    then = _sums(personal, 13, 13) / np.maximum(_sums(everything, 13, 13), 1)
    return np.where(_sums(everything, 13) >= 3, (then + 1e-6) / (now + 0.01), 0.0)


def activity(world: World) -> Floats:
    rich, warm, other_rich, other_mail = presence(world, "noisy")
    score = 5 * (rich + other_rich) + warm + other_mail
    return (_sums(score, 13, 13) + 1) / (_sums(score, 13) + 1)


def cusum(world: World) -> Floats:
    """Poisson CUSUM for a fall to a fifth of the rate of the first 40 weeks."""
    rich, warm, _, _ = presence(world, "noisy")
    hits = ((rich + warm) > 0).astype(float)
    n, weeks = hits.shape
    first = world.truth.first
    seen = np.arange(weeks)[None, :] - first[:, None]
    early = (seen >= 0) & (seen < 40)
    rate = ((hits * early).sum(1) + 0.5) / (early.sum(1) + 1.5)
    fall, total = 0.2, np.zeros(n)
    score = np.zeros((n, weeks), np.float32)
    for week in range(weeks):
        step = hits[:, week] * np.log(fall) + (1 - fall) * rate
        total = np.where(seen[:, week] >= 40, np.maximum(total + step, 0), 0)
        score[:, week] = np.exp(np.minimum(total, 60))
    return score


# As usually set: days, days, halved, dropped by 40 %.
RULES = {
    "no contact for 90 days": (no_contact, 90.0),
    "no personal contact for 90 days": (no_personal, 90.0),
    "personal share halved": (shares, 2.0),
    "activity score down 40 %": (activity, 1.67),
    "Poisson CUSUM": (cusum, np.exp(5.0)),
}
