"""What the report says equals, number for number, what SQL of one's own counts in the raw facts.

No code is shared: the queries start at the observations as the connectors gave them, and know by themselves what
counts (`docs/what-counts.md`). What is a probability is summed up from the contacts instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.observations import Address, Attendee, Conference, Event, Message
from syncd.config import Config
from syncd.ledger import Ledger
from syncd.report import Report
from syncd.reports import make_report
from syncd.sync import sync
from syncd.upkeep import refresh
from tests.sync.outside import Account, Outside, calendar, mailbox, options

NOW = datetime(2026, 3, 9, 6, tzinfo=UTC)  # a Monday
SUNDAY = date(2026, 3, 8)
ME = Address("me@x.example", "Mara Me")
PEOPLE = [
    Address(f"{name}@{name[0]}firm.example", name.title())
    for name in ("anna.berg", "ben.holt", "cleo.ruiz", "dirk.voss", "eva.lind", "finn.dahl", "gita.rao", "hugo.sand")
]
LUNCH, CALL, VIDEO = "Lunch", "Phone call", "Catch-up"
ROBOT = Address("noreply@shop.example", "Shop")


def life(seed: int) -> tuple[Outside, Outside, Outside]:
    """A year and a half of mail and appointments with eight people, an archive that holds some of it again, and all
    that must not count."""
    chance, mail, dates, old = Random(seed), mailbox(), calendar(), mailbox("old")
    for outside in (mail, dates, old):
        outside.size = 500
    for number in range(1500):
        at = NOW - timedelta(minutes=chance.randrange(60, 550 * 24 * 60))
        who = chance.choice(PEOPLE)
        writer, reader = (who, ME) if chance.random() < 0.5 else (ME, who)
        letter = _letter(f"m{number}", at, writer, reader)
        mail.put(letter.id, letter)
        if number % 7 == 0:
            old.put(f"copy of {number}", letter, "Archive")
    for number in range(200):
        at = NOW - timedelta(minutes=chance.randrange(60, 550 * 24 * 60))
        mail.put(f"r{number}", _letter(f"r{number}", at, ROBOT, ME, headers={"auto-submitted": "auto-generated"}))
        mail.put(f"s{number}", _letter(f"s{number}", at, ME, ME))
    for number in range(350):
        start = NOW - timedelta(minutes=chance.randrange(120, 550 * 24 * 60))
        dates.put(f"e{number}", _appointment(f"e{number}", start, chance, number), "Work")
    return mail, dates, old


def _letter(native: str, at: datetime, writer: Address, reader: Address, **more: Any) -> Message:
    return Message(native, native, date=at, subject=f"Plan {native}", from_=writer, to=(reader,), **more)


def _appointment(native: str, start: datetime, chance: Random, number: int) -> Event:
    """Of every ten one was called off, one declined by the guest, one is for a crowd and one for all eight."""
    title = chance.choice((LUNCH, CALL, VIDEO))
    guests = PEOPLE if number % 10 in {2, 4} else [chance.choice(PEOPLE)]
    answer = "declined" if number % 10 == 1 else "accepted"
    return Event(
        *(native, native, title, None, start, start + timedelta(hours=1)),
        attendees=(Attendee(ME.address, ME.name, "accepted"), *(Attendee(g.address, g.name, answer) for g in guests)),
        attendee_count=30 if number % 10 == 2 else len(guests) + 1,
        organizer=ME,
        status="cancelled" if number % 10 == 0 else "confirmed",
        conference=Conference("https://zoom.us/j/123", "zoom") if title == VIDEO else None,
    )


def _then(mail: Outside, dates: Outside) -> None:
    """Tidying up: what was deleted did happen, and what is taken off the calendar before its time did not."""
    for number in range(0, 1500, 11):
        mail.delete(f"m{number}")
    for number in range(3, 350, 10):
        dates.delete(f"e{number}")


Desk = tuple[Ledger, Report]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    config = Config.model_validate(
        {
            "owner": {"name": "Mara Me", "addresses": ["me@x.example"], "timezone": "UTC"},
            "account": [{"name": "work", "kind": "memory"}],
        }
    )
    folder: Path = tmp_path_factory.mktemp("numbers")
    with Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger:
        mail, dates, old = life(1)
        for number in range(5):
            start = NOW + timedelta(days=2 + number)
            dates.put(f"p{number}", _appointment(f"p{number}", start, Random(number), 5), "Work")
        account = Account((mail, dates, old))
        assert sync(ledger, [options()], now=NOW - timedelta(hours=1), open_connector=lambda _: account).ok
        _then(mail, dates)
        assert sync(ledger, [options()], now=NOW, open_connector=lambda _: account).ok
        refresh(ledger, config, now=NOW)
        yield ledger, make_report(ledger, config, SUNDAY, now=NOW)


def ask(ledger: Ledger, query: str) -> dict[str, float]:
    with ledger.read() as connection:
        return {str(name): count for name, count in connection.execute(sa.text(query))}


# What counts, in SQL of their own. A mail is one however many copies there are; deleting it changes nothing.
RAW = """
WITH letter AS (
    SELECT DISTINCT json_extract(payload, '$.message_id') AS id, json_extract(payload, '$.from.address') AS writer,
           json_extract(payload, '$.to[0].address') AS reader, substr(json_extract(payload, '$.date'), 1, 10) AS day
      FROM items
     WHERE kind = 'message' AND json_extract(payload, '$.headers."auto-submitted"') IS NULL),
