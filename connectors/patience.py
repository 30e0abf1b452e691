"""Patience with servers: spend a budget evenly, try again with growing pauses, do what Retry-After says.

Time is a `Clock`, so that tests let hours pass at once.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar

import tenacity

from connectors.connector import Throttled, Unreachable

T = TypeVar("T")


class Clock(Protocol):
    """Where time comes from."""

    @property
    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Interrupted(BaseException):
    """The process is to end in the middle of a pause. Not an Exception: it is nobody's failure."""


class SystemClock:
    """The machine's clock. Once it is stopped, every pause ends at once, with `Interrupted`."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise Interrupted

    def stop(self) -> None:
        """From any thread."""
        self._stopped.set()


class Budget:
    """At most `limit` units in any `window` seconds; threads may share one.

    A sliding window, not a bucket that refills: a bucket of the same rate lets up to twice the limit pass in one
    unlucky minute, which is what providers count.
    """

    def __init__(self, limit: int, window: float, clock: Clock) -> None:
        self.limit, self.window = limit, window
        self.spent = 0
        self._clock = clock
        self._recent: deque[tuple[float, int]] = deque()
        self._sum = 0
        self._lock = threading.Lock()

    def take(self, units: int) -> None:
        """Spend units, after waiting until they fit. More than the whole budget waits for an empty window."""
        while True:
            with self._lock:
                wait = self._wait(units)
                if wait <= 0:
                    self._recent.append((self._clock.monotonic(), units))
                    self._sum += units
                    self.spent += units
                    return
            self._clock.sleep(wait)

    def _wait(self, units: int) -> float:
        now = self._clock.monotonic()
        while self._recent and self._recent[0][0] <= now - self.window:
            self._sum -= self._recent.popleft()[1]
        over = self._sum + units - max(self.limit, units)
        if over <= 0:
            return 0.0
        for at, cost in self._recent:
            over -= cost
            if over <= 0:
                return at + self.window - now + 0.001
        return self.window


class Turnstile:
    """At most `at_once` requests under way, and `budget` units of them; threads may share one."""

    def __init__(self, at_once: int, budget: Budget) -> None:
        self._gate, self._budget = threading.Semaphore(at_once), budget

    @contextmanager
    def passing(self, units: int = 1) -> Iterator[None]:
        """For the time of a request, after waiting for its turn."""
        self._budget.take(units)
        with self._gate:
            yield


class Turnstiles:
    """One turnstile for each mailbox: servers count together what all accounts of a mailbox ask of it."""

    def __init__(self) -> None:
        self._made: dict[str, Turnstile] = {}
        self._lock = threading.Lock()

    def of(self, mailbox: str, make: Callable[[], Turnstile]) -> Turnstile:
        """The mailbox's turnstile; `make` is called for the first who asks."""
        with self._lock:
            if mailbox not in self._made:
                self._made[mailbox] = make()
            return self._made[mailbox]


class Again(Exception):
    """A request that is worth repeating. `after`: seconds that the server asked for; `why` for the last word.
    `throttled`: the server said that we are too fast."""

    def __init__(self, why: str, *, after: float | None = None, throttled: bool = False) -> None:
        super().__init__(why)
        self.why, self.after, self.throttled = why, after, throttled


@dataclass
class Patience:
    """How often and how long to try. Pauses double from `first` to `longest` seconds, each with jitter.

    A server that asks for more than `bearable` seconds is not waited for: the sync ends and comes back later.
    """

    clock: Clock = field(default_factory=SystemClock)
    attempts: int = 8
    first: float = 1.0
    longest: float = 64.0
    bearable: float = 300.0
    seed: int | None = None

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - jitter, no secret

    def pause(self, attempt: int, after: float | None = None) -> float:
        """Seconds to wait after the attempt number `attempt` (1 for the first)."""
        grown = min(self.longest, self.first * 2.0 ** (attempt - 1))
        return max(after or 0.0, grown * self._random.uniform(0.5, 1.0))

    def call(self, do: Callable[[], T], where: str) -> T:
        """The result of `do`, called again for as long as it raises `Again`.

        Raises:
            Throttled: the server asks for more patience than is bearable, or never stops asking.
            Unreachable: every attempt failed.
        """
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=self._wait,
            retry=tenacity.retry_if_exception(self._worth_it),
            sleep=self.clock.sleep,
            reraise=True,
        )
        try:
            return retrying(do)
        except Again as again:
            raise self.given_up(again, where) from again

    def given_up(self, again: Again, where: str) -> Throttled | Unreachable:
        """The error for the person, once patience has ended."""
        if again.throttled or again.after is not None:
            wait = max(again.after or 0.0, self.longest)
            return Throttled(f"{again.why}.", retry_after=wait, where=where, fix="It goes on at the next sync.")
        return Unreachable(f"{again.why}.", where=where, fix="It is tried again at the next sync.")

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return self.pause(state.attempt_number, error.after if isinstance(error, Again) else None)

    def _worth_it(self, error: BaseException) -> bool:
        return isinstance(error, Again) and (error.after or 0.0) <= self.bearable


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, written as seconds or as a date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return None
