"""The report as values: what every form of it (HTML, text, JSON, mail) says. A pure function of its arguments.

`build` knows nothing of ledgers, clocks or templates. The same assessment, journal, config and day give the same
report; what the journal says after that day is not looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from rules.health.assessment import Assessment, Change, Portfolio, Status
from rules.health.holes import Hole, cut
from rules.health.standing import FALLS
from rules.meaning import Coverage, Interaction, Merge, Person, Traffic
from syncd.config.model import Config
from syncd.report import summary, ties, words
from syncd.report.answers import JournalEntry, code
from syncd.report.choice import Choice, choose, lately, sunday
from syncd.report.figures import Figure, Personal, figures
from syncd.report.pictures import Month, strip
from syncd.report.questions import Twins, asked_if_own, questions
from syncd.report.seeing import Seen, see

NAMED = 8  # lines of those on the list or on watch; more are counted
CALL_FIRST = 5
WARM = 0.35  # from which contact is called personal here


class WeekLike(Protocol):
    """One assessed week, as `rules.health.desk.Week` is one."""

    @property
    def label(self) -> str: ...
    @property
    def stale(self) -> str | None: ...
    @property
    def assessments(self) -> Sequence[Assessment]: ...
    @property
    def portfolio(self) -> Portfolio: ...
    @property
    def holes(self) -> Sequence[Hole]: ...


@dataclass(frozen=True, slots=True)
class AssessedWeek:
    """A week out of the ledger."""

    label: str
    assessments: Sequence[Assessment] = ()
    portfolio: Portfolio = field(default_factory=lambda: Portfolio(""))
    stale: str | None = None
    holes: Sequence[Hole] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A person with their assessment, ready to be shown. `name` is safe to show; a `namesake` is not the only one
    who bears it."""

    person: Person
    assessment: Assessment
    name: str
    code: str
    namesake: bool = False

    @property
    def status(self) -> Status:
        return self.assessment.status

    @property
    def alone(self) -> str:
        """The name where nothing else is said of them, so that nobody takes them for somebody else."""
        beside = words.shown_name(self.person.organisation, "") or words.shown_text(self.person.id)
        return f"{self.name} ({beside})" if self.namesake else self.name

    @property
    def label(self) -> str:
        return words.LABELS[self.status]

    @property
    def evidence(self) -> str:
        return words.shown_text(self.assessment.evidence)

    @property
    def suggestion(self) -> str:
        return words.shown_text(self.assessment.suggestion)

    @property
    def sure(self) -> float | None:
        """How sure a flag is; None where there is none, or where it is no more than a thought."""
        probability = self.assessment.probability
        return probability if probability and probability >= 0.5 and self.status is not Status.WATCH else None

    @property
    def began(self) -> str:
        """Since when, for what has a beginning; of the others one knows only since when it could be told."""
        since = self.assessment.since
        if since is None or self.status not in FALLS:
            return ""
        return f" {'in' if self.status is Status.MOVED_DOWN else 'since'} {words.month(since)}"

    @property
    def firm(self) -> str:
        """What they are, in the owner's words, and whose people they belong to, unless their address says it."""
        organisation = self.person.organisation if self.person.name else None
        return ", ".join(words.shown_name(part, "") for part in (self.person.role, organisation) if part)


