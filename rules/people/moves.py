"""Whether one address took another's place, by the days alone."""

from __future__ import annotations

from datetime import date, timedelta

BESIDE = timedelta(weeks=13)  # for so long both may be in use
BETWEEN = timedelta(weeks=26)  # so long nothing may be heard of either


def took_over(last: date, first: date) -> bool:
    """Whether an address of which nothing was heard after `last` may have been left for one that was first heard of
    on `first`."""
    return first - BETWEEN <= last <= first + BESIDE
