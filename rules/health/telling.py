"""The words: what the evidence for a status is, and what the owner could do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.health.assessment import Assessment, Portfolio, Status
from rules.health.facets import Window, contacts, facets
from rules.health.weeks import monday
from rules.meaning import Channel

if TYPE_CHECKING:
    from rules.health.desk import Desk, Week

_MEETINGS = {Channel.IN_PERSON: "met", Channel.VIDEO: "spoke by video", Channel.PHONE: "spoke by phone"}


def assess(desk: Desk, week: Week, row: int) -> Assessment:
    """One person, with texts and facets."""
    group = week.groups[row]
    status, *also = week.holding(row)
    window = contacts(desk.interactions_of(group), week.sunday)
    found = facets(window)
    known = status not in (Status.UNKNOWN, Status.TOO_LITTLE_HISTORY)
    entered = week.since(row, status)
    return Assessment(
        person=group.id,
        week=week.label,
        status=status,
        also=tuple(also),
        since=None if entered is None else monday(entered),
        probability=round(week.probability(row), 4) if known else None,
        evidence=evidence(week, row, status, window, found["transactional"].value),
        suggestion=suggestion(status, window),
        facets=found,
    )


def survey(desk: Desk, week: Week) -> Portfolio:
    del desk
    return Portfolio(week.label)


def evidence(week: Week, row: int, status: Status, window: Window, transactional: float) -> str:
    """What was counted, in a sentence."""
    if status is Status.UNKNOWN:
        return f"Nothing can be said: {week.stale}."
    if status is Status.TOO_LITTLE_HISTORY:
        return f"{_times(len(window.items), 'contact')} so far; too few to know what is usual."
    if status in (Status.DRIFTING, Status.WATCH, Status.GOING_QUIET):
        return _fallen(week, row, status, transactional)
    if status is Status.MOVED_DOWN:
        figures = week.ladder(row)
        return (
            f"You met or spoke in {figures['before_personal']:.0f} of {figures['before']:.0f} weeks; since then in "
            f"{figures['personal'] - figures['before_personal']:.0f} of {figures['weeks'] - figures['before']:.0f}, "
            f"while mail went on."
        )
    if status is Status.NEVER_PERSONAL:
        return f"{_times(len(window.items), 'contact')}, hardly any of them personal."
    if status is Status.ONE_SIDED:
        return "Nearly all conversations are begun by the same side."
    if status is Status.ENDED:
        return "You said that this has ended."
    return f"{_times(len(window.items), 'contact')}; the rhythm is as usual."


def _fallen(week: Week, row: int, status: Status, transactional: float) -> str:
    figures = week.drift(row)
    since = figures["weeks"] - figures["before"]
    met = figures["personal"] - figures["before_personal"]
    others = figures["others"] - figures["before_others"]
    kind = "orders and invoices" if transactional > 0.5 else "project work"
    text = (
        f"Personal contact in {figures['before_personal']:.0f} of {figures['before']:.0f} weeks; since then in "
        f"{met:.0f} of {since:.0f} weeks (about {figures['usual_since']:.0f} expected at your usual rhythm, holidays "
        f"allowed for)"
    )
    if status is Status.GOING_QUIET:
        return f"{text}, and other contact has nearly stopped as well."
    return f"{text}, while {kind} went on in {others:.0f} of them."


def suggestion(status: Status, window: Window) -> str:
    if status in (Status.UNKNOWN, Status.TOO_LITTLE_HISTORY, Status.ENDED, Status.HEALTHY):
        return ""
    met = [item for item in window.items if item.channel in _MEETINGS and item.personal >= 0.5]
    if not met:
        return "Perhaps a call to ask how they are?"
    last = met[-1]
    same = sum(item.channel is last.channel for item in met)
    return f"You last {_MEETINGS[last.channel]} in {last.local:%B %Y}, {_times(same, 'time')} in all. Perhaps again soon?"


def _times(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
