"""A seeded plan of what goes wrong: which request is refused, cut, slowed or answered strangely."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What a server may do instead of answering as asked."""

    UNAUTHORIZED = "401"  # the access token is no longer good: refresh it
    FORBIDDEN_RATE = "403"  # too fast, said as Google says it
    TOO_MANY = "429"
    INTERNAL = "500"
    UNAVAILABLE = "503"
    GONE = "410"  # the cursor has expired
    CUT = "cut"  # the line breaks before the answer
    SLOW = "slow"
    EMPTY_PAGE = "empty_page"  # a page without items that has a next one
    REPEATED_PAGE = "repeated_page"  # items that were given before are given again


EVERY: tuple[Fault, ...] = tuple(Fault)


@dataclass
class FaultPlan:
    """Draws faults until `budget` of them happened. The same request is never refused more than `in_a_row` times
    running, as a server that is down for ever is another test.

    Args:
        seed: equal seeds and equal requests give equal faults.
        rate: the share of requests that go wrong.
        kinds: which faults may happen; the fake ignores those that make no sense for a request.
    """

    seed: int = 1
    rate: float = 0.0
    kinds: Sequence[Fault] = EVERY
    budget: int = 10**9
    in_a_row: int = 3
    happened: Counter[Fault] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._running: Counter[str] = Counter()

    def draw(self, request: str, possible: Sequence[Fault] | None = None) -> Fault | None:
        """The fault that befalls this request (named by method and path), if any."""
        choice = self._random.random()
        kinds = [kind for kind in self.kinds if possible is None or kind in possible]
        pick = self._random.random()
        if not kinds or choice >= self.rate or self.total >= self.budget or self._running[request] >= self.in_a_row:
            self._running[request] = 0
            return None
        fault = kinds[int(pick * len(kinds))]
        self._running[request] += 1
        self.happened[fault] += 1
        return fault

    def withdraw(self, fault: Fault) -> None:
        """The fault could not happen after all: the page that was to come empty had nothing on it."""
        self.happened[fault] -= 1

    @property
    def total(self) -> int:
        return sum(self.happened.values())
