"""The words: what the evidence for a status is, and what the owner could do next.

Sentences count what can be counted again by hand. They speak of the owner's own next step, never of the other's
duty, and say what cannot be seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from rules.health.assessment import Assessment, Facet, Status
from rules.health.dating import Fall
from rules.health.facets import Window, facets, window
from rules.health.figure import health, steadiness
from rules.health.weeks import monday, week_of
from rules.meaning import Channel, Interaction, Person, Traffic

if TYPE_CHECKING:
    from rules.health.desk import Desk
    from rules.health.standing import Week

MOSTLY = 0.5
SLIGHT = 0.7  # of usual: as much is no visible loss
_ROBOTS = " Automatic mail of their firm went on."
_OCCASIONS = ("lunch", "coffee", "dinner", "breakfast", "drinks", "walk")
_MET = {Channel.IN_PERSON: "met in person", Channel.VIDEO: "talked by video", Channel.PHONE: "talked by phone"}
_NEXT = {
    Channel.IN_PERSON: "Would it be time to meet again?",
    Channel.VIDEO: "Perhaps propose a short video call?",
    Channel.PHONE: "Perhaps ring, just to ask how they are?",
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def assess(desk: Desk, week: Week, row: int) -> Assessment:
    """One person, with texts and facets."""
    group = week.groups[row]
    status, *also = week.holding(row)
    seen = window(desk.interactions_of(group), desk.traffic_of(group), week.sunday)
    found = facets(seen)
    known = status not in (Status.UNKNOWN, Status.TOO_LITTLE_HISTORY)
    began = week.since(row, status)
    found["rhythm"] = steadiness(week.fallen(row))
    return Assessment(
        person=group.id,
        week=week.label,
        status=status,
        also=tuple(also),
        since=None if began is None else monday(began),
        probability=week.sure(row, status),
        evidence=_EVIDENCE[status](week, row, seen, found),
        suggestion=suggestion(status, seen, group.person),
        health=health(found) if known and status is not Status.ENDED else None,
        facets=found,
        slight=status is Status.WATCH and _slight(week, row),
    )


def _slight(week: Week, row: int) -> bool:
    """Whether the loss that the sentence counts cannot be seen, and no wish of the owner's is overdue."""
    fall = week.fall(row, Status.WATCH)
    return fall is not None and _faint(fall) and not week.overdue(row)


def _faint(fall: Fall) -> bool:
    return fall.since_personal >= SLIGHT * fall.usual


