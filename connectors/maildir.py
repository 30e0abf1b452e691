"""Maildir: one file per message. Maildir++ (`.Sent.2025`), nested folders ("fs"), and any mixture of both.

A message is named by its folder and the unique part of its file name, so that reading it, flagging it or moving it
from `new` to `cur` is no news. A file's size and time of writing are its etag: an unchanged one is never opened.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from connectors.connector import BadItem, Batch, Cost, Item, Known, Listed, Place, Quarantined, Source, Unreachable
from connectors.headers import HEADER_LIMIT, Circumstances, header_end, read_message
from connectors.options import MaildirOptions
from connectors.positions import Extent, read_cursor, vanished, write_cursor
from connectors.tree import Parts, Tree, missing, shown

BATCH = 1_000
_FIRST_READ = 8 * 1024  # holds the header block of 99 of 100 messages
_SUBFOLDERS = ("new", "cur")  # in this order a message that moves meanwhile is seen twice rather than never
_RESERVED = frozenset({"new", "cur", "tmp"})
_SCANS = 3

# `unique:2,FLAGS`; some systems cannot hold a colon. Dovecot and mbsync add fields such as `,S=1234` and `,U=5` to
# the unique part, some of them later: these are not part of the name.
_INFO = re.compile(r"[:;!]2,[^/]*$")
_FIELD = re.compile(r",(?:[A-Z]|FMD5)=[^,]*")
_SECONDS = re.compile(r"(\d{9,10})\D", re.ASCII)
_MUTF7 = re.compile(r"&([A-Za-z0-9+,]*)-")


class _Position(msgspec.Struct, omit_defaults=True):
    """`listed`: when everything that was there had been read; None while the first reading goes on."""

    version: Literal[1] = 1
    listed: datetime | None = None
    oldest: datetime | None = None
    newest: datetime | None = None


class _File(msgspec.Struct, frozen=True, gc=False):
    """One file as the folder listing shows it."""

    time: int
    native_id: str
    folder: Parts
    subfolder: str
    name: str
    etag: str
    size: int
    regular: bool


class MaildirConnector:
    """One Maildir tree as the one source `mail`, which goes on growing."""

    def __init__(self, options: MaildirOptions) -> None:
        self._path = options.path

    def sources(self) -> Sequence[Source]:
        return (Source("mail", observes="message", title=self._path.name),)

    def hosts(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Nothing is held open between calls."""

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:  # noqa: ARG002
        """See `Connector.batches`. The folder listing is the live part; the ledger's etags say what is still to read,
        so a run that was killed goes on where it stood."""
        position = read_cursor(cursor, _Position)
        with Tree(self._path) as tree:
            files, folders = _scan(tree)
            if not folders:
                raise Unreachable(
                    "this is no Maildir: neither it nor a folder in it holds `cur` or `new`.",
                    where=str(self._path), fix="Correct `path`, or mount the disk.",
                )  # fmt: skip
            etags = known.etags()
            fresh = [file for file in files.values() if etags.get(file.native_id) != file.etag]
            fresh.sort(key=lambda file: (file.time, file.native_id), reverse=True)
            unchanged = len(files) - len(fresh)
            reader = _Reader(tree, Extent(now, position.oldest, position.newest), now)
            if cursor is None and unchanged:
                reader.extent.include_known(known, files.keys() - {file.native_id for file in fresh})
            for first in range(0, len(fresh), BATCH):
                yield reader.read(fresh[first : first + BATCH], total=len(files))
            shut = _shut(tree, etags)
            listed = files.keys() | shut
            yield Batch(
                removed=vanished(etags, listed), unchanged=unchanged + len(shut), quarantined=_unreadable(tree),
                covered=() if tree.unreadable else reader.extent.covered(live=True),
                cursor=reader.cursor(complete=True), total=len(files),
            )  # fmt: skip

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:  # noqa: ARG002
        """By `os.walk` alone; shares only the names' native ids with `batches`."""
        root = self._path.expanduser()
        if not root.is_dir():
            raise missing(self._path, FileNotFoundError(2, "No such file or directory"))
        for folder, below, names in os.walk(root):
            parts = Path(folder).relative_to(root).parts
            if not parts or parts[-1] not in _SUBFOLDERS:
                continue
            below.clear()
            for name in names:
                if not name.startswith("."):
                    yield Listed(native_id(parts[:-1], name))


def native_id(folder: Parts, name: str) -> str:
    """The item's name: its folder below the root and the unique part of its file name."""
    unique = name.partition(":2,")[0] if ":2," in name else _INFO.sub("", name)
    if "," in unique:
        unique = _FIELD.sub("", unique)
    return shown("/".join((*folder, unique)))


@lru_cache(maxsize=1_000)
def place(folder: Parts) -> Place:
    """The folder as its owner knows it: `.Sent.2025` and `Sent/2025` are both `Sent/2025`, the root is `INBOX`."""
    names: list[str] = []
    for part in folder:
        names.extend(part[1:].split(".") if part.startswith(".") else [part])
    return Place(shown("/".join(_from_mutf7(name) for name in names if name)) or "INBOX")


