"""The portfolio in five figures, each beside the same weeks of a year ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from rules.health.assessment import Facet, Portfolio

YEAR_AND_QUARTER = timedelta(days=365 + 91)

# Measures of `rules.health.portfolio`, in the order in which they are shown, and how they are said.
_SHOWN = {
    "met_in_person": "{people} you met in person",
    "spoke_by_phone": "{people} you spoke to by phone",
    "personal_contact": "{people} you had personal contact with",
    "meaningful": "of all contact was personal",
    "concentration": "of personal contact went to your five closest",
}
_MANY = 10
_IN_CALENDARS = ("met_in_person", "spoke_by_phone")


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
    return f"{value:.0f}{unit}"


def figures(portfolio: Portfolio, as_of: date, first: date | None, *, calendars: bool = True) -> tuple[Figure, ...]:
    """The figures that the assessment measured. `first`: the first covered day; a year ago is compared only if all
    of that quarter was seen. Without `calendars` nothing is said of meetings and calls: not seen is not none."""
    comparable = first is not None and first <= as_of - YEAR_AND_QUARTER
    return tuple(
        _figure(label, portfolio.measures[name], comparable)
        for name, label in _SHOWN.items()
        if name in portfolio.measures
        and (calendars or name not in _IN_CALENDARS)
        and (name != "concentration" or _many(portfolio))
    )


def _many(portfolio: Portfolio) -> bool:
    """Whether five are few of those with personal contact: with ten or more of them."""
    people = portfolio.measures.get("personal_contact")
    return people is not None and people.value >= _MANY


def _figure(label: str, facet: Facet, comparable: bool) -> Figure:
    scale, unit = (100.0, "%") if facet.unit == "share" else (1.0, "")
    before = facet.year_ago * scale if comparable and facet.year_ago is not None else None
    value = facet.value * scale
    return Figure(label.format(people="person" if round(value) == 1 else "people"), value, before, unit)
