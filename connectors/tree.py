"""A tree of folders on disk, opened so that nothing in it can lead outside it or make us wait.

Every step from the root is opened by itself relative to its parent (openat) and refuses symbolic links; files are
opened without blocking and must be regular. So a link to /etc/passwd is not read, a FIFO does not hang us, and a
name such as `../..` is no way up. The root itself is the owner's word and may be a link.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from connectors.connector import BadItem, Unreachable

Parts = tuple[str, ...]
"""A folder as its names below the root; the root is ()."""

_OPEN_FOLDERS = 32
_DEPTH = 32
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Tree:
    """The folders below `root`. Close it, or use it in a `with`.

    Raises:
        Unreachable: at construction, if the root cannot be opened.
    """

    def __init__(self, root: Path) -> None:
        self._root = open_root(root)
        self._folders: OrderedDict[Parts, int] = OrderedDict()
        self.unreadable: dict[Parts, str] = {}  # folders that `walk` had to leave out, and why

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for descriptor in (*self._folders.values(), self._root):
            os.close(descriptor)
        self._folders.clear()

    def folder(self, parts: Parts) -> int:
        """A descriptor of the folder, which stays the tree's own.

        Raises:
            OSError: no such folder, or one of its names is a link.
        """
        if not parts:
            return self._root
        if parts in self._folders:
            self._folders.move_to_end(parts)
            return self._folders[parts]
        descriptor = os.open(parts[-1], _FOLDER | os.O_NOFOLLOW, dir_fd=self.folder(parts[:-1]))
        self._folders[parts] = descriptor
        while len(self._folders) > _OPEN_FOLDERS:
            os.close(self._folders.popitem(last=False)[1])
        return descriptor

    def entries(self, parts: Parts) -> Iterator[os.DirEntry[str]]:
        """What lies in the folder, in no order. Stat entries with `follow_symlinks=False`."""
        with os.scandir(self.folder(parts)) as entries:
            yield from entries

    def open(self, parts: Parts, name: str) -> int:
        """A descriptor of a regular file, the caller's to close.

        Raises:
            FileNotFoundError: it is gone.
            BadItem: it is no regular file, or it may not be read.
        """
        try:
            descriptor = os.open(name, _FILE, dir_fd=self.folder(parts))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise BadItem(_why(error)) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise BadItem("not a regular file")
        return descriptor

    def walk(self, parts: Parts = (), leaves: frozenset[str] = frozenset()) -> Iterator[Parts]:
        """Every folder, parents first, by name; those named in `leaves` are opened and not looked into.

        Links are not followed. What may not be opened is noted in `unreadable`, because nothing can be said of what
        lies in it.
        """
        below: list[str] = []
        try:
            if parts and parts[-1] in leaves:
                self.folder(parts)
            elif len(parts) < _DEPTH:
                below = sorted(entry.name for entry in self.entries(parts) if entry.is_dir(follow_symlinks=False))
        except FileNotFoundError:
            return
        except OSError as error:
            self.unreadable[parts] = _why(error)
            return
        yield parts
        for name in below:
            yield from self.walk((*parts, name), leaves)


def open_root(path: Path) -> int:
    """A descriptor of the folder that the owner named.

    Raises:
        Unreachable: it is missing, no folder, or may not be read.
    """
    try:
        return os.open(path.expanduser(), _FOLDER)
    except OSError as error:
        raise missing(path, error) from error


def missing(path: Path, error: OSError) -> Unreachable:
    """What to tell the owner about a path that cannot be opened."""
    where = str(path)
    if error.errno == errno.ENOENT:
        return Unreachable("there is nothing at this path.", where=where, fix="Correct `path`, or mount the disk.")
    if error.errno == errno.ENOTDIR:
        return Unreachable("this is a file, and a folder is wanted.", where=where, fix="Correct `path` or `kind`.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unreachable(
            "syncd may not read this.", where=where, fix=f"Give it leave: setfacl -R -m u:syncd:rX {where}"
        )
    return Unreachable(f"it cannot be opened ({error.strerror}).", where=where, fix="Look at the disk.")


def shown(name: str) -> str:
    """A name from disk as text that any database holds; bytes that are no UTF-8 are written as escapes."""
    if name.isascii() and name.isprintable():
        return name
    return os.fsencode(name).decode("utf-8", "backslashreplace").replace("\0", "")


def _why(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "a symbolic link; only regular files are read"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "syncd may not read it"
    return f"it cannot be opened ({error.strerror})"
