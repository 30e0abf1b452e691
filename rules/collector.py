"""Without the collector of circles. What is read, judged and remembered here holds none, and looking for them among
hundreds of thousands of values takes a fifth of the time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected(*, kept: bool = False) -> Iterator[None]:
    """Keeps the collector from running; as a decorator, while the function runs. `kept`: what is made meanwhile will
    stay. It is then taken for old, where the collector would else go through all of it at the end."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            if kept:
                gc.freeze()  # every generation into the permanent one,
                gc.unfreeze()  # and that into the oldest, without a look at anything
            gc.enable()
