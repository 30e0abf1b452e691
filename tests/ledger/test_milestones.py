"""A process that runs on interprets only what came since its last milestone; what the ledger says then is to the byte
what one says that is made anew, whatever happened on either side of the milestone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import log2
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.observations import Address, Attendee, Message
from syncd.config import Config
from syncd.ledger import Ledger
from syncd.milestones import Milestone, Milestones, read_since
from syncd.sync import sync
from syncd.understanding import Departed, Memories
from syncd.upkeep import Kept, refresh
from tests.crash.lives import ME
from tests.ledger.test_incremental_meaning import CONFIG, PEOPLE, RULES, SUBJECTS, Life, steps
from tests.sync.outside import Account, meeting, options

OTHERS = (
    *PEOPLE,
    Address("dora@west.example", "Dora Lind"),
    Address("ben@nord.example", "Benjamin Vogel"),
    Address("b.vogel@nord.example", "Ben Vogel"),  # another address of Ben's, and by it he is called then
)

others = st.sampled_from(OTHERS)
folders = st.sampled_from(("INBOX", "Archive", "Junk"))
hours = st.integers(-24 * 20, 24 * 40)
news = st.one_of(
    st.tuples(st.just("fresh"), others, st.integers(0, 30), st.sampled_from(SUBJECTS), st.booleans()),
    st.tuples(st.just("copied"), others, others, hours, st.sampled_from(SUBJECTS)),
    st.tuples(
        st.just("twice"), others, st.integers(0, 40), st.sampled_from(("INBOX", "Archive", "Junk")), st.booleans()
    ),
    st.tuples(st.just("list"), others, hours, st.booleans(), st.booleans()),
    st.tuples(st.just("meet"), others, hours, st.integers(1, 24 * 9), st.sampled_from(("confirmed", "cancelled"))),
    st.tuples(st.just("logged"), others, st.integers(0, 40), st.just("phone"), st.booleans()),
    st.tuples(st.just("days"), others, st.integers(1, 30), st.just(0), st.booleans()),
    st.tuples(st.just("elsewhere"), others, st.just(0), st.just(0), st.booleans()),
)
turns_of_all = st.lists(st.lists(st.one_of(news, news, steps), min_size=1, max_size=3), min_size=1, max_size=7)


class Running(Life):
    """A life that one process looks after; `onwards` counts how often it went on from a milestone."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.kept = Kept()
        self.number = 0

    def take(self, step: Sequence[Any]) -> None:
        self.now += timedelta(minutes=1)
        self.number += 1
        kind, who, *more = step
        if kind == "fresh":
            self.send(who, timedelta(hours=more[0]), more[1], out=more[2])
        elif kind == "copied":
            self.send(who, timedelta(hours=more[1]), more[2], out=False, cc=(more[0],))
        elif kind == "twice":
            self.twice(*more)
        elif kind == "list":
            headers = {"list-id": f"<{who.address.replace('@', '.')}>"}
            self.send(who, timedelta(hours=more[0]), "Minutes", out=more[1], headers=headers)
        elif kind == "meet":
            self.meet(who, *more)
        elif kind == "logged":
            on = (self.now - timedelta(days=more[0])).date().isoformat()
            self.ledger.journal.add("logged", str(who.address), self.now, channel=more[1], on=on)
        elif kind == "days":
            self.now += timedelta(days=more[0])
        elif kind == "elsewhere":  # another process interprets, knowing of no milestone
            self.sync()
            refresh(self.ledger, self.config, now=self.now, rules=RULES)
        else:
            super().take(step)

    def send(self, who: Address, ago: timedelta, subject: str, *, out: bool, **more: Any) -> None:
        native = f"n{self.number}"
        sender, to = (ME, who) if out else (who, ME)
        mail = Message(native, native, date=self.now - ago, subject=subject, from_=sender, to=(to,), **more)
        self.mail.put(native, mail)

    def twice(self, which: int, folder: str, again: bool) -> None:
        """A copy of some mail lies elsewhere; with `again` the first is gone: it was moved."""
        natives = sorted(self.mail.things)
        native = natives[which * 7 % len(natives)]
        mail = self.mail.things[native].observation
        self.mail.put(f"{native}-{folder}", mail, folder)
        if again and folder != "INBOX":
            self.mail.delete(native)

    def meet(self, who: Address, ago: int, lasts: int, status: str) -> None:
        start = self.now - timedelta(hours=ago)
        guests = tuple(Attendee(one.address, one.name, "accepted") for one in (ME, who))
        end = start + timedelta(hours=lasts)
        self.dates.put(
            f"d{self.number}", meeting(f"d{self.number}", start, end, title="Lunch", status=status, attendees=guests)
        )

    def sync(self) -> None:
        assert sync(self.ledger, [options()], now=self.now, open_connector=lambda _: Account(self.sources)).ok

    def refresh(self, *, anew: bool = False) -> Any:
        self.sync()
        return refresh(self.ledger, self.config, now=self.now, rules=RULES, kept=None if anew else self.kept)


