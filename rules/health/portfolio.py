"""The whole desk in one week: measures with last year beside them, who is close, and an event that hit everybody.

Measures look at the last quarter, those of closeness and of privileges at the last half year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING

from rules.health import crisis, giving
from rules.health.assessment import FLAGS, UNJUDGED, Burst, Facet, Portfolio, Status
from rules.health.bursts import bursts, weathered
from rules.health.closeness import LISTED, Closeness, against_key, privileges
from rules.health.diary import is_contact
from rules.health.facets import QUARTER, RECENT, SIDES, YEAR, amount, personal, share, window
from rules.health.renewals import due
from rules.health.weeks import DAYS
from rules.meaning import Channel, Circle, Interaction, Person

if TYPE_CHECKING:
    from rules.health.desk import Desk
    from rules.health.standing import Week

CLOSEST = 5
_WARM = 0.5
_NOT_TO_CALL = UNJUDGED | {*FLAGS, Status.NEVER_PERSONAL}
Figures = dict[str, tuple[float, str]]


def survey(desk: Desk, week: Week) -> Portfolio:
    """The portfolio as of the week's Sunday."""
    names = {address: group.id for group in week.groups for address in group.addresses}
    people = {group.id: group.person for group in week.groups}
    standing = {group.id: set(week.holding(row)) for row, group in enumerate(week.groups)}
    judged = {name for name, holding in standing.items() if UNJUDGED.isdisjoint(holding)}
    key = {name for name, person in people.items() if person.key}
    last = week.sunday
    items = _between(desk.history.interactions, last - YEAR - RECENT, last)
    close = Closeness(items, names, last)
    figures, before = (_figures(items, names, people, day) for day in (last, last - YEAR))
    comparable = _seen_since(desk, items) <= last - YEAR - QUARTER
    quiet = crisis.event(
        [desk.pulse[w] for w in range(week.number - crisis.WEEKS + 1, week.number + 1) if w in desk.pulse]
    )
    bench = [name for name in close.bench if _NOT_TO_CALL.isdisjoint(standing.get(name, UNJUDGED))]
    distant, unmarked = against_key(close, bench, key, judged)
    return Portfolio(
        week=week.label,
        measures={name: _beside(figures[name], before.get(name) if comparable else None) for name in figures},
        event=quiet,
        call_first=crisis.call_first(desk, week, names) if quiet else (),
        bench=tuple(bench[:LISTED]),
        key_but_distant=distant,
        close_but_not_key=unmarked,
        weathered=_weathered(desk, week),
        renewals=tuple(sorted(name for name, person in people.items() if due(person, last))),
    )


def _between(items: Sequence[Interaction], after: date, until: date) -> list[Interaction]:
    """What happened after a day, up to another."""
    return [one for one in items if after < one.local <= until and is_contact(one)]


def _seen_since(desk: Desk, items: Sequence[Interaction]) -> date:
    """The first day that any source covers, or else that of the first contact."""
    coverage = desk.history.coverage
    starts = [first for first, _ in chain(coverage.mail or (), coverage.calendar or ())]
    return min(starts, default=items[0].local if items else date.max)


def _beside(figure: tuple[float, str], before: tuple[float, str] | None) -> Facet:
    value, unit = figure
    year_ago = None if before is None else before[0]
    if unit != "share":
        return amount(value, year_ago, unit)
    value = round(value, 3)
    return Facet(value, value, value, None, None if year_ago is None else round(year_ago, 3))


def _figures(
    items: Sequence[Interaction], names: Mapping[str, str], people: Mapping[str, Person], last: date
) -> Figures:
    """Every measure as of a day, each with its unit."""
    quarter = [one for one in _between(items, last - QUARTER, last) if not one.crowd]
    warmth: dict[str, float] = defaultdict(float)
    for one in quarter:
        warmth[names.get(one.address, one.person)] += one.personal
    warm = sorted((value for value in warmth.values() if value >= _WARM), reverse=True)
    whole, weeks = sum(warmth.values()), QUARTER.days / DAYS
    found: Figures = {
        "met_in_person": (_people(quarter, names, Channel.IN_PERSON), "people"),
        "spoke_by_phone": (_people(quarter, names, Channel.PHONE), "people"),
        "spoke_by_video": (_people(quarter, names, Channel.VIDEO), "people"),
        "personal_contact": (float(len(warm)), "people"),
        "meaningful": (share(personal(window(quarter, (), last)), 0.3)[0], "share"),
        "contacts_a_week": (len(quarter) / weeks, "contacts"),
        "personal_a_week": (whole / weeks, "contacts"),
        "concentration": (sum(warm[:CLOSEST]) / sum(warm) if warm else 0.0, "share"),
        "bench": (float(len(Closeness(items, names, last).bench)), "people"),
    }
    for circle in Circle:
        mine = sum(value for name, value in warmth.items() if name in people and people[name].circle is circle)
        found[f"circle_{circle.value}"] = (mine / whole if whole else 0.0, "share")
    for side, of in SIDES.items():
        gifts = giving.counts(quarter, side=of)
        found |= {f"{side}_{kind}": (float(number), "times") for kind, number in gifts.items()}
    return found | privileges(items, people, names, last)


def _people(items: Sequence[Interaction], names: Mapping[str, str], channel: Channel) -> float:
    met = {names.get(i.address, i.person) for i in items if i.channel is channel and i.took_place >= _WARM}
    return float(len(met))


def _weathered(desk: Desk, week: Week) -> tuple[Burst, ...]:
    """Bursts of the last year after which personal contact came back, the latest first. Not of colleagues: in the
    own house others are copied in for less."""
    last = week.sunday
    outside = [group for group in week.groups if group.person.circle is not Circle.TEAM]
    known = [burst for group in outside for burst in bursts(group.id, desk.dossiers.until(group, last))]
    found = weathered(known, last - YEAR, last)
    return tuple(sorted(found, key=lambda burst: (burst.last, burst.person), reverse=True))
