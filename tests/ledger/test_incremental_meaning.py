"""Whatever comes late, is corrected, merged or parted: the meaning that grows is to the byte the one made anew, and
only what it touches is read by the rules again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.observations import Address, Attendee, Event, Message
from rules.engine import ruleset
from syncd.config import Config
from syncd.interpret import interpret
from syncd.ledger import Ledger, schema
from syncd.ledger.erasure import MEANING
from syncd.ledger.meaning import Changes
from syncd.sync import sync
from tests.crash.lives import ME, NOW
from tests.sync.outside import Account, Outside, calendar, mailbox, meeting, options

RULES = ruleset.load()
CONFIG: dict[str, Any] = {
    "owner": {"name": "Me", "addresses": ["me@x.example"]},
    "account": [{"name": "work", "kind": "memory"}],
}
PEOPLE = (
    Address("anna.meyer@nord.example", "Anna Meyer"),
    Address("anna.meyer@sued.example", "Anna Meyer"),
    Address("a.meyer@nord.example", "Anna Meyer"),
    Address("ben@nord.example", "Ben Vogel"),
    Address("billing@nord.example", None),
    Address("carla@free.example", "Carla"),
    Address("me.too@x.example", "Me"),
)
SUBJECTS = ("Lunch on Friday?", "Re: Lunch on Friday?", "Invoice 17", "My new e-mail address", "Minutes", "")
WEEKS = 60

people = st.sampled_from(PEOPLE)
weeks = st.integers(0, WEEKS)
steps = st.one_of(
    st.tuples(st.just("mail"), people, weeks, st.sampled_from(SUBJECTS), st.booleans()),
    st.tuples(st.just("sent"), people, weeks, st.sampled_from(SUBJECTS), st.booleans()),
    st.tuples(st.just("lunch"), people, weeks, st.sampled_from(("confirmed", "cancelled")), st.booleans()),
    st.tuples(st.just("moved"), people, weeks, st.integers(-90, 90), st.booleans()),
    st.tuples(st.just("junk"), people, weeks, st.just(""), st.booleans()),
    st.tuples(st.just("gone"), people, weeks, st.just(""), st.booleans()),
    st.tuples(st.just("merged"), people, st.just(0), st.sampled_from(PEOPLE), st.booleans()),
    st.tuples(st.just("parted"), people, st.just(0), st.sampled_from(PEOPLE), st.booleans()),
    st.tuples(st.just("config"), people, st.just(0), st.sampled_from(PEOPLE), st.booleans()),
)


class Life:
    """A ledger whose mailbox, calendar and config change step by step."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.mail, self.dates = ledger, mailbox(), calendar()
        self.config = Config.model_validate(CONFIG)
        self.now = NOW
        for number, who in enumerate(PEOPLE[:4]):
            for week in range(0, WEEKS, 7):
                self.write(who, week + number, SUBJECTS[(week + number) % len(SUBJECTS)], out=week % 2 == 0)

    def write(self, who: Address, week: int, subject: str, *, out: bool) -> None:
        native = f"{who.address}-{week}-{out}"
        at = NOW - timedelta(weeks=week, hours=PEOPLE.index(who))
        sender, to = (ME, who) if out else (who, ME)
        self.mail.put(native, Message(native, native, date=at, subject=subject, from_=sender, to=(to,)))

    def take(self, step: Sequence[Any]) -> None:
        kind, who, week, what, other = step
        native = f"{who.address}-{week}-{other}"
        self.now += timedelta(minutes=1)
        if kind in {"mail", "sent"}:
            self.write(who, week, what, out=kind == "sent")
        elif kind == "lunch":
            start = NOW - timedelta(weeks=week, days=1)
            guests = tuple(Attendee(one.address, one.name, "accepted") for one in (ME, who))
            lunch = meeting(native, start, start + timedelta(hours=1), title="Lunch", status=what, attendees=guests)
            self.dates.put(native, lunch, "Work")
        elif kind == "moved" and native in self.dates.things:
            event = self.dates.things[native].observation
            assert isinstance(event, Event)
            assert event.start
            assert event.end
            times = {"start": event.start + timedelta(minutes=what), "end": event.end + timedelta(minutes=what)}
            self.dates.put(native, msgspec.structs.replace(event, **times), "Work")
        elif kind in {"junk", "gone"} and native in self.mail.things:
            self.mail.move(native, "Junk") if kind == "junk" else self.mail.delete(native)
        elif kind == "config" and who != what:
            merged = {"person": [{"addresses": [who.address, what.address]}]} if other else {}
            self.config = Config.model_validate({**CONFIG, **merged})
        elif kind in {"merged", "parted"} and who != what:
            self.ledger.journal.add(kind, str(who.address), self.now, other=what.address)

    def live(self, turns: Iterable[Iterable[Sequence[Any]]]) -> None:
        """Take the steps of each turn, and bring the meaning up to date after it."""
        self.refresh()
        for turn in turns:
            for step in turn:
                self.take(step)
            self.refresh()

    def refresh(self) -> Changes:
        result = sync(self.ledger, [options()], now=self.now, open_connector=lambda _: Account(self.sources))
        assert result.ok
        return interpret(self.ledger, self.config, rules=RULES, now=self.now)

    @property
    def sources(self) -> tuple[Outside, Outside]:
        return self.mail, self.dates

    def rows(self) -> dict[str, list[str]]:
        found = {}
        with self.ledger.read() as connection:
            for table in MEANING:
                query = sa.select(*(column for column in table.columns if column.name != "made_at"))
                found[table.name] = sorted(map(repr, connection.execute(query)))
        return found

    def forget_all_meaning(self) -> None:
        with self.ledger.write() as connection:
            for table in MEANING:
                connection.execute(sa.delete(table))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(steps, min_size=1, max_size=4), min_size=1, max_size=5))
