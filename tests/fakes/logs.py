"""Hearing all that is logged, for tests of what no log may hold."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Ear(logging.Handler):
    def __init__(self, hear: Callable[[str], object]) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self._hear = hear

    def emit(self, record: logging.LogRecord) -> None:
        self._hear(self.format(record))


@contextmanager
def all_logged(hear: Callable[[str], object]) -> Iterator[None]:
    """Everything that anybody writes at DEBUG, a line each, whatever level its logger was left at by default."""
    root, ear = logging.getLogger(), _Ear(hear)
    before = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(ear)
        root.setLevel(before)
