"""How an owner's mailbox and calendar live on at random, whoever provides them: the rules of `online_life.py`.

Two ways: a state machine, of which Hypothesis makes every failure small; and a long life of daily syncs in which a
set number of requests go wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.connectors.online_life import OnlineLife
from tests.fakes.faults import FaultPlan
from tests.fakes.logs import all_logged

Make = Callable[[], OnlineLife]
SECRET = "CANARYTOKEN"
"""Stands in every token and code that a fake gives out."""

picks = st.integers(0, 99)
places = st.lists(st.integers(0, 5), max_size=3, unique=True)
days = st.integers(-40, 160)


class OnlineMachine(RuleBasedStateMachine):
    """Subclasses say whose life it is. `steps` counts the rules that ran, `checks` how often all was equal."""

    make: ClassVar[Make]
    steps: ClassVar[int]
    checks: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.life = type(self).make()
        type(self).steps -= 1  # the invariant is looked at once before the first rule

    def teardown(self) -> None:
        try:
            self.life.synced()
        finally:
            type(self).checks += self.life.checks
            self.life.close()

    @initialize(seed=st.integers(0, 10_000))
    def begin(self, seed: int) -> None:
        """Some mail and a few appointments, so that most rules find something to change."""
        chance = random.Random(seed)
        for number in range(6):
            self.life.deliver(number, chance.sample(self.life.PLACES, 1), 20 * number)
        for times in (0, 0, 3, 7):
            self.life.arrange(chance.randrange(-40, 100), times)

    @invariant()
    def count(self) -> None:
        type(self).steps += 1

    @rule(count=st.integers(1, 8), number=picks, where=places, hours=st.integers(0, 5_000))
    def deliver(self, count: int, number: int, where: list[int], hours: int) -> None:
        for offset in range(count):
            self.life.deliver((number + offset // 3) % 9, self._places(where), hours + offset)

    @rule(pick=picks, where=places)
    def place(self, pick: int, where: list[int]) -> None:
        self.life.place(pick, self._places(where))

    @rule(pick=picks)
    def flag(self, pick: int) -> None:
        self.life.flag(pick)

    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        self.life.delete(pick)

    @rule(pick=picks, what=st.sampled_from(["rename", "delete", "make"]))
    def change_place(self, pick: int, what: str) -> None:
        self.life.change_place(pick, what)

    @rule()
    def rename_calendar(self) -> None:
        self.life.rename_calendar()

    @rule()
    def forget_deleted(self) -> None:
        self.life.forget_deleted()

    @rule(days=days, times=st.integers(0, 9))
    def arrange(self, days: int, times: int) -> None:
        self.life.arrange(days, times)

    @rule(pick=picks, days=days)
    def edit(self, pick: int, days: int) -> None:
        self.life.edit(pick, days)

    @rule(pick=picks, which=picks, days=st.none() | st.integers(-3, 100))
    def change_occurrence(self, pick: int, which: int, days: int | None) -> None:
        self.life.change_occurrence(pick, which, days)

    @rule(pick=picks, times=st.integers(1, 9))
    def truncate(self, pick: int, times: int) -> None:
        self.life.truncate(pick, times)

    @rule(pick=picks, begins=st.sampled_from("es"))
    def unarrange(self, pick: int, begins: str) -> None:
        self.life.unarrange(pick, begins)

    @rule(days=st.integers(1, 30))
    def pass_days(self, days: int) -> None:
        self.life.pass_days(days)

    @rule(pick=picks)
    def expire(self, pick: int) -> None:
        self.life.expire(self.life.EXPIRABLE[pick % len(self.life.EXPIRABLE)])

    @rule()
    def sync(self) -> None:
        self.life.synced()

    @rule(seed=st.integers(0, 10_000), rate=st.sampled_from([0.05, 0.2, 0.5, 0.9]))
    def sync_on_a_bad_day(self, seed: int, rate: float) -> None:
        self.life.faulty(seed, rate)

    @rule(batch=st.integers(0, 5))
    def killed(self, batch: int) -> None:
        self.life.killed(batch)

    def _places(self, numbers: Sequence[int]) -> list[str]:
        return [self.life.PLACES[number] for number in numbers]


def explore(
    machine: type[OnlineMachine], *, examples: int, length: int, phases: Sequence[Phase] = tuple(Phase)
) -> tuple[int, int]:
    """Run so many lives; answers steps and the times that all was equal."""
    machine.steps = machine.checks = 0
    limits = settings(
        max_examples=examples,
        stateful_step_count=length,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=phases,
        database=None,
    )
    run_state_machine_as_test(machine, settings=limits)
    return machine.steps, machine.checks


def explore_for_long(machine: type[OnlineMachine], wanted: int) -> int:
    """Run lives until `wanted` steps are done; prints and answers how many they were."""
    steps = checks = 0
    while steps < wanted:
        more = explore(machine, examples=50, length=40)
        steps, checks = steps + more[0], checks + more[1]
    print(f"\n{machine.__name__}: {steps} steps, {checks} times equal")  # noqa: T201
    return steps


# Faults in number


MAILS, ENTRIES = 300, 30
"""So many mails and entries the owner keeps."""
MOVE = 100
"""Days, after which all is compared, and the accounts begin anew in the same ledger."""


def live_on(life: OnlineLife, chance: random.Random) -> None:
    """A day of an owner's life, who clears up in the evening."""
    ways: list[Callable[[], Any]] = [
        lambda: life.place(chance.randrange(99), chance.sample(life.PLACES, 2)),
        lambda: life.delete(chance.randrange(99)),
        lambda: life.arrange(chance.randrange(-40, 160)),
        lambda: life.arrange(chance.randrange(-40, 60), chance.randrange(1, 9)),
        lambda: life.change_occurrence(chance.randrange(99), chance.randrange(9), chance.choice([None, 1, 30])),
        lambda: life.truncate(chance.randrange(99), chance.randrange(1, 9)),
        lambda: life.unarrange(chance.randrange(99), chance.choice("es")),
        lambda: life.change_place(chance.randrange(9), "rename"),
        life.rename_calendar,
    ]
    for _ in range(life.ARRIVALS):
        life.deliver(chance.randrange(10_000), chance.sample(life.PLACES, 2))
    for _ in range(5):
        chance.choice(ways)()
    life.clear_up(MAILS, ENTRIES)
    if chance.random() < 1 / 30:
        life.forget_deleted()
    life.pass_days(1)


