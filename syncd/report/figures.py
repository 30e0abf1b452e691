"""The portfolio in five figures, each beside the same weeks of a year ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rules.health.assessment import Facet, Portfolio
from rules.meaning import Channel, Interaction

WINDOW = timedelta(days=91)
YEAR = timedelta(days=364)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its words. `before`: the same a year ago, None where that cannot be known. `unit`: "" or "%"."""

    label: str
    value: float
    before: float | None = None
    unit: str = ""

    @property
    def shown(self) -> str:
        return _shown(self.value, self.unit)

    @property
    def shown_before(self) -> str:
        return "" if self.before is None else _shown(self.before, self.unit)

    @property
    def trend(self) -> str:
        """more, less, same, or empty where there is nothing to compare with."""
        if self.before is None:
            return ""
        if self.shown == self.shown_before:
            return "same"
        return "more" if self.value > self.before else "less"


def _shown(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}".rstrip() if unit else f"{value:.0f}"


def figures(
    portfolio: Portfolio, interactions: Sequence[Interaction], as_of: date, first: date | None
) -> tuple[Figure, ...]:
    """Five figures of the last 13 weeks. Those that the assessment measured are taken from it."""
    now = _Quarter(interactions, as_of)
    a_year_ago = as_of - YEAR
    seen = first is not None and first <= a_year_ago - WINDOW
    ago = _Quarter(interactions, a_year_ago) if seen else None
    found = [
        Figure(label, getattr(now, name), None if ago is None else getattr(ago, name), unit)
        for label, name, unit in _FIGURES
    ]
    return tuple(_measured(figure, portfolio) for figure in found) if now.contacts else ()


_FIGURES = (
    ("people you met in person", "met", ""),
    ("people you spoke with by phone or video", "spoken", ""),
    ("people with any personal contact", "personal", ""),
    ("of all contact was personal", "share", "%"),
    ("of personal contact went to your five closest", "closest", "%"),
)
# Which measure of the portfolio says the same as a figure, and says it better.
_MEASURES: dict[str, str] = {}


def _measured(figure: Figure, portfolio: Portfolio) -> Figure:
    facet: Facet | None = portfolio.measures.get(_MEASURES.get(figure.label, ""))
    if facet is None:
        return figure
    scale = 100.0 if facet.unit == "share" else 1.0
    before = None if facet.year_ago is None else facet.year_ago * scale
    return Figure(figure.label, facet.value * scale, before, "%" if facet.unit == "share" else "")


class _Quarter:
    """What happened in the 13 weeks up to a day."""

    def __init__(self, interactions: Sequence[Interaction], last: date) -> None:
        items = [one for one in interactions if last - WINDOW < one.local <= last]
        self.contacts = len(items)
        self.met = float(len({one.person for one in items if _counts(one, Channel.IN_PERSON)}))
        spoken = {one.person for one in items if _counts(one, Channel.PHONE, Channel.VIDEO)}
        self.spoken = float(len(spoken))
        by_person: dict[str, float] = {}
        for one in items:
            by_person[one.person] = by_person.get(one.person, 0.0) + one.personal
        warm = sorted((amount for amount in by_person.values() if amount >= 0.5), reverse=True)
        self.personal = float(len(warm))
        whole = sum(one.took_place * one.weight for one in items)
        self.share = 100.0 * sum(one.personal * one.weight for one in items) / whole if whole else 0.0
        self.closest = 100.0 * sum(warm[:5]) / sum(warm) if warm else 0.0


def _counts(one: Interaction, *channels: Channel) -> bool:
    return one.channel in channels and one.took_place >= 0.5 and not one.crowd
