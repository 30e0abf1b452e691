"""The portfolio in five figures, each beside the same weeks of a year ago."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rules.health.assessment import Facet, Portfolio
from rules.health.diary import is_contact
from rules.health.facets import QUARTER, YEAR
from rules.meaning import Interaction

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
_FEW = 20  # contacts; of fewer a share would say more than was seen, so they are counted
_IN_CALENDARS = ("met_in_person", "spoke_by_phone")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its words. `before`: the same a year ago, None where that cannot be known. `unit`: "" or "%".
    `number`: of how many it is counted, where they are few; else None."""

    label: str
    value: float
    before: float | None = None
    unit: str = ""
    number: int | None = None

    @property
    def shown(self) -> str:
        shown = _shown(self.value, self.unit)
        return shown if self.number is None else f"{shown} of {self.number}"

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


@dataclass(frozen=True, slots=True)
class Personal:
    """How many contacts the last quarter had, how many of them personal, and how many that quarter a year ago."""

    number: int
    hits: int
    year_ago: int

    @classmethod
    def of(cls, interactions: Iterable[Interaction], sunday: date) -> Personal:
        """The contacts that the measure `meaningful` is made from, as of a week's last day."""
        recent, ago = [], 0
        for one in interactions:
            if one.crowd or not is_contact(one):
                continue
            if sunday - QUARTER < one.local <= sunday:
                recent.append(one.personal)
            ago += sunday - YEAR - QUARTER < one.local <= sunday - YEAR
        return cls(len(recent), round(sum(recent)), ago)


def figures(
    portfolio: Portfolio, as_of: date, first: date | None, personal: Personal, *, calendars: bool = True
) -> tuple[Figure, ...]:
    """The figures that the assessment measured. `first`: the first covered day; a year ago is compared only if all
    of that quarter was seen. Without `calendars` nothing is said of meetings and calls: not seen is not none."""
    comparable = first is not None and first <= as_of - YEAR_AND_QUARTER
    shown = {
        name: _figure(label, portfolio.measures[name], comparable)
        for name, label in _SHOWN.items()
        if name in portfolio.measures
        and (calendars or name not in _IN_CALENDARS)
        and (name != "concentration" or _many(portfolio))
        and not (name in _IN_CALENDARS and _never(portfolio.measures[name], comparable=comparable))
    }
    if "meaningful" in shown:
        shown |= _counted(shown.pop("meaningful"), personal)
    return tuple(shown[name] for name in _SHOWN if name in shown)


def _counted(share: Figure, personal: Personal) -> dict[str, Figure]:
    """The share of personal contact, of few contacts as their number, of none not at all."""
    if not personal.number:
        return {}
    if personal.number < _FEW:
        label = "contact was personal" if personal.number == 1 else "contacts were personal"
        return {"meaningful": Figure(label, float(personal.hits), number=personal.number)}
    return {"meaningful": share if personal.year_ago >= _FEW else replace(share, before=None)}


def _never(facet: Facet, *, comparable: bool) -> bool:
    """Whether there is nothing to tell of a channel: nobody now, and nobody a year ago."""
    return not facet.value and not (comparable and facet.year_ago)


def _many(portfolio: Portfolio) -> bool:
    """Whether five are few of those with personal contact: with ten or more of them."""
    people = portfolio.measures.get("personal_contact")
    return people is not None and people.value >= _MANY


def _figure(label: str, facet: Facet, comparable: bool) -> Figure:
    scale, unit = (100.0, "%") if facet.unit == "share" else (1.0, "")
    before = round(facet.year_ago * scale, 1) if comparable and facet.year_ago is not None else None
    value = round(facet.value * scale, 1)
    return Figure(label.format(people="person" if round(value) == 1 else "people"), value, before, unit)
