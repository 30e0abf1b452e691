"""A clock that moves only when somebody sleeps by it: hours of quota and back-off pass in no time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Fake time, shared by a fake server and the client under test. Threads may share it."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = threading.Lock()

    @property
    def now(self) -> datetime:
        """The present (UTC)."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._elapsed += max(0.0, seconds)

    def pass_time(self, **units: float) -> None:
        """Let time pass, in the units of timedelta: `pass_time(days=8)`."""
        self.sleep(timedelta(**units).total_seconds())
