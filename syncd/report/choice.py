"""Whom the report names this week. Few, those who matter first, and not the same ones every week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from rules.health.assessment import FLAGS, Change, Status
from rules.meaning import Channel, Interaction
from syncd.report.answers import JournalEntry

if TYPE_CHECKING:
    from syncd.report.model import Known

AT_MOST = 5
FALLEN = (Status.DRIFTING, Status.MOVED_DOWN, Status.GOING_QUIET)  # what one comes back from
REST = timedelta(weeks=4)  # after a suggestion, until the same one is made again
REST_OF_KEY = timedelta(weeks=2)
REST_AFTER_RIGHT = timedelta(weeks=8)  # "right, I know": no second reminder before that
PERSONAL = 0.3  # share of personal contact from which it matters who begins
CAME_BACK = timedelta(weeks=4)  # how long a recovery is news
LIKELY = 0.5  # from which contact was personal
LATELY = timedelta(weeks=2)  # whoever was met so short a time ago needs no reminder, whatever the months before say


@dataclass(frozen=True, slots=True)
class Choice:
    """`cards` are suggested now; `waiting` were not long ago, or are too many. `fresh`: flagged in this very week.
    `said`: since when the owner agrees with a flag. `snoozed`: how many are not shown because the owner asked.
    `first`: nobody was ever suggested before."""

    cards: tuple[Known, ...] = ()
    waiting: tuple[Known, ...] = ()
    came_back: tuple[Known, ...] = ()
    watched: tuple[Known, ...] = ()
    fresh: tuple[Known, ...] = ()
    said: dict[str, date] = field(default_factory=dict)
    snoozed: int = 0
    first: bool = True


def choose(
    known: Sequence[Known],
    journal: Sequence[JournalEntry],
    changes: Sequence[Change],
    week: str,
    as_of: date,
    at_most: int = AT_MOST,
    lately: Collection[str] = (),
) -> Choice:
    """Whom to suggest, to name, and to be glad about. `journal` holds entries up to the day `as_of` only; `lately`
    are those who fell off and with whom there was just the contact that is missed: they wait."""
    words = _Words(known, journal, week, as_of)
    flagged = [one for one in known if _matters(one)]
    open_ = [one for one in flagged if not words.silenced(one)]
    rested = sorted((one for one in open_ if words.rested(one) and one.person.id not in lately), key=_rank)
    one_sided = [one for one in rested if one.status is Status.ONE_SIDED]
    cards = _varied([one for one in rested if one not in one_sided[1:]])[:at_most]
    shown = {one.person.id for one in cards}
    waiting = sorted((one for one in open_ if one.person.id not in shown), key=_rank)
    watched = [
        one
        for one in known
        if one.status is Status.WATCH
        and not (_watched_closely(one) or one.assessment.slight)
        and not words.silenced(one)
    ]
    entered = {change.person for change in changes if change.week == week and change.status in FLAGS}
    return Choice(
        cards=cards,
        waiting=tuple(waiting),
        came_back=tuple(one for one in _returned(known, changes, as_of) if not words.closed(one)),
        watched=tuple(sorted(watched, key=_rank)),
        fresh=tuple(one for one in cards if one.person.id in entered),
        said={one.person.id: words.right[one.person.id] for one in cards if one.person.id in words.right},
        snoozed=sum(words.snoozed(one) for one in flagged),
        first=words.first,
    )


def lately(told: Sequence[Known], happened: Sequence[Interaction], as_of: date) -> set[str]:
    """Those who fell off and with whom there was personal contact these days; of those who moved to mail, a meeting
    or a talk. `happened`: in order of time."""
    fallen = {one.person.id: one.status for one in told if one.status in FALLEN}
    return {
        one.person
        for one in takewhile(lambda one: one.local > as_of - LATELY, reversed(happened))
        if one.person in fallen
        and one.personal >= LIKELY
        and not (fallen[one.person] is Status.MOVED_DOWN and one.channel is Channel.EMAIL)
    }


def _matters(one: Known) -> bool:
    """Whether it is for the owner's eyes. Who always begins is no matter where there is only business: reports go
    up, orders go out, and nobody misses an answer."""
    if one.status is Status.ONE_SIDED:
        personal = one.assessment.facets.get("personal")
        return one.person.key or personal is None or personal.value >= PERSONAL
    return one.status in FLAGS or _watched_closely(one)


def _watched_closely(one: Known) -> bool:
    """Key people, and those whose contract ends soon: for them to be on watch is enough."""
    closely = one.person.key or one.assessment.renews is not None
    return one.status is Status.WATCH and closely and not one.assessment.slight


def _rank(one: Known) -> tuple[bool, int, float, str]:
    """Key people first, then by what is wrong, then by how sure we are."""
    tier = FLAGS.index(one.status) if one.status in FLAGS else len(FLAGS)
    return not one.person.key, tier, -(one.assessment.probability or 0.0), one.person.id


def _varied(ranked: Sequence[Known]) -> tuple[Known, ...]:
    """Key people first; then of each kind of matter one after the other, so that no kind crowds out the rest."""
    turns: Counter[Status] = Counter()
    places = []
    for one in ranked:
        places.append(0 if one.person.key else turns[one.status])
        turns[one.status] += not one.person.key
    order = sorted(range(len(ranked)), key=lambda i: (not ranked[i].person.key, places[i]))
    return tuple(ranked[i] for i in order)


def _returned(known: Sequence[Known], changes: Sequence[Change], as_of: date) -> tuple[Known, ...]:
    """Those who are healthy now and had fallen off not long ago."""
    flagged: set[str] = set()
    news: set[str] = set()
    for change in changes:
        news.discard(change.person)
        if change.status in FALLEN:
            flagged.add(change.person)
        elif change.status is Status.HEALTHY and change.person in flagged:
            flagged.discard(change.person)
            if as_of - sunday(change.week) < CAME_BACK:
                news.add(change.person)
    return tuple(one for one in known if one.person.id in news and one.status is Status.HEALTHY)


def sunday(week: str) -> date:
    """The last day of an ISO week: `2026-W47` is 22 November 2026."""
    year, _, number = week.partition("-W")
    return date.fromisocalendar(int(year), int(number), 7)


class _Words:
    """What the owner said of whom, and what was suggested when. Entries of the same week do not count, so that the
    report of a week stays as it was when it is made again."""

    def __init__(self, known: Sequence[Known], journal: Sequence[JournalEntry], week: str, as_of: date) -> None:
        self._as_of = as_of
        person_of = {address: one.person.id for one in known for address in one.person.addresses}
        self._suggested: dict[str, tuple[date, str]] = {}
        self._until: dict[str, date] = {}
        self._closed: dict[str, date] = {}
        self.right: dict[str, date] = {}
        self.first = True
        for entry in journal:
            person = person_of.get(entry.subject, entry.subject)
            on = entry.at.date()
            if entry.kind == "suggested" and entry.data.get("week") != week:
                self._suggested[person] = (on, str(entry.data.get("status", "")))
                self.first = False
            elif entry.kind == "answer":
                self._answer(person, str(entry.data.get("word", "")), entry.data.get("until"), on)

    def _answer(self, person: str, word: str, until: object, on: date) -> None:
        """The last word counts: each answer takes back the one before it."""
        for said in (self._until, self._closed, self.right):
            said.pop(person, None)
        if word == "snooze":
            self._until[person] = date.fromisoformat(until) if isinstance(until, str) else on + timedelta(weeks=8)
        elif word in {"wrong", "ended"}:
            self._closed[person] = on
        elif word == "right":
            self.right[person] = on

    def snoozed(self, one: Known) -> bool:
        until = self._until.get(one.person.id)
        return until is not None and until > self._as_of

    def closed(self, one: Known) -> bool:
        """Whether the owner's last word was that nothing was the matter, or that it has ended."""
        return one.person.id in self._closed

    def silenced(self, one: Known) -> bool:
        """The owner does not want to hear of it now, or said it is no matter and nothing new came up since."""
        closed = self._closed.get(one.person.id)
        since = one.assessment.since
        return self.snoozed(one) or (closed is not None and (since is None or since <= closed))

    def rested(self, one: Known) -> bool:
        right = self.right.get(one.person.id)
        if right is not None and self._as_of - right < REST_AFTER_RIGHT:
            return False
        suggested = self._suggested.get(one.person.id)
        if suggested is None or suggested[1] != one.status.value:
            return True
        return self._as_of - suggested[0] >= (REST_OF_KEY if one.person.key else REST)
