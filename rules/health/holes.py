"""Holes in a mailbox: weeks in which not a single mail came or went, though many were usual.

A file covers the time from its oldest to its newest mail, so that a folder that was moved, or an export that skipped
a year, looks like a silence of everybody. Nobody falls that silent: robots write in a crisis too. What is known by a
day does not depend on later days: a silence becomes a hole once it has lasted long enough, and from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from rules.meaning import Channel, Coverage, Interaction, Traffic

LOOK_BACK = 91  # days from which the usual number of mails is taken
LEAST_MISSED = 40.0  # mails that would have been usual: chance does not swallow as many
LEAST_DAYS = 112  # a shorter silence may be a crisis, and is told as one (`rules.health.crisis`)
_JOURNAL = "journal"  # what the owner logged by hand is no mail


@dataclass(frozen=True, slots=True)
class Hole:
    """`last`: the day of the last mail before; `known`: the day from which on it can be told; `next`: the day of the
    first mail after it, None while there is none. `usual`: mails a week before it."""

    last: date
    known: date
    next: date | None
    usual: float

    @property
    def said(self) -> str:
        return (
            f"not a single mail has come or gone since {self.last:%-d %B %Y}, where about {self.usual:.0f} a week "
            "were usual; something seems to be missing from what was read"
        )

    def holds(self, day: date) -> bool:
        return self.known <= day and (self.next is None or day < self.next)


def holes(
    interactions: Iterable[Interaction], traffic: Iterable[Traffic], until: date = date.max
) -> tuple[Hole, ...]:
    """The holes as known at the end of the day `until`, oldest first; later mail is not looked at."""
    mails = [
        one.local.toordinal() for one in interactions if one.channel is Channel.EMAIL and one.account != _JOURNAL
    ]
    mails += [line.local.toordinal() for line in traffic]
    end = until.toordinal()
    mails = sorted(day for day in mails if day <= end)
    found = []
    first = 0  # of the mails within LOOK_BACK
    for place, (day, after) in enumerate(pairwise([*mails, end + 1])):
        while mails[first] <= day - LOOK_BACK:
            first += 1
        usual = (place - first + 1) / LOOK_BACK  # a day
        known = day + max(LEAST_DAYS, int(LEAST_MISSED / usual))
        if known < after:
            following = date.fromordinal(after) if after <= end else None
            found.append(Hole(date.fromordinal(day), date.fromordinal(known), following, 7 * usual))
    return tuple(found)


def cut(coverage: Coverage, found: Iterable[Hole], *, whole: bool = False) -> Coverage:
    """The coverage without the holes, each from the day on which it can be told; `whole`: from its first day."""
    if coverage.mail is None:
        return coverage
    spans = list(coverage.mail)
    for hole in found:
        start = hole.last + timedelta(days=1) if whole else hole.known
        stop = hole.next or date.max
        parts = [part for first, last in spans for part in ((first, min(last, start)), (max(first, stop), last))]
        spans = [(first, last) for first, last in parts if first < last]
    return replace(coverage, mail=tuple(spans))
