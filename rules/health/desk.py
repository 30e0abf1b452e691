"""One causal fold over the weeks of a history: what the desk says of everybody, week by week.

What a week says depends on nothing that came after its Sunday. State per person is of fixed size; a week costs in
proportion to the people and that week's contacts. When two addresses turn out to be one person, only that person is
replayed, under the tides (index, prior, trust in labels) as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from rules.health.answers import Answers, obey
from rules.health.assessment import DriftSettings, History, Status
from rules.health.checkpoints import Checkpoints, prints, put_back, take
from rules.health.crisis import Pulse
from rules.health.detector import Detector, Method, State, Tide
from rules.health.diary import MAIL, RICH, Diary, read
from rules.health.dossiers import Dossiers
from rules.health.endings import Endings
from rules.health.exposure import Exposure
from rules.health.firms import Firms
from rules.health.holes import cut, holes
from rules.health.page import Page, write
from rules.health.people import Group, Groups
from rules.health.replay import replay
from rules.health.returns import Returns
from rules.health.standing import Week as Week  # noqa: PLC0414 - part of what this module offers
from rules.health.tide import Gauge
from rules.health.verdicts import FORGET, Thresholds, Verdicts, judge, opened_by_owner
from rules.health.weeks import last_complete, sunday, week_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Past:
    """What a replay needs of a week that is over."""

    drift: Tide
    ladder: Tide
    opened: float


class Memory:
    """The rows of the two detectors and the verdicts, moved in step."""

    def __init__(self, detector: Detector, capacity: int = 64) -> None:
        self.drift: State = detector.state(capacity)
        self.ladder: State = detector.state(capacity)
        self.verdicts = Verdicts(capacity)

    @property
    def size(self) -> int:
        return self.drift.size

    def add(self, number: int = 1) -> None:
        for rows in (self.drift, self.ladder, self.verdicts):
            rows.add(number)

    def drop(self, row: int) -> None:
        for rows in (self.drift, self.ladder, self.verdicts):
            rows.drop(row)

    def take(self, other: Memory, source: int, target: int) -> None:
        self.drift.take(other.drift, source, target)
        self.ladder.take(other.ladder, source, target)
        self.verdicts.take(other.verdicts, source, target)


class Desk:
    """The fold itself. `week` takes the next week in; `memory` and `groups` are what is known after it."""

    def __init__(
        self, history: History, settings: DriftSettings, method: Method | None = None, diary: Diary | None = None
    ) -> None:
        self.history = history
        self.diary = read(history) if diary is None else diary
        self.holes = holes(history.interactions, history.traffic)
        self.covered = Exposure(history.coverage)
        self.exposure = Exposure(cut(history.coverage, self.holes))
        self.endings = Endings(history, self.diary)
        self.lost = np.zeros(0, np.bool_)  # of whom nothing can be said: what showed them has ended
        self.returns = Returns(history.interactions)
        self.thresholds = Thresholds.of(settings)
        self.detector = Detector(method)
        # Meetings are told from mails without a labeller.
        self.gauge, self.ladder_gauge = Gauge(self.detector), Gauge(self.detector, misread=False)
        self.groups = Groups(history.people, history.merges)
        self.memory = Memory(self.detector, 64)
        self.rows: list[Group] = []
        self.past: dict[int, Past] = {}
        self.pulse: dict[int, Pulse] = {}
        self._row: Ints = np.full(len(self.diary.addresses), -1)
        self._number = {address: i for i, address in enumerate(self.diary.addresses)}
        self.firms = Firms(history, self.diary)
        self.parts = np.zeros(0)  # of their firm's mail that is with each row
        self._firm: Ints = np.full(64, -1)  # of each row, as the diary numbers organisations
        self.dossiers = Dossiers(history)
        self.answers = Answers(history.answers)

    def first_week(self) -> int:
        return self.diary.weeks()[0]

    def take(self, week: int) -> None:
        """Takes one week in; weeks come in order and without gaps."""
        self._merge(week)
        self._welcome(week)
        self._close(week)
        span = self.diary.span(week)
        index = np.arange(span.start, span.stop)
        before = float(self.memory.drift["others"].sum())
        seen = self.exposure.week(week)
        page = write(self.diary, index, self._row[self.diary.address[index]], self._traffic(week), seen[RICH] > 0)
        ladder_seen = (seen[RICH], 0.0)
        drift, drift_signals, drift_hazard = self.gauge.read(week, self.memory.drift, page.drift, seen)
        ladder, ladder_signals, ladder_hazard = self.ladder_gauge.read(
            week, self.memory.ladder, page.ladder, ladder_seen
        )
        self.past[week] = Past(drift, ladder, opened_by_owner(self.memory.verdicts))
        self.detector.step(self.memory.drift, drift_signals, drift, drift_hazard)
        self.detector.step(self.memory.ladder, ladder_signals, ladder, ladder_hazard)
        self._count(page)
        self._conclude(self.memory, self.rows, week)
        self._feel(week, float(self.memory.drift["others"].sum()) - before)
        self.gauge.settle(self.memory.drift)
        self.ladder_gauge.settle(self.memory.ladder)

    def _traffic(self, week: int) -> Floats:
        """Per row, which part of this week's mail of their firm's role addresses was with them."""
        self.firms.take(week)
        firm = self._firm[: len(self.rows)]
        self.parts = self.firms.parts(self._row, firm)
        return np.where(self.diary.with_traffic(week)[firm], self.parts, 0.0)

    def _feel(self, week: int, others: float) -> None:
        last = [self.pulse[w].others for w in range(week - 26, week - 3) if w in self.pulse]
        usual = float(np.mean(last)) if last else others
        self.pulse[week] = Pulse(self.gauge.found, self.gauge.expected, others, usual)

    def stale(self, week: int) -> str | None:
        """Why nothing can be said this week, or None."""
        found = [hole for hole in self.holes if hole.holds(sunday(week))]
        unread = self.covered.stale(week)
        return unread or (found[-1].said if found and self.exposure.stale(week) else None)

    def replay(self, group: Group, until: int) -> Memory:
        """One person from their first contact to the week `until`, under the tides as they were."""
        memory = Memory(self.detector, 1)
        numbers = np.array([self._number[a] for a in group.addresses if a in self._number], np.int64)
        mine = self.diary.of(numbers)
        weeks = self.diary.week[mine]
        if not len(weeks) or weeks[0] > until:
            return memory
        memory.add()
        memory.verdicts["began"][:] = weeks[0]
        first = int(weeks[0])
        for last in (*(week for week in self.answers.weeks_about(group) if first <= week < until), until):
            here = mine[slice(*np.searchsorted(weeks, (first, last + 1)))]
            past = [self.past[week] for week in range(first, last + 1)]
            rows = self.diary.week[here] - first
            traffic = self.firms.of(numbers, group.person.organisation, first, last)
            read = np.array([one.drift.seen_rich for one in past]) > 0
            page = write(self.diary, here, rows, traffic, read[rows])
            opened = self.endings.opened(mine, range(first, last + 1))
            replay(memory, self.detector, page, past, opened, self.thresholds)
            self._conclude(memory, [group], last)
            first = last + 1
        return memory

    def _merge(self, week: int) -> None:
        for group, _ in self.groups.advance(week):
            old = {int(self._row[self._number[a]]) for a in group.addresses if a in self._number} - {-1}
            if not old:
                continue
            fresh = self.replay(group, week - 1)
            keep = min(old)
            self.memory.take(fresh, 0, keep)
            self.sit(group, keep)
            for row in sorted(old - {keep}, reverse=True):
                self._drop(row)

    def sit(self, group: Group, row: int) -> None:
        """Gives a row to a group."""
        if row == len(self.rows):
            self.rows.append(group)
            if row == len(self._firm):
                self._firm = np.concatenate([self._firm, np.full(row, -1)])
        self.rows[row], self._firm[row] = group, self.diary.number(group.person.organisation)
        for address in group.addresses:
            if address in self._number:
                self._row[self._number[address]] = row

    def _drop(self, row: int) -> None:
        self.memory.drop(row)
        last = self.rows.pop()
        if row < len(self.rows):
            self.sit(last, row)

    def _welcome(self, week: int) -> None:
        """Rows for those whom this week shows for the first time."""
        addresses = self.diary.address[self.diary.span(week)]
        for number in np.unique(addresses[self._row[addresses] < 0]):
            if self._row[number] >= 0:
                continue
            self.sit(self.groups.group(self.diary.addresses[number]), len(self.rows))
        new = len(self.rows) - self.memory.size
        if new:
            self.memory.add(new)
            self.memory.verdicts["began"][-new:] = week

    def _close(self, week: int) -> None:
        """Whose meetings or mail cannot be seen any more: the accounts that showed them have ended."""
        near = self.endings.near(week)
        missing, self.lost = self.endings.missing(week, near, self._row[self.diary.address[near]], len(self.rows))
        for rows in (self.memory.drift, self.memory.ladder):
            rows["open_rich"][:], rows["open_mail"][:] = ~missing[RICH], ~missing[MAIL]

    def _count(self, page: Page) -> None:
        verdicts = self.memory.verdicts
        verdicts["ours"][:] = verdicts["ours"] * FORGET + page.ours
        verdicts["theirs"][:] = verdicts["theirs"] * FORGET + page.theirs
        verdicts["contacts"][:] += page.contacts

    def _conclude(self, memory: Memory, rows: list[Group], week: int) -> None:
        for row, answer in self.answers.given(week, rows):
            obey(answer, memory.verdicts, (memory.drift, memory.ladder), row, week)
        self._note_returns(memory, rows, week)
        judge(memory.verdicts, memory.drift, memory.ladder, week, self.thresholds, self.past[week].opened)

    def _note_returns(self, memory: Memory, rows: list[Group], week: int) -> None:
        """Whose mail comes back has left, until they are heard of again. The owner's own word stands in any case."""
        if not self.returns:
            return
        entered = memory.verdicts.entered(Status.ENDED)
        for row, group in enumerate(rows):
            if not self.returns.concerns(group.addresses) or self.answers.said_ended(group, week):
                continue
            since = self.returns.since(group.addresses, sunday(week))
            entered[row] = -1 if since is None else week_of(since)


