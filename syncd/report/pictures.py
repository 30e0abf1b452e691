"""Small pictures that need no image: strips of months, as heights of table cells and as characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rules.meaning import Channel, Interaction, Traffic

MONTHS = 30
_BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month: how much personal and how much other contact it saw (or talk and mail, see `strip`)."""

    first: date
    personal: float = 0.0
    other: float = 0.0


def months(last: date, number: int = MONTHS) -> list[date]:
    """The first days of that many months, the last one that of `last`."""
    count = last.year * 12 + last.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(count - number + 1, count + 1)]


def strip(
    interactions: Iterable[Interaction], traffic: Iterable[Traffic], last: date, *, ladder: bool = False
) -> tuple[Month, ...]:
    """Personal and other contact by month; what is half personal counts half to each. With `ladder`: meetings and
    talks on the one hand, mail on the other, whatever it was for."""
    above = dict.fromkeys(months(last), 0.0)
    below = dict.fromkeys(above, 0.0)
    for one in interactions:
        month = one.local.replace(day=1)
        if one.local > last or month not in above:
            continue
        whole = one.took_place * one.weight
        personal = (whole if one.channel is not Channel.EMAIL else 0.0) if ladder else one.personal * one.weight
        above[month] += personal
        below[month] += max(0.0, whole - personal)
    for mail in traffic:
        month = mail.local.replace(day=1)
        if mail.local <= last and month in below:
            below[month] += 1.0
    return tuple(Month(month, round(above[month], 2), round(below[month], 2)) for month in above)


def heights(values: Sequence[float], tallest: int, least: float = 3.0) -> list[int]:
    """A height for each value, 0 to `tallest`; a month with anything at all is seen. `least`: what full height
    stands for at least, so that a single letter in a quiet year is no tower."""
    most = max(least, *values) if values else least
    return [0 if value < 0.2 else max(1, round(tallest * min(1.0, value / most))) for value in values]


def blocks(values: Sequence[float], least: float = 3.0) -> str:
    """The same as a line of characters."""
    return "".join(_BLOCKS[height] for height in heights(values, len(_BLOCKS) - 1, least)).replace(" ", "·")
