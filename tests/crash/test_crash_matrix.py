"""Killed at any step and run again, the ledger holds what it would have held anyway; so do copies and outbox."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.mistakes import MISTAKES
from tests.crash.scenarios import SCENARIOS
from tests.ledger.conftest import server

ROOT = Path(__file__).parents[2]
Gave = dict[str, Any]


def matrix(scenario: str, folder: Path, every: int, *, shots: int = 0, on: str | None = None) -> list[Gave]:
    """The jobs of a scenario, killed at every n-th step (see worker.py, which is a process of its own)."""
    program = str(Path(__file__).with_name("worker.py"))
    command = [sys.executable, program, scenario, str(folder), str(every), str(shots), *([on] if on else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    jobs: list[Gave] = json.loads(done.stdout)
    return jobs


def said(jobs: list[Gave]) -> tuple[int, int, int]:
    """Kill points, those inside a transaction, wrong results; said aloud, because a test may pass empty."""
    for job in jobs:
        share = f"{job['inside'] / job['points']:4.0%} inside a transaction"
        counts = f"{job['points']:4} of {job['steps']:4} steps, {share}, {job['shots']:3} at any instant"
        again = f", {job['twice']} mails sent again" if job["twice"] else ""
        print(f"\n{job['job']:30} killed at {counts}, {len(job['wrong'])} wrong{again}", end="")  # noqa: T201
    points, inside = sum(job["points"] for job in jobs), sum(job["inside"] for job in jobs)
    wrong = sum(len(job["wrong"]) for job in jobs)
    print(f"\n{points} kill points, {inside / points:.0%} inside a transaction, {wrong} wrong results")  # noqa: T201
    return points, inside, wrong


# How densely `make test` kills, and how often that must be at least: in every job, and in the scenario.
DENSITY = {"whole": (31, 2, 60), "judged": (13, 6, 15), "migrated": (15, 8, 8), "from_the_first": (11, 8, 8)}


@pytest.mark.parametrize("scenario", DENSITY)
def test_killed_anywhere_it_ends_the_same(tmp_path: Path, scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    every, at_least, together = DENSITY[scenario]
    jobs = matrix(scenario, tmp_path, every, shots=1)
    with capsys.disabled():
        points, inside, wrong = said(jobs)
    assert points >= together
    assert min(job["points"] for job in jobs) >= at_least
    assert inside >= points / 4
    assert wrong == 0, jobs


def test_the_jobs_are_all_that_write() -> None:
    """A job that nobody kills proves nothing."""
    killed = {job.name.partition(":")[0] for name in DENSITY for job in SCENARIOS[name]() if job.killed}
    asked = {"sync", "interpret", "assess", "migrate", "retention", "forget", "import", "mail"}
    assert killed == asked | {"journal and its copies"}


@pytest.fixture
def postgres() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="syncd-crash-") as folder, server(Path(folder)) as url:
        yield url


def test_killed_on_postgresql_it_ends_the_same(
    tmp_path: Path, postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = matrix("on_a_server", tmp_path, 47, on=postgres)
    with capsys.disabled():
        points, inside, wrong = said(jobs)
    assert points >= 20
    assert inside >= points / 4
    assert wrong == 0, jobs


@pytest.mark.parametrize(
    ("mistake", "every"),
    [("cursor_first", 17), ("mail_marked_first", 8), ("flags_marked_first", 8), ("never_finished", 15)],
)
def test_a_mistake_is_caught(tmp_path: Path, mistake: str, every: int, capsys: pytest.CaptureFixture[str]) -> None:
    """The negative control: the same matrix finds the mistakes that it is there to find."""
    jobs = matrix(mistake, tmp_path, every)
    with capsys.disabled():
        points, _, wrong = said(jobs)
    assert points >= 10
    assert wrong > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("scenario", [*SCENARIOS, *MISTAKES])
def test_killed_at_every_single_step(
    tmp_path: Path, scenario: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    on = request.getfixturevalue("postgres") if scenario == "on_a_server" else None
    mistaken = scenario in MISTAKES
    jobs = matrix(scenario, tmp_path, 1, shots=0 if mistaken else 20, on=on)
    with capsys.disabled():
        points, _, wrong = said(jobs)
    assert points >= 35
    assert wrong > 0 if mistaken else wrong == 0, jobs
