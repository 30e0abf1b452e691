"""Files in, flags out: simulated desks through `syncd sync` and `syncd backtest` with the default config.

`python -m bench.drift.pipeline [HAND …]` prints, per hand and pooled, what the whole pipeline found beside the noisy
oracle and beside the same detector on the same counts. Desks in /tmp/syncd-bench unless BENCH_FOLDER says otherwise.
`BENCH_PEOPLE`, `BENCH_WEEKS`, `BENCH_SEEDS` (desks per hand and family), `BENCH_DRIFT=dev` as for `bench drift`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.drift import losses, product
from bench.drift.files import Writer
from bench.drift.hands import HANDS, Hand
from bench.drift.measure import Result, judge, poisson_interval, threshold_for
from bench.drift.oracles import oracle
from bench.drift.records import START, World
from bench.drift.worlds import USUAL, Setting, world

Floats = NDArray[np.floating]
FAMILIES = ("renewal", "visits")


@dataclass
class Run:
    """One desk: the world, who is who in its files, and per person and week whether each said `drifting`."""

    world: World
    writer: Writer
    folder: Path
    pipeline: Floats
    counts: Floats
    oracle: Floats


def run(family: str, hand: Hand, seed: int, base: Path, people: int, weeks: int) -> Run:
    """Writes one desk, syncs it and replays its past, each as a user would."""
    setting = Setting(family, people, weeks, shares=USUAL)
    one = world(setting, seed)
    folder = base / f"{family}-{hand.name}-{people}-{weeks}-{seed}"
    writer = Writer(one, hand, seed)
    config = writer.write(folder)
    (folder / "ledger.db").unlink(missing_ok=True)
    _syncd(config, "sync")
    last = START + timedelta(days=7 * weeks - 1)
    changes = _syncd(config, "backtest", "--from", str(START), "--to", str(last), "--format", "jsonl")
    (folder / "changes.jsonl").write_text(changes, "utf-8")
    return Run(one, writer, folder, said(writer, changes), product.scores(one), oracle(one))


def _syncd(config: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "syncd", "--config", str(config), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def said(writer: Writer, changes: str, status: str = "drifting") -> Floats:
    """1.0 where the status held, [people, weeks]."""
    one = writer.world
    number = {where: i for i, member in enumerate(writer.cast) for where in (member.address, member.moved)}
    found = np.zeros((one.people, one.weeks), np.float32)
    held: dict[str, int] = {}

    def close(person: str, until: int) -> None:
        if person in held:
            for i in {number[where] for where in addresses[person] if where in number}:
                found[i, held[person] : until] = 1.0
            del held[person]

    addresses: dict[str, list[str]] = {}
    for line in changes.splitlines():
        change = json.loads(line)
        person, week = change["person"], _week(change["week"])
        close(person, week)
        addresses[person] = change["addresses"]
        if change["status"] == status:
            held[person] = week
    for person in list(held):
        close(person, one.weeks)
    return found


def _week(label: str) -> int:
    year, number = map(int, label.split("-W"))
    return (date.fromisocalendar(year, number, 1) - START).days // 7


def compare(runs: list[Run]) -> None:
    """The pipeline as set, beside the oracle as set and at the pipeline's own rate of false flags."""
    worlds = [one.world for one in runs]
    oracles = [one.oracle for one in runs]
    ours = judge(worlds, [one.pipeline for one in runs], 0.5)
    alike = judge(worlds, oracles, threshold_for(worlds, oracles, max(ours.false_rate, 0.05)))
    as_set = judge(worlds, oracles, product.FLAG)
    for name, result in (
        ("files, default config", ours),
        ("the same counts, no files", judge(worlds, [one.counts for one in runs], product.FLAG)),
        ("noisy oracle, as set", as_set),
        ("noisy oracle, equal false flags", alike),
    ):
        middle, low, high = poisson_interval(result.false, result.years)
        shares = " ".join(_shares(result, bar) for bar in (as_set, alike))
        print(
            f"  {name:32s} false {result.false:3d} = {middle:5.2f} [{low:.2f}, {high:.2f}] found {result.found:3d} "
            f"of {len(result.delays)} precision {result.precision:.2f} recall {result.recall:.2f} delay "
            f"{result.delay():3.0f}; of the oracle's as set and alike: {shares}",
            flush=True,
        )
    print(f"  wrong: {dict(sorted(ours.false_kinds.items()))}")


def _shares(result: Result, bar: Result) -> str:
    return (
        f"{result.recall / max(bar.recall, 1e-9):.2f}/{result.precision / max(bar.precision, 1e-9):.2f}/"
        f"{result.delay() / bar.delay():.2f}"
    )


def main(names: list[str]) -> None:
    base = Path(os.environ.get("BENCH_FOLDER", "/tmp/syncd-bench"))
    people, weeks, seeds = (
        int(os.environ.get(name, usual))
        for name, usual in (("BENCH_PEOPLE", "150"), ("BENCH_WEEKS", "208"), ("BENCH_SEEDS", "1"))
    )
    first = 100 if os.environ.get("BENCH_DRIFT") == "dev" else 9000
    everything: list[Run] = []
    for name in names or HANDS:
        seed = first + 50 * list(HANDS).index(name)  # the same desks, whichever hands are named
        runs = [
            run(family, HANDS[name], seed + number, base, people, weeks)
            for family in FAMILIES
            for number in range(seeds)
        ]
        print(f"\n{name}: {len(runs)} desks of {people} people, {weeks} weeks", flush=True)
        compare(runs)
        losses.tell(runs)
        everything += runs
    print("\npooled")
    compare(everything)
    losses.tell(everything)


if __name__ == "__main__":
    main(sys.argv[1:])
