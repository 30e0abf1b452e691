"""Meaning to weeks: what the desk says of every relationship, as of a day or week by week.

Both ways are the same fold over the weeks. As of a day in the past, the facts are understood anew without all that
came later; the backtest goes once over everything, because no label, merge or status looks ahead. So does `record`,
which writes the flags of every week into the ledger, where the public views show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

import msgspec

from rules.collector import uncollected
from rules.engine import ruleset
from rules.health.assessment import FLAGS, Answer, Assessment, Change, DriftSettings, History
from rules.health.checkpoints import Checkpoints
from rules.health.desk import Week, follow
from rules.health.diary import is_contact
from rules.health.weeks import label, last_complete, sunday, week_of
from rules.meaning import Coverage, Interaction, Merge
from syncd.config import Config
from syncd.ledger import Ledger
from syncd.ledger.difference import Counts
from syncd.ledger.findings import Findings
from syncd.ledger.meaning import Interpretation
from syncd.terms import MEANT, Terms
from syncd.understanding import Progress, understand

Days = tuple[tuple[date, date], ...] | None


@dataclass(frozen=True, slots=True)
class Assessed:
    """A desk as of a day.

    Attributes:
        as_of: the last day that was looked at.
        weeks: what the desk said at the end of every ISO week that was over then, as far `back` as was asked for.
        history: what it was said from.
        planned: what is still to come on the calendar, on that day or after it, as far as it was known.
        note: why `as_of` is not today, in a sentence.
        suggestions: addresses that looked like one person by that day.
        heard: the day up to which the owner's answers count, where no day was asked for.
    """

    as_of: date
    weeks: Sequence[Week]
    history: History
    planned: tuple[Interaction, ...] = ()
    note: str | None = None
    suggestions: tuple[Merge, ...] = ()
    heard: date | None = None

    @property
    def week(self) -> Week | None:
        """The last of the weeks; None if there is none yet."""
        return self.weeks[-1] if self.weeks else None


def assess(
    ledger: Ledger,
    config: Config,
    as_of: date | None = None,
    *,
    back: timedelta = timedelta(days=6),
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Assessed:
    """The desk as of a day; without one, as of today. `back`: how long before it the first of the weeks may end.

    Where every source has ended (files that were exported once), the day is the last one they cover.
    The ledger's meaning must be up to date (`syncd.interpret`).
    """
    now = now or datetime.now(UTC)
    zone = ZoneInfo(config.owner.timezone)
    today = now.astimezone(zone).date()
    note = heard = None
    if as_of is None:
        as_of = heard = today  # of an export that has ended the owner speaks after its last day
        last = _ended_on(ledger, config, now)
        if last is not None and last < today:
            as_of = last
            note = f"All sources end on {last:%-d %B %Y}, so this is how things stood then."
    stored = _stored(ledger)
    meaning = _meaning(ledger, stored, config, as_of, now, progress)
    lately = as_of >= today - timedelta(days=1)  # the weekly mail is as of yesterday, and knows what is to come
    planned = tuple(one for one in stored.interactions if lately and one.planned and one.local >= as_of)
    history = replace(_history(ledger, config, meaning, as_of, now, heard), planned=planned)
    weeks = list(follow(history, as_of, _settings(config), since=as_of - back))
    return Assessed(as_of, weeks, history, planned, note, tuple(meaning.suggestions), heard)


def backtest(
    ledger: Ledger, config: Config, first: date, last: date, *, now: datetime | None = None
) -> Iterator[Change]:
    """Every change of a status in the weeks that end in [first, last], oldest first: what each week's report said.

    Somebody's first line says how they stood when the time began or when they were first seen.
    """
    now = now or datetime.now(UTC)
    history = _history(ledger, config, _stored(ledger), last, now)
    return changes(week for week in follow(history, last, _settings(config)) if week.sunday >= first)


def changes(weeks: Iterable[Week]) -> Iterator[Change]:
    """Every change of a status in weeks that follow each other; the first one tells how everybody stood."""
    before: dict[str, tuple[object, ...]] = {}
    for week in weeks:
        for person, (status, also, probability) in week.statuses.items():
            if before.get(person) != (status, also):
                yield Change(week.label, person, status, also, probability)
            before[person] = (status, also)


def record(ledger: Ledger, config: Config, *, now: datetime | None = None, kept: Checkpoints | None = None) -> Counts:
    """Bring the flags in the ledger up to date with its meaning, up to the last ISO week that is over; does nothing
    where nothing changed. With `kept`, from calls before in this process, weeks before all that changed stand."""
    now = now or datetime.now(UTC)
    today = now.astimezone(ZoneInfo(config.owner.timezone)).date()
    ended = _ended_on(ledger, config, now)  # of files that were exported once no later week says anything
    last = sunday(last_complete(min(today - timedelta(days=1), (ended or today) + timedelta(days=6))))
    made = ledger.meaning.made()
    if made is None:
        return Counts()
    answers, settings = tuple(_answers(ledger, last)), _settings(config)
    coverage = _coverage(ledger, config, last, now)
    basis = msgspec.json.encode((last, coverage.mail, coverage.calendar, coverage.ended, answers, settings))
    digest = f"{last} {blake2b(basis, digest_size=16).hexdigest()}"
    if digest == made.assessed:
        return Counts()
    history = _history(ledger, config, _stored(ledger), last, now)
    kept = Checkpoints() if kept is None else kept
    kept.hold(made.by if not ledger.meaning.has_flags() else (made.by.rules, made.by.config))
    try:
        since, flags = _flags(history, last, settings, kept)
        return ledger.meaning.write_flags(flags, replace(made, assessed=digest), since=since)
    finally:
        written = ledger.meaning.made()
        if written is None or written.assessed != digest:
            kept.clear()  # what was folded did not reach the ledger


def _flags(history: History, last: date, settings: DriftSettings, kept: Checkpoints) -> tuple[str, list[Assessment]]:
    """The week since which flags have to be written anew, empty if all have to, and those flags."""
    told = {week.label: list(week.told(FLAGS)) for week in follow(history, last, settings, kept=kept)}
    contacts = [week_of(one.local) for one in history.interactions if is_contact(one)]
    begun = min(contacts, default=None)
    if begun is None or begun > week_of(last):
        return "", []
    since = next(iter(told), label(week_of(last) + 1))
    return since if since > label(begun) else "", [flag for flags in told.values() for flag in flags]


def _meaning(
    ledger: Ledger,
    stored: Interpretation,
    config: Config,
    as_of: date,
    now: datetime,
    progress: Progress | None,
) -> Interpretation:
    """What was known by the end of a day. The stored meaning, unless it knows of later things."""
    end = max((one.local for one in stored.interactions if not one.planned), default=date.min)
    if as_of >= max([end, *(line.local for line in stored.traffic)]):
        return stored
    journal = ledger.journal.entries(MEANT)
    terms = Terms.of(config, ruleset.load(config.rules), journal)
    kept = ledger.facts.kept_labels()
    found = Findings(ledger)
    return understand(ledger.facts.copies(), terms, kept, found, now=now, until=as_of, progress=progress)


def _stored(ledger: Ledger) -> Interpretation:
    meaning = ledger.meaning
    with uncollected():
        return Interpretation(
            people=meaning.people(),
            merges=meaning.merges(),
            suggestions=meaning.suggestions(),
            owner_addresses=meaning.owner_addresses(),
            interactions=meaning.interactions(),
            traffic=meaning.traffic(),
        )


def _history(
    ledger: Ledger, config: Config, meaning: Interpretation, as_of: date, now: datetime, heard: date | None = None
) -> History:
    return History(
        people=meaning.people,
        merges=meaning.merges,
        interactions=[one for one in meaning.interactions if one.local <= as_of and not one.planned],
        traffic=[line for line in meaning.traffic if line.local <= as_of],
        coverage=_coverage(ledger, config, as_of, now),
        answers=tuple(_answers(ledger, as_of, heard)),
    )


def _coverage(ledger: Ledger, config: Config, as_of: date, now: datetime) -> Coverage:
    """What was covered by the end of a day."""
    zone = ZoneInfo(config.owner.timezone)
    end = datetime.combine(as_of + timedelta(days=1), time(), zone).astimezone(UTC)
    accounts = [account.name for account in config.account]
    coverage = ledger.facts.coverage(config.owner.timezone, min(now, end), accounts)
    return replace(coverage, mail=_until(coverage.mail, as_of), calendar=_until(coverage.calendar, as_of))


def _until(spans: Days, as_of: date) -> Days:
    """Coverage cut after a day."""
    if spans is None:
        return None
    end = as_of + timedelta(days=1)
    return tuple((first, min(last, end)) for first, last in spans if first < end)


def _answers(ledger: Ledger, as_of: date, heard: date | None = None) -> Iterator[Answer]:
    """The owner's words up to the day `as_of`; later ones, up to the day `heard`, as said in the last
    week that was over then."""
    week = sunday(last_complete(as_of))
    for entry in ledger.journal.entries("answer"):
        on = date.fromisoformat(entry.data["on"])
        if on <= (heard or as_of):
            until = entry.data.get("until")
            said = on if on <= as_of else week
            yield Answer(entry.subject, said, entry.data["word"], date.fromisoformat(until) if until else None)


def _ended_on(ledger: Ledger, config: Config, now: datetime) -> date | None:
    """The last covered day, if no source goes on growing; None while one does, or nothing is covered."""
    accounts = {account.name for account in config.account}
    states = [state for state in ledger.facts.sources() if state.account in accounts]
    if not states or any(state.live for state in states):
        return None
    coverage: Coverage = ledger.facts.coverage(config.owner.timezone, now, sorted(accounts))
    ends = [last for spans in (coverage.mail, coverage.calendar) for _, last in spans or ()]
    return max(ends) - timedelta(days=1) if ends else None


def _settings(config: Config) -> DriftSettings:
    return DriftSettings(
        false_flags=config.drift.false_flags, moved_down_false_flags=config.drift.moved_down_false_flags
    )