class Counted:
    """How often a reading went on from a milestone, and how often that could not be."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.onwards = self.departed = 0

        def counted(*args: Any) -> Any:
            try:
                reading = read_since(*args)
            except Departed:
                self.departed += 1
                raise
            self.onwards += 1
            return reading

        monkeypatch.setattr("syncd.interpret.read_since", counted)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def assert_as_made_anew(life: Running) -> None:
    grown = life.rows()
    life.forget_all_meaning()
    life.refresh(anew=True)
    assert life.rows() == grown


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(turns_of_all)
def test_gone_on_with_in_any_way_it_is_the_one_made_anew(turns: list[list[Sequence[Any]]]) -> None:
    with Ledger.open("sqlite://") as ledger:
        life = Running(ledger)
        life.live(turns)
        assert_as_made_anew(life)


def test_new_mail_is_gone_on_with(ledger: Ledger, counted: Counted) -> None:
    life = Running(ledger)
    life.refresh()
    for number in range(6):
        life.take(("fresh", PEOPLE[number % 4], 1, "Lunch on Friday?", number % 2 == 0))
        life.take(("meet", PEOPLE[number % 4], -48, 1, "confirmed"))
        life.refresh()
    assert (counted.onwards, counted.departed) == (6, 0)
    assert_as_made_anew(life)


@pytest.mark.parametrize(
    "step",
    [
        ("mail", PEOPLE[0], 30, "Dinner?", False),
        ("gone", PEOPLE[0], 0, "", True),
        ("config", PEOPLE[0], 0, PEOPLE[3], True),
        ("merged", PEOPLE[0], 0, PEOPLE[3], True),
        ("copied", OTHERS[7], OTHERS[8], 24 * 30, "Minutes"),
        ("twice", PEOPLE[0], 5, "Archive", True),
        ("elsewhere", PEOPLE[0], 0, 0, True),
        ("logged", PEOPLE[0], 30, "phone", True),
    ],
)
def test_what_concerns_the_time_before_is_seen(ledger: Ledger, step: Sequence[Any]) -> None:
    life = Running(ledger)
    life.refresh()
    life.take(step)
    life.take(("fresh", PEOPLE[0], 1, "Lunch on Friday?", True))
    life.refresh()
    assert_as_made_anew(life)


def test_an_old_mail_that_only_lost_a_copy_changes_nothing_before(ledger: Ledger, counted: Counted) -> None:
    life = Running(ledger)
    native = next(iter(life.mail.things))
    life.mail.put("again", life.mail.things[native].observation, "INBOX")
    life.refresh()
    life.mail.delete("again")
    life.refresh()
    assert (counted.onwards, counted.departed) == (1, 0)
    assert_as_made_anew(life)


def test_whoever_is_called_otherwise_from_now_on_is_so_in_contacts_of_before(
    ledger: Ledger, counted: Counted
) -> None:
    life = Running(ledger)
    life.refresh()
    life.take(("fresh", OTHERS[9], 1, "Lunch on Friday?", False))
    life.refresh()
    assert counted.onwards == 1
    assert {one.person for one in ledger.meaning.interactions() if one.address == "ben@nord.example"} == {
        "b.vogel@nord.example"
    }
    assert_as_made_anew(life)


def test_the_milestone_moves_on_with_the_time(ledger: Ledger, counted: Counted) -> None:
    life = Running(ledger)
    life.take(("mail", PEOPLE[0], 50, "Dinner?", False))
    life.refresh()
    first = list(life.kept.milestones.kept)
    assert [(life.now - one.at).days for one in first] == [224, 112, 56, 28, 14]
    for _ in range(5):
        life.take(("days", PEOPLE[0], 14, 0, True))
        life.take(("fresh", PEOPLE[0], 1, "Lunch on Friday?", True))
        life.refresh()
    last = life.kept.milestones.kept
    assert last[-1].at >= first[-1].at + timedelta(days=28)
    assert last[0] is first[0]
    assert (counted.onwards, counted.departed) == (5, 0)
    assert_as_made_anew(life)


@pytest.mark.parametrize("weeks", [1, 3, 7, 30])
def test_late_mail_reads_no_more_than_twice_the_time(ledger: Ledger, counted: Counted, weeks: int) -> None:
    life = Running(ledger)
    life.take(("mail", PEOPLE[0], 60, "Dinner?", False))
    life.refresh()
    kept = list(life.kept.milestones.kept)
    life.take(("mail", PEOPLE[1], weeks, "Dinner?", False))
    life.refresh()
    assert counted.onwards == 1
    assert counted.departed == (weeks > 2)  # the nearest tells how far back it goes
    stood = [one for one in life.kept.milestones.kept if one in kept]
    assert timedelta(weeks=weeks) < life.now - stood[-1].at <= timedelta(weeks=2 * weeks, hours=1)
    life.take(("fresh", PEOPLE[0], 1, "Lunch on Friday?", True))
    life.refresh()
    assert counted.onwards == 2
    assert life.now - life.kept.milestones.kept[-1].at < timedelta(days=15)  # set anew behind it
    assert_as_made_anew(life)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_milestones_lie_no_farther_apart_than_they_are_old(waits: list[int]) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    milestones = Milestones()
    for back in (112, 56, 28, 14):
        milestones.add(stone(now - timedelta(days=back)), now)
    began = milestones.kept[0]
    for days in waits:
        now += timedelta(days=days)
        last = milestones.kept[-1].at
        for back in (56, 28, 14):
            if last < now - 2 * timedelta(days=back):
                milestones.add(stone(now - timedelta(days=back)), now)
        ages = [(now - one.at) / timedelta(days=1) for one in reversed(milestones.kept)]
        assert all(newer < older <= 2 * newer + max(waits) for newer, older in pairwise(ages))
        assert len(ages) <= 2 * log2(ages[-1] / ages[0]) + 2
    assert milestones.kept[0] is began


def stone(at: datetime) -> Milestone:
    """A milestone of which nothing but its time is asked."""
    return Milestone(Memories(at, {}, frozenset(), {}), 0, None, (), frozenset(), frozenset())


def test_another_config_starts_anew(ledger: Ledger, counted: Counted) -> None:
    life = Running(ledger)
    life.refresh()
    life.config = Config.model_validate({**CONFIG, "meetings": {"small_circle": 2}})
    life.refresh()
    assert (counted.onwards, counted.departed) == (0, 0)
    assert_as_made_anew(life)


def test_nothing_of_a_forgotten_meaning_is_gone_on_with(ledger: Ledger) -> None:
    life = Running(ledger)
    life.refresh()
    life.forget_all_meaning()
    life.take(("fresh", PEOPLE[0], 1, "Lunch on Friday?", True))
    life.refresh()
    assert_as_made_anew(life)
