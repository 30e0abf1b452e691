"""Kills a process at every step of a scenario, lets another go on, and compares. Run by test_crash_matrix.py.

A step is the moment before or after a statement or a commit. Each stage of a scenario is first run whole and its
steps are counted; then, for every step, a forked process begins at the stage's start and is killed there (SIGKILL),
a second one runs the stage again, and the ledger must hold what it held after the undisturbed run.

    python tests/crash/worker.py SCENARIO FOLDER     one JSON line: what each stage gave
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from syncd.ledger import Ledger, database
from tests.crash.scenarios import SCENARIOS, Stage

# How often the ledger was written, and what merely counts writes: an interrupted sync may write in more steps.
COUNTERS = {"step", "version", "facts_version", "forget_key"}


@dataclass
class Steps:
    """Counts the steps of a run, and kills it at one of them."""

    stop: int
    labels: list[str] = field(default_factory=list)

    def step(self, connection: Any, what: str) -> None:
        self.labels.append(f"{'inside' if connection.in_transaction else 'outside'} {what}")
        if len(self.labels) == self.stop:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, engine: Engine) -> Engine:
        """Step before and after every statement and commit of an engine."""

        def statement(connection: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
            self.step(connection.connection.dbapi_connection, sql.split("(", maxsplit=1)[0][:60])

        event.listen(engine, "before_cursor_execute", statement)
        event.listen(engine, "after_cursor_execute", statement)
        commit = engine.dialect.do_commit

        def committed(connection: Any) -> None:
            self.step(connection.dbapi_connection, "before COMMIT")
            commit(connection)
            self.step(connection.dbapi_connection, "after COMMIT")

        engine.dialect.do_commit = committed  # type: ignore[method-assign, assignment]
        return engine


def run(stage: Stage, path: Path, stop: int) -> list[str]:
    """Run a stage in a forked process; the labels of its steps, or an empty list if it was killed at `stop`."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            steps = Steps(stop)
            connect = database.connect
            database.connect = lambda url: steps.watch(connect(url))
            stage(path)
            with os.fdopen(writing, "w") as out:
                json.dump(steps.labels, out)
            code = 0
        except BaseException:  # noqa: BLE001 # a forked child must end here, whatever happened
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return []
    if status:
        raise SystemExit(f"{stage.__name__} failed by itself")
    labels: list[str] = json.loads(text)
    return labels


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in a ledger but counters."""
    with Ledger.open(f"sqlite:///{path}") as ledger:
        damage = ledger.facts.damage()
    assert not damage, damage
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {}
    for table in tables:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] not in COUNTERS]
        found[table] = sorted(connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall(), key=repr)
    connection.close()
    return found


def copy(source: Path, target: Path) -> None:
    """A ledger with all that lies beside it."""
    shutil.rmtree(target.parent, ignore_errors=True)
    if source.parent.exists():
        shutil.copytree(source.parent, target.parent)


def matrix(stages: Sequence[Stage], folder: Path, every: int) -> list[dict[str, Any]]:
    """Kill at every step of every stage (or at every n-th); what came of it, stage by stage."""
    golden = folder / "golden" / "ledger.db"
    results = []
    for stage in stages:
        start, broken = folder / "start" / "ledger.db", folder / "broken" / "ledger.db"
        copy(golden, start)
        labels = run(stage, golden, 0)
        expected = content(golden)
        points, wrong = range(1, len(labels) + 1, every), []
        for point in points:
            copy(start, broken)
            assert run(stage, broken, point) == [], f"{stage.__name__} outlived its kill at {point}"
            run(stage, broken, 0)
            if content(broken) != expected:
                wrong.append(labels[point - 1])
        inside = sum(labels[point - 1].startswith("inside") for point in points)
        results.append({"stage": stage.__name__, "points": len(points), "inside": inside, "wrong": wrong})
    return results


def main(arguments: Sequence[str], *, scenarios: dict[str, Callable[[], Sequence[Stage]]] = SCENARIOS) -> None:
    name, folder, every = arguments
    print(json.dumps(matrix(scenarios[name](), Path(folder), int(every))))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
