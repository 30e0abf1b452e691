"""The mbox connector: what is new in a file, and what is gone from it.

A message is named by a digest of its header block, and by a number where the same block stands several times: so its
name stays when other messages go. A file that only grew is read from its last message on; one that was written anew
is listed again and reconciled by those names.
"""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import BinaryIO, Literal, NamedTuple

import msgspec

from connectors.connector import BadItem, Batch, Cost, Item, Known, Listed, Place, Quarantined, Source, Unreachable
from connectors.headers import Circumstances, read_message
from connectors.mbox.files import File, mboxes
from connectors.mbox.format import Entry, entries, fingerprint, header_block, is_from_line, labels_digest
from connectors.observations import Message
from connectors.options import MboxOptions
from connectors.positions import Extent, read_cursor, vanished, write_cursor

BATCH = 1_000
_SINGLE = "mail"  # the one source of an account that names a file
_FROM_LINE_LIMIT = 400


class _Position(msgspec.Struct, omit_defaults=True):
    """The file as it was read: `size` bytes of it, written at `written` (ns), `edges` a digest of their beginning and
    end, `last` where the last message begins. `size` 0: the first reading goes on."""

    version: Literal[1] = 1
    size: int = 0
    written: int = 0
    edges: str = ""
    last: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


class _Found(NamedTuple):
    """A message to be read. Its block is `length` bytes long; where it was let go, so that the index of a large file
    stays small, it is read again when its turn comes."""

    native_id: str
    etag: str
    entry: Entry
    length: int


