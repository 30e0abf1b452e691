"""What a week costs: beside the bare numpy arithmetic, against people, against past interactions, and one replay.

Times are those of the process, so that what else runs on the machine counts less.
"""

from __future__ import annotations

import time

import numpy as np

from bench.drift.adapter import FIRST_WEEK, diary, frame
from bench.drift.worlds import USUAL, Setting, world
from rules.health.assessment import DriftSettings
from rules.health.desk import Desk

LAST = 12  # weeks that are measured
REPLAYED = 20  # people


def floor(people: int, cells: int = 64, falls: int = 2) -> float:
    """Seconds of the same arithmetic for one detector, written down bare: hazards looked up, one exponential, the
    powers of it, the recursions, the sums over the grid."""
    rng = np.random.default_rng(0)
    table = rng.random((260, cells), np.float32)
    age = rng.integers(0, 50, people)
    level, ratio = rng.random((people, 1), np.float32), 3 * rng.random((people, 1), np.float32)
    like, prior = rng.random((people, cells), np.float32), np.full(cells, 1 / cells, np.float32)
    sums = [np.ones((people, cells), np.float32) for _ in range(falls + 1)]
    powers = (0.05, 0.15, 0.05)
    times = []
    for _ in range(LAST):
        started = time.process_time()
        calm = np.exp(table[age] * -level)
        usual = calm * (1 - ratio) + ratio
        belief = like * prior
        for total, power in zip(sums, powers, strict=True):
            np.add(total, 1, out=total)
            np.multiply(total, (calm ** np.float32(power) * (1 - ratio) + ratio) / usual, out=total)
            np.clip(total, 1e-30, 1e30, out=total)
        like *= usual
        like /= like.max(1, keepdims=True)
        belief = like * prior
        belief /= belief.sum(1, keepdims=True)
        for total in sums:
            np.einsum("ng,ng->n", belief, total)
        np.einsum("ng,ng->n", belief, table[age])
        times.append(time.process_time() - started)
    return float(np.median(times))


def cost(first: int, seeds: int) -> None:
    """Both detectors and the statuses, per week, median of the last weeks; replays, mean of some people."""
    del seeds
    for people, weeks in ((1000, 104), (3000, 104), (10000, 104), (3000, 52), (3000, 208)):
        one = world(Setting(people=people, weeks=weeks, shares=USUAL), first)
        desk = Desk(frame(one), DriftSettings(), None, diary(one))
        times = []
        for week in range(weeks):
            started = time.process_time()
            desk.take(FIRST_WEEK + week)
            times.append(time.process_time() - started)
        mine, bare = float(np.median(times[-LAST:])), 2 * floor(people)
        started = time.process_time()
        for group in desk.rows[:REPLAYED]:
            desk.replay(group, FIRST_WEEK + weeks - 1)
        replay = (time.process_time() - started) / REPLAYED
        contacts = len(one.contacts.week)
        print(
            f"{people:6d} people, {weeks:3d} weeks, {contacts:8d} past contacts: {1000 * mine:6.1f} ms a week, bare "
            f"numpy {1000 * bare:6.1f} ms ({mine / bare:.2f} times); one person replayed {1000 * replay:.1f} ms",
            flush=True,
        )
