"""Run a function in a process of its own that dies when it takes too much time or memory."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

# What the functions under test import, so that each process begins with it. What forks them has only one thread.
_PRELOAD = [
    "connectors.icalendar.events",
    "connectors.icalendar.guard",
    "connectors.ics.connector",
    "connectors.maildir",
    "connectors.mbox.connector",
    "syncd.sync",
    "syncd.verify",
]


class TookTooMuch(AssertionError):
    """The process ended without an answer."""


def within(seconds: int, megabytes: int, function: Callable[..., Any], *args: Any) -> Any:
    """What `function(*args)` answers, if it does so within the limits (CPU seconds, address space beyond imports).

    `function` stands at the top of a module, its answer can be pickled.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(there, seconds, megabytes, function, args))
    process.start()
    there.close()
    try:
        kind, answer = here.recv()
    except EOFError:
        raise TookTooMuch(f"{function.__name__} took more than {seconds} s or {megabytes} MB") from None
    finally:
        process.join(10)
        here.close()
    if kind == "raised":
        raise answer
    return answer


def _run(
    there: Connection, seconds: int, megabytes: int, function: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    limit = used + megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    spent = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, spent + seconds))
    try:
        there.send(("answered", function(*args)))
    except MemoryError:
        return  # and so no answer
    except Exception as error:  # noqa: BLE001
        there.send(("raised", error))
