"""Contracts that end soon: a relationship is looked at in time, not in the week of the signature."""

from __future__ import annotations

from datetime import date, timedelta

from rules.meaning import Person

AHEAD = timedelta(weeks=18)


def due(person: Person, today: date) -> bool:
    """Whether a contract with them ends within `AHEAD`, and not before today."""
    return person.renews is not None and timedelta() <= person.renews - today <= AHEAD
