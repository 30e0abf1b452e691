"""The tables that `python -m bench drift` prints."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.drift import cases, cost, peers, product
from bench.drift.measure import Result, judge, poisson_interval, threshold_for
from bench.drift.oracles import oracle
from bench.drift.records import World
from bench.drift.worlds import STEADY, USUAL, Setting, world

Floats = NDArray[np.floating]
FLAG = 5200.0
WATCH = FLAG / 10
FAMILIES = ("renewal", "visits")


def run(parts: Sequence[str], first: int, seeds: int) -> None:
    """Prints the parts asked for; `first` is the first of `seeds` seeds."""
    print(f"seeds {first} to {first + seeds - 1}; family renewal is the detector's model family, visits is not")
    made: dict[str, Callable[[int, int], None]] = {
        "null": null, "drift": drift, "statuses": cases.statuses, "cases": cases.cases, "cost": cost.cost,
    }  # fmt: skip
    for part in parts:
        started = time.perf_counter()
        print(f"\n-- {part}")
        made[part](first, seeds)
        print(f"({time.perf_counter() - started:.0f} s)", flush=True)


def null(first: int, seeds: int) -> None:
    """People who never drift: false flags per 100 person-years with their 95 % interval, at nominal 1.0."""
    print(f"{'family':8s} {'people':>6s} {'rate':>5s} {'person-years':>12s} {'false flags / 100 person-years':>32s}")
    for family in FAMILIES:
        pooled, years = 0, 0.0
        for people, desks, rate in (
            (600, 5, 0.1), (600, 5, 0.35), (600, 5, 1.0), (40, 12 * seeds, None), (600, 5, None), (10000, 1, None),
        ):  # fmt: skip
            worlds = [
                world(Setting(family, people, shares=STEADY, rate=rate), first + 300 + seed) for seed in range(desks)
            ]
            found = judge(worlds, [product.scores(one) for one in worlds], FLAG)
            middle, low, high = poisson_interval(found.false, found.years)
            usual = "mixed" if rate is None else f"{rate}"
            figures = f"{middle:5.2f} [{low:.2f}, {high:.2f}]"
            print(f"{family:8s} {people:6d} {usual:>5s} {found.years:12.0f} {figures:>32s}", flush=True)
            pooled, years = pooled + found.false, years + found.years
        print(
            f"{family:8s} pooled {years:19.0f} " + "{:5.2f} [{:.2f}, {:.2f}]".format(*poisson_interval(pooled, years))
        )


def drift(first: int, seeds: int) -> None:
    """Planted drifts, 600 people x 4 years x seeds: the product, oracles and peers at equal false flags."""
    for labels in ("hard", "soft"):
        everything: dict[str, tuple[list[World], list[Floats]]] = {}
        for family in FAMILIES:
            worlds = [world(Setting(family, shares=USUAL, labels=labels), first + seed) for seed in range(seeds)]
            makers: dict[str, Callable[[World], Floats]] = {
                "syncd": product.scores,
                "oracle: true rates, noisy labels": oracle,
                "oracle: true rates, true labels": lambda one: oracle(one, "true"),
            }
            if labels == "hard":
                makers |= {name: rule for name, (rule, _) in peers.RULES.items()}
            print(f"\n{family}, labels {labels}, 15 % misread; at equal false flags per 100 person-years")
            found = {name: [make(one) for one in worlds] for name, make in makers.items()}
            for name, scores in found.items():
                pool = everything.setdefault(name, ([], []))
                pool[0].extend(worlds)
                pool[1].extend(scores)
            _compare(worlds, found)
        print(f"\npooled over the families, labels {labels}")
        _compare(everything["syncd"][0], {name: scores for name, (_, scores) in everything.items()})


def _compare(worlds: list[World], found: dict[str, list[Floats]]) -> None:
    noisy = found["oracle: true rates, noisy labels"]
    for rate in (0.4, 1.0, 6.0):
        bar = judge(worlds, noisy, threshold_for(worlds, noisy, rate))
        for name, scores in found.items():
            threshold = threshold_for(worlds, scores, rate)
            result = judge(worlds, scores, threshold)
            print(f"{rate:4.1f} {name:34s} {_figures(result)} {_shares(result, bar)}", flush=True)
    for name, scores in found.items():
        if name in ("syncd", "oracle: true rates, noisy labels"):
            print(f"set  {name:34s} {_figures(judge(worlds, scores, FLAG))}  as set: A = {FLAG:.0f}")
        if name in peers.RULES:
            print(f"set  {name:34s} {_figures(judge(worlds, scores, peers.RULES[name][1]))}  as usually set")


def _figures(result: Result) -> str:
    low, high = _wilson(result.found, len(result.delays))
    return (
        f"false {result.false_rate:7.2f} precision {result.precision:.2f} recall {result.recall:.3f} [{low:.2f}, "
        f"{high:.2f}] delay at rate >= 0.3: {result.delay():4.0f} wk (found ones {result.delay_found():3.0f})"
    )


def _shares(result: Result, bar: Result) -> str:
    return (
        f"of the noisy oracle's: recall {result.recall / max(bar.recall, 1e-9):.2f} precision "
        f"{result.precision / max(bar.precision, 1e-9):.2f} delay {result.delay() / bar.delay():.2f}"
    )


def _wilson(found: int, of: int) -> tuple[float, float]:
    z, share = 1.96, found / max(of, 1)
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return float(middle - half), float(middle + half)
