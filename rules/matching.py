"""Rules made fast: per field one RE2 set that tells in one pass which patterns occur, and memories of what it said.

Subjects, senders and places repeat, so most observations cost a few look-ups; a new text costs one pass over it,
however many rules there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import exp
from typing import Any

import re2

from rules.fields import BIT, Structure
from rules.folding import fold
from rules.meaning import Evidence
from rules.ruleset import Rule, RuleSet

REMEMBERED = 50_000  # texts per field; then the memory starts afresh
SETS_KEPT = 4  # compiled rule sets
LONGEST = 2_000  # characters of a field that are looked at
PURPOSES = ("relational", "working", "transactional")

_options = re2.Options()
_options.log_errors = False
_options.case_sensitive = False
_options.max_mem = 256 << 20  # the automaton of a whole pack; RE2 would else give up on it without a word


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A rule ready to be asked: numbers of patterns, bits of flags, and the evidence it would give."""

    rule: Rule
    any_of: frozenset[int]
    unless: frozenset[int]
    all_of: tuple[int, ...]
    need: int
    forbid: int
    low: tuple[tuple[str, float], ...]
    high: tuple[tuple[str, float], ...]
    group: str
    evidence: tuple[Evidence, ...]

    def fires(self, hits: AbstractSet[int], flags: int) -> bool:
        """Whether patterns and flags are as the rule wants them; numbers are asked by `counts`."""
        if flags & self.need != self.need or flags & self.forbid:
            return False
        if self.any_of and self.any_of.isdisjoint(hits):
            return False
        if self.unless and not self.unless.isdisjoint(hits):
            return False
        return not self.all_of or all(pattern in hits for pattern in self.all_of)

    def counts(self, numbers: Mapping[str, float]) -> bool:
        """Whether the numbers are known and within the rule's bounds."""
        return all(name in numbers and numbers[name] >= bound for name, bound in self.low) and all(
            name in numbers and numbers[name] <= bound for name, bound in self.high
        )


@dataclass(frozen=True, slots=True)
class Weighed:
    """What rules add up to: log-odds per label, evidence for purposes, and evidence for everything else."""

    sums: Mapping[str, float]
    purpose: tuple[Evidence, ...]
    other: tuple[Evidence, ...]

    @classmethod
    def of(cls, fired: Iterable[Compiled]) -> Weighed:
        sums, evidence = weigh(fired)
        purpose = tuple([one for one in evidence if one.for_ in PURPOSES])
        return cls(sums, purpose, tuple([one for one in evidence if one.for_ not in PURPOSES]))


class _Field:
    """All patterns that look at one field."""

    def __init__(self) -> None:
        self.patterns: dict[str, int] = {}
        self.memory: dict[str, frozenset[int]] = {}
        self.set: Any = None
        self.ids: list[int] = []

    def compile(self) -> None:
        self.set = re2.Set.SearchSet(_options)
        for pattern, number in self.patterns.items():
            self.set.Add(fold(pattern))
            self.ids.append(number)
        self.set.Compile()

    def hits(self, text: str) -> frozenset[int]:
        known = self.memory.get(text)
        if known is None:
            if len(self.memory) >= REMEMBERED:
                self.memory.clear()
            folded = fold(text[:LONGEST]).encode("utf-8", "replace")
            known = frozenset(self.ids[number] for number in self.set.Match(folded) or ())
            self.memory[text] = known
        return known


NOTHING: frozenset[int] = frozenset()


