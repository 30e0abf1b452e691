"""What the extraction of interactions stands on: who is who, the owner's clock, and what has been found so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

import msgspec

from connectors.observations import Message
from rules.interactions.meetings import Names
from rules.meaning import Decision, Direction, Interaction, Owner, Person, Traffic
from rules.occurrences.copies import Occurrence
from rules.people.identity import Identities
from rules.people.owners import Own
from rules.texts.organisations import domain_of, is_free_mail, organisation_of, within


@dataclass(frozen=True, slots=True)
class InteractionSettings:
    """`small_circle`: others at a small meeting. `now`: what ends after it is planned (None: nothing is).
    `large`: others from which a meeting is a crowd whatever its labels say."""

    small_circle: int = 4
    large: int = 20
    now: datetime | None = None


def interaction_id(occurrence: str, address: str) -> str:
    """A stable digest of the occurrence and the address that took part (a merge does not change it)."""
    return blake2b(f"{occurrence}\x1f{address}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


class Case(msgspec.Struct, frozen=True, gc=False):
    """One occurrence to judge: its label, and when it was."""

    occurrence: Occurrence
    decision: Decision
    at: datetime


class Ground:
    """Shared by mail and meetings. `own`: the owner's addresses; `home`: the domains of the owner's house; `names`:
    of the people met so far."""

    def __init__(self, identities: Identities, owner: Owner, settings: InteractionSettings) -> None:
        self.who = identities
        self.settings = settings
        self.zone = ZoneInfo(owner.timezone)
        self.own = Own(frozenset(identities.owner_addresses) | owner.addresses)
        self.home = owner.own_domains or {
            domain for address in self.own.addresses if not is_free_mail(domain := domain_of(address))
        }
        self.names = Names()
        self.interactions: list[Interaction] = []
        self.traffic: list[Traffic] = []

    def person(self, address: str) -> tuple[Person | None, str | None]:
        """The person behind an address, and the assistant through whom they were reached."""
        principal = self.who.assistants.get(address)
        if principal is not None:
            return self.who.by_address.get(principal), address
        return self.who.by_address.get(address), None

    def local(self, at: datetime) -> date:
        """The owner's day."""
        return at.astimezone(self.zone).date()

    def is_planned(self, end: datetime) -> bool:
        return self.settings.now is not None and end > self.settings.now

    def add(self, interaction: Interaction, person: Person) -> None:
        self.interactions.append(interaction)
        self.names.learn(person.id, interaction.address, person.name)

    def note(self, address: str, direction: Direction, case: Case) -> None:
        """Traffic with the organisation of an address, if it has one and it is not the owner's own."""
        organisation = organisation_of(address)
        if organisation is None or within(domain_of(address), self.home) or address in self.who.ignored:
            return
        message = case.occurrence.observation
        self.traffic.append(
            Traffic(
                organisation,
                case.at.astimezone(UTC),
                self.local(case.at),
                address,
                direction,
                case.decision.purpose,
                title=message.subject if isinstance(message, Message) else None,
                observation=case.occurrence.id,
            )
        )
