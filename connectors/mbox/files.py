"""mbox files on disk: which of a folder's files are some, and one of them open, plain or gzipped."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from connectors.connector import BadItem, Place, Unreachable
from connectors.mbox.format import is_from_line
from connectors.tree import Tree, missing, shown

_ENDINGS = (".mbox", ".mbx", ".mbox.gz")
_EDGE = 4 * 1024
_GZIP = b"\x1f\x8b"


def mboxes(root: Path) -> Iterator[str]:
    """Every mbox file in and below the folder, by path: those that are called so, and those that begin like one."""
    with closing(Tree(root)) as tree:
        for folder in tree.walk():
            for entry in sorted(tree.entries(folder), key=lambda entry: entry.name):
                if entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
                    path = "/".join((*folder, entry.name))
                    if entry.name.endswith(_ENDINGS) or _begins(tree, folder, entry.name):
                        yield shown(path)


class File:
    """An mbox file, open. `stream` is what it holds, `raw` its bytes on disk; they differ if it is gzipped."""

    def __init__(self, path: Path, source: str) -> None:
        inside = source if path.is_dir() else ""
        self.where = str(path / inside) if inside else str(path)
        self.raw = _open(path, inside)
        self.packed = self.raw.peek(2)[:2] == _GZIP
        # A gzip stream is a BinaryIO in all but its declared type.
        self.stream = cast(BinaryIO, gzip.GzipFile(fileobj=self.raw)) if self.packed else cast(BinaryIO, self.raw)
        name = PurePosixPath(inside or path.name)
        for ending in _ENDINGS:
            name = PurePosixPath(str(name).removesuffix(ending))
        self.place = Place(shown(str(name)))

    def close(self) -> None:
        self.raw.close()

    def stamp(self) -> tuple[int, int]:
        status = os.fstat(self.raw.fileno())
        return status.st_size, status.st_mtime_ns

    def edges(self, size: int) -> str:
        """A digest of the beginning and the end of the first `size` bytes: it changes when anything before moves."""
        descriptor = self.raw.fileno()
        parts = os.pread(descriptor, min(_EDGE, size), 0) + os.pread(
            descriptor, min(_EDGE, size), max(size - _EDGE, 0)
        )
        return blake2b(parts, digest_size=12).hexdigest()


def _begins(tree: Tree, folder: tuple[str, ...], name: str) -> bool:
    try:
        descriptor = tree.open(folder, name)
    except (OSError, BadItem):
        return False
    with os.fdopen(descriptor, "rb") as file:
        head = file.read(_EDGE)
        if head[:2] == _GZIP:
            file.seek(0)
            try:
                head = gzip.GzipFile(fileobj=file).read(_EDGE)
            except (OSError, EOFError, zlib.error):
                return False
    return is_from_line(head.lstrip(b"\r\n"))


def _open(path: Path, inside: str) -> io.BufferedReader:
    """The file itself, or one inside the folder `path`.

    Raises:
        Unreachable: it is missing, no regular file, or may not be read.
    """
    try:
        if inside:
            with closing(Tree(path)) as tree:
                *folder, name = inside.split("/")
                return os.fdopen(tree.open(tuple(folder), name), "rb")
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise missing(path / inside, error) from error
    except BadItem as error:
        raise Unreachable(f"{error.what}.", where=str(path / inside), fix="Put the file itself there.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreachable("this is no regular file.", where=str(path), fix="Correct `path`.")
    return os.fdopen(descriptor, "rb")
