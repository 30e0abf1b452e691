"""People who were seen through an account that has ended: they are not silent, nobody looks any more.

Somebody known from a mailbox that is read no longer, or from an export that ends earlier than the others, is not seen
by the accounts that go on, though these cover the time. An account is known to have ended from the week after its
last day on; what it showed until then stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from rules.health.assessment import History
from rules.health.diary import MAIL, RICH, Diary
from rules.health.labels import KINDS
from rules.health.weeks import week_of
from rules.meaning import Channel, Interaction

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

YEAR = 52  # weeks of contact that are compared: the last of what has ended, and the last ones of what goes on
NEARLY_ALL = 0.9
_NEVER = np.iinfo(np.int64).max
_NAMES = {RICH: "calendar", MAIL: "mail"}
_WORDS = {"mail": "mail", "calendar": "meetings"}


class Endings:
    """Of one history. Where no account has ended nothing is looked at."""

    def __init__(self, history: History, diary: Diary) -> None:
        self._diary = diary
        self._days = {(one.account, one.kind): one.last for one in history.coverage.ended}
        weeks = {key: week_of(day) for key, day in self._days.items()}
        self._first = min(weeks.values(), default=_NEVER)
        # Of each contact the week in which the last account that holds it ended.
        self._until: Ints = np.full(len(diary.week), _NEVER)
        if weeks:
            for row, (place, kind) in enumerate(zip(diary.place.tolist(), diary.kind.tolist(), strict=True)):
                item = history.interactions[place]
                ends = (weeks.get((account, _NAMES[kind]), _NEVER) for account in (item.account, *item.also_in))
                self._until[row] = max(ends)
        self._last_year = np.flatnonzero((self._until < _NEVER) & (diary.week > self._until - YEAR))

    def near(self, week: int) -> Ints:
        """The contacts that matter in a week, as places in the diary."""
        if week <= self._first:
            return np.zeros(0, np.int64)
        recent = np.arange(*np.searchsorted(self._diary.week, (week - YEAR + 1, week + 1)))
        ended, goes_on = self._until[self._last_year] < week, self._until[recent] >= week
        return np.concatenate([self._last_year[ended], recent[goes_on]])

    def missing(self, week: int, index: Ints, rows: Ints, size: int) -> tuple[Bools, Bools]:
        """Per kind and row, shape [2, size], whether nearly all such contact of a year came through accounts that
        have ended; and per row, whether that was most of the contact there was.

        Args:
            index: contacts, as places in the diary. rows: the row that each belongs to.
        """
        weeks, until = self._diary.week[index], self._until[index]
        over = until < week
        recent = weeks > np.where(over, until, week) - YEAR
        cells = self._diary.kind[index] * size + rows
        went, goes_on = (
            np.bincount(cells, some & recent & (weeks <= week), KINDS * size).reshape(KINDS, size)
            for some in (over, ~over)
        )
        missing = (went > 0) & (went >= NEARLY_ALL * (went + goes_on))
        lost = missing.any(0) & ((went * missing).sum(0) >= goes_on.sum(0))
        return missing, lost

    def opened(self, index: Ints, weeks: Sequence[int]) -> Floats:
        """Of one person with these contacts: per kind and week 0 where contact is missing, else 1."""
        found = np.ones((KINDS, len(weeks)))
        if self._until[index].min(initial=_NEVER) == _NEVER:
            return found
        rows = np.zeros(len(index), np.int64)
        for place, week in enumerate(weeks):
            if week > self._first:
                found[:, place] = ~self.missing(week, index, rows, 1)[0][:, 0]
        return found

    def said(self, items: Iterable[Interaction], week: int) -> str:
        """Why nothing can be said of somebody with whom this happened."""
        seen: Counter[tuple[str, str]] = Counter()
        for item in items:
            kind = "mail" if item.channel is Channel.EMAIL else "calendar"
            keys = [(account, kind) for account in (item.account, *item.also_in)]
            seen.update(key for key in keys if key in self._days and week_of(self._days[key]) < week)
        account, kind = max(seen, key=lambda key: (seen[key], key))
        last = self._days[account, kind]
        return (
            f"nearly all {_WORDS[kind]} with them came through the account {account}, which ends on "
            f"{last:%-d %B %Y}; what came after is not seen"
        )