def _unknown(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del row, seen, found
    return f"Nothing can be said this week: {week.stale}."


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
    since = monday(fall.week)
    others = len({week_of(one.local) for one in _rest(seen, since)})
    business = business_words(seen, since)
    now = "in none" if fall.since_personal < 0.5 else f"in {_count(fall.since_personal)}"
    return (
        f"Until {_month(since)} there was personal contact in {_count(fall.before_personal)} of {fall.before} weeks; "
        f"since then {now} of {fall.since}, where about {_count(fall.usual)} would have been usual, holidays allowed "
        f"for. {business[0].upper()}{business[1:]} went on in {_times(others, 'week')} of that time."
    )


def _down(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del found
    fall = week.fall(row, Status.MOVED_DOWN)
    if fall is None:
        return "You used to meet or talk, and now you write."
    since = monday(fall.week)
    mails = sum(one.channel is Channel.EMAIL and one.local >= since for one in seen.items)
    now = "in none" if fall.since_personal < 0.5 else f"in {_count(fall.since_personal)}"
    return (
        f"Until {_month(since)} you met or talked in {_count(fall.before_personal)} of {fall.before} weeks; since "
        f"then {now} of {fall.since}, where about {_count(fall.usual)} would have been usual. "
        f"{_times(mails, 'mail')} went to and fro in that time."
    )


def _quiet(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del found
    fall = week.fall(row, Status.GOING_QUIET)
    since = monday(fall.week) if fall else seen.last
    before = sum(one.local < since for one in seen.items)
    after = len(seen.items) - before
    weeks = max(1, (since - seen.first).days // 7)
    were = f"were {after} contacts" if after > 1 else f"was {'one' if after else 'no'} contact"
    robots = any(line.local >= since for line in seen.traffic)
    return (
        f"Until {_month(since)} you were in touch about {_rate(before, weeks)}; since then there {were} with them "
        f"in {_times(fall.since if fall else 0, 'week')}.{_ROBOTS if robots else ''}"
    )


def _one_sided(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del week, row
    theirs = found["begun_by_them"].value
    begun = sum(one.starts or one.organised for one in seen.items)
    side, share = ("They begin", theirs) if theirs >= 0.5 else ("You begin", 1 - theirs)
    return f"{side} about {share:.0%} of your conversations ({begun} so far)."


def _never(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del week, row
    share = found["transactional"].value
    kind = "orders, invoices and the like" if share > MOSTLY else "work"
    return f"{_times(len(seen.items), 'contact')} since {_month(seen.first)}, nearly all of them about {kind}."


def _healthy(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    del week, row, found
    warm = [one for one in seen.items if _warm(one)]
    if not warm:
        return f"{_times(len(seen.items), 'contact')} since {_month(seen.first)}; no change in their rhythm."
    return f"Personal contact {_times(len(warm), 'time')}, last in {_month(warm[-1].local)}; the rhythm is as usual."


def _overdue(week: Week, row: int, seen: Window, found: dict[str, Facet]) -> str:
    wished = week.groups[row].person.every_days
    warm = [one for one in seen.items if _warm(one)]
    if wished is None:
        return _healthy(week, row, seen, found)
    last = f"the last was in {_month(warm[-1].local)}" if warm else "there has been none so far"
    return f"You wished for personal contact every {wished} days; {last}."


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


def business_words(seen: Window, since: date) -> str:
    """What has gone on since a day, by its transactional share."""
    plain = [one.purpose.transactional / max(1 - one.purpose.relational, 1e-6) for one in _rest(seen, since)]
    return "orders and invoices" if plain and sum(plain) / len(plain) > MOSTLY else "project work"


def suggestion(status: Status, seen: Window, person: Person) -> str:
    """The owner's own next step; empty where none is due."""
    if status in (Status.UNKNOWN, Status.TOO_LITTLE_HISTORY, Status.ENDED, Status.HEALTHY):
        return ""
    if status is Status.ONE_SIDED:
        return _balance(seen)
    met = [one for one in seen.items if one.channel in _MET and _warm(one)]
    if not met:
        return _first_step(status, person)
    occasion, times = _occasion(met)
    if occasion:
        last = [one for one in met if occasion in (one.title or "").lower()][-1]
        return (
            f"You last met over {occasion} in {_month(last.local)}, {_often(times)} so far. Would it be time again?"
        )
    channel = person.prefers if person.prefers in _MET else Counter(one.channel for one in met).most_common(1)[0][0]
    same = [one for one in met if one.channel is channel] or met
    return f"You {_MET[same[-1].channel]} {_often(len(same))}, last in {_month(same[-1].local)}. {_NEXT[channel]}"


def _occasion(met: Sequence[Interaction]) -> tuple[str, int]:
    found = Counter(word for one in met for word in _OCCASIONS if word in (one.title or "").lower())
    return found.most_common(1)[0] if found and found.most_common(1)[0][1] >= 2 else ("", 0)


def _first_step(status: Status, person: Person) -> str:
    if person.prefers is Channel.PHONE or status is Status.GOING_QUIET:
        return "A short call, just to ask how things are, costs five minutes."
    if status is Status.NEVER_PERSONAL:
        return "If they matter to you: a line that asks for nothing, or a coffee when you are near, is a beginning."
    return "A line that asks for nothing, or a call, would be a good next step."


def _balance(seen: Window) -> str:
    begun = [one for one in seen.items if one.starts or one.organised]
    ours = sum(one.organised or one.direction.value == "out" for one in begun)
    if ours * 2 < len(begun):
        return "They come to you: the next call could be yours."
    return "You do most of the asking. Perhaps offer something this time, or let them come to you."


def _rest(seen: Window, since: date) -> list[Interaction | Traffic]:
    """What has gone on since a day besides personal contact."""
    found: list[Interaction | Traffic] = [one for one in seen.items if one.local >= since and not _warm(one)]
    return found + [line for line in seen.traffic if line.local >= since]


def _warm(one: Interaction) -> bool:
    return one.personal >= MOSTLY


def _often(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _rate(number: int, weeks: int) -> str:
    if number >= weeks:
        return f"{_often(round(number / weeks))} a week"
    return f"every {_times(max(2, round(weeks / max(number, 1))), 'week')}"


def _count(value: float) -> str:
    return f"{max(1, round(value))}" if value >= 0.5 else "0"


def _month(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.year}"


def _times(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
