"""Whatever happens at Google and on the way there: after a sync the ledger holds what the owner would see."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from connectors.google import calendar, gmail
from tests.fakes.faults import Fault, FaultPlan
from tests.google import life as lives
from tests.google.life import Life

LABELS = ("INBOX", "SENT", "SPAM", "TRASH", "Label_1", "Label_2")
picks = st.integers(0, 99)
places = st.lists(st.sampled_from(LABELS), max_size=3, unique=True)
days = st.integers(-40, 160)


class Machine(RuleBasedStateMachine):
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.life = Life()

    def teardown(self) -> None:
        self.life.synced()
        self.life.close()

    @rule(count=st.integers(1, 8), number=picks, places=places, hours=st.integers(0, 5_000))
    def deliver(self, count: int, number: int, places: list[str], hours: int) -> None:
        Machine.steps += 1
        for offset in range(count):
            self.life.deliver((number + offset // 3) % 9, places, hours + offset)

    @rule(pick=picks, places=places)
    def label(self, pick: int, places: list[str]) -> None:
        Machine.steps += 1
        if id_ := self.life.mail(pick):
            self.life.box.place(id_, self.life._there(places))

    @rule(pick=picks)
    def star(self, pick: int) -> None:
        Machine.steps += 1
        if id_ := self.life.mail(pick):
            self.life.box.flag(id_, {"STARRED"} ^ self.life.box.mails[id_].flags)

    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        Machine.steps += 1
        if id_ := self.life.mail(pick):
            self.life.box.delete(id_)

    @rule(pick=picks, what=st.sampled_from(["rename", "delete", "make"]))
    def labels(self, pick: int, what: str) -> None:
        Machine.steps += 1
        if what == "make":
            self.life.make_label()
        elif what == "rename":
            self.life.rename_label(pick)
        else:
            self.life.delete_label(pick)

    @rule()
    def rename_calendar(self) -> None:
        Machine.steps += 1
        self.life.rename_calendar()

    @rule(days=days, times=st.integers(0, 9))
    def arrange(self, days: int, times: int) -> None:
        Machine.steps += 1
        if times:
            self.life.arrange_series(days, times)
        else:
            self.life.arrange(days)

    @rule(pick=picks, days=days)
    def edit(self, pick: int, days: int) -> None:
        Machine.steps += 1
        self.life.edit(pick, days)

    @rule(pick=picks, which=picks, days=st.none() | st.integers(-3, 100))
    def change_occurrence(self, pick: int, which: int, days: int | None) -> None:
        Machine.steps += 1
        self.life.change_occurrence(pick, which, days)

    @rule(pick=picks, times=st.integers(1, 9))
    def truncate(self, pick: int, times: int) -> None:
        Machine.steps += 1
        self.life.truncate(pick, times)

    @rule(pick=picks, begins=st.sampled_from("es"))
    def unarrange(self, pick: int, begins: str) -> None:
        Machine.steps += 1
        self.life.unarrange(pick, begins)

    @rule(days=st.integers(1, 30))
    def pass_days(self, days: int) -> None:
        Machine.steps += 1
        self.life.pass_days(days)

    @rule(what=st.sampled_from(["history", "tokens", "access"]))
    def expire(self, what: str) -> None:
        Machine.steps += 1
        if what == "history":
            self.life.fake.gmail.forgotten_before = self.life.box.number + 1
            self.life.deliver(0, ["INBOX"])
        elif what == "tokens":
            self.life.calendar.expire_tokens()
        else:
            self.life.fake.access.clear()

    @rule()
    def sync(self) -> None:
        Machine.steps += 1
        self.life.synced()

    @rule(seed=st.integers(0, 10_000), rate=st.sampled_from([0.05, 0.2, 0.5, 0.9]))
    def sync_on_a_bad_day(self, seed: int, rate: float) -> None:
        Machine.steps += 1
        self.life.faulty(seed, rate)

    @rule(batch=st.integers(0, 5))
    def killed(self, batch: int) -> None:
        Machine.steps += 1
        self.life.killed(batch)


def explore(examples: int, length: int, phases: Sequence[Phase] = tuple(Phase)) -> int:
    Machine.steps = 0
    limits = settings(
        max_examples=examples,
        stateful_step_count=length,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=phases,
    )
    run_state_machine_as_test(Machine, settings=limits)
    return Machine.steps


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gmail, "PAGE", 5)
    monkeypatch.setattr(calendar, "BATCH", 4)


def test_the_ledger_equals_google() -> None:
    """Without shrinking: a failure is made small by the long run."""
    assert explore(examples=6, length=25, phases=[Phase.explicit, Phase.generate]) >= 60


@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_the_ledger_equals_google_for_long() -> None:
    wanted, steps = int(os.environ.get("SYNCD_STEPS", "5000")), 0
    while steps < wanted:
        steps += explore(examples=100, length=40)
    print(f"\n{steps} steps")  # noqa: T201
    assert steps >= wanted


# Faults in number

MAILS, ENTRIES = 200, 30  # as many as the owner keeps


def live_on(life: Life, chance: random.Random) -> None:
    """A day of an owner's life, who clears up in the evening."""
    ways: list[Callable[[], Any]] = [
        lambda: life.box.place(life.mail(chance.randrange(99)) or "", life._there(chance.sample(LABELS, 2))),
        lambda: life.box.delete(life.mail(chance.randrange(99)) or ""),
        lambda: life.arrange(chance.randrange(-40, 160)),
        lambda: life.arrange_series(chance.randrange(-40, 60), chance.randrange(1, 9)),
        lambda: life.change_occurrence(chance.randrange(99), chance.randrange(9), chance.choice([None, 1, 30])),
        lambda: life.truncate(chance.randrange(99), chance.randrange(1, 9)),
        lambda: life.unarrange(chance.randrange(99), chance.choice("es")),
        lambda: life.rename_label(chance.randrange(9)),
        life.rename_calendar,
    ]
    for _ in range(50):
        life.deliver(chance.randrange(10_000), chance.sample(LABELS, 2))
    for _ in range(5):
        chance.choice(ways)()
    life.clear_up(MAILS, ENTRIES)
    if chance.random() < 1 / 30:
        life.forget_deleted()
    life.pass_days(1)


