"""Whatever happens outside, and whatever happens to the ledger: after a sync it holds what the outside showed.

A mailbox and a calendar live on at random (append, move, copy, delete, flag, edit, truncate, add again, restore from
a backup, forget cursors); the ledger is synced, interrupted, restarted, put back from a backup, given a newer parser.
"""

from __future__ import annotations

import copy as copying
import os
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from connectors.connector import Span, Unreachable
from connectors.observations import Address, Attendee, Event, Message
from rules import ruleset
from rules.copies import fold
from rules.ruleset import RuleSet
from syncd.config import Config
from syncd.interpret import interpret
from syncd.ledger import Ledger, writing
from syncd.ledger.erasure import MEANING
from syncd.sync import SyncResult, sync
from syncd.verify import verify
from tests.sync.expected import Expected
from tests.sync.outside import DAWN, Account, Outside, Thing, calendar, mailbox, options

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
ME = Address("me@x.example")
PEOPLE = (
    Address("anna@y.example", "Anna Berg"),
    Address("ben@z.example", "Ben Holt"),
    Address("cleo@w.example", "Cleo"),
)
PLACES = ("INBOX", "Archive", "Sent", "Junk", "Trash", "Private")

picks = st.integers(0, 99)
places = st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique=True)
hours = st.integers(-30, 30)


