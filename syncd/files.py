"""Files that only their owner may read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write_private(path: Path, lines: Iterable[str]) -> int:
    """Write lines to `path`, in one step and with mode 0600; returns how many there were.

    A report or an export tells of other people: the umask is not asked.
    """
    path = path.expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():  # /dev/stdout, a pipe
        with path.open("w", encoding="utf-8") as stream:
            return sum(1 for line in lines if stream.write(f"{line}\n"))
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    count = 0
    try:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as out:
            for line in lines:
                out.write(f"{line}\n")
                count += 1
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return count
