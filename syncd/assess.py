"""Meaning to weeks: what the desk says of every relationship, as of a day or week by week.

Both ways are the same fold over the weeks. As of a day in the past, the facts are understood anew without all that
came later; the backtest goes once over everything, because no label, merge or status looks ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rules import ruleset
from rules.health.assessment import Answer, Change, DriftSettings, History
from rules.health.desk import Week, follow
from rules.meaning import Coverage, Interaction, Merge
from syncd.config import Config
from syncd.interpret import Terms, understand
from syncd.ledger import Ledger
from syncd.ledger.meaning import Interpretation

Progress = Callable[[int, int | None], object]
Days = tuple[tuple[date, date], ...] | None


@dataclass(frozen=True, slots=True)
class Assessed:
    """A desk as of a day.

    Attributes:
        as_of: the last day that was looked at.
        week: what the desk says at the end of the last ISO week that was over then; None if there is none yet.
        history: what it was said from.
        planned: what is on the calendar after that day, as far as it was known.
        note: why `as_of` is not today, in a sentence.
        suggestions: addresses that looked like one person by that day.
    """

    as_of: date
    week: Week | None
    history: History
    planned: tuple[Interaction, ...] = ()
    note: str | None = None
    suggestions: tuple[Merge, ...] = ()


def assess(
    ledger: Ledger,
    config: Config,
    as_of: date | None = None,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Assessed:
    """The desk as of a day; without one, as of today.

    Where every source has ended (files that were exported once), the day is the last one they cover.
    The ledger's meaning must be up to date (`syncd.interpret`).
    """
    now = now or datetime.now(UTC)
    zone = ZoneInfo(config.owner.timezone)
    today = now.astimezone(zone).date()
    note = None
    if as_of is None:
        as_of = today
        last = _ended_on(ledger, config, now)
        if last is not None and last < today:
            as_of = last
            note = f"All sources end on {last:%-d %B %Y}, so this is how things stood then."
    meaning = _meaning(ledger, config, as_of, now, progress)
    history = _history(ledger, config, meaning, as_of, now)
    week = None
    for week in follow(history, as_of, _settings(config)):  # noqa: B007 - the last one is what we want
        pass
    planned = tuple(one for one in meaning.interactions if one.planned and one.local > as_of)
    return Assessed(as_of, week, history, planned if as_of >= today else (), note, tuple(meaning.suggestions))


def backtest(
    ledger: Ledger, config: Config, first: date, last: date, *, now: datetime | None = None
) -> Iterator[Change]:
    """Every change of a status in the weeks that end in [first, last], oldest first: what each week's report said.

    Somebody's first line says how they stood when the time began or when they were first seen.
    """
    now = now or datetime.now(UTC)
    history = _history(ledger, config, _stored(ledger), last, now)
    before: dict[str, tuple[object, ...]] = {}
    for week in follow(history, last, _settings(config)):
        if week.sunday < first:
            continue
        for person, (status, also, probability) in week.statuses.items():
            if before.get(person) != (status, also):
                yield Change(week.label, person, status, also, probability)
            before[person] = (status, also)


def _meaning(ledger: Ledger, config: Config, as_of: date, now: datetime, progress: Progress | None) -> Interpretation:
    """What was known by the end of a day. The stored meaning, unless it knows of later things."""
    stored = _stored(ledger)
    end = max((one.local for one in stored.interactions if not one.planned), default=date.min)
    if as_of >= max([end, *(line.local for line in stored.traffic)]):
        return stored
    journal = ledger.journal.entries(("logged", "merged", "parted"))
    terms = Terms.of(config, ruleset.load(config.rules), journal)
    kept = ledger.facts.kept_labels()
    return understand(ledger.facts.copies(), terms, journal, kept, now=now, until=as_of, progress=progress)


def _stored(ledger: Ledger) -> Interpretation:
    meaning = ledger.meaning
    return Interpretation(
        people=meaning.people(),
        merges=meaning.merges(),
        suggestions=meaning.suggestions(),
        owner_addresses=meaning.owner_addresses(),
        interactions=meaning.interactions(),
        traffic=meaning.traffic(),
    )


def _history(ledger: Ledger, config: Config, meaning: Interpretation, as_of: date, now: datetime) -> History:
    zone = ZoneInfo(config.owner.timezone)
    end = datetime.combine(as_of + timedelta(days=1), time(), zone).astimezone(UTC)
    accounts = [account.name for account in config.account]
    coverage = ledger.facts.coverage(config.owner.timezone, min(now, end), accounts)
    return History(
        people=meaning.people,
        merges=meaning.merges,
        interactions=[one for one in meaning.interactions if one.local <= as_of and not one.planned],
        traffic=[line for line in meaning.traffic if line.local <= as_of],
        coverage=replace(coverage, mail=_until(coverage.mail, as_of), calendar=_until(coverage.calendar, as_of)),
        answers=tuple(_answers(ledger, as_of)),
    )


def _until(spans: Days, as_of: date) -> Days:
    """Coverage cut after a day."""
    if spans is None:
        return None
    end = as_of + timedelta(days=1)
    return tuple((first, min(last, end)) for first, last in spans if first < end)


def _answers(ledger: Ledger, as_of: date) -> Iterator[Answer]:
    for entry in ledger.journal.entries("answer"):
        on = date.fromisoformat(entry.data["on"])
        if on <= as_of:
            until = entry.data.get("until")
            yield Answer(entry.subject, on, entry.data["word"], date.fromisoformat(until) if until else None)


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
