"""Who fell silent just when the same name turned up at another address: most likely moved, and not to be called
silent before the owner has said whether that is the same person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rules.health.diary import is_contact
from rules.meaning import Direction, Interaction
from rules.people.moves import took_over

if TYPE_CHECKING:
    from rules.health.dossiers import Dossiers
    from rules.health.people import Group


@dataclass(frozen=True, slots=True)
class Namesake:
    """Where the name is heard of now, and since when."""

    address: str
    since: date

    @property
    def said(self) -> str:
        return (
            f"since {self.since:%-d %B %Y} somebody of the same name writes from {self.address}, and this address "
            "fell silent. If they are one person, a [[person]] with both addresses says so, and if not, not_same"
        )


def namesake(dossiers: Dossiers, group: Group, until: date) -> Namesake | None:
    """The address that took the place of a group's, as far as was known on a day; the newest of several."""
    found: list[Namesake] = []
    for alike in group.person.alike:
        if alike.on > until or alike.one not in group.addresses or alike.other in group.addresses:
            continue
        old = _heard(dossiers.until(group, until))
        new = _heard(dossiers.with_address(alike.other, until))
        if old and new and took_over(old[-1], new[0]):
            found.append(Namesake(alike.other, new[0]))
    return max(found, key=lambda one: (one.since, one.address), default=None)


def _heard(items: Sequence[Interaction]) -> list[date]:
    """The days on which somebody wrote or was met; what the owner writes to an old address is no life of it."""
    return [one.local for one in items if is_contact(one) and one.direction is not Direction.OUT]
