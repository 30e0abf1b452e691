"""How everybody stands on the Sunday of a week."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rules.health.assessment import Assessment, Portfolio, Status
from rules.health.dating import Counted, Fall, Floats, fallen
from rules.health.detector import State
from rules.health.facets import RUNGS
from rules.health.holes import Hole
from rules.health.namesakes import Namesake, namesake
from rules.health.portfolio import survey
from rules.health.sentences import assess
from rules.health.suggestions import MOSTLY, is_warm
from rules.health.verdicts import KEPT, OVERDUE, too_little
from rules.health.weeks import DAYS, label, monday, sunday
from rules.meaning import Channel

if TYPE_CHECKING:
    from rules.health.desk import Desk

_SHOWN = ("age", "score", "score_any", "before", "before_personal", "changing")
_TRACES = ("trace_ratio", "trace_level")
_COUNTS = ("weeks", "personal", "before", "before_personal")
_OF_DRIFTING = (Status.DRIFTING, Status.WATCH, Status.HEALTHY)
FALLS = (Status.DRIFTING, Status.MOVED_DOWN, Status.GOING_QUIET, Status.WATCH)


NEARER = (Channel.IN_PERSON, Channel.VIDEO, Channel.PHONE)  # a wish for these is one for no mere mail


class Week:
    """What the desk said on the Sunday of an ISO week. Texts and facets are made on demand."""

    def __init__(self, desk: Desk, week: int, stale: str | None) -> None:
        self.number = week
        self.label = label(week)
        self.monday, self.sunday = monday(week), sunday(week)
        self.stale = stale
        self._desk = desk
        self._lost = desk.lost.copy()
        self._parts = desk.parts.copy()
        drift, ladder, verdicts = desk.memory.drift, desk.memory.ladder, desk.memory.verdicts
        self.groups = tuple(desk.rows)
        self._entered = {status: verdicts.entered(status).copy() for status in KEPT}
        self._little = too_little(verdicts, drift)
        self._drift = {name: drift[name].copy() for name in _SHOWN}
        self._down = ladder["changing"] * ladder["score"]  # odds
        fallen = np.flatnonzero((np.stack([self._entered[status] for status in FALLS]) >= 0).any(0))
        self._traces = {row: (_evidence(drift, row), _evidence(ladder, row)) for row in fallen.tolist()}

    def holding(self, row: int) -> tuple[Status, ...]:
        """Every status that holds for a row, in order; HEALTHY where none does."""
        found: list[Status] = []
        if self.stale or self._lost[row]:
            found.append(Status.UNKNOWN)
        if self._little[row]:
            found.append(Status.TOO_LITTLE_HISTORY)
        found += [status for status in KEPT if self._entered[status][row] >= 0]
        if len(found) > 1 and Status.WATCH in found:
            found.remove(Status.WATCH)
        if not found and self.overdue(row):
            found.append(Status.WATCH)
        if found and found[0] in FALLS and self.namesake(row) is not None:
            found.insert(0, Status.UNKNOWN)
        return tuple(found) or (Status.HEALTHY,)

    def namesake(self, row: int) -> Namesake | None:
        """Where the same name turned up when a row fell silent."""
        group = self.groups[row]
        return namesake(self._desk.dossiers, group, self.sunday) if group.person.alike else None

    def judges(self, row: int) -> bool:
        """Whether enough was read to say anything of a row."""
        return not (self.stale or self._lost[row])

    def unknown_why(self, row: int) -> str | None:
        """Why nothing can be said of a row, or None."""
        if self.stale:
            return self.stale
        if not self._lost[row]:
            moved = self.namesake(row)
            return None if moved is None else moved.said
        return self._desk.endings.said(self._desk.dossiers.until(self.groups[row], self.sunday), self.number)

    def left_on(self, row: int) -> date | None:
        """The day since which mail to this person comes back, where that is why it has ended."""
        group = self.groups[row]
        if self._desk.answers.said_ended(group, self.number):
            return None
        return self._desk.returns.since(group.addresses, self.sunday)

    @property
    def holes(self) -> tuple[Hole, ...]:
        """Where mail is missing, as far as the history goes."""
        return self._desk.holes

    @property
    def reads_calendars(self) -> bool:
        return bool(self._desk.history.coverage.calendar)

    def overdue(self, row: int) -> bool:
        """Twice the rhythm that the owner wished for has gone by without personal contact as near on the ladder as
        they wished."""
        group = self.groups[row]
        wished = group.person.every_days
        if wished is None:
            return False
        nearer = group.person.prefers in NEARER
        if not nearer:
            return float(self._drift["age"][row]) * DAYS > OVERDUE * wished
        met = self.wished_for(row) or self._desk.dossiers.first_seen(group)
        return met is not None and (self.sunday - met).days > OVERDUE * wished

    def firm_is_theirs(self, row: int) -> bool:
        """Whether most of their firm's mail is lately with them, and not with others there."""
        return bool(self._parts[row] >= MOSTLY)

    def wished_for(self, row: int) -> date | None:
        """The last day with such personal contact as the owner wished for; None if there was none."""
        group = self.groups[row]
        least = RUNGS.get(group.person.prefers, 0.0) if group.person.prefers in NEARER else 0.0
        items = self._desk.dossiers.until(group, self.sunday)
        days = [one.local for one in items if is_warm(one) and RUNGS.get(one.channel, 0.0) >= least]
        return max(days, default=None)

    def sure(self, row: int, status: Status) -> float | None:
        """The probability of what a status says, 4 digits; of healthy and watch that of drifting. None for statuses
        that are counted or told, not estimated."""
        if status in _OF_DRIFTING:
            return round(self._chance("score", row), 4)
        if status is Status.GOING_QUIET:
            return round(self.fallen(row), 4)
        return round(_chance(self._down[row]), 4) if status is Status.MOVED_DOWN else None

    def fallen(self, row: int) -> float:
        """Probability that personal contact has fallen, whatever became of the rest."""
        return self._chance("score_any", row)

    def _chance(self, score: str, row: int) -> float:
        return _chance(self._drift["changing"][row] * self._drift[score][row])

    def usual_rate(self, row: int) -> float:
        """Personal weeks a week before the most likely change."""
        return float(self._drift["before_personal"][row] / max(self._drift["before"][row], 8.0))

    @cached_property
    def statuses(self) -> dict[str, tuple[Status, tuple[Status, ...], float | None]]:
        """Person id -> status, the others that hold, probability of the first. Cheap: no texts, no facets."""
        found = {}
        for row, group in enumerate(self.groups):
            first, *also = self.holding(row)
            found[group.id] = (first, tuple(also), self.sure(row, first))
        return found

    @cached_property
    def assessments(self) -> tuple[Assessment, ...]:
        """Everybody, with texts and facets."""
        return tuple(assess(self._desk, self, row) for row in range(len(self.groups)))

    def told(self, statuses: Collection[Status]) -> Iterator[Assessment]:
        """Those whose status is one of these, with texts and facets."""
        rows = (row for row in range(len(self.groups)) if self.holding(row)[0] in statuses)
        return (assess(self._desk, self, row) for row in rows)

    @cached_property
    def portfolio(self) -> Portfolio:
        return survey(self._desk, self)

    def since(self, row: int, status: Status) -> int | None:
        """The week in which a status began: of a fall the most likely one, else that in which it was first said."""
        fallen = self.fall(row, status)
        if fallen is not None:
            return fallen.week
        entered = self._entered.get(status)
        return int(entered[row]) if entered is not None and entered[row] >= 0 else None

    def fall(self, row: int, status: Status) -> Fall | None:
        """When a row fell and what was usual before; None for statuses that speak of no fall."""
        if status not in FALLS or row not in self._traces:
            return None
        drift, ladder = self._traces[row]
        ratio, level, counted = ladder if status is Status.MOVED_DOWN else drift
        return fallen(self._desk.detector, ratio, level, self.number, counted, sharpest=status is Status.WATCH)


def _evidence(state: State, row: int) -> tuple[Floats, Floats, Counted]:
    """What a change of a row is dated by."""
    ratio, level = (state[name][row].copy() for name in _TRACES)
    return ratio, level, Counted(*(float(state[name][row]) for name in _COUNTS))


def _chance(odds: float) -> float:
    return float(odds / (1 + odds))
