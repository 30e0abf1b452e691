"""Mail that came back: an address that exists no more ends a relationship, until its person is heard of again."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from rules.health.diary import is_contact
from rules.health.weeks import week_of
from rules.meaning import RETURNED, Direction, Interaction


class Returns:
    """Per address, the days on which mail to it came back, and those on which its person was heard of."""

    def __init__(self, interactions: Iterable[Interaction]) -> None:
        self._returned: dict[str, list[date]] = defaultdict(list)
        self._heard: dict[str, list[date]] = defaultdict(list)
        for one in interactions:
            if is_contact(one):
                if one.direction is not Direction.OUT:
                    self._heard[one.address].append(one.local)
            elif any(reason.rule == RETURNED for reason in one.evidence):
                self._returned[one.address].append(one.local)

    def __bool__(self) -> bool:
        return bool(self._returned)

    def by_week(self) -> dict[int, list[tuple[str, int]]]:
        """Week -> the addresses from which mail came back, each with the day as an ordinal."""
        found: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for address, days in sorted(self._returned.items()):
            for day in days:
                found[week_of(day)].append((address, day.toordinal()))
        return found

    def concerns(self, addresses: Iterable[str]) -> bool:
        return any(address in self._returned for address in addresses)

    def since(self, addresses: Iterable[str], until: date) -> date | None:
        """The day since which mail to them comes back, as known on `until`; None if they have been heard of since."""
        addresses = tuple(addresses)
        last = self._last(self._returned, addresses, until)
        heard = self._last(self._heard, addresses, until)
        return last if last is not None and (heard is None or heard < last) else None

    @staticmethod
    def _last(days: dict[str, list[date]], addresses: Iterable[str], until: date) -> date | None:
        found = []
        for address in addresses:
            known = days.get(address, [])
            place = bisect_right(known, until)
            if place:
                found.append(known[place - 1])
        return max(found, default=None)
