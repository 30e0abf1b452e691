"""The health figure: five parts that a reader can add up by hand. `docs/health.md` publishes it with an example."""

from __future__ import annotations

from collections.abc import Mapping

from rules.health.assessment import Facet

PARTS = {"rhythm": 30, "warmth": 20, "richness": 15, "balance": 15, "continuity": 20}


def steadiness(fallen: float) -> Facet:
    """The facet `rhythm`: 1 - P(personal contact has fallen, whatever became of the rest)."""
    value = round(1 - fallen, 3)
    return Facet(value, value, value)


def parts(facets: Mapping[str, Facet]) -> dict[str, float]:
    """Each part in [0, 1]. warmth: 1 - transactional share of all contact; balance: 1 where half of the conversations
    are begun by them, 0 where all or none are; the rest are the facets of that name."""
    cold = facets["transactional"].value * (1 - facets["personal"].value)
    return {
        "rhythm": facets["rhythm"].value,
        "warmth": 1 - cold,
        "richness": facets["richness"].value,
        "balance": 1 - abs(2 * facets["begun_by_them"].value - 1),
        "continuity": facets["continuity"].value,
    }


def health(facets: Mapping[str, Facet]) -> float:
    """0 to 100, rounded to whole points."""
    found = parts(facets)
    return float(round(sum(points * found[name] for name, points in PARTS.items())))
