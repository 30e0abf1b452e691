"""Which of a provider's calendars an account reads: those that the config names, or the owner's own ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.connector import ConnectorError, Source


@dataclass(frozen=True, slots=True)
class Offered:
    """A calendar that the provider offers. `names`: what else than its id and title the config may call it by.
    `own`: it is read where the config names none."""

    id: str
    title: str
    own: bool
    names: tuple[str, ...] = ()

    def called(self, name: str) -> bool:
        return name.casefold() in {one.casefold() for one in (self.id, self.title, *self.names)}


def chosen(offered: Sequence[Offered], wanted: Sequence[str], account: str) -> list[Source]:
    """A source for each calendar to read, in the provider's order, named by the calendar's id.

    Args:
        wanted: names or ids from the config, in any case; without any, the owner's own ones.
        account: what the owner calls the account, for the error.

    Raises:
        ConnectorError: the config names one that is not there.
    """
    for name in wanted:
        if not any(one.called(name) for one in offered):
            there = ", ".join(sorted(one.title for one in offered)) or "none: this login sees no calendar"
            fix = f"Write one of these under calendars: {there}."
            raise ConnectorError(f'there is no calendar "{name}".', where=account, fix=fix)
    read = [one for one in offered if (any(map(one.called, wanted)) if wanted else one.own)]
    return [Source(one.id, observes="event", title=one.title) for one in read]
