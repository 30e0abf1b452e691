"""The health figure: five parts that a reader can add up by hand. `docs/health.md` publishes it with an example."""

from __future__ import annotations

from collections.abc import Mapping

from rules.health.assessment import Facet

PARTS = {"rhythm": 30, "warmth": 20, "richness": 15, "balance": 15, "continuity": 20}


def parts(facets: Mapping[str, Facet], probability: float) -> dict[str, float]:
    """Each part in [0, 1]: rhythm = 1 - P(drift); warmth = 1 - transactional share of all contact; richness;
    balance = 1 at half of the conversations begun by them, 0 at all or none; continuity."""
    cold = facets["transactional"].value * (1 - facets["personal"].value)
    return {
        "rhythm": 1 - probability,
        "warmth": 1 - cold,
        "richness": facets["richness"].value,
        "balance": 1 - abs(2 * facets["begun_by_them"].value - 1),
        "continuity": facets["continuity"].value,
    }


def health(facets: Mapping[str, Facet], probability: float) -> float:
    """0 to 100, rounded to whole points."""
    found = parts(facets, probability)
    return float(round(sum(points * found[name] for name, points in PARTS.items())))
