"""Days as they are said on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import typer

from syncd.cli.failures import USAGE, Failed

_WORDS = {"today": timedelta(), "yesterday": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Day:
    """`text` as typed: an ISO date, today or yesterday. What today is depends on the owner, who is known later.

    Raises:
        typer.BadParameter: it is none of these.
    """

    text: str

    def __post_init__(self) -> None:
        try:
            self.on(date.max)
        except ValueError as error:
            raise typer.BadParameter(f'"{self.text}" is no day. Say 2026-05-31, today or yesterday.') from error

    def on(self, today: date) -> date:
        """The day that is meant if it is said on `today`."""
        word = self.text.strip().lower()
        return today - _WORDS[word] if word in _WORDS else date.fromisoformat(word)


def check_order(first: date | None, last: date | None) -> None:
    """Refuse a time that ends before it begins.

    Raises:
        Failed: it does.
    """
    if first and last and first > last:
        raise Failed(f"--from {first} is later than --to {last}.", USAGE)