def run_of(make: Make, days: int, rate: float, budget: int, seed: int) -> tuple[OnlineLife, int]:
    """A life with a sync every day, until the faults are used up or the days are over; and the days that it took."""
    life, chance = make(), random.Random(seed)
    plan = life.faults = FaultPlan(seed=seed, rate=rate, budget=budget)
    day = 0
    while day < days and (not rate or plan.total < budget):
        live_on(life, chance)
        life.run()
        day += 1
        if day % MOVE == 0:
            compare(life)
            life.move()
    return life, day


def compare(life: OnlineLife) -> None:
    """After a sync without faults the ledger equals the world."""
    plan, life.faults = life.faults, FaultPlan()
    life.synced()
    life.faults = plan


def share_in_vain(make: Make, faults: int, seed: int = 11) -> float:
    """Run through so many faults and check the end; answers which share of the requests was in vain.

    One request in twenty goes wrong: a bad day, not an outage. In vain is what the same life took more
    than without a fault: the repeated requests, the answers that were lost with a whole batch, and what expired
    cursors made it list again. Of a long life the first days are lived once more without a fault, of which one is
    like another. No token may stand in anything that is logged meanwhile, at DEBUG.
    """
    heard = _Heard()
    with all_logged(heard.line):
        life, days = run_of(make, 10**6, 0.05, faults, seed)
        requests, happened = life.requests, life.faults.happened
        compare(life)
        checks = life.checks
        life.close()
    assert heard.tokens == []
    short = min(days, MOVE)
    clean, _ = run_of(make, short, 0.0, 0, seed)
    needed = clean.requests * days / short
    clean.close()
    share = (requests - needed) / requests
    assert happened.total() == faults
    assert len(happened) >= (5 if faults < 1_000 else life.FAULTS)  # some are rare
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(happened.items()))
    told = f"{faults} faults in {requests} requests and {days} days, {checks} times equal"
    print(f"\n{told}: {share:.1%} in vain ({kinds})")  # noqa: T201
    print(f"{heard.records} lines of log, none with a token")  # noqa: T201
    return share


class _Heard:
    """Counts the lines of a log, and keeps those that hold a token."""

    def __init__(self) -> None:
        self.records = 0
        self.tokens: list[str] = []

    def line(self, line: str) -> None:
        self.records += 1
        if SECRET in line:
            self.tokens.append(line)
