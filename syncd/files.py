"""Files that only their owner may read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write_private(path: Path, lines: Iterable[str], *, durable: bool = False) -> int:
    """Write lines to `path`, in one step and with mode 0600; returns how many there were.

    A report or an export tells of other people: the umask is not asked, and what a killed process left half written
    is removed. `durable`: it is on disk when this returns, so that a power cut leaves the old file or the new one.
    """
    path = path.expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():  # /dev/stdout, a pipe
        with path.open("w", encoding="utf-8") as stream:
            return sum(1 for line in lines if stream.write(f"{line}\n"))
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    count = 0
    _remove_left(path)
    try:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as out:
            for line in lines:
                out.write(f"{line}\n")
                count += 1
            if durable:
                out.flush()
                os.fsync(out.fileno())
        temporary.replace(path)
        if durable:
            _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return count


def _remove_left(path: Path) -> None:
    """Remove what processes that are no more left of their writing; the name of each ends with its number."""
    for left in path.parent.glob(f".{path.name}.*"):
        number = left.name.removeprefix(f".{path.name}.")
        if number.isdecimal() and not _runs(int(number)):
            left.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sync_folder(folder: Path) -> None:
    """A new name is on disk once its folder is."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