def run_of(days: int, rate: float, budget: int) -> tuple[Life, int]:
    """A life with a sync every day, until the faults are used up or the days are over; and the days that it took."""
    life, chance = Life(), random.Random(5)
    for number in range(60):
        life.deliver(number, ["INBOX"], number * 7)
    life.fake.faults = FaultPlan(seed=11, rate=rate, budget=budget)
    day = 0
    while day < days and (not rate or life.fake.faults.total < budget):
        live_on(life, chance)
        life.run()
        day += 1
    return life, day


def ends_equal(faults: int) -> float:
    """Runs through so many faults and checks the end; answers which share of the requests was in vain.

    One request in twenty goes wrong: a bad day at Google, not an outage. In vain is what the same life took more than
    without a fault: the repeated requests, the answers that were lost with a whole batch, and what expired cursors
    made it list again. The life without a fault is lived for a fifth of the days, of which one is like another.
    """
    life, days = run_of(10**6, 0.05, faults)
    requests = len(life.fake.log)
    happened = life.fake.faults.happened
    assert life.fake.faults.total == faults
    assert len(happened) >= (8 if faults < 1_000 else len(Fault))
    life.fake.faults = FaultPlan()
    life.synced()
    life.close()
    short = days if days < 100 else days // 5
    clean, _ = run_of(short, 0.0, 0)
    needed = len(clean.fake.log) * days / short
    clean.close()
    share = (requests - needed) / requests
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(happened.items()))
    print(f"\n{faults} faults in {requests} requests and {days} days: {share:.1%} in vain ({kinds})")  # noqa: T201
    return share


@pytest.fixture
def fair_pages(small_pages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that most answers fit on, as in life: listing again then costs what it does there."""
    monkeypatch.setattr(gmail, "PAGE", 50)
    monkeypatch.setattr(lives, "PAGE", 50)


@pytest.mark.usefixtures("fair_pages")
def test_sixty_faults_change_nothing() -> None:
    assert ends_equal(60) < 0.1


@pytest.mark.usefixtures("fair_pages")
@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_ten_thousand_faults_change_nothing() -> None:
    assert ends_equal(10_000) < 0.1
