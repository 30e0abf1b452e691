"""`syncd backtest` names the addresses that were known to be somebody in that week, not those found out later."""

from __future__ import annotations

from datetime import date

from rules.health.assessment import Change, Status
from rules.meaning import Merge, Person
from syncd.rows import change_rows

ADA = Person("ada@new.example", ("ada@new.example", "ada@old.example", "a.marsh@mail.example"), "Ada Marsh")
MERGES = [
    Merge(date.min, "ada@new.example", "a.marsh@mail.example"),  # the owner's word holds at all times
    Merge(date(2026, 3, 5), "ada@new.example", "ada@old.example"),  # a Thursday of W10
]


def change(week: str, person: str) -> Change:
    return Change(week, person, Status.HEALTHY, (), 0.1)


def test_addresses_are_those_known_by_the_end_of_the_week() -> None:
    changes = [
        change("2026-W09", "ada@old.example"),
        change("2026-W09", "ada@new.example"),
        change("2026-W10", "ada@new.example"),
        change("2026-W11", "ben@x.example"),
    ]
    rows = list(change_rows([ADA], MERGES, changes))
    assert [list(row["addresses"]) for row in rows] == [
        ["ada@old.example"],
        ["ada@new.example", "a.marsh@mail.example"],
        ["ada@new.example", "ada@old.example", "a.marsh@mail.example"],
        ["ben@x.example"],
    ]
    assert [row["week"] for row in rows] == ["2026-W09", "2026-W09", "2026-W10", "2026-W11"]