def test_grown_in_any_way_it_is_the_one_made_anew(turns: list[list[Sequence[Any]]]) -> None:
    with Ledger.open("sqlite://") as ledger:
        life = Life(ledger)
        life.live(turns)
        grown = life.rows()
        life.forget_all_meaning()
        life.refresh()
        assert life.rows() == grown
        assert grown[schema.findings.name]
        assert grown[schema.reasons.name]


def test_only_what_is_touched_is_found_anew(ledger: Ledger) -> None:
    life = Life(ledger)
    life.refresh()
    whole = len(life.rows()[schema.findings.name])
    life.write(PEOPLE[5], 30, "Lunch on Friday?", out=False)
    late = life.refresh().tables["findings"]
    assert late.added == 1
    assert late.changed <= whole / 2, "that person's later mail, and where the owner's own histories moved a step"
    life.take(("config", PEOPLE[0], 0, PEOPLE[3], True))
    merged = life.refresh()
    assert merged.tables["persons"]
    assert not merged.tables["findings"], "who is whom says nothing of what a mail was"


def test_an_event_that_moves_leaves_nothing_behind(ledger: Ledger) -> None:
    life = Life(ledger)
    life.take(("lunch", PEOPLE[0], 9, "confirmed", True))
    life.refresh()
    for minutes in (1, -1, 90, -90, 60 * 24 * 200):
        life.take(("moved", PEOPLE[0], 9, minutes, True))
        life.refresh()
        grown = life.rows()
        life.forget_all_meaning()
        life.refresh()
        assert life.rows() == grown


def test_findings_that_make_no_sense_are_found_anew(ledger: Ledger) -> None:
    """Rows of another rule set, of reasons that are gone, or left behind by others do no harm."""
    life = Life(ledger)
    life.refresh()
    right = life.rows()
    with ledger.write() as connection:
        table, other = schema.findings, schema.reasons
        some = connection.execute(sa.select(table).order_by(table.c.at)).all()
        connection.execute(sa.update(table).where(table.c.id == some[0].id).values(made_of="of other rules"))
        connection.execute(sa.update(table).where(table.c.id == some[1].id).values(past="another past"))
        connection.execute(sa.delete(other).where(other.c.id == some[2].reasons.split()[0]))
        connection.execute(sa.delete(table).where(table.c.id == some[3].id))
        stray = {**some[4]._mapping, "id": "nobody's"}
        connection.execute(sa.insert(table).values(stray))
        connection.execute(sa.delete(schema.interpretations))
    life.refresh()
    assert life.rows() == right
