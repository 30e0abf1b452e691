"""All that happened with one group of addresses, whenever it was, and what is to come: what texts and facets are
made of. The fold itself reads columns (`rules.health.diary`)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import cached_property

from rules.health.assessment import History
from rules.health.people import Group
from rules.meaning import Interaction, Traffic

LIKELY = 0.3  # from which a meeting to come counts as planned


class Dossiers:
    """Of one history; sorted when they are first asked for."""

    def __init__(self, history: History) -> None:
        self.history = history

    def of(self, group: Group) -> list[Interaction]:
        """All that happened with a group, in order of time, whenever it was; what was called off, too."""
        found = [one for address in group.addresses for one in self._items.get(address, ())]
        return sorted(found, key=lambda one: one.at)

    def until(self, group: Group, day: date) -> list[Interaction]:
        """What happened with a group up to a day."""
        return [one for one in self.of(group) if one.local <= day]

    def with_address(self, address: str, day: date) -> list[Interaction]:
        """What happened with one address up to a day, in order of time."""
        return [one for one in self._items.get(address, ()) if one.local <= day]

    def first_seen(self, group: Group) -> date | None:
        """The day of the first contact with a group."""
        return min((one.local for one in self.of(group)), default=None)

    def planned_with(self, group: Group) -> Interaction | None:
        """The next meeting with a group that the calendar holds."""
        found = [one for address in group.addresses for one in self._plans.get(address, ())]
        return min(found, key=lambda one: one.at, default=None)

    def traffic_with(self, group: Group) -> list[Traffic]:
        """Traffic of a group's organisation, whenever it was."""
        return self._lines.get(group.person.organisation or "", [])

    @cached_property
    def _items(self) -> dict[str, list[Interaction]]:
        found: dict[str, list[Interaction]] = defaultdict(list)
        for item in self.history.interactions:
            found[item.address].append(item)
        return found

    @cached_property
    def _plans(self) -> dict[str, list[Interaction]]:
        found: dict[str, list[Interaction]] = defaultdict(list)
        for item in self.history.planned:
            if item.took_place >= LIKELY and not item.crowd and not item.standing:
                found[item.address].append(item)
        return found

    @cached_property
    def _lines(self) -> dict[str, list[Traffic]]:
        found: dict[str, list[Traffic]] = defaultdict(list)
        for line in self.history.traffic:
            found[line.organisation].append(line)
        return found
