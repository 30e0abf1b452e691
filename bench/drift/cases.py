"""The other statuses, and the planted cases one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench.drift import product
from bench.drift.adapter import FIRST_WEEK, diary, first_address, frame, person_of
from bench.drift.measure import judge
from bench.drift.records import World
from bench.drift.worlds import STEADY, USUAL, Setting, world
from rules.health.assessment import Answer, DriftSettings, History, Status
from rules.health.desk import Desk
from rules.health.diary import RICH, Diary
from rules.health.verdicts import KEPT
from rules.health.weeks import sunday

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


def answered(one: World, kind: str) -> tuple[int, int, int, int]:
    """Those so planted; called drifting; once more after the owner said *wrong*; once more after the owner logged
    one call a month from then on instead."""
    begun = _flags(one, frame(one))
    planted = np.flatnonzero(one.truth.kind == kind)
    asked = {
        int(i): weeks[0]
        for i in planted
        if (weeks := [week for week in begun[int(i)] if week >= one.truth.change[i]])
    }
    answers = [Answer(first_address(i), sunday(FIRST_WEEK + week + 1), "wrong") for i, week in asked.items()]
    again = _flags(one, replace(frame(one), answers=answers))
    told = diary(one)
    calls = sorted((week, i) for i, since in asked.items() for week in range(since + 1, one.weeks, 4))
    logging = _flags(one, frame(one), _with_calls(told, calls))

    def later(flags: list[list[int]]) -> int:
        return sum(any(week > asked[i] + 1 for week in flags[i]) for i in asked)

    return len(planted), len(asked), later(again), later(logging)


def _flags(one: World, told: History, kept: Diary | None = None) -> list[list[int]]:
    """Of each person the weeks in which `drifting` began."""
    desk = Desk(told, DriftSettings(), None, kept or diary(one))
    found: list[list[int]] = [[] for _ in range(one.people)]
    on = np.zeros(one.people, bool)
    for week in range(one.weeks):
        desk.take(FIRST_WEEK + week)
        who = np.array([person_of(group.id) for group in desk.rows])
        now = np.zeros(one.people, bool)
        now[who[desk.memory.verdicts.entered(Status.DRIFTING) >= 0]] = True
        for i in np.flatnonzero(now & ~on):
            found[i].append(week)
        on = now
    return found


def _with_calls(told: Diary, calls: list[tuple[int, int]]) -> Diary:
    """The diary with calls (week, person) that the owner logged."""
    number = {address: i for i, address in enumerate(told.addresses)}
    known = [(FIRST_WEEK + week, number[first_address(i)]) for week, i in calls if first_address(i) in number]
    if not known:
        return told
    week, address = (np.array(column) for column in zip(*known, strict=True))
    more = {"week": week, "address": address, "kind": RICH, "personal": 0.9, "candidate": True, "took_place": 1.0}
    order = np.argsort(np.concatenate([told.week, week]), kind="stable")
    columns = {}
    flags = ("candidate", "took_place", "ours", "theirs", "aside")
    for name in ("week", "address", "place", "kind", "personal", *flags):
        old = getattr(told, name)
        columns[name] = np.concatenate([old, np.broadcast_to(more.get(name, 0), week.shape).astype(old.dtype)])[order]
    return replace(told, **columns)


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
    sums = np.sum([answered(world(Setting(shares=(*STEADY, ("unseen_calls", 0.15))), first + seed), "unseen_calls")
                   for seed in range(seeds)], axis=0)  # fmt: skip
    print(
        f"unseen_calls   called drifting {sums[1]} of {sums[0]}; once more after *wrong* {sums[2]}, after a call "
        f"logged every four weeks {sums[3]}",
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
