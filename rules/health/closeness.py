"""Who is close: the bench (who could be called in a crisis), whom the owner calls key against whom the data shows
close, and whether key people have privileges.

The bench is reciprocal, relational and recent: both sides begin, personal contact on several days of the last half
year, the last of it within a quarter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median

from rules.health.diary import opened_by
from rules.health.facets import QUARTER, RECENT, RUNGS
from rules.meaning import Channel, Circle, Direction, Interaction, Person

LISTED = 10
LEAST_DAYS = 3  # with personal contact in the half year
LEAST_CONTACTS = 3  # for privileges: with whom there is anything to compare
MOST_BEGUN = 0.85  # of the conversations, by one side, among LEAST_BEGUN of them
LEAST_BEGUN = 4
_WARM = 0.5


@dataclass(slots=True)
class _Tie:
    """What the last half year shows of one person."""

    warmth: float = 0.0
    days: set[date] = field(default_factory=set)
    ours: int = 0
    theirs: int = 0
    to: bool = False
    from_: bool = False

    def take(self, one: Interaction) -> None:
        self.warmth += one.personal * RUNGS.get(one.channel, 0.0)
        if one.personal >= _WARM:
            self.days.add(one.local)
            self.to |= one.direction is not Direction.IN
            self.from_ |= one.direction is not Direction.OUT
        side = opened_by(one)
        self.ours, self.theirs = self.ours + (side is Direction.OUT), self.theirs + (side is Direction.IN)

    @property
    def mutual(self) -> bool:
        begun = self.ours + self.theirs
        return self.to and self.from_ and (begun < LEAST_BEGUN or max(self.ours, self.theirs) <= MOST_BEGUN * begun)

    def could_be_called(self, last: date) -> bool:
        return len(self.days) >= LEAST_DAYS and max(self.days) > last - QUARTER and self.mutual


class Closeness:
    """The half year up to a day. `items`: what happened in it; `names`: address -> person id."""

    def __init__(self, items: Iterable[Interaction], names: Mapping[str, str], last: date) -> None:
        self._last = last
        self._ties: dict[str, _Tie] = defaultdict(_Tie)
        for one in items:
            if last - RECENT < one.local <= last and not one.crowd:
                self._ties[names.get(one.address, one.person)].take(one)

    @property
    def ranked(self) -> list[str]:
        """Everybody with personal contact, closest first: how often, and how near on the ladder."""
        warm = [name for name, tie in self._ties.items() if tie.days]
        return sorted(warm, key=lambda name: (-self._ties[name].warmth, name))

    @property
    def bench(self) -> list[str]:
        """Who could be called in a crisis, closest first."""
        return [name for name in self.ranked if self._ties[name].could_be_called(self._last)]


def against_key(
    close: Closeness, bench: Collection[str], key: Collection[str], judged: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Key people who are neither among the closest nor on the bench, and those who are both without being key; only
    of those who can be judged. Both empty where the owner calls nobody key."""
    if not key:
        return (), ()
    nearest = close.ranked[: max(LISTED, 2 * len(key))]
    distant = tuple(sorted(name for name in key if name in judged and name not in nearest and name not in bench))
    return distant, tuple(name for name in nearest if name not in key and name in judged and name in bench)[:LISTED]


def privileges(
    items: Sequence[Interaction], people: Mapping[str, Person], names: Mapping[str, str], last: date
) -> dict[str, tuple[float, str]]:
    """Do key people get faster answers and more visits than others? The half year up to a day; median hours to the
    owner's answers, and meetings in person with each. Colleagues are left out: one meets them anyway."""
    hours: dict[bool, list[float]] = {True: [], False: []}
    visits: dict[str, int] = defaultdict(int)
    contacts: dict[str, int] = defaultdict(int)
    for one in items:
        name = names.get(one.address, one.person)
        person = people.get(name)
        if person is None or person.circle is Circle.TEAM or not last - RECENT < one.local <= last or one.crowd:
            continue
        contacts[name] += 1
        if one.answer_hours is not None and one.direction is Direction.OUT:
            hours[person.key].append(one.answer_hours)
        visits[name] += one.channel is Channel.IN_PERSON and one.took_place >= _WARM and not one.standing
    found: dict[str, tuple[float, str]] = {}
    for label, chosen in (("key", True), ("others", False)):
        compared = [
            name for name, count in contacts.items() if people[name].key is chosen and count >= LEAST_CONTACTS
        ]
        if hours[chosen]:
            found[f"your_answer_to_{label}"] = (median(hours[chosen]), "hours")
        if compared:
            found[f"visits_with_{label}"] = (sum(visits[name] for name in compared) / len(compared), "times")
    return found if any(person.key for person in people.values()) else {}
