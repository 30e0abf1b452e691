"""A hundred thousand mails are read and written a few at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from syncd.ledger import Ledger
from syncd.ledger.difference import Made


def test_copies_are_walked_without_sorting_payloads_in_memory(tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        sa.event.listen(ledger.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        assert list(ledger.facts.copies()) == []
        selects = [(text, values) for text, values in asked if text.startswith("SELECT")]
        with ledger.read() as connection:
            plans = [
                str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all())
                for text, values in selects
            ]
    assert any("items" in plan for plan in plans)
    assert not any("TEMP B-TREE" in plan for plan in plans), plans


def test_rows_are_made_when_they_are_asked_for() -> None:
    made: list[int] = []

    def row(number: int) -> dict[str, Any]:
        made.append(number)
        return {"id": number}

    rows = Made([1, 2, 3, 4], row)
    assert len(rows) == 4
    assert made == []
    assert rows[2] == {"id": 3}
    assert list(rows[1:3]) == [{"id": 2}, {"id": 3}]
    assert made == [3, 2, 3]
    assert list(rows) == [{"id": number} for number in (1, 2, 3, 4)]
