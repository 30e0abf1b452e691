"""Bursts: many business mails in a few days with others copied in who usually are not. That is how it looks when
something goes wrong and the managers come in. Where personal contact comes back afterwards, the relationship has
weathered it, and is one to call in the next crisis.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from rules.health.assessment import Burst
from rules.meaning import Channel, Interaction

SPAN = timedelta(days=14)  # a burst's mails lie no further apart, from the first to the last
LEAST_MAILS = 6
TIMES_USUAL = 4.0  # so often what is usual between the two in as many days, and four more
ALONE = 0.95  # from this weight on nobody else was on a mail
BEFORE = timedelta(days=182)
BACK_WITHIN = timedelta(days=91)
_WARM = 0.5


def bursts(person: str, items: Sequence[Interaction]) -> tuple[Burst, ...]:
    """The bursts with one person, oldest first. `items`: all that happened, in order of time."""
    copied = [one for one in items if _business_with_others(one)]
    found: list[Burst] = []
    start = 0
    while start < len(copied):
        end = start
        while end + 1 < len(copied) and copied[end + 1].local - copied[start].local <= SPAN:
            end += 1
        first, last = copied[start].local, copied[end].local
        number = end - start + 1
        if number >= LEAST_MAILS and _unusual(items, first, number) and not _warm(items, first, last):
            back = next(
                (one.local for one in items if last < one.local <= last + BACK_WITHIN and _is_warm(one)), None
            )
            found.append(Burst(person, first, last, number, back))
            start = end + 1
        else:
            start += 1
    return tuple(found)


def weathered(found: Iterable[Burst], since: date, until: date) -> tuple[Burst, ...]:
    """Those that ended after `since` and after which personal contact came back by `until`."""
    return tuple(one for one in found if one.last > since and one.back is not None and one.back <= until)


def _business_with_others(one: Interaction) -> bool:
    return (
        one.channel is Channel.EMAIL
        and one.weight < ALONE
        and not one.crowd
        and not one.standing
        and one.purpose.relational < _WARM
    )


def _unusual(items: Sequence[Interaction], first: date, number: int) -> bool:
    """Whether there was personal contact before, and as many mails with others copied in are far from usual."""
    before = [one for one in items if first - BEFORE <= one.local < first]
    usual = sum(map(_business_with_others, before)) * (SPAN / BEFORE)
    return any(map(_is_warm, before)) and number >= TIMES_USUAL * usual + 4


def _warm(items: Sequence[Interaction], first: date, last: date) -> bool:
    return any(first <= one.local <= last and _is_warm(one) for one in items)


def _is_warm(one: Interaction) -> bool:
    return one.personal >= _WARM
