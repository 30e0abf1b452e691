"""The questions in docs/ledger.md are answered by both databases, and the views are what it says: for good."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from rules.health.assessment import Assessment, Status
from rules.meaning import Channel, Circle, Direction, Interaction, Person, Purpose
from syncd.ledger import Ledger, schema
from syncd.ledger.meaning import Interpretation, Made, MadeBy

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOW = START + timedelta(days=300)
BY = MadeBy(7, "rules", "config")

# A public interface: other people's dashboards stand on these names. Add at the end; never rename, never remove.
COLUMNS = {
    "people": """owner person name organisation circle is_key addresses interactions first_at last_at""",
    "interactions": """owner id person name organisation circle address at day week channel confidence direction
        relational working transactional took_place personal weight minutes crowd standing account title""",
    "relationship_weeks": """owner person week interactions in_person video phone email received sent personal
        relational working transactional minutes""",
    "flags": """owner week person name circle status since probability evidence suggestion""",
}


def contact(number: int, person: str, channel: Channel, days: int, direction: Direction) -> Interaction:
    at = START + timedelta(days=days)
    minutes = 0.0 if channel is Channel.EMAIL else 60.0
    purpose = Purpose(0.0, 0.2, 0.8) if days >= 28 else Purpose(0.6, 0.2, 0.2)
    plain = (channel, 0.9, direction, purpose, 0.9, "work", minutes)
    return Interaction(f"i{number}", person, person, at, at.date(), *plain)


def life() -> Interpretation:
    """Ilse, a customer met once and then only written to; Ben, who writes and is hardly answered; Cleo, met twice."""
    ilse, ben, cleo = "ilse@nordkai.example", "ben@y.example", "cleo@z.example"
    told = [(ilse, Channel.IN_PERSON, -200, Direction.BOTH), (cleo, Channel.VIDEO, 1, Direction.BOTH)]
    told += [(ilse, Channel.EMAIL, 7 * week, Direction.IN) for week in range(8)]
    told += [(ben, Channel.EMAIL, 3 * day, Direction.IN) for day in range(11)]
    told += [(ben, Channel.EMAIL, 3 * day, Direction.OUT) for day in range(5)]
    told += [(cleo, Channel.IN_PERSON, 9, Direction.BOTH), (cleo, Channel.PHONE, 301, Direction.BOTH)]  # to come
    people = [
        Person(ilse, (ilse,), "Ilse", "nordkai.example", Circle.CUSTOMER),
        Person(ben, (ben,), "Ben", "y.example"),
        Person(cleo, (cleo,), "Cleo", "z.example", Circle.CUSTOMER),
    ]
    return Interpretation(people=people, interactions=[contact(number, *one) for number, one in enumerate(told)])


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    ledger.meaning.write(life(), BY, NOW)
    flags = [
        Assessment(person, week, status, (), date(2026, 1, 12), sure, "why", "Call.")
        for week in ("2026-W09", "2026-W10")
        for person, status, sure in (
            ("ben@y.example", Status.ONE_SIDED, 0.3),
            ("ilse@nordkai.example", Status.DRIFTING, 0.97),
        )
    ]
    ledger.meaning.write_flags(flags, Made(BY, NOW))
    return ledger


def test_five_questions_are_answered(filled: Ledger) -> None:
    with filled.read() as connection:
        answers = [[tuple(row) for row in connection.execute(sa.text(query)).all()] for query in QUERIES]
    assert len(answers) == 5
    most_time, only_mail, by_month, unanswered, flagged = answers
    assert most_time == [("Cleo", "cleo@z.example", 2, 2)]
    assert only_mail == [("Ilse", "ilse@nordkai.example", "2026-02-23T09:00:00Z")]
    assert by_month == [("2025-06", 1, 20), ("2026-01", 4, 20), ("2026-02", 4, 80)]
    assert unanswered == [("ben@y.example", 11, 5)]
    assert flagged == [
        ("Ilse", "drifting", "2026-01-12", "why", "Call."),
        ("Ben", "one_sided", "2026-01-12", "why", "Call."),
    ]


def test_the_views_have_the_columns_that_were_promised(ledger: Ledger) -> None:
    with ledger.read() as connection:
        found = {view: tuple(connection.execute(sa.text(f"SELECT * FROM {view}")).keys()) for view in schema.VIEWS}
    assert found == {view: tuple(names.split()) for view, names in COLUMNS.items()}


def test_their_values_are_of_the_kinds_that_were_promised(filled: Ledger) -> None:
    """Numbers come as numbers, times and days as text that sorts: from both databases."""
    kinds = {"at": str, "day": str, "week": str, "first_at": str, "since": str}
    kinds |= dict.fromkeys(("owner", "person", "name", "circle", "channel", "direction", "status"), str)
    with filled.read() as connection:
        for view in schema.VIEWS:
            row = connection.execute(sa.text(f"SELECT * FROM {view} LIMIT 1")).mappings().one()
            for name, value in row.items():
                expected = kinds.get(name)
                assert expected is None or isinstance(value, expected), (view, name, value)
                if name in {"confidence", "took_place", "personal", "relational", "minutes", "interactions", "sent"}:
                    assert float(value) == value, (view, name, value)


@pytest.mark.parametrize("view", COLUMNS)
def test_the_page_names_every_column_of_every_view(view: str) -> None:
    section = PAGE.split(f"### `{view}`")[1].split("###")[0]
    assert [name for name in COLUMNS[view].split() if f"`{name}`" not in section] == []
