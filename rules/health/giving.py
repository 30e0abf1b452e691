"""What each side gave: answers, introductions, thanks, visits, and contact for its own sake that nobody asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from rules.health.diary import opened_by
from rules.meaning import Channel, Direction, Interaction
from rules.texts.subjects import read, topics

GIFTS = ("answers", "introductions", "thanks", "visits", "unasked")
MOSTLY = 0.5  # of a probability


def counts(items: Iterable[Interaction], *, side: Direction) -> dict[str, int]:
    """How often a side (OUT: the owner) gave what. A thank-you is no contact for its own sake, and an introduction no
    thank-you: each contact counts once, and one mail or meeting with several people is one."""
    found: dict[str, set[str]] = {kind: set() for kind in GIFTS}
    for one in items:
        kind = gift(one, side=side)
        if kind:
            found[kind].add(one.observation or one.id)
    return {kind: len(given) for kind, given in found.items()}


def gift(one: Interaction, *, side: Direction) -> str | None:
    """What a side gave by this contact; None if nothing, or if the other side gave it."""
    if one.channel is Channel.EMAIL and one.answers is not None:
        return "answers" if one.direction is side and not one.standing else None
    if opened_by(one) is not side:
        return None
    if one.channel is Channel.IN_PERSON:
        return "visits" if one.took_place >= MOSTLY else None
    return next((kind for kind, holds in _BEGUN.items() if holds(one)), None)


def _introduces(one: Interaction) -> bool:
    """The owner's introductions are known by who is on them; of the others' only the subject tells."""
    if one.direction is Direction.OUT:
        return one.introduces
    return one.weight < 1 and not one.crowd and "introduction" in _topics(one.title or "")


def _thanks(one: Interaction) -> bool:
    return not one.crowd and one.purpose.transactional < MOSTLY and "thanks" in _topics(one.title or "")


_BEGUN: dict[str, Callable[[Interaction], bool]] = {
    "introductions": _introduces,
    "thanks": _thanks,
    "unasked": lambda one: one.personal >= MOSTLY,
}


@lru_cache(maxsize=4096)
def _topics(title: str) -> frozenset[str]:
    text = read(title)
    return frozenset(topic.name for topic in topics().find(text.words)) if text.kind == "new" else frozenset()