@dataclass(frozen=True, slots=True)
class Card:
    """Somebody to think of this week: why we think so, and what would help. `legend`: what the strip of months shows
    above and below its line."""

    known: Known
    headline: str
    months: tuple[Month, ...]
    legend: tuple[str, str] = ("personal", "business")
    planned: str = ""
    renewal: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody in one line, and what is said of them."""

    known: Known
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """One week's report. Lists are in the order in which they are shown; an empty one is left out.

    Attributes:
        as_of: the last day that the report knows; `week` the ISO week it speaks of.
        owner: the owner's first name, or empty; `reply_to` the address that answers are sent to.
        summary: the opening sentence; `notices` what has to be known before the rest is believed; `left_out` of
            whom nothing is said, and why.
        call_first: whom to call first, when nearly everybody fell quiet at once.
        waiting: flagged people who are only named: suggested not long ago, or more than fit.
        more_waiting, more_watched: how many there are beyond those shown.
        renewals: whose contract ends soon and who is on no card.
        close: who could be called in a crisis, and where that differs from whom the owner calls key.
        given: what the owner gave in the last quarter, and what was received.
        portfolio: the measures behind it, for machines.
        people: everybody who was assessed, by name.
    """

    as_of: date
    week: str
    owner: str
    reply_to: str
    summary: str
    notices: tuple[str, ...]
    left_out: tuple[str, ...]
    event: str | None
    call_first: tuple[Line, ...]
    cards: tuple[Card, ...]
    waiting: tuple[Known, ...]
    more_waiting: int
    came_back: tuple[Line, ...]
    watched: tuple[Known, ...]
    more_watched: int
    renewals: tuple[Line, ...]
    figures: tuple[Figure, ...]
    close: tuple[str, ...]
    given: tuple[str, ...]
    seen: Seen
    twins: tuple[Twins, ...]
    people: tuple[Known, ...]
    portfolio: Portfolio

    @property
    def answerable(self) -> bool:
        """Whether it asks anything."""
        return bool(self.cards or self.waiting or self.watched or self.twins)

    @property
    def codes(self) -> dict[str, str]:
        """Code to person, for whoever wants to check an answer."""
        return {known.code: known.person.id for known in self.people}


def build(  # noqa: PLR0913 -- a pure function names all that it depends on
    week: WeekLike,
    people: Iterable[Person],
    interactions: Sequence[Interaction],
    coverage: Coverage,
    journal: Sequence[JournalEntry],
    config: Config,
    as_of: date,
    *,
    heard: date | None = None,
    traffic: Sequence[Traffic] = (),
    changes: Iterable[Change] = (),
    suggestions: Iterable[Merge] = (),
) -> Report:
    """The report of a week as it stood on the day `as_of`, in the owner's zone.

    Args:
        week: the last complete week on that day.
        people: everybody known then.
        interactions: in order of time; those still to come are only looked at as plans.
        coverage: what the sources have listed.
        journal: all entries; those after `as_of` are left out, but for answers up to the day `heard`.
        config: for the owner's name, where answers go, and whom to leave out.
        as_of: the day.
        traffic: mail of organisations' machines, counted as other contact in the strips.
        changes: status changes up to that week, for those who came back.
        suggestions: merges that wait for the owner's word.
    """
    known = _everybody(week.assessments, people, config)
    twins = questions(suggestions, config.owner.addresses)
    told = tuple(one for one in known if one.person.key or not asked_if_own(twins, one.person.addresses))
    last = {"answer": max(as_of, heard or as_of)}
    before = [entry for entry in journal if entry.at.date() <= last.get(entry.kind, as_of)]
    desk = _Desk(interactions, traffic, as_of)
    choice = choose(told, before, list(changes), week.label, as_of, lately=lately(told, desk.happened, as_of))
    read = cut(coverage, [hole for hole in week.holes if hole.known <= as_of], whole=True)
    seen = see(read, as_of, week.stale)
    names, key = {one.person.id: one.alone for one in told}, {one.person.id for one in told if one.person.key}
    first = week.portfolio.call_first if week.portfolio.event else ()
    by_id = {one.person.id: one for one in told}
    watched = choice.watched
    judged = any(one.status not in summary.UNJUDGED for one in known)
    return Report(
        as_of=as_of,
        week=week.label,
        owner=words.shown_name((config.owner.name or "").split(" ")[0], ""),
        reply_to=config.report.to or config.owner.addresses[0],
        summary=summary.opening(known, choice, seen, week.portfolio.event),
        notices=summary.notices(seen),
        left_out=summary.left_out(known, seen, choice),
        event=week.portfolio.event,
        call_first=tuple(desk.last_contact(by_id[one]) for one in first if one in by_id)[:CALL_FIRST],
        cards=tuple(desk.card(one, choice) for one in choice.cards),
        waiting=choice.waiting[:NAMED],
        more_waiting=max(0, len(choice.waiting) - NAMED),
        came_back=tuple(map(desk.last_contact, choice.came_back)),
        watched=watched[:NAMED],
        more_watched=max(0, len(watched) - NAMED),
        figures=desk.figures(week, seen, calendars=bool(coverage.calendar)) if judged else (),
        renewals=tuple(desk.renewal(one) for one in known if one.assessment.renews and one not in choice.cards),
        close=ties.closeness(week.portfolio, names, key) if judged else (),
        given=ties.given(week.portfolio) if judged else (),
        seen=seen,
        twins=twins,
        people=known,
        portfolio=week.portfolio,
    )


def _everybody(assessments: Sequence[Assessment], people: Iterable[Person], config: Config) -> tuple[Known, ...]:
    by_id = {person.id: person for person in people}
    ignored = {address for word in config.person if word.ignore for address in word.addresses}
    found = []
    for assessment in assessments:
        person = by_id.get(assessment.person) or Person(assessment.person, (assessment.person,))
        if ignored.isdisjoint(person.addresses):
            name = words.shown_name(person.name, person.id)
            found.append(Known(person, assessment, name, code(person.id)))
    borne = Counter(one.name.casefold() for one in found)
    found = [replace(one, namesake=True) if borne[one.name.casefold()] > 1 else one for one in found]
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.person.id)))


class _Desk:
    """What the cards are drawn from: contacts by person, organisation traffic, plans."""

    def __init__(self, interactions: Sequence[Interaction], traffic: Sequence[Traffic], as_of: date) -> None:
        self.as_of = as_of
        self.happened = [one for one in interactions if one.local <= as_of and not one.planned]
        self._of: dict[str, list[Interaction]] = defaultdict(list)
        for one in self.happened:
            self._of[one.person].append(one)
        self._plans: dict[str, Interaction] = {}
        for one in interactions:
            if one.planned and one.local >= as_of and one.took_place > 0.3 and not (one.standing or one.crowd):
                self._plans.setdefault(one.person, one)
        self._traffic: dict[str, list[Traffic]] = defaultdict(list)
        for mail in traffic:
            self._traffic[mail.organisation].append(mail)

    def figures(self, week: WeekLike, seen: Seen, *, calendars: bool) -> tuple[Figure, ...]:
        """The portfolio's figures, and of few contacts their number."""
        personal = Personal.of(self.happened, sunday(week.label))
        return figures(week.portfolio, self.as_of, seen.first, personal, calendars=calendars)

    def last_contact(self, known: Known) -> Line:
        """The person, and when the owner and they last had personal contact."""
        warm = [one for one in self._of[known.person.id] if one.personal >= WARM]
        return Line(known, summary.last_contact(warm[-1]) if warm else known.evidence)

    def renewal(self, known: Known) -> Line:
        """When the contract with a person ends, and how they stand."""
        text = summary.renewal(known.person, self.as_of)
        return Line(known, f"{text} {words.sentence(known.label)} {known.evidence}".strip())

    def card(self, known: Known, choice: Choice) -> Card:
        person = known.person
        business = self._traffic.get(person.organisation or "", [])
        plan = self._plans.get(person.id)
        said = choice.said.get(person.id)
        return Card(
            known,
            summary.headline(known),
            strip(self._of[person.id], business, self.as_of, ladder=known.status is Status.MOVED_DOWN),
            ("met or spoken", "written") if known.status is Status.MOVED_DOWN else ("personal", "business"),
            planned=summary.planned(plan) if plan and words.day(plan.local) not in known.suggestion else "",
            renewal=summary.renewal(person, self.as_of),
            said=f"You said on {words.day(said)} that this is right." if said else "",
        )
