"""What rules that fired add up to: log-odds per label, each with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp

from rules.engine.ruleset import Rule
from rules.meaning import PURPOSES, Evidence

Sized = tuple[float, Evidence]
"""Evidence behind the size of its weight, negative, so that sorting puts the heaviest first."""
Point = tuple[str, str]
"""What is said once however many rules say it: the group of the rules, and the label."""


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A rule ready to be asked: bits of patterns, bits of flags, and the evidence it would give on which points."""

    rule: Rule
    any_of: int
    unless: int
    all_of: int
    need: int
    forbid: int
    low: tuple[tuple[str, float], ...]
    high: tuple[tuple[str, float], ...]
    evidence: tuple[Evidence, ...]
    points: tuple[tuple[Point, Sized], ...]

    def fires(self, hits: int, flags: int) -> bool:
        """Whether patterns and flags are as the rule wants them; numbers are asked by `counts`."""
        return (
            flags & self.need == self.need
            and not flags & self.forbid
            and (not self.any_of or self.any_of & hits != 0)
            and not self.unless & hits
            and hits & self.all_of == self.all_of
        )

    def counts(self, numbers: Mapping[str, float]) -> bool:
        """Whether the numbers are known and within the rule's bounds."""
        return all(name in numbers and numbers[name] >= bound for name, bound in self.low) and all(
            name in numbers and numbers[name] <= bound for name, bound in self.high
        )


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What rules add up to: log-odds per label, evidence for purposes, and evidence for everything else, this with
    its sizes too."""

    fired: tuple[Compiled, ...]
    sums: Mapping[str, float]
    purpose: tuple[Evidence, ...]
    other: tuple[Evidence, ...]
    sizes: tuple[Sized, ...]

    @classmethod
    def of(cls, fired: tuple[Compiled, ...]) -> Weighed:
        sums: dict[str, float] = {}
        purpose, sizes = [], []
        for one in _strongest(fired):
            evidence = one[1]
            label = evidence.for_
            sums[label] = sums.get(label, 0.0) + evidence.weight
            if label in PURPOSES:
                purpose.append(evidence)
            else:
                sizes.append(one)
        return cls(fired, sums, tuple(purpose), tuple([evidence for _, evidence in sizes]), tuple(sizes))


def _strongest(fired: Iterable[Compiled]) -> Iterable[Sized]:
    """The evidence of rules. Those of one group say the same thing in several ways: on each point only the strongest
    of them counts."""
    strongest: dict[Point, Sized] = {}
    for compiled in fired:
        for point, sized in compiled.points:
            other = strongest.get(point)
            if other is None or sized[0] < other[0]:
                strongest[point] = sized
    return strongest.values()


def sized(evidence: Iterable[Evidence]) -> tuple[Sized, ...]:
    """Each piece of evidence behind its size."""
    return tuple([(-abs(one.weight), one) for one in evidence])


def softmax(scores: Mapping[str, float]) -> dict[str, float]:
    """Probabilities in proportion to e^score."""
    top = max(scores.values())
    raised = {label: exp(score - top) for label, score in scores.items()}
    total = sum(raised.values())
    return {label: value / total for label, value in raised.items()}
