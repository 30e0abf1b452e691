"""All meaning, flags too, thrown away and made anew from the facts is to the byte what had grown with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from rules.engine import ruleset
from syncd.config import Config
from syncd.forgetting import forget
from syncd.ledger import Ledger, schema
from syncd.ledger.erasure import MEANING
from syncd.sync import sync
from syncd.upkeep import Kept, refresh
from tests.crash.lives import ANNA, BEN, BEN_AT_HOME, NOW, years
from tests.sync.outside import Account, options

CONFIG: dict[str, Any] = {
    "owner": {"name": "Me", "addresses": ["me@x.example"]},
    "account": [{"name": "work", "kind": "memory"}],
}
RULES = ruleset.load()


class Life:
    """A ledger as it grows: every step is one thing that changes what is said of past weeks."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.now = ledger, NOW
        self.config = Config.model_validate(CONFIG)
        self.kept = Kept()  # as the daemon has them, while other processes do other things
        self.sync(later=False)

    def sync(self, *, later: bool) -> None:
        sources = years(later=later)
        result = sync(self.ledger, [options()], now=self.now, open_connector=lambda _: Account(sources))
        assert result.ok

    def late_facts(self) -> None:
        self.now += timedelta(hours=1)
        self.sync(later=True)

    def a_merge(self) -> None:
        self.ledger.journal.add("merged", str(BEN.address), self.now, other=BEN_AT_HOME.address)

    def an_answer(self) -> None:
        on = (NOW - timedelta(weeks=3)).date().isoformat()
        self.ledger.journal.add("answer", str(ANNA.address), self.now, word="wrong", on=on)

    def a_week(self) -> None:
        self.now += timedelta(days=7)

    def stricter_settings(self) -> None:
        self.config = Config.model_validate({**CONFIG, "drift": {"false_flags": 0.2, "moved_down_false_flags": 0.1}})

    def retention(self) -> None:
        kept = {"subjects_days": 400, "everything_days": 600}
        self.config = Config.model_validate({**CONFIG, "retention": kept})

    def a_forgetting(self) -> None:
        """Of somebody who came into it late: what was said of the weeks before stands."""
        forget(self.ledger, [str(BEN_AT_HOME.address)], self.now)

    def refresh(self, *, anew: bool = False) -> None:
        refresh(self.ledger, self.config, now=self.now, rules=RULES, kept=None if anew else self.kept)


def rows(ledger: Ledger) -> dict[str, list[str]]:
    """All meaning but the time at which it was made."""
    found = {}
    with ledger.read() as connection:
        for table in MEANING:
            query = sa.select(*(column for column in table.columns if column.name != "made_at"))
            found[table.name] = sorted(map(repr, connection.execute(query)))
    return found


def test_made_anew_it_is_the_same_to_the_byte(ledger: Ledger) -> None:
    life = Life(ledger)
    life.refresh()
    steps: list[Callable[[], None]] = [life.late_facts, life.a_merge, life.an_answer, life.a_forgetting, life.a_week]
    steps += [life.stricter_settings, life.retention]
    before, changed, flagged = rows(ledger), [], 0
    assert len(before[schema.assessments.name]) > 20
    for step in steps:
        step()
        life.refresh()
        grown = rows(ledger)
        assert grown != before, step.__name__
        changed.append(grown[schema.assessments.name] != before[schema.assessments.name])
        with ledger.write() as connection:
            for table in MEANING:
                connection.execute(sa.delete(table))
        life.refresh(anew=True)
        assert rows(ledger) == grown, step.__name__
        before = grown
        flagged += bool(grown[schema.assessments.name])
    assert flagged >= 5
    assert sum(changed) >= 5, changed


def test_a_second_refresh_writes_nothing(ledger: Ledger) -> None:
    life = Life(ledger)
    life.refresh()
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("SELECT", "BEGIN", "PRAGMA")):
            written.append(statement)

    sa.event.listen(ledger.engine, "before_cursor_execute", note)
    life.refresh()
    assert written == []