class Machine(RuleBasedStateMachine):
    """`steps` counts the rules that ran, over all machines."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="syncd-machine-"))
        self.url = f"sqlite:///{self.folder}/ledger.db"
        self.ledger = Ledger.open(self.url)
        self.mail, self.dates = mailbox(), calendar()
        self.mail.size = self.dates.size = 3
        self.expected = {"mail": Expected(), "calendar": Expected()}
        self.now, self.count, self.parser, self.reread = START, 0, 1, False
        self.snapshot: dict[str, Thing] | None = None
        self.backup: tuple[Any, int] | None = None

    def teardown(self) -> None:
        self.synced()
        self.same_meaning_when_rebuilt()
        self.ledger.close()
        shutil.rmtree(self.folder)

    # Outside

    def new(self) -> str:
        Machine.steps += 1
        self.count += 1
        return f"{self.count:04}"

    def some(self, outside: Outside, pick: int) -> str | None:
        Machine.steps += 1
        natives = sorted(outside.things)
        return natives[pick % len(natives)] if natives else None

    @rule(places=places, who=picks, readable=st.booleans() | st.just(value=True))
    def append(self, places: list[str], who: int, readable: bool) -> None:
        native = self.new()
        person = PEOPLE[who % len(PEOPLE)]
        sent = {"from_": ME, "to": (person,)} if who % 2 else {"from_": person, "to": (ME,)}
        letter = Message(native, f"{native}@x.example", date=self.now, subject=f"No {native}", **sent)  # type: ignore[arg-type]
        if not readable:
            self.mail.unreadable.add(native)
        self.mail.put(native, letter, *places)

    @rule(who=picks, hour=hours)
    def arrange(self, who: int, hour: int) -> None:
        native = self.new()
        guests = tuple(Attendee(one.address, one.name, "accepted") for one in (ME, PEOPLE[who % len(PEOPLE)]))
        start = self.now + timedelta(hours=hour)
        lunch = Event(
            native, native, "Lunch", None, start, start + timedelta(hours=1), attendees=guests, attendee_count=2
        )
        self.dates.put(native, lunch, "Work")

    @rule(pick=picks, places=places)
    def move(self, pick: int, places: list[str]) -> None:
        if native := self.some(self.mail, pick):
            self.mail.move(native, *places)

    @rule(pick=picks, places=places)
    def copy(self, pick: int, places: list[str]) -> None:
        if native := self.some(self.mail, pick):
            twin = self.new()
            original = self.mail.things[native].observation
            assert isinstance(original, Message)
            self.mail.put(twin, _renamed(original, twin), *places)

    @rule(pick=picks, calendar=st.booleans())
    def flag(self, pick: int, calendar: bool) -> None:
        outside = self.dates if calendar else self.mail
        if native := self.some(outside, pick):
            thing = outside.things[native]
            outside.put(native, thing.observation, *[place.name for place in thing.places])

    @rule(pick=picks, calendar=st.booleans())
    def delete(self, pick: int, calendar: bool) -> None:
        outside = self.dates if calendar else self.mail
        if native := self.some(outside, pick):
            outside.delete(native)

    @rule(pick=picks, hour=hours, cancelled=st.booleans())
    def edit(self, pick: int, hour: int, cancelled: bool) -> None:
        if native := self.some(self.dates, pick):
            event = self.dates.things[native].observation
            assert isinstance(event, Event)
            self.dates.put(native, _edited(event, self.now + timedelta(hours=hour), cancelled=cancelled), "Work")

    @rule()
    def truncate(self) -> None:
        """A series ends today: all that is still to come is taken off the calendar."""
        Machine.steps += 1
        for native, thing in list(self.dates.things.items()):
            if isinstance(thing.observation, Event) and (thing.observation.start or self.now) > self.now:
                self.dates.delete(native)

    @rule(pick=picks, places=places)
    def add_again(self, pick: int, places: list[str]) -> None:
        Machine.steps += 1
        gone = sorted(set(self.expected["mail"].readable()) - set(self.mail.things))
        if gone:
            native = gone[pick % len(gone)]
            self.mail.unreadable.discard(native)
            self.mail.put(native, self.expected["mail"].items[native].revisions[-1][1], *places)

    @rule()
    def back_up_the_outside(self) -> None:
        Machine.steps += 1
        self.snapshot = copying.deepcopy(self.mail.things)

    @precondition(lambda self: self.snapshot is not None)
    @rule()
    def restore_the_outside(self) -> None:
        Machine.steps += 1
        assert self.snapshot is not None
        for native in sorted(set(self.mail.things) - set(self.snapshot)):
            self.mail.delete(native)
        for native, thing in self.snapshot.items():
            if native not in self.mail.things or self.mail.things[native] != thing:
                self.mail.put(native, thing.observation, *[place.name for place in thing.places])
        self.mail.expire()

    @rule(calendar=st.booleans())
    def expire_cursor(self, calendar: bool) -> None:
        Machine.steps += 1
        (self.dates if calendar else self.mail).expire()

    # The ledger

    @rule()
    def sync_all(self) -> None:
        Machine.steps += 1
        self.synced()

    @rule(batch=st.integers(0, 4), calendar=st.booleans(), restart=st.booleans())
    def interrupted_sync(self, batch: int, calendar: bool, restart: bool) -> None:
        Machine.steps += 1
        self.now += timedelta(hours=1)
        outside = self.dates if calendar else self.mail

        def cut(number: int) -> None:
            if number == batch:
                raise Unreachable("the line was cut")

        outside.fail = cut
        self.run()
        outside.fail = None
        if restart:
            self.reopen()
        self.synced(hours=0)

    @rule()
    def restart(self) -> None:
        Machine.steps += 1
        self.reopen()

    @rule()
    def newer_parser(self) -> None:
        """It reads what the older one could not."""
        Machine.steps += 1
        self.parser, self.reread = self.parser + 1, True
        self.mail.unreadable.clear()
        self.synced()

    @rule()
    def back_up_the_ledger(self) -> None:
        Machine.steps += 1
        (self.folder / "backup.db").unlink(missing_ok=True)
        self.ledger.back_up(self.folder / "backup.db")
        self.backup = copying.deepcopy(self.expected), self.parser

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore_the_ledger(self) -> None:
        Machine.steps += 1
        assert self.backup is not None
        self.ledger.close()
        for left in self.folder.glob("ledger.db*"):
            left.unlink()
        shutil.copy(self.folder / "backup.db", self.folder / "ledger.db")
        self.ledger = Ledger.open(self.url)
        self.expected, before = copying.deepcopy(self.backup[0]), self.backup[1]
        self.reread = before != self.parser
        self.synced()

    @rule()
    def interpreted(self) -> None:
        Machine.steps += 1
        interpret(self.ledger, _config(), rules=_rules(), now=self.now)

    # What must hold

    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = Ledger.open(self.url)

    def connect(self, _: object) -> Account:
        return Account([self.mail, self.dates])

    def run(self) -> SyncResult:
        return sync(self.ledger, [options()], now=self.now, open_connector=self.connect, parser=self.parser)

    def synced(self, hours: int = 1) -> None:
        self.now += timedelta(hours=hours)
        result = self.run()
        assert result.ok, result
        for stats in result.sources:
            assert stats.listed == stats.stored + stats.unchanged + stats.quarantined
        self.expected["mail"].sync(self.mail, self.now, reread=self.reread)
        self.expected["calendar"].sync(self.dates, self.now, reread=self.reread)
        self.reread = False
        self.holds_what_was_shown()
        self.counts_what_the_table_says()
        assert verify(self.ledger, [options()], now=self.now, open_connector=self.connect).clean
        assert set(self.ledger.facts.spans().values()) == {(Span(DAWN, self.now),)}
        again = self.run()
        assert [(stats.stored, stats.removed) for stats in again.sources] == [(0, 0), (0, 0)]

    def holds_what_was_shown(self) -> None:
        held: dict[str, dict[str, Any]] = {"mail": {}, "calendar": {}}
        for copy in self.ledger.facts.copies():
            revisions = [(revision.seen_at, revision.observation) for revision in copy.revisions]
            placed = [(placement.place, placement.since, placement.until) for placement in copy.placements]
            held[copy.source][copy.newest.id] = revisions, placed
        for source, expected in self.expected.items():
            wanted = {native: (known.revisions, known.placements) for native, known in expected.readable().items()}
            assert held[source] == wanted

    def counts_what_the_table_says(self) -> None:
        """One exchange or meeting for all its copies; it counts if any of them says so."""
        wanted: dict[str, bool] = {}
        for expected in self.expected.values():
            for known in expected.readable().values():
                name = _identity(known.revisions[-1][1])
                wanted[name] = wanted.get(name, False) or known.stands()
        found = {_identity(one.observation): one.stands for one in fold(self.ledger.facts.copies())}
        assert found == wanted

    def same_meaning_when_rebuilt(self) -> None:
        interpret(self.ledger, _config(), rules=_rules(), now=self.now)
        before = self.meaning()
        with self.ledger.write() as connection:
            for table in MEANING:
                connection.execute(sa.delete(table))
        interpret(self.ledger, _config(), rules=_rules(), now=self.now)
        assert self.meaning() == before

    def meaning(self) -> dict[str, list[str]]:
        with self.ledger.read() as connection:
            tables = [table for table in MEANING if table.name != "interpretations"]
            return {table.name: sorted(map(repr, connection.execute(sa.select(table)))) for table in tables}


def _renamed(message: Message, native: str) -> Message:
    return Message(**{name: getattr(message, name) for name in Message.__struct_fields__} | {"id": native})


def _edited(event: Event, start: datetime, *, cancelled: bool) -> Event:
    fields = {name: getattr(event, name) for name in Event.__struct_fields__}
    if cancelled:
        return Event(**fields | {"status": "cancelled"})
    return Event(**fields | {"status": None, "start": start, "end": start + timedelta(hours=1)})


def _identity(observation: Message | Event) -> str:
    name = observation.message_id if isinstance(observation, Message) else observation.uid
    return f"{type(observation).__name__} {name}"


@cache
def _rules() -> RuleSet:
    return ruleset.load()


@cache
def _config() -> Config:
    return Config.model_validate({"owner": {"name": "Me", "addresses": ["me@x.example"]}})


def explore(examples: int, length: int, *, phases: Sequence[Phase] = tuple(Phase)) -> int:
    """Run the machine; how many steps it took."""
    Machine.steps = 0
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    limits = settings(
        max_examples=examples,
        stateful_step_count=length,
        deadline=None,
        suppress_health_check=checks,
        phases=phases,
    )
    run_state_machine_as_test(Machine, settings=limits)
    return Machine.steps


def test_the_ledger_equals_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    steps = explore(examples=15, length=40)
    with capsys.disabled():
        print(f"\n{steps} steps of the state machine")  # noqa: T201
    assert steps >= 300


def test_the_machine_notices_a_ledger_that_forgets_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(writing._Writer, "_move", lambda *_: False)
    with pytest.raises(AssertionError):
        explore(examples=20, length=30, phases=[Phase.generate])


@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_the_ledger_equals_the_model_for_long(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = int(os.environ.get("SYNCD_STEPS", "50000"))
    steps = 0
    while steps < wanted:
        steps += explore(examples=200, length=50)
    with capsys.disabled():
        print(f"\n{steps} steps of the state machine")  # noqa: T201
    assert steps >= wanted
