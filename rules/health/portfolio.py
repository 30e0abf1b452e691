"""The whole desk in one week: measures with last year beside, an event that hit everybody, the bench."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import TYPE_CHECKING

from rules.health.assessment import Facet, Portfolio, Status
from rules.health.diary import is_contact
from rules.health.facets import RECENT, YEAR, amount, personal, share, window
from rules.meaning import Channel, Circle, Direction, Interaction

if TYPE_CHECKING:
    from rules.health.desk import Desk
    from rules.health.standing import Week

QUARTER = timedelta(days=91)
CLOSEST = 5
LISTED = 10
_WARM = 0.5
_SELDOM = 0.02  # personal weeks a week
_UNJUDGED = frozenset({Status.UNKNOWN, Status.TOO_LITTLE_HISTORY, Status.ENDED})
_NOT_TO_CALL = _UNJUDGED | {Status.ONE_SIDED}
EVENT_WEEKS, EVENT_PERSONAL, EVENT_OTHERS, EVENT_EXPECTED = 4, 0.4, 0.65, 6.0
EVENT_LIVELY, EVENT_WEEK = 0.6, 0.85  # of usual: the liveliest two weeks, and other contact in each week


@dataclass(frozen=True, slots=True)
class Pulse:
    """A week of the whole desk: personal contact found and expected of those who have not changed, people with other
    contact and their usual number."""

    found: float
    expected: float
    others: float
    usual_others: float


def survey(desk: Desk, week: Week) -> Portfolio:
    """The portfolio as of the week's Sunday."""
    names = {address: group.id for group in week.groups for address in group.addresses}
    now = _quarter(desk.history.interactions, week.sunday)
    ago = _quarter(desk.history.interactions, week.sunday - YEAR)
    key = {group.id for group in week.groups if group.person.key}
    circles = {group.id: group.person.circle for group in week.groups}
    figures, before = (_figures(items, names, circles, key) for items in (now, ago))
    event = _event([desk.pulse[w] for w in range(week.number - EVENT_WEEKS + 1, week.number + 1) if w in desk.pulse])
    ranked = _ranked(week, names, now)
    close = [name for name, _ in ranked[: max(LISTED, len(key))]]
    return Portfolio(
        week=week.label,
        measures={name: _beside(name, figures[name], before.get(name), ago) for name in figures},
        event=event,
        call_first=tuple(_call_first(week, key, _silenced(desk, week, names))) if event else (),
        bench=tuple(name for name, mutual in ranked if mutual)[:LISTED],
        key_but_distant=tuple(sorted(key - set(close))),
        close_but_not_key=tuple(name for name in close if name not in key) if key else (),
    )


def _quarter(items: Sequence[Interaction], last: date) -> list[Interaction]:
    return [item for item in items if last - QUARTER < item.local <= last and is_contact(item) and not item.crowd]


def _beside(
    name: str, figure: tuple[float, str], before: tuple[float, str] | None, ago: Sequence[Interaction]
) -> Facet:
    value, unit = figure
    year_ago = before[0] if before is not None and ago else None
    if unit != "share":
        return amount(value, year_ago, unit)
    low, high = (value, value)
    if name == "meaningful":
        low, high = (max(0.0, value - 0.05), min(1.0, value + 0.05))
    return Facet(round(value, 3), round(low, 3), round(high, 3), None, year_ago and round(year_ago, 3))


def _figures(
    items: Sequence[Interaction], names: dict[str, str], circles: dict[str, Circle], key: set[str]
) -> dict[str, tuple[float, str]]:
    warmth: dict[str, float] = defaultdict(float)
    for item in items:
        warmth[names.get(item.address, item.person)] += item.personal
    warm = sorted((value for value in warmth.values() if value >= 0.5), reverse=True)
    whole = sum(warmth.values())
    seen = window(items, (), items[-1].local if items else date.min)
    found = {
        "met_in_person": (float(len(_people(items, names, Channel.IN_PERSON))), "people"),
        "spoke_by_phone": (float(len(_people(items, names, Channel.PHONE))), "people"),
        "spoke_by_video": (float(len(_people(items, names, Channel.VIDEO))), "people"),
        "personal_contact": (float(len(warm)), "people"),
        "meaningful": (share(personal(seen), 0.3)[0], "share"),
        "contacts_a_week": (len(items) / 13, "contacts"),
        "personal_a_week": (whole / 13, "contacts"),
        "concentration": (sum(warm[:CLOSEST]) / sum(warm) if warm else 0.0, "share"),
    }
    for circle in Circle:
        mine = sum(value for name, value in warmth.items() if circles.get(name) is circle)
        found[f"circle_{circle.value}"] = (mine / whole if whole else 0.0, "share")
    for label, chosen in (("key", True), ("others", False)):
        hours = [
            item.answer_hours
            for item in items
            if item.answer_hours is not None
            and item.direction is Direction.OUT
            and (names.get(item.address, item.person) in key) is chosen
        ]
        if key and hours:
            found[f"your_answer_to_{label}"] = (median(hours), "hours")
    return found


