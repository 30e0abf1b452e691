"""Figures of a labeller beside the truth: accuracy, F1 with bootstrap intervals, calibration, confusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ROUNDS = 400
BINS = 10


@dataclass(frozen=True)
class Judged:
    """One item: the true label, the label given, how sure, and the probability of each label where there is one."""

    truth: str
    given: str
    sure: float
    text: str = ""
    shares: tuple[float, ...] = ()


def f1(truth: npt.NDArray[np.str_], given: npt.NDArray[np.str_], label: str) -> tuple[float, float, float]:
    """F1, precision and recall of one label."""
    hit = float(((truth == label) & (given == label)).sum())
    found, wanted = float((given == label).sum()), float((truth == label).sum())
    return (2 * hit / (found + wanted) if found + wanted else 0.0, hit / found if found else 0.0,
            hit / wanted if wanted else 0.0)  # fmt: skip


def table(name: str, judged: Sequence[Judged], labels: Sequence[str]) -> None:
    """Accuracy, F1 of each label and their mean, with 95 % intervals over resampled items."""
    if not judged:
        print(f"{name}: no items")
        return
    truth = np.array([one.truth for one in judged])
    given = np.array([one.given for one in judged])
    chance = np.random.default_rng(20261122)
    runs = []
    for _ in range(ROUNDS):
        drawn = chance.integers(0, len(truth), len(truth))
        values = [f1(truth[drawn], given[drawn], label)[0] for label in labels]
        runs.append([*values, float(np.mean(values)), float((truth[drawn] == given[drawn]).mean())])
    low, high = np.percentile(np.array(runs), [2.5, 97.5], axis=0)
    accuracy = (truth == given).mean()
    print(f"{name}: {len(judged)} items, accuracy {accuracy:.3f} [{low[-1]:.3f}, {high[-1]:.3f}]")
    for place, label in enumerate(labels):
        value, precision, recall = f1(truth, given, label)
        print(
            f"   {label:14} F1 {value:.3f} [{low[place]:.3f}, {high[place]:.3f}]  precision {precision:.3f}"
            f"  recall {recall:.3f}  n {int((truth == label).sum())}"
        )
    mean = np.mean([f1(truth, given, label)[0] for label in labels])
    print(f"   macro-F1       {mean:.3f} [{low[-2]:.3f}, {high[-2]:.3f}]")


def reliability(name: str, sure: Sequence[float], right: Sequence[bool]) -> float:
    """Prints how often it was right in ten bins of how sure it was; returns the expected calibration error."""
    probability = np.array(sure)
    hit = np.array(right, dtype=float)
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    error = 0.0
    cells = []
    for number in range(BINS):
        inside = place == number
        if inside.any():
            error += abs(hit[inside].mean() - probability[inside].mean()) * inside.mean()
            cells.append(f"{probability[inside].mean():.2f}→{hit[inside].mean():.2f} ({int(inside.sum())})")
    print(f"   {name}: expected calibration error {error:.3f}; said→was (items): {'  '.join(cells)}")
    return error


def confusions(judged: Sequence[Judged], most: int) -> None:
    """What was taken for what, and the surest mistakes."""
    wrong = [one for one in judged if one.truth != one.given]
    pairs = Counter((one.truth, one.given) for one in wrong)
    print("   taken for: " + ", ".join(f"{a} as {b} {n}" for (a, b), n in pairs.most_common()))
    for one in sorted(wrong, key=lambda one: -one.sure)[:most]:
        print(f"      {one.truth[:4]} as {one.given[:4]} {one.sure:.2f}  {one.text[:100]}")
