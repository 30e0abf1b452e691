"""Small pictures that need no image: strips of months and bars, as numbers for table cells and as characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rules.meaning import Interaction, Traffic

MONTHS = 30
_BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, how much personal contact it saw, and how much other contact."""

    first: date
    personal: float = 0.0
    other: float = 0.0


def months(last: date, number: int = MONTHS) -> list[date]:
    """The first days of that many months, the last one that of `last`."""
    count = last.year * 12 + last.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(count - number + 1, count + 1)]


def strip(interactions: Iterable[Interaction], traffic: Iterable[Traffic], last: date) -> tuple[Month, ...]:
    """Personal and other contact by month. What is half personal counts half to each."""
    personal = dict.fromkeys(months(last), 0.0)
    other = dict.fromkeys(personal, 0.0)
    for one in interactions:
        month = one.local.replace(day=1)
        if one.local <= last and month in personal:
            personal[month] += one.personal
            other[month] += max(0.0, one.took_place - one.personal) * one.weight
    for mail in traffic:
        month = mail.local.replace(day=1)
        if mail.local <= last and month in other:
            other[month] += 1.0
    return tuple(Month(month, round(personal[month], 2), round(other[month], 2)) for month in personal)


def heights(values: Sequence[float], tallest: int, least: float = 3.0) -> list[int]:
    """A height for each value, 0 to `tallest`; a month with anything at all is seen. `least`: what full height
    stands for at least, so that a single letter in a quiet year is no tower."""
    most = max(least, *values) if values else least
    return [0 if value < 0.2 else max(1, round(tallest * min(1.0, value / most))) for value in values]


def blocks(values: Sequence[float], least: float = 3.0) -> str:
    """The same as a line of characters."""
    return "".join(_BLOCKS[height] for height in heights(values, len(_BLOCKS) - 1, least)).replace(" ", "·")


def widths(value: float, most: float, whole: int = 100) -> tuple[int, int]:
    """A horizontal bar: how much of `whole` is filled and how much is not."""
    filled = 0 if most <= 0 else round(whole * min(1.0, max(0.0, value / most)))
    return filled, whole - filled
