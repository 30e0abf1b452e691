"""The shares of one relationship as what was counted: how many of how many, lately and before.

A facet is an estimate: a share of few contacts leans on the past. That is right for judging and misleading to read,
as it calls 56 % of a single contact personal. So people are shown the counts, and the estimate beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rules.health.assessment import History
from rules.health.dossiers import Dossiers
from rules.health.facets import MEASURES, Parts, Spells, window
from rules.health.people import Group

WEEKS = 26
AVERAGED = "richness"  # a mean, of which no contact is or is not
_REST = "transactional"  # of which a contact is a part, as far as it was not personal


@dataclass(frozen=True, slots=True)
class Count:
    """`hits` of `number`, whole, where what counts is a probability rounded from its sum; for a mean the `mean` of
    so many."""

    hits: int
    number: int
    mean: float = 0.0

    def __str__(self) -> str:
        return f"{self.hits} of {self.number}" if self.number else "none"


@dataclass(frozen=True, slots=True)
class Counts:
    """The last half year, and all that came before; None where nothing did."""

    lately: Count
    before: Count | None


def counts(history: History, group: Group, sunday: date) -> Mapping[str, Counts]:
    """What each share of facets was made of, by its name. The same contacts as those the facets are made from."""
    dossiers = Dossiers(history)
    spells = Spells.of(window(dossiers.of(group), dossiers.traffic_with(group), sunday))
    found = {}
    for name, (measure, _) in MEASURES.items():
        earlier = measure(spells.before) if spells.before else []
        found[name] = Counts(_count(name, measure(spells.recent)), _count(name, earlier) if earlier else None)
    return found


def group_of(groups: Sequence[Group], person: str) -> Group | None:
    return next((group for group in groups if group.id == person), None)


def _count(name: str, parts: Parts) -> Count:
    weight = sum(w for w, _ in parts)
    mean = sum(w * v for w, v in parts) / weight if weight else 0.0
    number = round(weight) if name == _REST else len(parts)
    hits = mean * weight if name == _REST else sum(v for _, v in parts)
    return Count(min(round(hits), number), number, mean)
