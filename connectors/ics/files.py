"""iCalendar streams on disk: one file, or a folder in and below which they lie."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from connectors.connector import BadItem, Cost
from connectors.icalendar.groups import ENDINGS, STREAM_LIMIT
from connectors.ics.origin import File, Look
from connectors.tree import Tree, missing, shown


class Files:
    """The files at and below `path`; see `Origin`."""

    fix = "Correct `path` or `kind`."
    growing = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self.where, self.title = str(path), path.name

    @property
    def calendar(self) -> str:
        return shown(self._path.name if self._path.is_dir() else self._path.stem)

    def look(self, state: str, *, anyway: bool) -> Look:
        """What does not lie there is `Unreachable`."""
        now = _state(self._path)
        return Look(now, _files(self._path) if anyway or state != now else None)

    def streams(self) -> Iterator[tuple[str, bytes | None]]:
        from connectors.ics.listing import on_disk

        _status(self._path)
        return on_disk(self._path)

    def hosts(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        """Nothing is held open between calls."""


def _state(path: Path) -> str:
    """Changes whenever a file comes, goes or is written."""
    names = [f"{found.name} {found.stamp}" for found in _found(path)]
    return blake2b("\n".join(sorted(names)).encode("utf-8", "replace"), digest_size=12).hexdigest()


class _Found(NamedTuple):
    """A file before it is opened; `name` is "" for a file by itself, ends in "/" for a folder that is shut."""

    name: str
    stamp: str
    written: float
    open: Callable[[], int]


def _found(path: Path) -> Iterator[_Found]:
    if not path.is_dir():
        opener = partial(os.open, path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        yield _listed("", _status(path), opener)
        return
    with closing(Tree(path)) as tree:
        for folder in tree.walk():
            for entry in sorted(tree.entries(folder), key=lambda entry: entry.name):
                if entry.name.lower().endswith(ENDINGS) and not entry.is_dir(follow_symlinks=False):
                    name = shown("/".join((*folder, entry.name)))
                    yield _listed(name, entry.stat(follow_symlinks=False), partial(tree.open, folder, entry.name))
        for folder, why in tree.unreadable.items():
            yield _Found(shown("/".join((*folder, ""))), why, 0.0, partial(_refuse, why))


def _listed(name: str, status: os.stat_result, opener: Callable[[], int]) -> _Found:
    return _Found(name, f"{status.st_size:x}-{status.st_mtime_ns:x}", status.st_mtime, opener)


def _refuse(why: str) -> int:
    raise BadItem(f"the folder cannot be read: {why}")


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise missing(path, error) from error


def _files(path: Path) -> Iterator[File]:
    for name, stamp, written, opener in _found(path):
        try:
            data = _read(opener())
            yield File(name, stamp, written, data, cost=Cost(requests=1, bytes=len(data)))
        except FileNotFoundError:
            continue  # gone since the listing; the next sync finds that out
        except BadItem as error:
            yield File(name, stamp, written, None, error.what)
        except OSError as error:
            yield File(name, stamp, written, None, f"it cannot be read ({error.strerror})")


def _read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BadItem("it is no regular file")
        data = file.read(STREAM_LIMIT + 1)
    if len(data) > STREAM_LIMIT:
        raise BadItem(f"it is larger than {STREAM_LIMIT >> 20} MB")
    return data