def follow(
    history: History,
    until: date,
    settings: DriftSettings | None = None,
    method: Method | None = None,
    *,
    since: date | None = None,
    kept: Checkpoints | None = None,
) -> Iterator[Week]:
    """The weeks of a history in order, from the first contact to the last ISO week that is over on `until`.

    A `Week` may be kept: it does not change when later weeks are drawn. Its texts look only at what had happened by
    its Sunday. Raises nothing; an empty history yields nothing.

    Args:
        since: weeks that end before this day are not yielded.
        kept: how the desk stood in earlier weeks, from calls before in this process; written to. Folded are only the
            weeks for which something has changed, and those from `since` on; without `since` only these are yielded.
            They are the same as without `kept`, to the last digit.
    """
    desk = Desk(history, settings or DriftSettings(), method)
    first, last = desk.first_week(), last_complete(until)
    if not len(desk.diary.week):
        return
    known: dict[int, bytes] = {}
    wanted = first if since is None else max(first, week_of(since))
    if kept is not None:
        known = prints(history, desk.diary, desk.exposure, desk.returns, last)
        terms = (settings or DriftSettings(), desk.detector.method)
        checkpoint = kept.newest(known, terms, last + 1 if since is None else wanted)
        if checkpoint is not None:
            put_back(desk, checkpoint)
            first = checkpoint.week + 1
            wanted = max(wanted, first)
    for week in range(first, last + 1):
        desk.take(week)
        if kept is not None and kept.wants(week, last):
            kept.keep(take(desk, week, known[week]), last)
        if week >= wanted:
            yield Week(desk, week, desk.stale(week))
