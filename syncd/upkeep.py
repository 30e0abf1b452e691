"""What follows from new facts: the owner's answers are heard, what is too old is dropped, meaning is made anew, and
with it the flags of every week."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from rules.engine import ruleset
from rules.engine.ruleset import RuleSet
from rules.health.checkpoints import Checkpoints
from rules.labels.labeller import Labeller
from rules.meaning import Decision
from rules.occurrences.gathering import fold
from syncd.answering import listen
from syncd.assess import record
from syncd.config import Config
from syncd.interpret import interpret
from syncd.ledger import Ledger
from syncd.ledger.meaning import Changes
from syncd.milestones import Milestones
from syncd.retention import Retention, expire
from syncd.terms import Terms
from syncd.understanding import Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What one process keeps from one refresh of a ledger to the next: how far it has interpreted it, and how the
    desk stood in earlier weeks."""

    milestones: Milestones = field(default_factory=Milestones)
    weeks: Checkpoints = field(default_factory=Checkpoints)


def refresh(
    ledger: Ledger,
    config: Config,
    *,
    now: datetime | None = None,
    rules: RuleSet | None = None,
    progress: Progress | None = None,
    kept: Kept | None = None,
) -> Changes:
    """Bring journal and meaning up to date with the facts; does next to nothing where nothing changed.

    Args:
        rules: the rule set in force; without it the packs and the config's rule files are read.
        kept: from calls before in this process.

    Raises:
        RuleProblems: a rule file is wrong; the meaning stays as it was.
    """
    now = now or datetime.now(UTC)
    rules = rules or ruleset.load(config.rules)
    expire(ledger, retention_of(config), now, lambda: _labels(ledger, config, rules))
    made = ledger.meaning.made_by()
    hearing = listen(ledger, _owner_addresses(ledger, config), made.facts_version if made else 0)
    since, weeks = (None, None) if kept is None else (kept.milestones, kept.weeks)
    changes = interpret(ledger, config, rules=rules, now=now, progress=progress, since=since)
    if made is None:  # whom the answers in a mailbox mean is known only now: a ledger begun anew, or a second one
        hearing = listen(ledger, _owner_addresses(ledger, config))
        if hearing.heard:
            interpret(ledger, config, rules=rules, now=now, progress=progress, since=since)
    for unclear in hearing.unclear:
        log.warning("An answer that you sent by mail could not be understood: %s", unclear)
    record(ledger, config, now=now, kept=weeks)
    return changes


def retention_of(config: Config) -> Retention:
    """How long the config wants things to be kept."""
    return Retention.of_days(config.retention.subjects_days, config.retention.everything_days)


def _owner_addresses(ledger: Ledger, config: Config) -> Sequence[str]:
    return ledger.meaning.owner_addresses() or config.owner.addresses


def _labels(ledger: Ledger, config: Config, rules: RuleSet) -> Iterator[tuple[Sequence[int], Decision]]:
    """What the rules say of every occurrence while its words are still there."""
    terms = Terms.of(config, rules)
    owner = replace(terms.owner, addresses=frozenset(_owner_addresses(ledger, config)))
    occurrences = fold(ledger.facts.copies(), timezone=owner.timezone)
    decisions = Labeller(rules, owner).label(occurrence.observation for occurrence in occurrences)
    for occurrence, decision in zip(occurrences, decisions, strict=True):
        yield occurrence.items, decision
