"""Whatever happens outside, and whatever happens to the ledger: after a sync it holds what the outside showed."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from syncd.ledger import writing
from syncd.ledger.forgotten import Forgotten
from tests.sync.kept_engine import benched
from tests.sync.living import Living
from tests.sync.machine import Machine

# Making a failing history shorter takes many minutes: SYNCD_SHRINK=1 asks for it.
GENERATE = [Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if os.environ.get("SYNCD_SHRINK") else [])]


def explore(examples: int, length: int, *, number: int | None = None, phases: Sequence[Phase] = GENERATE) -> int:
    """Run the machine; how many steps it took. `number`: a seed."""
    Living.steps, Living.ran = 0, {}
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    limits = settings(
        max_examples=examples, stateful_step_count=length, deadline=None, suppress_health_check=checks, phases=phases,
        report_multiple_bugs=False,
    )  # fmt: skip
    machine = Machine if number is None else seed(number)(type("Machine", (Machine,), {}))
    with benched() as Machine.bench:
        run_state_machine_as_test(machine, settings=limits)
    return Living.steps


def test_the_ledger_equals_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    steps = explore(examples=30, length=40)
    with capsys.disabled():
        print(f"\n{steps} steps of the state machine, {len(Living.ran)} kinds")  # noqa: T201
    assert steps >= 500
    assert len(Living.ran) >= 25


def test_the_machine_notices_a_ledger_that_forgets_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(writing._Writer, "_move", lambda *_: False)
    with pytest.raises(AssertionError):
        explore(examples=100, length=40, number=1)


def test_the_machine_notices_a_ledger_that_lets_the_forgotten_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of forgetting."""
    monkeypatch.setattr(Forgotten, "without", lambda _, observation: observation)
    with pytest.raises(AssertionError):
        explore(examples=100, length=40, number=1)


@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_the_ledger_equals_the_model_for_long(capsys: pytest.CaptureFixture[str]) -> None:
    """SYNCD_STEPS and SYNCD_SEED say how far and along which ways; every stretch has a seed of its own."""
    wanted, number = int(os.environ.get("SYNCD_STEPS", "50000")), int(os.environ.get("SYNCD_SEED", "0"))
    began, steps, stretches = time.monotonic(), 0, 0
    while steps < wanted:
        steps += explore(examples=200, length=50, number=number + stretches)
        stretches += 1
        with capsys.disabled():
            seconds = time.monotonic() - began
            print(f"\nseed {number + stretches - 1}: {steps} steps of the state machine in {seconds:.0f} s", end="")  # noqa: T201
    assert steps >= wanted
