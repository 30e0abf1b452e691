"""Observations, labels and people -> interactions: the design's table "What counts", row by row.

An interaction is one person and one occurrence. `docs/what-counts.md` has the table with its reasons, and
`tests/rules/test_interactions.py` a test for each row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date
from math import sqrt
from typing import Any

from connectors.observations import Event
from rules.interactions.correspondence import Correspondence, Remembered
from rules.interactions.ground import Case, Ground, InteractionSettings, interaction_id
from rules.interactions.meetings import Names, table
from rules.meaning import Channel, Decision, Direction, Evidence, Interaction, Owner, Traffic
from rules.occurrences.copies import Occurrence, aware, moment
from rules.people.identity import Identities

__all__ = ["Extraction", "InteractionSettings", "extract", "interaction_id", "week_of"]


def extract(
    occurrences: Iterable[Occurrence],
    decisions: Iterable[Decision],
    identities: Identities,
    owner: Owner,
    settings: InteractionSettings | None = None,
) -> tuple[list[Interaction], list[Traffic]]:
    """All interactions and organisation traffic, each in order of time.

    Args:
        occurrences: in order of time, as `rules.occurrences.gathering.fold` gives them.
        decisions: one for each, in the same order.
        identities: from `rules.people.identity.resolve` over the same occurrences.
        owner: for zone and own domains; the addresses are those of `identities`.
        settings: see `InteractionSettings`.
    """
    extraction = Extraction(identities, owner, settings or InteractionSettings())
    extraction.take(zip(occurrences, decisions, strict=True))
    return extraction.interactions, extraction.traffic


class Extraction:
    """The same in one stride or in several.

    Attributes:
        interactions: what was found so far; `traffic` too.
    """

    def __init__(self, identities: Identities, owner: Owner, settings: InteractionSettings) -> None:
        self._ground = Ground(identities, owner, settings)
        self._mail = Correspondence(self._ground)
        self.interactions, self.traffic = self._ground.interactions, self._ground.traffic

    @property
    def memory(self) -> tuple[Names, Remembered]:
        """What is remembered of those taken so far: where who is who has not changed, another one goes on from it."""
        return self._ground.names, self._mail.memory

    @memory.setter
    def memory(self, memory: tuple[Names, Remembered]) -> None:
        self._ground.names, self._mail.memory = memory

    def take(self, labelled: Iterable[tuple[Occurrence, Decision]]) -> None:
        """Occurrences with their labels, in order of time."""
        ground = self._ground
        for occurrence, decision in labelled:
            observation = occurrence.observation
            at = moment(observation, ground.zone)
            if at is None:
                continue
            case = Case(occurrence, decision, at)
            if isinstance(observation, Event):
                if occurrence.stands or observation.status == "cancelled":
                    _meeting(ground, case, observation)
            elif occurrence.stands:
                self._mail.take(case, observation)


def week_of(day: date) -> str:
    """The ISO week of a local day: "2026-W03"."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _meeting(ground: Ground, case: Case, event: Event) -> None:
    decision, settings = case.decision, ground.settings
    held = table(event, decision.channel, ground.own.__contains__, ground.names, ground.who.lists)
    if decision.channel is Channel.NONE and any(guest.cancelled_by is None for guest in held.guests):
        return
    others = held.others
    crowd = decision.crowd or (others or 0) > settings.large
    end = aware(event.end, ground.zone) or case.at
    floating = event.start if event.start is not None and event.start.tzinfo is None else None
    common: dict[str, Any] = {
        "at": case.at.astimezone(UTC),
        "local": floating.date() if floating else ground.local(case.at),
        "channel": decision.channel,
        "confidence": decision.confidence,
        "direction": Direction.BOTH,
        "purpose": decision.purpose,
        "account": case.occurrence.accounts[0],
        "also_in": case.occurrence.accounts[1:],
        "minutes": 0.0 if event.all_day else max(0.0, (end - case.at).total_seconds() / 60),
        "weight": round(1 / sqrt(max(1, others or 1)), 4),
        "small": _small(others, settings.small_circle, crowd=crowd),
        "crowd": crowd,
        "standing": decision.standing,
        "planned": ground.is_planned(end),
        "organised": held.organised,
        "title": event.title,
        "observation": case.occurrence.id,
    }
    seen: set[str] = set()
    for guest in held.guests:
        person, via = ground.person(guest.address)
        if person is None or person.id in seen:
            continue
        seen.add(person.id)
        ground.add(
            Interaction(
                **common,
                id=interaction_id(case.occurrence.id, guest.address),
                person=person.id,
                address=guest.address,
                took_place=guest.took_place,
                via=via,
                response=guest.response,
                cancelled_by=guest.cancelled_by,
                starts=guest.called,
                evidence=(*decision.evidence, Evidence("meeting.answer", guest.because, "took place", 0.0)),
            ),
            person,
        )


def _small(others: int | None, most: int, *, crowd: bool) -> float:
    """P(the circle was small); an entry that hides its guests may be either."""
    if crowd:
        return 0.0
    return 0.5 if others is None else float(others <= most)
