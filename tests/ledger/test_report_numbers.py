"""What the report says equals, number for number, what SQL of one's own counts in the tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from connectors.observations import Address, Attendee, Event, Message
from rules.health.assessment import Portfolio
from syncd.assess import assess
from syncd.config import Config
from syncd.interpret import interpret
from syncd.ledger import Ledger
from syncd.sync import sync
from tests.sync.outside import Account, Outside, calendar, mailbox, options

NOW = datetime(2026, 3, 9, 6, tzinfo=UTC)  # a Monday
SUNDAY = date(2026, 3, 8)
ME = Address("me@x.example", "Mara Me")
PEOPLE = [
    Address(f"{name}@{name[0]}firm.example", name.title())
    for name in ("anna.berg", "ben.holt", "cleo.ruiz", "dirk.voss", "eva.lind", "finn.dahl", "gita.rao", "hugo.sand")
]
TITLES = ("Lunch", "Phone call", "Coffee")


def life(seed: int) -> tuple[Outside, Outside]:
    """A year and a half of mail and appointments with eight people."""
    chance, mail, dates = Random(seed), mailbox(), calendar()
    mail.size = dates.size = 500
    for number in range(1500):
        at = NOW - timedelta(minutes=chance.randrange(60, 550 * 24 * 60))
        who = chance.choice(PEOPLE)
        writer, reader = (who, ME) if chance.random() < 0.5 else (ME, who)
        native = f"m{number}"
        mail.put(native, Message(native, native, date=at, subject=f"Plan {number}", from_=writer, to=(reader,)))
    for number in range(250):
        start = NOW - timedelta(minutes=chance.randrange(120, 550 * 24 * 60))
        guests = tuple(Attendee(one.address, one.name, "accepted") for one in (ME, chance.choice(PEOPLE)))
        meeting = Event(
            *(f"e{number}", f"e{number}", chance.choice(TITLES), None, start, start + timedelta(hours=1)),
            attendees=guests,
            attendee_count=2,
            organizer=ME,
        )
        dates.put(f"e{number}", meeting, "Work")
    return mail, dates


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Portfolio]]:
    config = Config.model_validate(
        {
            "owner": {"name": "Mara Me", "addresses": ["me@x.example"], "timezone": "UTC"},
            "account": [{"name": "work", "kind": "memory"}],
        }
    )
    folder: Path = tmp_path_factory.mktemp("numbers")
    with Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger:
        sources = life(1)
        assert sync(ledger, [options()], now=NOW, open_connector=lambda _: Account(sources)).ok
        interpret(ledger, config, now=NOW)
        week = assess(ledger, config, SUNDAY, now=NOW).week
        assert week is not None
        yield ledger, week.portfolio


def ask(ledger: Ledger, query: str) -> dict[str, int]:
    with ledger.read() as connection:
        return {str(name): count for name, count in connection.execute(sa.text(query))}


# What the facts say, in SQL of their own, and what the views made of it.
PAIRS = {
    "mail in": (
        """SELECT json_extract(payload, '$.from.address'), count(*) FROM items
            WHERE kind = 'message' AND json_extract(payload, '$.from.address') <> 'me@x.example' GROUP BY 1""",
        "SELECT person, count(*) FROM interactions WHERE direction = 'in' GROUP BY 1",
    ),
    "mail out": (
        """SELECT json_extract(payload, '$.to[0].address'), count(*) FROM items
            WHERE kind = 'message' AND json_extract(payload, '$.from.address') = 'me@x.example' GROUP BY 1""",
        "SELECT person, sum(sent) FROM relationship_weeks GROUP BY 1 HAVING sum(sent) > 0",
    ),
    "calls": (
        """SELECT json_extract(payload, '$.attendees[1].address'), count(*) FROM items
            WHERE kind = 'event' AND json_extract(payload, '$.title') = 'Phone call' GROUP BY 1""",
        "SELECT person, sum(phone) FROM relationship_weeks GROUP BY 1 HAVING sum(phone) > 0",
    ),
    "lunches": (
        """SELECT json_extract(payload, '$.attendees[1].address'), count(*) FROM items
            WHERE kind = 'event' AND json_extract(payload, '$.title') = 'Lunch' GROUP BY 1""",
        "SELECT person, count(*) FROM interactions WHERE title = 'Lunch' AND channel = 'in_person' GROUP BY 1",
    ),
}


@pytest.mark.parametrize("what", PAIRS)
def test_every_fact_counts_once(desk: tuple[Ledger, Portfolio], what: str) -> None:
    ledger, _ = desk
    raw, counted = PAIRS[what]
    facts = ask(ledger, raw)
    assert len(facts) == len(PEOPLE)
    assert ask(ledger, counted) == facts


# The 91 days up to the Sunday, what probably took place, no crowds.
QUARTER = """interactions WHERE day > '2025-12-07' AND day <= '2026-03-08' AND took_place >= 0.2 AND crowd = FALSE
    AND channel <> 'none'"""
WHO = "count(DISTINCT person)"
MEASURES = {
    "met_in_person": f"SELECT 'n', {WHO} FROM {QUARTER} AND channel = 'in_person' AND took_place >= 0.5",
    "spoke_by_phone": f"SELECT 'n', {WHO} FROM {QUARTER} AND channel = 'phone' AND took_place >= 0.5",
    "personal_contact": f"""SELECT 'n', count(*) FROM (
        SELECT person FROM {QUARTER} GROUP BY person HAVING sum(personal) >= 0.5) AS close""",
    "contacts_a_week": f"SELECT 'n', count(*) / 13.0 FROM {QUARTER}",
    "personal_a_week": f"SELECT 'n', sum(personal) / 13.0 FROM {QUARTER}",
}


@pytest.mark.parametrize("measure", MEASURES)
def test_the_figures_of_the_report_are_what_sql_counts(desk: tuple[Ledger, Portfolio], measure: str) -> None:
    ledger, portfolio = desk
    counted = ask(ledger, MEASURES[measure])["n"]
    assert counted > 0
    assert portfolio.measures[measure].value == pytest.approx(counted, abs=0.051)
