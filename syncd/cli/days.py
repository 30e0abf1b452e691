"""Days as arguments of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import typer

from syncd.cli.failures import USAGE, Failed
from syncd.days import day_said


@dataclass(frozen=True, slots=True)
class Day:
    """`text` as typed, see `syncd.days`. What today is depends on the owner, who is known later.

    Raises:
        typer.BadParameter: it is none of these.
    """

    text: str

    def __post_init__(self) -> None:
        words = self.text.split()
        if day_said(self.text, date(2000, 1, 1)) is None or len(words) > 1 + words[0].isdecimal():
            raise typer.BadParameter(f'"{self.text}" is no day. Say 2026-05-31, today or yesterday.')

    def on(self, today: date) -> date:
        """The day that is meant if it is said on `today`."""
        day = day_said(self.text, today)
        assert day is not None  # checked when it was typed
        return day


def check_order(first: date | None, last: date | None) -> None:
    """Refuse a time that ends before it begins.

    Raises:
        Failed: it does.
    """
    if first and last and first > last:
        raise Failed(f"--from {first} is later than --to {last}.", USAGE)
