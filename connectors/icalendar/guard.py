"""Expanding a recurrence that may never end, in a process of its own with limits on time and memory.

The process reads one group a line and answers one line each. Where it does not answer in time, or dies of its memory
limit, the group is refused and the next one gets a new process. Started only when a rule asks for it.
"""

from __future__ import annotations

import resource
import selectors
import subprocess
import sys
from datetime import datetime

import msgspec

from connectors.connector import BadItem
from connectors.icalendar.entries import Reach
from connectors.icalendar.events import read_events
from connectors.icalendar.groups import Group
from connectors.observations import Event

SECONDS = 5.0
MEMORY = 1024 * 1024 * 1024
_PATIENCE = 60.0  # seconds wasted on one source; after that its guarded groups are refused unread

_TOO_LONG = "its recurrence takes too long to work out"


class _Question(msgspec.Struct):
    group: Group
    until: datetime
    private: bool
    folder: str


class _Answer(msgspec.Struct):
    events: list[Event] = []
    bad: str | None = None


class Guard:
    """A process that expands groups. Close it; it is no harm to close one that never started."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._wasted = 0.0

    def read_events(self, group: Group, reach: Reach) -> list[Event]:
        """As `calendars.read_events`, within limits.

        Raises:
            BadItem: as there, or the group asks for more than we give.
        """
        if self._wasted >= _PATIENCE:
            raise BadItem(_TOO_LONG)
        line = self._ask(msgspec.json.encode(_Question(group, reach.until, reach.private, reach.folder)) + b"\n")
        if line is None:
            self._wasted += self._seconds
            self.close()
            raise BadItem(_TOO_LONG)
        answer = msgspec.json.decode(line, type=_Answer)
        if answer.bad is not None:
            raise BadItem(answer.bad)
        return answer.events

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, question: bytes) -> bytes | None:
        """The answer, or None if it did not come in time or the process died."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "connectors.icalendar.guard"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            # Ready: the time that importing takes on a busy machine is not the group's.
            if not self._line(60.0):
                return None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(question)
            self._process.stdin.flush()
        except OSError:
            return None
        return self._line(self._seconds)

    def _line(self, seconds: float) -> bytes | None:
        assert self._process is not None
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                return None
        return self._process.stdout.readline() or None  # the process writes a whole line at once


def serve() -> None:
    """The other side: questions on stdin, answers on stdout, until stdin ends."""
    _, allowed = resource.getrlimit(resource.RLIMIT_AS)
    memory = MEMORY if allowed == resource.RLIM_INFINITY else min(MEMORY, allowed)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _answer(b"ready")
    for line in sys.stdin.buffer:
        question = msgspec.json.decode(line, type=_Question)
        try:
            reach = Reach(question.until, question.private, question.folder)
            answer = _Answer(events=read_events(question.group, reach))
        except BadItem as error:
            answer = _Answer(bad=error.what)
        except MemoryError:
            answer = _Answer(bad="its recurrence takes too much memory to work out")
        _answer(msgspec.json.encode(answer))


def _answer(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    serve()
