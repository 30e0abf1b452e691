"""What the owner could do next: their own step, never the other's duty, and nothing where none is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from rules.health.assessment import UNJUDGED, Status
from rules.health.diary import is_contact, opened_by
from rules.health.facets import Window, lately_begun
from rules.meaning import Channel, Direction, Interaction, Person

MOSTLY = 0.5  # of a probability
LATELY = 12  # meetings that show what is the custom
_OCCASIONS = {
    "lunch": "You have met over lunch",
    "coffee": "You have met over coffee",
    "dinner": "You have met over dinner",
    "breakfast": "You have met over breakfast",
    "drinks": "You have met over drinks",
    "walk": "You have been for a walk together",
}
_MET = {
    Channel.IN_PERSON: "You have met in person",
    Channel.VIDEO: "You have talked by video",
    Channel.PHONE: "You have talked by phone",
}
_NEXT = {
    Channel.IN_PERSON: "Is it time to meet again?",
    Channel.VIDEO: "Perhaps propose a short video call?",
    Channel.PHONE: "Perhaps ring, just to ask how they are?",
}
_ANOTHER = ("Is it time for another?", "Would you propose the next one?", "The next one could be yours to suggest.")
_PLANNED = {Channel.IN_PERSON: "meet", Channel.VIDEO: "speak by video", Channel.PHONE: "speak"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def suggestion(status: Status, seen: Window, person: Person, planned: Interaction | None = None) -> str:
    """The owner's own next step; empty where none is due. `planned`: the next meeting that the calendar holds."""
    if status in UNJUDGED or status is Status.HEALTHY:
        return ""
    if planned is not None:
        return f"{_soon(planned)}: a good moment to ask how things are, before business."
    if status is Status.ONE_SIDED:
        return _balance(seen)
    met = [one for one in seen.items if one.channel in _MET and is_warm(one)]
    if not met:
        return _first_step(status, person)
    occasion = _occasion(met)
    if occasion:
        same = [one for one in met if occasion in (one.title or "").lower()]
        another = _ANOTHER[sum(person.id.encode()) % len(_ANOTHER)]  # the same for a person, not for everybody
        return f"{_OCCASIONS[occasion]} {often(len(same))}, last in {month(same[-1].local)}. {another}"
    channel = person.prefers if person.prefers in _MET else Counter(one.channel for one in met).most_common(1)[0][0]
    same = [one for one in met if one.channel is channel] or met
    return f"{_met(same[-1], seen)} {often(len(same))}, last in {month(same[-1].local)}. {_NEXT[channel]}"


def _met(last: Interaction, seen: Window) -> str:
    """How they met, for its own sake. Where they have met about work since, that has to be said."""
    said = _MET[last.channel]
    later = any(one.channel is last.channel and one.local > last.local and is_contact(one) for one in seen.items)
    return f"Beyond work, {said[0].lower()}{said[1:]}" if later else said


def _soon(planned: Interaction) -> str:
    day = planned.local
    return f"You are going to {_PLANNED.get(planned.channel, 'meet')} on {day.day} {month(day)}"


def _occasion(met: Sequence[Interaction]) -> str:
    """What they met over most often of late; what has not been for years is no custom any more."""
    lately = met[-LATELY:]
    found = Counter(word for one in lately for word in _OCCASIONS if word in (one.title or "").lower())
    return next((word for word, times in found.most_common(1) if times >= 2), "")


def _first_step(status: Status, person: Person) -> str:
    if person.prefers is Channel.PHONE or status is Status.GOING_QUIET:
        return "A short call, just to ask how things are, costs five minutes."
    if status is Status.NEVER_PERSONAL:
        return "If they matter to you: a line that asks for nothing, or a coffee when you are near, is a beginning."
    return "A line that asks for nothing, or a call, would be a good next step."


def _balance(seen: Window) -> str:
    begun = lately_begun(seen).items
    if sum(opened_by(one) is Direction.OUT for one in begun) * 2 < len(begun):
        return "They come to you: the next call could be yours."
    return "You do most of the asking. Perhaps offer something this time, or let them come to you."


def is_warm(one: Interaction) -> bool:
    """Whether a contact was rather personal than not."""
    return one.personal >= MOSTLY


def often(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def month(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.year}"
