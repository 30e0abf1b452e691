"""Kills a process at every step of a job, lets another go on, and compares. Run by test_crash_matrix.py.

A step is the moment before or after a statement or a commit, or before a file is opened for writing, renamed or
removed. Each job of a scenario is first run whole and its steps are counted; then, for every step (or every n-th),
a forked process begins at the job's start and is killed there (SIGKILL), a second one does the job again, and all is
to be as after the undisturbed run. `shots`: so many more are killed at any instant, whatever they do just then.

    python tests/crash/worker.py SCENARIO FOLDER EVERY[+FIRST] SHOTS [POSTGRES]   one JSON line: what each job gave
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import event
from sqlalchemy.engine import Engine

from syncd.ledger import database
from tests.crash.mistakes import MISTAKES
from tests.crash.scenarios import SCENARIOS, Job
from tests.crash.site import Site, Stage

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_MOVED = {"os.rename": 1, "os.remove": 0}
TAKEN = "outside os.rename mail"


@dataclass
class Steps:
    """Counts the steps of a run, and kills it at one of them."""

    folder: Path
    stop: int
    labels: list[str] = field(default_factory=list)

    def step(self, what: str, *, inside: bool = False) -> None:
        self.labels.append(f"{'inside' if inside else 'outside'} {what}")
        if len(self.labels) == self.stop:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, engine: Engine) -> Engine:
        """Step before and after every statement and commit of an engine."""

        def statement(connection: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
            what = " ".join(sql.split("(", maxsplit=1)[0].split())[:60]
            self.step(what, inside=_in_transaction(connection.connection.dbapi_connection))

        event.listen(engine, "before_cursor_execute", statement)
        event.listen(engine, "after_cursor_execute", statement)
        commit = engine.dialect.do_commit

        def committed(connection: Any) -> None:
            inside = _in_transaction(connection.dbapi_connection)
            self.step("before COMMIT", inside=inside)
            commit(connection)
            self.step("after COMMIT")

        engine.dialect.do_commit = committed  # type: ignore[method-assign, assignment]
        return engine

    def audit(self, what: str, told: tuple[Any, ...]) -> None:
        """Step before a file of the site is written, renamed or removed."""
        if what == "open":
            name, mode, flags = told
            if not (flags or 0) & _WRITING or (mode and "r" in mode and "+" not in mode):
                return
        elif what in _MOVED:
            name = told[_MOVED[what]]
        else:
            return
        if isinstance(name, str | os.PathLike) and str(name).startswith(str(self.folder)):
            path = Path(name)
            self.step(f"{what} {'mail' if path.suffix == '.eml' else path.name.partition('.jsonl.')[0]}")


def _in_transaction(connection: Any) -> bool:
    if hasattr(connection, "in_transaction"):
        return bool(connection.in_transaction)
    return bool(connection.info.transaction_status != TransactionStatus.IDLE)


def run(stage: Stage, site: Site, stop: int = 0, *, within: float | None = None) -> list[str]:
    """Run a stage in a forked process; the labels of its steps, or an empty list if it was killed: at the step
    `stop`, or by us after some of the seconds `within`."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _be_killed(stage, site, stop, reading, writing)
    os.close(writing)
    if within is not None:
        time.sleep(random.uniform(0.0, within))  # no step of ours: any instant
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading) as told:
        text = told.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return []
    if status:
        raise SystemExit(f"{stage.__name__} failed by itself")
    labels: list[str] = json.loads(text)
    return labels


def _be_killed(stage: Stage, site: Site, stop: int, reading: int, writing: int) -> None:
    code = 1
    try:
        os.close(reading)
        steps = Steps(site.folder, stop)
        connect = database.connect
        database.connect = lambda url: steps.watch(connect(url))
        sys.addaudithook(steps.audit)
        stage(site)
        with os.fdopen(writing, "w") as out:
            json.dump(steps.labels, out)
        code = 0
    except BaseException:  # noqa: BLE001 # a forked child must end here, whatever happened
        traceback.print_exc()
    finally:
        os._exit(code)


@dataclass
class Matrix:
    """A scenario's jobs, killed in `folder`: at every n-th step from the `first` on, counted from 0, and by so many
    shots at any instant."""

    folder: Path
    every: int
    first: int = 0
    shots: int = 0
    server: str | None = None

    def site(self, name: str) -> Site:
        return Site(self.folder / name, self.server)

    def run(self, jobs: Sequence[Job]) -> list[dict[str, Any]]:
        golden = self.site("golden")
        self.site("nothing").copy_to(golden)
        self._warm(jobs)
        gave = []
        for job in jobs:
            found = self._job(job, golden)
            if found is not None:
                gave.append(found)
                print(json.dumps(found), file=sys.stderr, flush=True)  # noqa: T201 # a long run is to be watched
        return gave

    def _warm(self, jobs: Sequence[Job]) -> None:
        """All jobs once in this very process: what they load stays loaded in every child."""
        warm = self.site("warm")
        self.site("nothing").copy_to(warm)
        for job in jobs:
            job.stage(warm)
        assert threading.active_count() == 1, "a process with threads cannot be forked"

    def _job(self, job: Job, golden: Site) -> dict[str, Any] | None:
        start, broken = self.site("start"), self.site("broken")
        golden.copy_to(start)
        began = time.perf_counter()
        labels = run(job.stage, golden)
        seconds = time.perf_counter() - began
        if not job.killed:
            return None
        expected = golden.content()
        points = range(1 + self.first, len(labels) + 1, self.every)
        wrong, twice = [], 0
        for point in [*points, *[0] * self.shots]:
            start.copy_to(broken)
            killed = run(job.stage, broken, point, within=None if point else seconds)
            assert killed == [] or not point, f"{job.name} outlived its kill at {point}"
            run(job.stage, broken)
            what = labels[point - 1] if point else "at any instant"
            found = broken.content()
            mails = found["mails"]
            repeated = len(list(broken.outside.glob("*.eml"))) - len(mails)
            twice += repeated
            if found != expected or (job.erases and broken.traces(job.erases)):
                wrong.append(f"{what}: {_differing(found, expected)}")
            elif repeated and point and not _unsure(labels, point):
                wrong.append(f"{what}: the mail went out twice")
        inside = sum(labels[point - 1].startswith("inside") for point in points)
        counts = {"points": len(points), "inside": inside, "shots": self.shots, "twice": twice, "steps": len(labels)}
        return {"job": job.name, **counts, "wrong": wrong}


def _unsure(labels: Sequence[str], point: int) -> bool:
    """Whether the mail was out at a step, and no mark on disk that says so: then it has to go out again."""
    taken = labels.index(TAKEN) + 1
    marked = labels.index("outside after COMMIT", taken) + 1
    return taken < point < marked


def _differing(found: dict[str, Any], expected: dict[str, Any]) -> str:
    for name in sorted({*found, *expected}):
        one, other = found.get(name), expected.get(name)
        if one != other and isinstance(one, dict) and isinstance(other, dict):
            return f"{name}: {_differing(one, other)}"
        if one != other:
            return f"{name}: {str(one)[:300]} instead of {str(other)[:300]}"
    return "a trace is left"


def main(arguments: Sequence[str]) -> None:
    name, folder, density, shots, *server = arguments
    every, _, first = density.partition("+")
    matrix = Matrix(Path(folder), int(every), int(first or 0), int(shots), *server)
    print(json.dumps(matrix.run((SCENARIOS | MISTAKES)[name]())))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
