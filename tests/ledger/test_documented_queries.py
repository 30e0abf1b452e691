"""The questions in docs/ledger.md are answered by both databases, and the views have the columns it names."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from rules.health.assessment import Status
from syncd.ledger import Ledger, schema
from tests.ledger.test_meaning_rows import BY, LATER, assessment, meaning

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


def test_five_questions_are_answered(ledger: Ledger) -> None:
    ledger.meaning.write(meaning(), BY, LATER)
    ledger.meaning.write_week("2026-W10", [assessment("2026-W10", "anna@x.example", Status.DRIFTING)])
    with ledger.read() as connection:
        answers = [connection.execute(sa.text(query)).all() for query in QUERIES]
    assert len(answers) == 5
    assert [tuple(row) for row in answers[0]] == [("Anna", "anna@x.example", 3, 1)]
    assert answers[4][0].status == "drifting"


def test_the_page_names_every_column_of_every_view(ledger: Ledger) -> None:
    with ledger.read() as connection:
        for view in schema.VIEWS:
            section = PAGE.split(f"### `{view}`")[1].split("###")[0]
            columns = connection.execute(sa.text(f"SELECT * FROM {view}")).keys()
            assert [name for name in columns if f"`{name}`" not in section] == []
