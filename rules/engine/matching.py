"""Rules made fast: what occurs together and what it adds up to is remembered.

Subjects, senders and places repeat, so most observations cost a few look-ups. Patterns have numbers, and what occurs
is an integer with the bits of those numbers (`rules.engine.patterns`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

from rules.engine.fields import BIT, Structure
from rules.engine.patterns import REMEMBERED, Field
from rules.engine.ruleset import Rule, RuleSet
from rules.engine.weighing import Compiled, Weighed
from rules.meaning import Evidence

T = TypeVar("T", bound=Hashable)

SETS_KEPT = 4  # compiled rule sets


class _Places(dict[float, int]):
    """Where rules divide a number's range: numbers between the same bounds are one to them, and have one place.
    `step` is what the places of the numbers before it take."""

    def __init__(self, low: Iterable[float], high: Iterable[float], step: int) -> None:
        super().__init__()
        self._low, self._high, self._step = sorted(set(low)), sorted(set(high)), step
        self.size = 1 + (len(self._low) + 1) * (len(self._high) + 1)  # 0: unknown

    def __missing__(self, number: float) -> int:
        place = 1 + bisect_right(self._low, number) * (len(self._high) + 1) + bisect_left(self._high, number)
        if len(self) < REMEMBERED:
            self[number] = place * self._step
        return place * self._step


class Matcher:
    """The rules of one kind of observation, compiled."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._fields: dict[str, Field] = {}
        self._next = 0
        self._joint: dict[Hashable, int] = {}
        self._by_pattern: dict[int, list[Compiled]] = {}
        self._structural: list[tuple[int, int, Compiled]] = []
        self._by_structure: dict[int, list[Compiled]] = {}  # flags that those ask for: which of them fire
        self._structure_asked = 0
        self._counting: list[Compiled] = []
        self._asked = 0  # flags that some rule asks for
        self._seen: dict[tuple[int, int], tuple[tuple[Compiled, ...], tuple[Compiled, ...]]] = {}
        self._weighed: dict[tuple[int, int, int], Weighed] = {}
        for rule in rules:
            self._add(rule)
        for one in self._fields.values():
            one.compile()
        self._headers = {
            name.removeprefix("header."): one for name, one in self._fields.items() if name.startswith("header.")
        }
        self._places = dict(self._divided())

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self._fields)

    def hits(self, field: str, text: str) -> int:
        """Bits of the patterns that occur in `text`, seen as this field."""
        one = self._fields.get(field)
        return one.hits(text) if one is not None and text else 0

    def knows(self, field: str, text: str) -> bool:
        """Whether it is remembered which patterns occur in `text`."""
        one = self._fields.get(field)
        return one is None or not text or text in one.memory

    def joint(self, what: T, parts: Callable[[T], Iterable[tuple[str, str]]]) -> int:
        """Hits of what is several fields and texts at once, `parts` telling which; remembered as a whole."""
        known = self._joint.get(what)
        if known is None:
            if len(self._joint) >= REMEMBERED:
                self._joint.clear()
            known = 0
            for field, part in parts(what):
                known |= self.hits(field, part)
            self._joint[what] = known
        return known

    def in_headers(self, headers: Mapping[str, str]) -> int:
        """Hits of a message's headers; an empty one is a blank."""
        hits = 0
        for name, value in headers.items():
            one = self._headers.get(name)
            if one is not None:
                known = one.memory.get(value)
                hits |= one.hits(value or " ") if known is None else known
        return hits

    def fired(self, hits: int, structure: Structure) -> tuple[Compiled, ...]:
        """The rules that fire, each once, always in the same order."""
        fired, counting = self._by_flags(hits, structure.flags & self._asked)
        if counting:
            counted = tuple([rule for rule in counting if rule.counts(structure.numbers)])
            return fired + counted if counted else fired
        return fired

    def weighed(self, hits: int, structure: Structure) -> Weighed:
        """What the rules that fire add up to; the same is seen together again and again."""
        place, numbers = 0, structure.numbers
        for name, places in self._places.items():
            if name in numbers:
                place += places[numbers[name]]
        key = (hits, structure.flags & self._asked, place)
        known = self._weighed.get(key)
        if known is None:
            if len(self._weighed) >= REMEMBERED:
                self._weighed.clear()
            known = self._weighed[key] = Weighed.of(self.fired(hits, structure))
        return known

    def _by_flags(self, hits: int, flags: int) -> tuple[tuple[Compiled, ...], tuple[Compiled, ...]]:
        """The rules that patterns and flags alone make fire, and those that wait for a number; what was seen together
        before is not worked out again."""
        key = (hits, flags)
        known = self._seen.get(key)
        if known is None:
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            fired = self._of_structure(flags & self._structure_asked).copy()
            for number in _numbers(hits):  # in the order of the rules, so that the same is always told first
                for rule in self._by_pattern.get(number, ()):
                    if rule not in fired and rule.fires(hits, flags):
                        fired.append(rule)
            counting = tuple([rule for rule in self._counting if rule.fires(hits, flags)])
            known = self._seen[key] = (tuple(fired), counting)
        return known

    def _of_structure(self, flags: int) -> list[Compiled]:
        known = self._by_structure.get(flags)
        if known is None:
            if len(self._by_structure) >= REMEMBERED:
                self._by_structure.clear()
            fired = [rule for need, forbid, rule in self._structural if flags & need == need and not flags & forbid]
            known = self._by_structure[flags] = fired
        return known

    def _number(self, field: str, pattern: str) -> int:
        patterns = self._fields.setdefault(field, Field()).patterns
        if pattern not in patterns:
            patterns[pattern] = self._next
            self._next += 1
        return patterns[pattern]

    def _add(self, rule: Rule) -> None:
        any_of = {self._number(field, pattern) for field in rule.fields for pattern in rule.patterns}
        unless = {self._number(field, pattern) for field in rule.fields for pattern in rule.unless}
        all_of = tuple(self._number(field, pattern) for field, pattern in rule.match.items())
        compiled = Compiled(
            rule=rule,
            any_of=_bits_at(any_of),
            unless=_bits_at(unless),
            all_of=_bits_at(all_of),
            need=_bits(rule.when.has),
            forbid=_bits(rule.when.lacks),
            low=tuple(rule.when.min.items()),
            high=tuple(rule.when.max.items()),
            evidence=(evidence := tuple(_evidence(rule))),
            points=tuple(((rule.group or rule.name, one.for_), (-abs(one.weight), one)) for one in evidence),
        )
        self._asked |= compiled.need | compiled.forbid
        if compiled.low or compiled.high:
            self._counting.append(compiled)
            return
        for number in any_of or all_of[:1]:
            self._by_pattern.setdefault(number, []).append(compiled)
        if not any_of and not all_of:
            self._structural.append((compiled.need, compiled.forbid, compiled))
            self._structure_asked |= compiled.need | compiled.forbid

    def _divided(self) -> Iterator[tuple[str, _Places]]:
        """The numbers that rules ask for, each with its places."""
        step = 1
        for name in sorted({name for rule in self._counting for name, _ in (*rule.low, *rule.high)}):
            low = [bound for rule in self._counting for one, bound in rule.low if one == name]
            high = [bound for rule in self._counting for one, bound in rule.high if one == name]
            places = _Places(low, high, step)
            step *= places.size
            yield name, places


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


def _bits_at(numbers: Iterable[int]) -> int:
    bits = 0
    for number in numbers:
        bits |= 1 << number
    return bits


def _numbers(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, smallest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _evidence(rule: Rule) -> Iterator[Evidence]:
    for label, weight in rule.evidence.items():
        yield Evidence(rule.name, rule.because, label, weight)
