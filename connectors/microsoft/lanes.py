"""Several generators at once, each in a thread of its own, and what they yield in the thread that asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, Full, Queue, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
Work = Callable[[], Iterator[T]]

_END = object()


def in_parallel(work: Sequence[Work[T]], lanes: int) -> Iterator[T]:
    """What the generators yield, as it comes, from at most `lanes` of them at a time.

    An error of one ends all; what was yielded before stands.
    """
    running = _Lanes(work, lanes)
    try:
        yield from running.values()
    finally:
        running.stop.set()


class _Lanes(Generic[T]):
    """The threads, and the queue by which they hand over. They are daemons: one that waits for a server must not keep
    the process from ending."""

    def __init__(self, work: Sequence[Work[T]], lanes: int) -> None:
        self.stop = threading.Event()
        self._left = len(work)
        self._waiting: SimpleQueue[Work[T]] = SimpleQueue()
        self._results: Queue[tuple[object, BaseException | None]] = Queue(maxsize=2 * lanes)
        for one in work:
            self._waiting.put(one)
        for number in range(min(lanes, len(work))):
            threading.Thread(target=self._lane, name=f"lane {number}", daemon=True).start()

    def values(self) -> Iterator[T]:
        while self._left:
            value, error = self._results.get()
            if error is not None:
                raise error
            if value is _END:
                self._left -= 1
            else:
                yield value  # type: ignore[misc] # what is no end is a value

    def _lane(self) -> None:
        while not self.stop.is_set():
            try:
                work = self._waiting.get_nowait()
            except Empty:
                return
            try:
                for value in work():
                    if not self._hand_over(value):
                        return
                self._hand_over(_END)
            except BaseException as error:  # noqa: BLE001 - raised in the thread that asks
                self._hand_over(None, error)

    def _hand_over(self, value: object, error: BaseException | None = None) -> bool:
        """False once nobody asks any more."""
        while not self.stop.is_set():
            try:
                self._results.put((value, error), timeout=0.2)
            except Full:
                continue
            return True
        return False