mail AS (
    SELECT id, CASE writer WHEN 'me@x.example' THEN reader ELSE writer END AS person,
           CASE writer WHEN 'me@x.example' THEN 'out' ELSE 'in' END AS direction, day, 'email' AS channel
      FROM letter WHERE writer <> reader),
meeting AS (
    SELECT i.id, json_extract(guest.value, '$.address') AS person, 'both' AS direction,
           substr(json_extract(payload, '$.start'), 1, 10) AS day,
           CASE json_extract(payload, '$.title') WHEN 'Lunch' THEN 'in_person' WHEN 'Phone call' THEN 'phone'
                ELSE 'video' END AS channel,
           json_extract(payload, '$.attendee_count') AS heads
      FROM items i, json_each(i.payload, '$.attendees') guest
     WHERE kind = 'event' AND json_extract(payload, '$.status') = 'confirmed'
       AND json_extract(guest.value, '$.address') <> 'me@x.example'
       AND json_extract(guest.value, '$.response') <> 'declined'
       AND json_extract(payload, '$.end') <= '2026-03-09T06:00:00Z'
       AND (removed_at IS NULL OR removed_at >= json_extract(payload, '$.end'))),
every AS (
    SELECT id, person, direction, day, channel, 2 AS heads FROM mail
     UNION ALL SELECT id, person, direction, day, channel, heads FROM meeting),
