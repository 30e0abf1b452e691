"""The ledger's meaning brought up to date with facts, rules, config and journal; only what differs is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rules.collector import uncollected
from rules.engine import ruleset
from rules.engine.ruleset import RuleSet
from rules.labels.findings import edition
from syncd import __version__
from syncd.config import Config
from syncd.ledger import Ledger
from syncd.ledger.findings import Findings
from syncd.ledger.meaning import Changes, MadeBy, Overtaken, Standing
from syncd.milestones import Milestones, Reading, read, read_since
from syncd.terms import MEANT, Terms, digest
from syncd.understanding import Departed, Labels, Progress, Walk, logged_id, understand

_FEW = 500  # contacts logged by hand, to be named in one question


def interpret(
    ledger: Ledger,
    config: Config,
    *,
    rules: RuleSet | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
    since: Milestones | None = None,
) -> Changes:
    """Bring the ledger's meaning up to date; does nothing where nothing changed.

    Args:
        rules: the rule set in force; without it the packs and the config's rule files are read.
        now: what ends after it is planned, not past.
        progress: told how many observations were labelled, of how many.
        since: how far this process has come before; where that stands, only what came since is interpreted.

    Raises:
        RuleProblems: a rule file is wrong; the meaning stays as it was.
    """
    now = now or datetime.now(UTC)
    rules = rules or ruleset.load(config.rules)
    journal = ledger.journal.entries(MEANT)
    by = f"{__version__}:{edition()}:{rules.digest}"
    made_by = MadeBy(ledger.facts.version(), by, digest(config, journal))
    if made_by == ledger.meaning.made_by() and not _came_to_pass(ledger, now):
        return Changes()
    terms = Terms.of(config, rules, journal)
    basis = (by, digest(config, [entry for entry in journal if entry.kind != "logged"]))
    job = _Job(ledger, terms, made_by, basis, now, progress)
    with uncollected():
        return job.whole() if since is None else job.onwards(since)


@dataclass(frozen=True, slots=True)
class _Job:
    """One interpretation to be made."""

    ledger: Ledger
    terms: Terms
    made_by: MadeBy
    basis: object
    now: datetime
    progress: Progress | None

    def whole(self) -> Changes:
        """Of all the time."""
        found = Findings(self.ledger)
        labels, copies = self.ledger.facts.kept_labels(), self.ledger.facts.copies()
        meaning = understand(copies, self.terms, labels, found, now=self.now, progress=self.progress)
        return self.ledger.meaning.write(meaning, self.made_by, self.now, found)

    def onwards(self, since: Milestones) -> Changes:
        """Of the time since the nearest milestone that stands."""
        labels = self.ledger.facts.kept_labels()
        others: frozenset[str] = frozenset()
        earliest = datetime.max.replace(tzinfo=UTC)
        for milestone in since.nearest():
            stands = milestone.basis == self.basis and milestone.at <= earliest
            stands = stands and others.isdisjoint(milestone.memories.seen)
            if stands and len(self.terms.logged) <= _FEW:
                try:
                    return self._go(read_since(self.ledger, self.terms, labels, milestone, self.now), labels, since)
                except Overtaken:
                    break
                except Departed as departed:
                    others |= departed.whose
                    earliest = min(earliest, departed.at or earliest)
        since.clear()
        return self._go(read(self.ledger, self.terms, self.now), labels, since)

    def _go(self, reading: Reading, labels: Labels, since: Milestones) -> Changes:
        last = reading.since
        reading.note(ZoneInfo(self.terms.owner.timezone), labels)
        found = Findings(self.ledger, None if last is None else last.at)
        memories = None if last is None else last.memories
        walk = Walk(
            self.terms,
            labels,
            found,
            now=self.now,
            progress=self.progress,
            memories=memories,
            keep_at=reading.places,
        )
        meaning = walk.go(reading.occurrences)
        logged = frozenset(map(logged_id, self.terms.logged))
        standing = None
        if last is not None:
            standing = Standing(
                last.at, last.version, last.reasons, logged, (since.written or self.made_by, self.made_by)
            )
        changes = self.ledger.meaning.write(meaning, self.made_by, self.now, found, standing)
        since.written = self.made_by
        at, reasons = (None, frozenset[str]()) if last is None else (last.at, last.reasons)
        for memories in walk.kept:
            reasons |= self.ledger.meaning.reasons_between(at, memories.at, logged)
            at = memories.at
            since.add(reading.milestone(memories, self.made_by.facts_version, self.basis, reasons), self.now)
        return changes


def _came_to_pass(ledger: Ledger, now: datetime) -> bool:
    """Whether something that was planned when the meaning was made is past by now."""
    made = ledger.meaning.made()
    if made is None:
        return True
    recent = ledger.meaning.interactions(since=made.at - timedelta(days=1), until=now)
    return any(one.planned and one.at + timedelta(minutes=one.minutes) <= now for one in recent)
