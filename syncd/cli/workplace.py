"""What every command stands on: which config file, the config in it, the ledger it names. Opened when first asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from syncd.cli.days import Day
from syncd.cli.failures import Failed

if TYPE_CHECKING:
    from syncd.config import Config
    from syncd.ledger import Ledger


@dataclass
class Workplace:
    """`named`: the file of --config, or None."""

    named: Path | None = None

    @cached_property
    def file(self) -> Path:
        from syncd.config import find_config

        return find_config(self.named)

    @cached_property
    def config(self) -> Config:
        from syncd.config import load

        return load(self.file)

    def check_accounts(self, names: Iterable[str]) -> None:
        """Refuse names that no account of the config has."""
        from syncd.config.likeness import did_you_mean

        known = [account.name for account in self.config.account]
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known) or f"The config has: {', '.join(known) or 'none yet'}."
                raise Failed(f'There is no account "{name}". {hint}')

    def check_sources(self, ledger: Ledger, names: Iterable[str]) -> None:
        """Refuse names that no source of the ledger is called by."""
        from syncd.config.likeness import did_you_mean
        from syncd.ledger.naming import spoken

        states = ledger.facts.sources()
        called = {spoken(state.account, state.name) for state in states}
        known = called | {state.account for state in states} | {state.name for state in states}
        for name in names:
            if name not in known:
                hint = did_you_mean(name, sorted(known)) or f"There are: {', '.join(sorted(called)) or 'none yet'}."
                raise Failed(f'There is no source "{name}". {hint}')

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        from syncd.ledger import Ledger

        with Ledger.open(self.config.database) as ledger:
            yield ledger

    @contextmanager
    def meaning(self) -> Iterator[Ledger]:
        """The ledger with its meaning brought up to date with facts, rules and config."""
        from syncd.cli.screen import progress
        from syncd.upkeep import refresh

        with self.ledger() as ledger:
            with progress("Making sense of it") as tell:
                refresh(ledger, self.config, progress=tell)
            yield ledger

    @property
    def today(self) -> date:
        """The owner's day."""
        return datetime.now(UTC).astimezone(ZoneInfo(self.config.owner.timezone)).date()

    def day(self, said: Day | None) -> date | None:
        """The owner's day that was said on the command line."""
        return None if said is None else said.on(self.today)


def workplace(context: typer.Context) -> Workplace:
    found = context.find_object(Workplace)
    assert found is not None
    return found
