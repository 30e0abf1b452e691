"""Killed at any step and run again, the ledger holds what it would have held anyway."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def matrix(scenario: str, folder: Path, every: int) -> list[dict[str, Any]]:
    """The stages of a scenario, killed at every n-th step (see worker.py, which is a process of its own)."""
    command = [sys.executable, str(Path(__file__).with_name("worker.py")), scenario, str(folder), str(every)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    stages: list[dict[str, Any]] = json.loads(done.stdout)
    return stages


def total(stages: list[dict[str, Any]]) -> tuple[int, int, int]:
    """Kill points, those inside a transaction, wrong results; said aloud, because a test may pass empty."""
    points = sum(stage["points"] for stage in stages)
    inside = sum(stage["inside"] for stage in stages)
    wrong = sum(len(stage["wrong"]) for stage in stages)
    print(f"\n{points} kill points, {inside / points:.0%} inside a transaction, {wrong} wrong results")  # noqa: T201
    return points, inside, wrong


def test_killed_anywhere_it_ends_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stages = matrix("whole", tmp_path, 23)
    with capsys.disabled():
        points, inside, wrong = total(stages)
    assert points >= 35
    assert inside >= points / 4
    assert wrong == 0, stages


def test_killed_in_a_migration_it_ends_the_same(tmp_path: Path) -> None:
    stages = matrix("migrated", tmp_path, 6)
    points, inside, wrong = total(stages)
    assert points >= 10
    assert inside >= points / 2
    assert wrong == 0, stages


def test_a_cursor_written_first_is_caught(tmp_path: Path) -> None:
    """The negative control: the same matrix finds the mistake that it is there to find."""
    points, _, wrong = total(matrix("cursor_first", tmp_path, 17))
    assert points >= 20
    assert wrong > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("scenario", ["whole", "migrated"])
def test_killed_at_every_single_step(tmp_path: Path, scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    stages = matrix(scenario, tmp_path, 1)
    with capsys.disabled():
        points, _, wrong = total(stages)
    assert points >= 35
    assert wrong == 0, stages