def _people(items: Sequence[Interaction], names: dict[str, str], channel: Channel) -> set[str]:
    return {names.get(i.address, i.person) for i in items if i.channel is channel and i.took_place >= 0.5}


def _ranked(week: Week, names: dict[str, str], recent: Sequence[Interaction]) -> list[tuple[str, bool]]:
    """Those with personal contact in the quarter, closest first, and whether they could be called: both sides begin
    conversations, and enough is known to say so."""
    warmth: dict[str, float] = defaultdict(float)
    for item in recent:
        warmth[names.get(item.address, item.person)] += item.personal
    rows = {group.id: row for row, group in enumerate(week.groups)}
    found = []
    for name, value in sorted(warmth.items(), key=lambda one: (-one[1], one[0])):
        if value >= 0.5 and name in rows:
            holding = week.holding(rows[name])
            found.append((name, _NOT_TO_CALL.isdisjoint(holding)))
    return found


def _event(pulses: Sequence[Pulse]) -> str | None:
    """A sentence when nearly everybody fell quiet at once, for weeks."""
    if len(pulses) < EVENT_WEEKS:
        return None
    found, expected = (sum(getattr(pulse, name) for pulse in pulses) for name in ("found", "expected"))
    others, usual = (sum(getattr(pulse, name) for pulse in pulses) for name in ("others", "usual_others"))
    if expected < EVENT_EXPECTED or found > EVENT_PERSONAL * expected or others > EVENT_OTHERS * usual:
        return None
    if not _all_quiet(pulses):
        return None
    return (
        f"Nearly everybody has gone quiet at once: personal contact {_times(round(found))} in the last {EVENT_WEEKS} "
        f"weeks, where about {expected:.0f} would be usual. That is no drift of anyone."
    )


def _all_quiet(pulses: Sequence[Pulse]) -> bool:
    """Whether the liveliest half of the weeks was quiet, too: a holiday of two weeks is no crisis."""
    lively = sorted(pulses, key=lambda pulse: pulse.found - pulse.expected)[-EVENT_WEEKS // 2 :]
    others, usual = (sum(getattr(pulse, name) for pulse in lively) for name in ("others", "usual_others"))
    quiet = sum(pulse.found for pulse in lively) <= EVENT_LIVELY * sum(pulse.expected for pulse in lively)
    return quiet and max(pulse.others - EVENT_WEEK * pulse.usual_others for pulse in pulses) <= 0 and others < usual


def _times(number: int) -> str:
    return {0: "not once", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _silenced(desk: Desk, week: Week, names: dict[str, str]) -> set[str]:
    """Those with personal contact in the half year before the event and none within it."""
    began = week.sunday - timedelta(weeks=EVENT_WEEKS)
    lately = [one for one in desk.history.interactions if began - RECENT < one.local <= week.sunday]
    warm = [one for one in lately if is_contact(one) and one.personal >= _WARM]
    before, within = (
        {names.get(one.address, one.person) for one in warm if (one.local > began) is inside}
        for inside in (False, True)
    )
    return before - within


def _call_first(week: Week, key: set[str], lately: set[str]) -> list[str]:
    """Key people first, then those who were closest before it went quiet. Only those who fell quiet in these weeks:
    `lately` were in touch in the half year before and not since."""
    rates = {group.id: week.usual_rate(row) for row, group in enumerate(week.groups)}
    left = {group.id for row, group in enumerate(week.groups) if not _UNJUDGED.isdisjoint(week.holding(row))}
    known = [name for name in lately & rates.keys() - left if rates[name] > _SELDOM or name in key]
    return sorted(known, key=lambda name: (name not in key, -rates[name], name))[:LISTED]