met AS (SELECT * FROM every WHERE heads - 1 <= 20)
"""

# What the raw facts say, and what the views made of it; each by person.
PAIRS = {
    "mail in": (
        "SELECT person, count(*) FROM mail WHERE direction = 'in' GROUP BY 1",
        "SELECT person, sum(received) FROM relationship_weeks GROUP BY 1",
    ),
    "mail out": (
        "SELECT person, count(*) FROM mail WHERE direction = 'out' GROUP BY 1",
        "SELECT person, count(*) FROM interactions WHERE direction = 'out' GROUP BY 1",
    ),
    **{
        channel: (
            f"SELECT person, count(*) FROM met WHERE channel = '{channel}' GROUP BY 1",
            f"SELECT person, count(*) FROM interactions WHERE channel = '{channel}' AND crowd = FALSE GROUP BY 1",
        )
        for channel in ("in_person", "phone", "video", "email")
    },
    "crowds": (
        "SELECT person, count(*) FROM meeting WHERE heads - 1 > 20 GROUP BY 1",
        "SELECT person, count(*) FROM interactions WHERE crowd GROUP BY 1",
    ),
    "weeks": (
        "SELECT person, count(DISTINCT strftime('%J', day, 'weekday 0')) FROM every GROUP BY 1",
        "SELECT person, count(*) FROM relationship_weeks GROUP BY 1",
    ),
    "first": (
        "SELECT person, min(day) FROM every GROUP BY 1",
        "SELECT person, substr(first_at, 1, 10) FROM people",
    ),
}


@pytest.mark.parametrize("what", PAIRS)
def test_every_fact_counts_once(desk: Desk, what: str) -> None:
    ledger, _ = desk
    raw, counted = PAIRS[what]
    facts = ask(ledger, RAW + raw)
    assert len(facts) == len(PEOPLE)
    assert ask(ledger, counted) == facts


def test_what_must_not_count_was_there(desk: Desk) -> None:
    """The queries agree with us on a mailbox in which every exception occurs."""
    ledger, _ = desk
    there = ask(
        ledger,
        """SELECT 'copies', count(*) - count(DISTINCT json_extract(payload, '$.message_id')) FROM items
            WHERE kind = 'message'
           UNION ALL SELECT 'robots', count(*) FROM items WHERE payload LIKE '%auto-generated%'
           UNION ALL SELECT 'deleted ' || kind, count(*) FROM items WHERE removed_at IS NOT NULL GROUP BY 1
           UNION ALL SELECT 'to come', count(*) FROM items WHERE json_extract(payload, '$.start') > '2026-03-09T06'
           UNION ALL SELECT 'declined', count(*) FROM items WHERE payload LIKE '%declined%'
           UNION ALL SELECT 'cancelled', count(*) FROM items WHERE payload LIKE '%"cancelled"%'""",
    )
    names = {"copies", "robots", "deleted message", "deleted event", "to come", "declined", "cancelled"}
    assert there.keys() == names
    assert min(there.values()) >= 5


def span(before: int) -> str:
    """The 91 days up to the Sunday, or up to the one `before` days earlier."""
    end = SUNDAY - timedelta(days=before)
    return f"day > '{end - timedelta(days=91)}' AND day <= '{end}'"


YEAR = 364  # weeks are compared with weeks
COUNTS = {
    "met_in_person": "SELECT 'n', count(DISTINCT person) FROM met WHERE channel = 'in_person' AND {span}",
    "spoke_by_phone": "SELECT 'n', count(DISTINCT person) FROM met WHERE channel = 'phone' AND {span}",
    "spoke_by_video": "SELECT 'n', count(DISTINCT person) FROM met WHERE channel = 'video' AND {span}",
    "contacts_a_week": "SELECT 'n', count(*) / 13.0 FROM met WHERE {span}",
}


@pytest.mark.parametrize("measure", COUNTS)
def test_the_counts_of_the_report_are_what_the_raw_facts_say(desk: Desk, measure: str) -> None:
    ledger, report = desk
    found = report.portfolio.measures[measure]
    this_year, last_year = (ask(ledger, RAW + COUNTS[measure].format(span=span(days)))["n"] for days in (0, YEAR))
    assert this_year > 0
    assert last_year > 0
    assert (found.value, found.year_ago) == pytest.approx((this_year, last_year), abs=0.051)


# Sums of probabilities, from the contacts that were made of the facts.
CLOSE = """SELECT person, sum(personal) AS warmth FROM interactions
            WHERE {span} AND crowd = FALSE GROUP BY person HAVING sum(personal) >= 0.5"""
SUMS = {
    "personal_contact": f"SELECT 'n', count(*) FROM ({CLOSE}) AS close",
    "personal_a_week": "SELECT 'n', sum(personal) / 13.0 FROM interactions WHERE {span} AND crowd = FALSE",
    "concentration": f"""SELECT 'n', (SELECT sum(warmth) FROM ({CLOSE} ORDER BY 2 DESC LIMIT 5) AS closest)
        / (SELECT sum(warmth) FROM ({CLOSE}) AS close)""",
}


@pytest.mark.parametrize("measure", SUMS)
def test_the_sums_of_the_report_are_what_sql_adds_up(desk: Desk, measure: str) -> None:
    ledger, report = desk
    found = report.portfolio.measures[measure]
    this_year, last_year = (ask(ledger, SUMS[measure].format(span=span(days)))["n"] for days in (0, YEAR))
    near = 0.051 if found.unit != "share" else 0.0006
    assert this_year > 0
    assert (found.value, found.year_ago) == pytest.approx((this_year, last_year), abs=near)


def test_what_is_shown_is_what_was_measured(desk: Desk) -> None:
    """The figures on the page, with last year's beside them, in whole people and per cent."""
    _, report = desk
    shown = {figure.label: (figure.shown, figure.shown_before) for figure in report.figures}
    measures = report.portfolio.measures
    for name, label in (
        ("met_in_person", "people you met in person"),
        ("spoke_by_phone", "people you spoke to by phone"),
        ("personal_contact", "people you had personal contact with"),
    ):
        then = measures[name].year_ago
        assert then is not None
        assert shown[label] == (f"{measures[name].value:.0f}", f"{then:.0f}")