class MboxConnector:
    """A file as the source `mail`, or a folder in which every mbox file is a source, named by its path there."""

    def __init__(self, options: MboxOptions) -> None:
        self._path = options.path.expanduser()
        self._live = options.live

    def sources(self) -> Sequence[Source]:
        if self._path.is_dir():
            found = tuple(Source(name, observes="message", live=self._live) for name in mboxes(self._path))
            if not found:
                raise Unreachable(
                    "no mbox file lies in or below it.", where=str(self._path), fix="Correct `path` or `kind`."
                )
            return found
        return (Source(_SINGLE, observes="message", live=self._live, title=self._path.name),)

    def hosts(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Nothing is held open between calls."""

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:
        """See `Connector.batches`. A plain file is indexed first and read from its end, a gzipped one in order."""
        position = read_cursor(cursor, _Position)
        with closing(File(self._path, source)) as file:
            reading = _Reading(file, Extent(now, position.oldest, position.newest), known, live=self._live)
            try:
                yield from reading.batches(position, reconcile=cursor is None)
            except (EOFError, zlib.error, OSError) as error:
                raise Unreachable(
                    f"the file cannot be read to its end ({error}).",
                    where=file.where, fix="What was read stands. Export it again, or look at the disk.",
                ) from error  # fmt: skip

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:  # noqa: ARG002
        """Line by line, by a loop of its own; shares the test for a From_ line and the names with `batches`."""
        numbers: Counter[str] = Counter()
        with closing(File(self._path, source)) as file:
            for head in _heads(file.stream):
                yield Listed(_numbered(fingerprint(header_block(head)[0]), numbers))


class _Reading:
    """One sync of one file."""

    def __init__(self, file: File, extent: Extent, known: Known, *, live: bool) -> None:
        self.file, self.extent, self.known, self.live = file, extent, known, live
        self.etags = known.etags()
        self.numbers: Counter[str] = Counter()
        self.unchanged: set[str] = set()
        self.listed: set[str] = set()
        self.last = 0

    def batches(self, position: _Position, *, reconcile: bool) -> Iterator[Batch]:
        before = self.file.stamp()
        if position.size and self.file.edges(position.size) == position.edges:
            if before == (position.size, position.written):
                yield self._end(position, unchanged=len(self.etags))
                return
            if not self.file.packed and before[0] >= position.size and self._stands(position.last):
                yield from self._tail(position)
                return
        yield from self._forward() if self.file.packed else self._backward()
        if not self.listed and self.file.stream.tell() > 1:  # a lone line feed is an empty mailbox too
            raise Unreachable(
                "no message begins in this file.", where=self.file.where,
                fix="Correct `path` or `kind`: an mbox file is wanted.",
            )  # fmt: skip
        if reconcile:
            self.extent.include_known(self.known, self.unchanged)
        # A file that was written while we read says nothing about what is gone.
        settled = before == self.file.stamp()
        yield self._end(
            self._position(before) if settled else self._started(), unchanged=len(self.unchanged),
            removed=vanished(self.etags, self.listed) if settled else (), settled=settled,
        )  # fmt: skip

    def _position(self, stamp: tuple[int, int]) -> _Position:
        size, written = stamp
        return _Position(
            size=size, written=written, edges=self.file.edges(size), last=self.last,
            oldest=self.extent.oldest, newest=self.extent.newest,
        )  # fmt: skip

    def _started(self) -> _Position:
        return _Position(oldest=self.extent.oldest, newest=self.extent.newest)

    def _end(
        self, position: _Position, *, unchanged: int, removed: tuple[str, ...] = (), settled: bool = True
    ) -> Batch:
        covered = self.extent.covered(live=self.live) if settled else ()
        return Batch(removed=removed, unchanged=unchanged, cursor=write_cursor(position), covered=covered)

    def _stands(self, start: int) -> bool:
        """Whether the last message of the known part is still what it was: its header block may have been cut short
        by a delivery that was under way."""
        self.file.stream.seek(start)
        last = next(entries(self.file.stream, start), None)
        return last is not None and last.start == start and fingerprint(last.block) in self.etags

    def _tail(self, position: _Position) -> Iterator[Batch]:
        """What was added behind the known part, in its order, with a cursor that is true after each batch."""
        for native_id in self.etags:
            self.numbers[native_id.partition(".")[0]] += 1
        unchanged, stamp = len(self.etags), self.file.stamp()
        self.file.stream.seek(position.last)
        added = iter(entries(self.file.stream, position.last))
        next(added)
        self.last = position.last
        for found in _chunks(map(self._found, added)):
            self.last = found[-1].entry.start
            yield self._read(found, self._position((found[-1].entry.end, 0)))
        yield self._end(self._position(stamp), unchanged=unchanged)

    def _forward(self) -> Iterator[Batch]:
        """The whole file in its order."""
        for found in _chunks(self._fresh()):
            yield self._read(found, self._started())

    def _backward(self) -> Iterator[Batch]:
        """The whole file, newest first: indexed without its header blocks, which are read again when needed."""
        fresh = [found._replace(entry=found.entry._replace(block=b"")) for found in self._fresh()]
        fresh.reverse()
        for found in _chunks(fresh):
            yield self._read([self._again(one) for one in found], self._started())

    def _fresh(self) -> Iterator[_Found]:
        self.file.stream.seek(0)  # `_stands` may have looked into it
        for found in map(self._found, entries(self.file.stream)):
            self.last = found.entry.start
            self.listed.add(found.native_id)
            if self.etags.get(found.native_id) == found.etag:
                self.unchanged.add(found.native_id)
            else:
                yield found

    def _found(self, entry: Entry) -> _Found:
        native_id = _numbered(fingerprint(entry.block), self.numbers)
        return _Found(native_id, labels_digest(entry.block), entry, len(entry.block))

    def _again(self, found: _Found) -> _Found:
        start = found.entry.start
        wanted = found.length + _FROM_LINE_LIMIT
        head = os.pread(self.file.raw.fileno(), min(wanted, found.entry.end - start), start)
        begin = head.find(b"\n") + 1
        return found._replace(entry=found.entry._replace(block=head[begin : begin + found.length]))

    def _read(self, found: Sequence[_Found], position: _Position) -> Batch:
        items: list[Item] = []
        bad: list[Quarantined] = []
        for native_id, etag, entry, _ in found:
            circumstances = Circumstances(
                native_id, self.extent.now, size=entry.end - entry.start, truncated=entry.truncated,
                delivered=entry.delivered,
            )  # fmt: skip
            try:
                message = read_message(entry.block, circumstances)
            except BadItem as error:
                bad.append(Quarantined(native_id, etag, error.what, self.file.place.name))
                continue
            places = _places(message, self.file.place)
            message = msgspec.structs.replace(message, folders=tuple(place.name for place in places))
            self.extent.include(message)
            items.append(Item(native_id, etag, places, message))
        # The extent, and so the position, is complete only now.
        position = msgspec.structs.replace(position, oldest=self.extent.oldest, newest=self.extent.newest)
        cost = Cost(requests=1, bytes=sum(one.length for one in found))
        return Batch(items=tuple(items), quarantined=tuple(bad), cursor=write_cursor(position), cost=cost)


def _places(message: Message, file: Place) -> tuple[Place, ...]:
    """Takeout's labels, or the folder that an export names; the file itself otherwise."""
    headers = message.headers or {}
    names: Iterable[str] = (name.strip(' "') for name in headers.get("x-gmail-labels", "").split(","))
    names = [name for name in names if name] or [headers.get("x-folder", "")]
    return tuple(Place(name) for name in dict.fromkeys(names) if name) or (file,)


def _chunks(found: Iterable[_Found]) -> Iterator[list[_Found]]:
    chunk: list[_Found] = []
    for one in found:
        chunk.append(one)
        if len(chunk) == BATCH:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _numbered(digest: str, numbers: Counter[str]) -> str:
    """The native id of the next message with this digest."""
    numbers[digest] += 1
    return digest if numbers[digest] == 1 else f"{digest}.{numbers[digest]}"


def _heads(stream: BinaryIO) -> Iterator[bytes]:
    """Each message from its From_ line to its blank line, found line by line."""
    blank, from_line, head = True, b"", bytearray()
    for line in stream:
        if from_line and is_from_line(from_line + line):
            if head:
                yield bytes(head)
            head = bytearray(from_line)
        from_line = line if blank and line.startswith(b"From ") else b""
        blank = line in (b"\n", b"\r\n")
        if head and not head.endswith((b"\n\n", b"\n\r\n")):
            head += line
    if head:
        yield bytes(head)