class Matcher:
    """The rules of one kind of observation, compiled."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._fields: dict[str, _Field] = {}
        self._next = 0
        self._joint: dict[str, frozenset[int]] = {}
        self._by_pattern: dict[int, list[Compiled]] = {}
        self._structural: list[Compiled] = []
        self._counting: list[Compiled] = []
        self._seen: dict[tuple[frozenset[int], int], tuple[tuple[Compiled, ...], tuple[Compiled, ...]]] = {}
        self._weighed: dict[tuple[Compiled, ...], Weighed] = {}
        for rule in rules:
            self._add(rule)
        for one in self._fields.values():
            one.compile()

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self._fields)

    def hits(self, field: str, text: str) -> frozenset[int]:
        """Numbers of the patterns that occur in `text`, seen as this field."""
        one = self._fields.get(field)
        return one.hits(text) if one is not None and text else NOTHING

    def joint(self, text: str, parts: Callable[[str], Iterable[tuple[str, str]]]) -> frozenset[int]:
        """Hits of a text that is several fields at once, `parts` telling which; remembered as a whole."""
        known = self._joint.get(text)
        if known is None:
            if len(self._joint) >= REMEMBERED:
                self._joint.clear()
            known = NOTHING.union(*(self.hits(field, part) for field, part in parts(text)))
            self._joint[text] = known
        return known

    def fired(self, hits: AbstractSet[int], structure: Structure) -> tuple[Compiled, ...]:
        """The rules that fire, each once, always in the same order."""
        fired, counting = self._by_flags(frozenset(hits), structure.flags)
        if counting:
            counted = tuple([rule for rule in counting if rule.counts(structure.numbers)])
            return fired + counted if counted else fired
        return fired

    def weighed(self, fired: tuple[Compiled, ...]) -> Weighed:
        """What the rules that fired add up to; the same rules fire together again and again."""
        known = self._weighed.get(fired)
        if known is None:
            if len(self._weighed) >= REMEMBERED:
                self._weighed.clear()
            known = self._weighed[fired] = Weighed.of(fired)
        return known

    def _by_flags(self, hits: frozenset[int], flags: int) -> tuple[tuple[Compiled, ...], tuple[Compiled, ...]]:
        """The rules that patterns and flags alone make fire, and those that wait for a number; what was seen together
        before is not worked out again."""
        key = (hits, flags)
        known = self._seen.get(key)
        if known is None:
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            fired = [rule for rule in self._structural if rule.fires(hits, flags)]
            for number in sorted(hits):  # in the order of the rules, so that the same is always told first
                for rule in self._by_pattern.get(number, ()):
                    if rule not in fired and rule.fires(hits, flags):
                        fired.append(rule)
            counting = tuple([rule for rule in self._counting if rule.fires(hits, flags)])
            known = self._seen[key] = (tuple(fired), counting)
        return known

    def _number(self, field: str, pattern: str) -> int:
        patterns = self._fields.setdefault(field, _Field()).patterns
        if pattern not in patterns:
            patterns[pattern] = self._next
            self._next += 1
        return patterns[pattern]

    def _add(self, rule: Rule) -> None:
        any_of = frozenset(self._number(field, pattern) for field in rule.fields for pattern in rule.patterns)
        unless = frozenset(self._number(field, pattern) for field in rule.fields for pattern in rule.unless)
        all_of = tuple(self._number(field, pattern) for field, pattern in rule.match.items())
        compiled = Compiled(
            rule=rule,
            any_of=any_of,
            unless=unless,
            all_of=all_of,
            need=_bits(rule.when.has),
            forbid=_bits(rule.when.lacks),
            low=tuple(rule.when.min.items()),
            high=tuple(rule.when.max.items()),
            group=rule.group or rule.name,
            evidence=tuple(Evidence(rule.name, rule.because, label, w) for label, w in rule.evidence.items()),
        )
        if compiled.low or compiled.high:
            self._counting.append(compiled)
            return
        for number in any_of or all_of[:1]:
            self._by_pattern.setdefault(number, []).append(compiled)
        if not any_of and not all_of:
            self._structural.append(compiled)


_compiled: dict[tuple[str, str], Matcher] = {}


def matcher(rules: RuleSet, kind: str) -> Matcher:
    """The rule set's rules of one kind ("event", "message"), compiled once however many ask for them."""
    key = (rules.digest, kind)
    known = _compiled.get(key)
    if known is None:
        if len(_compiled) >= SETS_KEPT:
            _compiled.clear()
        known = _compiled[key] = Matcher(rules.of_kind(kind))
    return known


def _bits(names: Iterable[str]) -> int:
    bits = 0
    for name in names:
        bits |= BIT[name]
    return bits


def weigh(fired: Iterable[Compiled]) -> tuple[dict[str, float], list[Evidence]]:
    """Log-odds per label, and the evidence that makes them. Rules of one group say the same thing in several ways:
    per label only the strongest of them counts."""
    strongest: dict[tuple[str, str], Evidence] = {}
    for compiled in fired:
        for evidence in compiled.evidence:
            key = (compiled.group, evidence.for_)
            other = strongest.get(key)
            if other is None or abs(evidence.weight) > abs(other.weight):
                strongest[key] = evidence
    sums: dict[str, float] = {}
    for evidence in strongest.values():
        sums[evidence.for_] = sums.get(evidence.for_, 0.0) + evidence.weight
    return sums, list(strongest.values())


def softmax(scores: Mapping[str, float]) -> dict[str, float]:
    """Probabilities in proportion to e^score."""
    top = max(scores.values())
    raised = {label: exp(score - top) for label, score in scores.items()}
    total = sum(raised.values())
    return {label: value / total for label, value in raised.items()}
