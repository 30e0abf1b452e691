"""The mbox format: where one message ends and the next begins, in a stream that is read once from front to back.

A message begins at a `From ` line that stands at the beginning or after a blank line, names a date, and is followed
by a header. Writers that quote (`>From `, mboxrd and mboxo) leave no other such line; a body that quotes a mail by
hand nearly never forms one. `Content-Length` is not believed: whoever sends a mail could hide the next one with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import BinaryIO, NamedTuple

from connectors.dates import zone
from connectors.headers import HEADER_LIMIT, header_end

_CHUNK = 1 << 20
_LINE_LIMIT = 400  # a From_ line with a long sender
_LOOK_AHEAD = HEADER_LIMIT + 2 * _LINE_LIMIT

_BOUNDARY = re.compile(rb"(?:(?<=\n\n)|(?<=\n\r\n))From ")
_FROM_LINE = re.compile(
    rb"From [^\n]{0,200}?\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +"
    rb"(?:(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2})"
    rb"|(?P<day2>\d{1,2}) +(?P<month2>[A-Z][a-z]{2}) +(?P<year2>\d{4})) +"
    rb"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
    rb"(?: +(?P<zone>[+-]\d{4})| +[A-Z]{1,5})?(?: +(?P<year>\d{4}))?(?: +[+-]\d{4}| +[A-Z]{1,5})?[^\n]{0,60}\r?\n"
)
_HEADER = re.compile(rb">?[!-9;-~]{1,100}[ \t]*:|>From ")
# What mail programs note in the file itself, and what a new Takeout may label anew.
_REWRITTEN = re.compile(
    rb"\n(?:Status|X-Status|X-Keywords|X-UID|X-IMAP(?:base)?|X-Mozilla-(?:Status2?|Keys)|X-Evolution|Content-Length|Lines"
    rb"|X-Gmail-Labels)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*",
    re.IGNORECASE,
)
_LABELS = re.compile(rb"\n(?:X-Gmail-Labels|X-Folder)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE)
_MAY_BE_REWRITTEN = re.compile(
    rb"(?i:status|x-keywords|x-uid|x-imap|x-mozilla|x-evolution|content-length|\nlines|labels)"
)
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


class Entry(NamedTuple):
    """One message of the file.

    Attributes:
        start: offset of its From_ line; `end`: of the next message's, or of the end of the file.
        block: its header block without the From_ line, at most `HEADER_LIMIT` bytes; `truncated`: there is more.
        delivered: the From_ line's date, if it can be read.
    """

    start: int
    end: int
    block: bytes
    truncated: bool
    delivered: datetime | None


class Split(NamedTuple):
    """A message's beginning as the scan finds it: its From_ line and what follows, as far as it was in reach."""

    start: int
    head: bytes


def entries(stream: BinaryIO, start: int = 0) -> Iterator[Entry]:
    """The messages from offset `start` on, where one begins. Memory stays at a few megabytes whatever the file holds.

    Raises:
        OSError, EOFError, zlib.error: the stream cannot be read; what was yielded before stands.
    """
    previous: Split | None = None
    position = start
    for split in _splits(stream, start):
        if previous is not None:
            yield _entry(previous, split.start)
        previous = split
        position = split.start
    end = stream.tell()
    if previous is not None:
        yield _entry(previous, max(end, position))


def is_from_line(head: bytes) -> bool:
    """Whether a message begins here: a From_ line with a date, then a header."""
    match = _FROM_LINE.match(head)
    return match is not None and _HEADER.match(head, match.end()) is not None


def _splits(stream: BinaryIO, start: int) -> Iterator[Split]:
    buffer = b""
    base = start  # the offset of buffer[0]
    searched = 0
    at_start = True
    while True:
        chunk = stream.read(_CHUNK)
        buffer += chunk
        final = not chunk
        reach = len(buffer) if final else max(len(buffer) - _LOOK_AHEAD, 0)
        if at_start and (final or reach):
            at_start = False
            blank = len(buffer) - len(buffer.lstrip(b"\r\n"))
            if is_from_line(buffer[blank : blank + 2 * _LINE_LIMIT]):
                yield Split(base + blank, buffer[blank : blank + _LOOK_AHEAD])
                searched = blank + 1
        for match in _BOUNDARY.finditer(buffer, searched):
            found = match.start()
            if found >= reach:
                break
            if is_from_line(buffer[found : found + 2 * _LINE_LIMIT]):
                yield Split(base + found, buffer[found : found + _LOOK_AHEAD])
        searched = max(searched, reach)
        if final:
            return
        keep = max(searched - 4, 0)  # the blank line before a From_ line may lie in what was searched
        buffer, base, searched = buffer[keep:], base + keep, searched - keep


def _entry(split: Split, end: int) -> Entry:
    block, truncated = header_block(split.head[: end - split.start])
    return Entry(split.start, end, block, truncated, from_line_date(split.head))


def header_block(head: bytes) -> tuple[bytes, bool]:
    """The header block of a message that begins at its From_ line, and whether it goes on behind what we read."""
    begin = head.find(b"\n") + 1
    if head[begin : begin + 1] == b"\n" or head[begin : begin + 2] == b"\r\n":
        return b"", False
    stop = header_end(head[begin : begin + HEADER_LIMIT + 4])
    if stop < 0:
        return head[begin : begin + HEADER_LIMIT], len(head) - begin > HEADER_LIMIT
    return head[begin : begin + stop], stop > HEADER_LIMIT


def fingerprint(block: bytes) -> str:
    """A digest that names a message by its header block, without the lines that mail programs rewrite."""
    kept = _REWRITTEN.sub(b"", b"\n" + block) if _MAY_BE_REWRITTEN.search(block) else b"\n" + block
    return blake2b(kept.replace(b"\r", b"").rstrip(b"\n"), digest_size=15).hexdigest()


def labels_digest(block: bytes) -> str:
    """Changes when the labels or the folder change that the block names."""
    found = b"".join(_LABELS.findall(b"\n" + block))
    return blake2b(found, digest_size=6).hexdigest() if found else "1"


def from_line_date(head: bytes) -> datetime | None:
    """The date of a From_ line, in UTC as is the custom, or None."""
    match = _FROM_LINE.match(head)
    if match is None:
        return None
    part = match.groupdict()
    offset = part["zone"]
    minutes = (int(offset[1:3]) * 60 + int(offset[3:5])) * (-1 if offset[:1] == b"-" else 1) if offset else 0
    try:
        return datetime(
            int(part["year"] or part["year2"] or 0),
            _MONTHS[part["month"] or part["month2"]],
            int(part["day"] or part["day2"]),
            int(part["hour"]), int(part["minute"]), int(part["second"] or 0),
            tzinfo=zone(minutes),
        ).astimezone(UTC)  # fmt: skip
    except (ValueError, KeyError, OverflowError):
        return None
