"""The other statuses, and the planted cases one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.drift import product
from bench.drift.adapter import FIRST_WEEK, diary, frame, person_of
from bench.drift.measure import judge
from bench.drift.records import World
from bench.drift.worlds import STEADY, USUAL, Setting, world
from rules.health.assessment import DriftSettings, History, Status
from rules.health.desk import Desk
from rules.health.verdicts import KEPT

TRUTHS = {
    Status.MOVED_DOWN: ("moved_down", "abrupt", "ramp", "billing"),
    Status.GOING_QUIET: ("quiet", "job_change", "break", "long_leave", "address"),
    Status.ONE_SIDED: ("one_sided",),
    Status.NEVER_PERSONAL: ("never",),
}
MEANT = {
    Status.MOVED_DOWN: ("moved_down",), Status.GOING_QUIET: ("quiet",), Status.ONE_SIDED: ("one_sided",),
    Status.NEVER_PERSONAL: ("never",),
}  # fmt: skip


def history_of_statuses(one: World, told: History | None = None) -> dict[Status, NDArray[np.int64]]:
    """First week in which each status held of each person, -1 for never."""
    desk = Desk(told or frame(one), DriftSettings(), None, diary(one))
    first = {status: np.full(one.people, -1) for status in KEPT}
    for week in range(one.weeks):
        desk.take(FIRST_WEEK + week)
        who = np.array([person_of(group.id) for group in desk.rows])
        for status in KEPT:
            now = who[desk.memory.verdicts.entered(status) >= 0]
            fresh = now[first[status][now] < 0]
            first[status][fresh] = week
    return first


def statuses(first: int, seeds: int) -> None:
    """Precision and recall of the other statuses. A relationship that lost its meetings in a drift has moved down as
    well: that counts as right, but only those planted so are asked for in the recall."""
    for family in ("renewal", "visits"):
        worlds = [world(Setting(family, shares=USUAL), first + seed) for seed in range(max(2, seeds // 2))]
        found = [history_of_statuses(one) for one in worlds]
        for status, right in TRUTHS.items():
            said, good, there, caught = 0, 0, 0, 0
            for one, weeks in zip(worlds, found, strict=True):
                truth = one.truth
                flagged = weeks[status] >= 0
                late = flagged & ((weeks[status] >= truth.change) | (truth.change >= one.weeks))
                fits = np.isin(truth.kind, right) & late
                meant = np.isin(truth.kind, MEANT[status])
                said, good = said + int(flagged.sum()), good + int(fits.sum())
                there, caught = there + int(meant.sum()), caught + int((meant & late).sum())
            figures = f"precision {good / max(said, 1):.2f} recall {caught / max(there, 1):.2f}"
            print(f"{family:8s} {status.value:15s} {figures} (said of {said}, planted {there})", flush=True)


def cases(first: int, seeds: int) -> None:
    """Each planted case: how many of those so planted were called drifting after the change."""
    seeds = max(2, seeds // 2)
    for name in ("billing", "moved_address", "address", "long_leave", "quiet", "moved_down", "unseen_calls"):
        shares = (*STEADY, (name, 0.15))
        worlds = [world(Setting(shares=shares), first + seed) for seed in range(seeds)]
        scores = [product.scores(one) for one in worlds]
        planted = sum(int((one.truth.kind == name).sum()) for one in worlds)
        flagged, within = 0, {52: 0, 104: 0}
        for one, score in zip(worlds, scores, strict=True):
            week = np.arange(one.weeks)[None, :]
            after = (score >= product.FLAG) & (week >= one.truth.change[:, None])
            mine = one.truth.kind == name
            flagged += int((after.any(1) & mine).sum())
            for weeks in within:
                soon = after & (week < one.truth.change[:, None] + weeks)
                within[weeks] += int((soon.any(1) & mine).sum())
        print(
            f"{name:14s} planted {planted:4d}, called drifting {flagged / planted:.2f}, within one year "
            f"{within[52] / planted:.2f}, within two {within[104] / planted:.2f}",
            flush=True,
        )
    for name, setting in (
        ("nothing for all", Setting(shares=STEADY, remote=False)),
        ("remote shift", Setting(shares=STEADY)),
        ("crisis for all", Setting(shares=STEADY, remote=False, crisis=True)),
    ):
        worlds = [world(setting, first + seed) for seed in range(seeds)]
        found = judge(worlds, [product.scores(one) for one in worlds], product.FLAG)
        print(f"{name:16s} false flags per 100 person-years {found.false_rate:.2f} ({found.false})", flush=True)
