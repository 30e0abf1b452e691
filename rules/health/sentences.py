"""What the evidence for a status is, in sentences that count what can be counted again by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from rules.health.assessment import Assessment, Facet, Status
from rules.health.dating import Fall
from rules.health.diary import opened_by
from rules.health.facets import Window, facets, lately_begun, window
from rules.health.figure import health, steadiness
from rules.health.renewals import due
from rules.health.suggestions import is_warm, month, often, suggestion
from rules.health.weeks import monday, week_of
from rules.meaning import Channel, Direction, Interaction, Traffic

if TYPE_CHECKING:
    from rules.health.desk import Desk
    from rules.health.standing import Week

SLIGHT = 0.7  # of usual: as much is no visible loss
MAINLY = 0.6  # of a share, to be named after it alone
FALLEN = 0.5  # P(personal contact has fallen) from which its rhythm is not called usual
_ROBOTS = "Automatic mail from their firm went on."
_COLLEAGUES = "Mail from their firm went on, where you are in touch with others."
_NEARNESS = {
    Channel.IN_PERSON: "a meeting in person",
    Channel.VIDEO: "a call, by video at least",
    Channel.PHONE: "a call",
}


def assess(desk: Desk, week: Week, row: int) -> Assessment:
    """One person, with texts and facets."""
    group = week.groups[row]
    status, *also = week.holding(row)
    seen = window(desk.dossiers.of(group), desk.dossiers.traffic_with(group), week.sunday)
    found = facets(seen)
    known = status not in (Status.UNKNOWN, Status.TOO_LITTLE_HISTORY)
    began = week.since(row, status)
    planned = desk.dossiers.planned_with(group)
    found["rhythm"] = steadiness(week.fallen(row))
    return Assessment(
        person=group.id,
        week=week.label,
        status=status,
        also=tuple(also),
        since=None if began is None else monday(began),
        probability=week.sure(row, status),
        evidence=_EVIDENCE[status](week, row, seen, found),
        suggestion=suggestion(status, seen, group.person, planned),
        health=health(found) if known and status is not Status.ENDED else None,
        facets=found,
        slight=status is Status.WATCH and _slight(week, row, planned),
        renews=group.person.renews if due(group.person, week.sunday) else None,
        namesake=_namesake(week, row, status),
    )


def _namesake(week: Week, row: int, status: Status) -> str | None:
    moved = week.namesake(row) if status is Status.UNKNOWN and week.judges(row) else None
    return None if moved is None else moved.address


def _slight(week: Week, row: int, planned: Interaction | None) -> bool:
    """Whether the loss that the sentence counts cannot be seen, and no wish of the owner's waits for a day to be
    agreed on."""
    fall = week.fall(row, Status.WATCH)
    waits = week.overdue(row) and planned is None
    return (fall is None or _faint(fall)) and not waits


def _faint(fall: Fall) -> bool:
    return fall.since_personal >= SLIGHT * fall.usual


def _unknown(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del seen, found
    return f"Nothing can be said this week: {week.unknown_why(row)}."


def _little(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del row, found
    weeks = week.number - week_of(seen.first) + 1
    return (
        f"{_times(len(seen.items), 'contact')} in {_times(weeks, 'week')}: too few to know what is usual between you."
    )


def _ended(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del seen, found
    left = week.left_on(row)
    if left is not None:
        return f"Mail to this address has come back since {left:%-d %B %Y}: it is no longer in use."
    return "You said that this has come to its end."


def _drifting(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    fall = week.fall(row, week.holding(row)[0])
    if fall is None or (_faint(fall) and week.overdue(row)):
        return _overdue(week, row, seen, found)
    return f"{_fell(fall, 'there was personal contact')} {_went_on(week, row, seen, monday(fall.week))}"


def _went_on(week: Week, row: int, seen: Window, since: date) -> str:
    """What is left. Mail of a firm where others are in touch is not called theirs."""
    rest = _rest(seen, since)
    own = [one for one in rest if isinstance(one, Interaction)]
    beside = len(own) < len(rest) and not week.firm_is_theirs(row)
    meant = own if own and beside else rest
    business = _business(meant)
    said = (
        f"{business[0].upper()}{business[1:]} went on in {len({week_of(one.local) for one in meant})} of these weeks."
    )
    return f"{said} {_COLLEAGUES}" if beside and own else said


def _down(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del found
    fall = week.fall(row, Status.MOVED_DOWN)
    if fall is None:
        return "You used to meet or talk, and now you write."
    since = monday(fall.week)
    mails = sum(one.channel is Channel.EMAIL and one.local >= since for one in seen.items)
    went = "email went" if mails == 1 else "emails went"
    return f"{_fell(fall, 'you met or talked')} {mails} {went} to and fro in that time."


def _fell(fall: Fall, what: str) -> str:
    """What was usual until when, and what there was since. What would have been usual allows for holidays."""
    now = f"in {_count(fall.since_personal)}" if fall.since_personal >= 0.5 else "in none"
    return (
        f"Until {month(monday(fall.week))} {what} in {_count(fall.before_personal)} of {fall.before} weeks; since "
        f"then {now} of {fall.since}, where about {_count(fall.usual)} would have been usual."
    )


def _quiet(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del found
    fall = week.fall(row, Status.GOING_QUIET)
    since = monday(fall.week) if fall else seen.last
    before = sum(one.local < since for one in seen.items)
    after = len(seen.items) - before
    weeks = max(1, (since - seen.first).days // 7)
    were = f"were {after} contacts" if after > 1 else f"was {'one' if after else 'no'} contact"
    robots = ""
    if any(line.local >= since for line in seen.traffic):
        robots = f" {_ROBOTS if week.firm_is_theirs(row) else _COLLEAGUES}"
    return (
        f"Until {month(since)} you were in touch about {_rate(before, weeks)}; since then there {were} with them "
        f"in {_times(fall.since if fall else 0, 'week')}.{robots}"
    )


def _one_sided(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del week, row, found
    begun = lately_begun(seen)
    number, theirs = len(begun.items), sum(opened_by(one) is Direction.IN for one in begun.items)
    side, most = ("They", theirs) if 2 * theirs >= number else ("You", number - theirs)
    met = any(one.channel is not Channel.EMAIL for one in begun.items)
    what = "conversations and meetings" if met else "conversations"
    return f"{side} began {most} of your {number} {what} since {month(begun.first)}."


def _never(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del row
    share = found["transactional"].value
    kind = _named(share, "orders, invoices and the like", "work")
    blind = "" if week.reads_calendars else " Meetings and calls are not seen."
    warm = sum(is_warm(one) for one in seen.items)
    told = f"{warm} of them personal, the others" if warm else "nearly all of them"
    return f"{_times(len(seen.items), 'contact')} since {month(seen.first)}, {told} about {kind}.{blind}"


def _healthy(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del found
    warm = [one for one in seen.items if is_warm(one)]
    if not warm:
        return f"{_times(len(seen.items), 'contact')} since {month(seen.first)}; no change in their rhythm."
    # Healthy is who is not flagged: what fell without a flag is said all the same.
    rhythm = "the rhythm is as usual" if week.fallen(row) < FALLEN else "of late less than usual"
    return f"Personal contact {often(len(warm))}, last in {month(warm[-1].local)}; {rhythm}."


def _overdue(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    person = week.groups[row].person
    if person.every_days is None:
        return _healthy(week, row, seen, found)
    what = _NEARNESS.get(person.prefers, "personal contact") if person.prefers else "personal contact"
    met = week.wished_for(row)
    last = f"the last was in {month(met)}" if met else "there has been none so far"
    return f"You wished for {what} every {_times(person.every_days, 'day')}; {last}."


_EVIDENCE: dict[Status, Callable[[Week, int, Window, dict[str, Facet]], str]] = {
    Status.UNKNOWN: _unknown,
    Status.TOO_LITTLE_HISTORY: _little,
    Status.ENDED: _ended,
    Status.DRIFTING: _drifting,
    Status.MOVED_DOWN: _down,
    Status.GOING_QUIET: _quiet,
    Status.ONE_SIDED: _one_sided,
    Status.NEVER_PERSONAL: _never,
    Status.WATCH: _drifting,
    Status.HEALTHY: _healthy,
}


def _business(rest: Sequence[Interaction | Traffic]) -> str:
    """What has gone on, by its transactional share."""
    plain = [one.purpose.transactional / max(1 - one.purpose.relational, 1e-6) for one in rest]
    return _named(sum(plain) / len(plain) if plain else 0.0, "orders and invoices", "project work")


def _named(transactional: float, orders: str, work: str) -> str:
    """Business by its transactional share. Work and orders are hard to tell apart where no word says which: a
    share near the middle is called neither."""
    return orders if transactional > MAINLY else work if transactional < 1 - MAINLY else "work and orders"


def _rest(seen: Window, since: date) -> list[Interaction | Traffic]:
    """What has gone on since a day besides personal contact."""
    found: list[Interaction | Traffic] = [one for one in seen.items if one.local >= since and not is_warm(one)]
    return found + [line for line in seen.traffic if line.local >= since]


def _rate(number: int, weeks: int) -> str:
    if number >= weeks:
        return f"{often(round(number / weeks))} a week"
    return f"every {_times(max(2, round(weeks / max(number, 1))), 'week')}"


def _count(value: float) -> str:
    return f"{max(1, round(value))}" if value >= 0.5 else "0"


def _times(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