def _from_mutf7(name: str) -> str:
    """Dovecot writes folder names as IMAP does: `Entw&APw-rfe`."""
    if "&" not in name:
        return name

    def decode(match: re.Match[str]) -> str:
        coded = match.group(1)
        return f"+{coded.replace(',', '/')}-".encode().decode("utf-7") if coded else "&"

    try:
        return _MUTF7.sub(decode, name)
    except UnicodeError:
        return name


def _scan(tree: Tree) -> tuple[dict[str, _File], int]:
    """Every message file by native id, and the number of mail folders. A folder that changes while it is listed is
    listed again."""
    files: dict[str, _File] = {}
    folders = 0
    for folder in tree.walk(leaves=_RESERVED):
        if folder and folder[-1] in _RESERVED:
            folders += folder[-1] in _SUBFOLDERS
            continue
        for _ in range(_SCANS):
            before = _stamps(tree, folder)
            found = list(_files(tree, folder))
            if before == _stamps(tree, folder):
                break
        for file in found:
            files.setdefault(file.native_id, file)
    return files, folders


def _stamps(tree: Tree, folder: Parts) -> list[int]:
    stamps = []
    for subfolder in _SUBFOLDERS:
        with suppress(OSError):
            stamps.append(os.fstat(tree.folder((*folder, subfolder))).st_mtime_ns)
    return stamps


def _files(tree: Tree, folder: Parts) -> Iterator[_File]:
    for subfolder in _SUBFOLDERS:
        try:
            tree.folder((*folder, subfolder))
        except OSError:
            continue
        for entry in tree.entries((*folder, subfolder)):
            name = entry.name
            if name.startswith("."):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if not stat.S_ISDIR(status.st_mode):
                seconds = _SECONDS.match(name)
                time = int(seconds.group(1)) if seconds else status.st_mtime_ns // 1_000_000_000
                etag = f"{status.st_size:x}-{status.st_mtime_ns:x}"
                regular = stat.S_ISREG(status.st_mode)
                yield _File(time, native_id(folder, name), folder, subfolder, name, etag, status.st_size, regular)


class _Reader:
    """Reads listed files into batches."""

    def __init__(self, tree: Tree, extent: Extent, now: datetime) -> None:
        self.tree, self.extent, self.now = tree, extent, now

    def cursor(self, *, complete: bool) -> str:
        listed = self.now if complete else None
        return write_cursor(_Position(listed=listed, oldest=self.extent.oldest, newest=self.extent.newest))

    def read(self, files: Sequence[_File], total: int) -> Batch:
        items: list[Item] = []
        bad: list[Quarantined] = []
        size = 0
        for file in files:
            try:
                item, read = _read(self.tree, file, self.now)
            except FileNotFoundError:
                continue  # deleted since the listing; the next sync finds it gone
            except BadItem as error:
                bad.append(Quarantined(file.native_id, file.etag, error.what, place(file.folder).name))
                continue
            items.append(item)
            self.extent.include(item.observation)
            size += read
        return Batch(
            items=tuple(items), quarantined=tuple(bad), cursor=self.cursor(complete=False), total=total,
            cost=Cost(requests=len(items) + len(bad), bytes=size),
        )  # fmt: skip


def _shut(tree: Tree, etags: Mapping[str, str]) -> set[str]:
    """Items of folders that cannot be opened now: nobody knows that they are gone."""
    prefixes = tuple(shown("/".join((*parts, ""))) for parts in map(_owner, tree.unreadable))
    return {native_id for native_id in etags if native_id.startswith(prefixes)} if prefixes else set()


def _unreadable(tree: Tree) -> tuple[Quarantined, ...]:
    return tuple(
        Quarantined(
            shown("/".join((*parts, ""))), why, f"the folder cannot be read: {why}", place(_owner(parts)).name
        )
        for parts, why in tree.unreadable.items()
    )


def _owner(parts: Parts) -> Parts:
    """The mail folder that a folder on disk belongs to."""
    return parts[:-1] if parts and parts[-1] in _RESERVED else parts


def _read(tree: Tree, file: _File, now: datetime) -> tuple[Item, int]:
    if not file.regular:
        raise BadItem("not a regular file; links, pipes and devices are not read")
    descriptor = _open(tree, file)
    try:
        data = os.read(descriptor, _FIRST_READ)
        end = header_end(data)
        if end < 0 and len(data) == _FIRST_READ:
            data += os.read(descriptor, HEADER_LIMIT - _FIRST_READ)
            end = header_end(data)
    finally:
        os.close(descriptor)
    where = place(file.folder)
    circumstances = Circumstances(
        native_id=file.native_id, now=now, folders=(where.name,), size=file.size,
        truncated=end < 0 and len(data) >= HEADER_LIMIT, delivered=datetime.fromtimestamp(file.time, UTC),
    )  # fmt: skip
    message = read_message(data[:end] if end >= 0 else data, circumstances)
    return Item(file.native_id, file.etag, (where,), message), len(data)


def _open(tree: Tree, file: _File) -> int:
    try:
        return tree.open((*file.folder, file.subfolder), file.name)
    except FileNotFoundError:
        for other in _files(tree, file.folder):  # re-flagged or read since it was listed
            if other.native_id == file.native_id:
                return tree.open((*other.folder, other.subfolder), other.name)
        raise
