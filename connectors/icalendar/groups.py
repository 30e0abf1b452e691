"""An iCalendar stream cut into groups, one per UID, before anything is parsed.

Cutting is cheap and hardens what follows: a group whose digest is known is never parsed, one bad component cannot
take the file with it, alarms and attachments are never looked at, and sizes are bounded before a parser sees them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec

from connectors.text import clean_text

ENDINGS = (".ics", ".ical")
STREAM_LIMIT = 25 * 1024 * 1024
COMPONENT_LIMIT = 256 * 1024
_PROSE_LIMIT = 48 * 1024  # of a description: links and phone numbers stand at its beginning

_PROSE = ("DESCRIPTION", "X-ALT-DESC")
_UNREAD = ("ATTACH", "IMAGE", "X-MOZ-", "X-APPLE-STRUCTURED-DATA", "DTSTAMP", "COMMENT")
_RECURS = re.compile(r"(?:RRULE|RDATE|EXDATE|EXRULE)[;:]", re.IGNORECASE)
_SAYS_NOTHING = re.compile(r"(?:RSCALE=GREGORIAN|SKIP=|BY[A-Z]+=$)", re.IGNORECASE)
_PRIVATE = re.compile(r"CLASS[^:]*:\s*(?:PRIVATE|CONFIDENTIAL)", re.IGNORECASE)
_ZONES = re.compile(r";TZID=(\"[^\"]*\"|[^;:,]*)", re.IGNORECASE)


class Group(msgspec.Struct):
    """The components of one UID in one calendar of a stream.

    Attributes:
        key: what native ids of its occurrences begin with; a digest if the entry is private.
        uid: as written; None if there is none.
        components: content lines, unfolded, without BEGIN, END, alarms and attachments.
        zone: the calendar's own zone as written.
        zones: definitions of the zones that it names, by name.
        method: of the calendar: PUBLISH, REQUEST, CANCEL, …
        digest: of everything above, so that an equal one means that nothing is to be read.
    """

    key: str
    uid: str | None
    components: list[list[str]]
    zone: str | None = None
    zones: dict[str, str] = {}
    method: str | None = None
    digest: str = ""


@dataclass
class Calendar:
    """What a stream holds. `bad`: name and reason of each component that was left out. `whole`: it was not cut off.
    `empty`: it holds nothing that belongs into a calendar."""

    name: str | None = None
    zone: str | None = None
    method: str | None = None
    zones: dict[str, str] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    bad: list[tuple[str, str]] = field(default_factory=list)
    whole: bool = False
    empty: bool = True


def cut(data: bytes) -> Calendar:
    """The groups of a stream of at most `STREAM_LIMIT` bytes; never raises. Several calendars in a row are one."""
    cutter = _Cutter()
    for line in unfolded(_text(data)):
        head = line[:20].upper()
        if head.startswith("BEGIN:"):
            cutter.begin(line[6:].strip().upper())
        elif head.startswith("END:"):
            cutter.end(line[4:].strip().upper(), line)
        else:
            cutter.keep(line, head)
    return cutter.finish()


class _Cutter:
    """Collects one component at a time; `nested` are the components inside it, such as alarms."""

    def __init__(self) -> None:
        self.calendar = Calendar()
        self.inside = ""
        self.nested: list[str] = []
        self.lines: list[str] = []
        self.size = 0

    def begin(self, name: str) -> None:
        calendar = self.calendar
        if self.inside and name != "VEVENT":
            self.nested.append(name)
            if self.inside == "VTIMEZONE":
                self._take(f"BEGIN:{name}")
        elif name in ("VEVENT", "VTIMEZONE"):
            if self.inside:
                _bad(calendar, self.lines, "the component has no end")
            calendar.empty = False
            self.inside, self.nested, self.lines, self.size = name, [], [], 0
        elif name == "VCALENDAR":
            calendar.empty = calendar.whole = False

    def end(self, name: str, line: str) -> None:
        if self.inside and not self.nested and name == self.inside:
            _add(self.calendar, self.inside, self.lines, self.size)
            self.inside = ""
        elif self.nested:
            self.nested.pop()
            if self.inside == "VTIMEZONE":
                self._take(line)
        elif name == "VCALENDAR":
            self.calendar.whole = not self.inside

    def keep(self, line: str, head: str) -> None:
        if not self.inside:
            _property(self.calendar, line, head)
        elif (self.inside == "VTIMEZONE" or not self.nested) and not head.startswith(_UNREAD):
            self._take(line[:_PROSE_LIMIT] if head.startswith(_PROSE) else line)

    def _take(self, line: str) -> None:
        self.size += len(line)
        if self.size <= COMPONENT_LIMIT:
            self.lines.append(line)

    def finish(self) -> Calendar:
        if self.inside:
            _bad(self.calendar, self.lines, "the component has no end")
            self.calendar.whole = False
        _finish(self.calendar)
        return self.calendar


def unfolded(text: str) -> Iterator[str]:
    """Content lines; a line that begins with white space continues the one before."""
    parts: list[str] = []
    for line in text.split("\n"):
        if line[:1] in (" ", "\t") and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield "".join(parts)
        parts = [line] if line.strip() else []
    if parts:
        yield "".join(parts)


def value_of(lines: list[str], name: str) -> str | None:
    """The value of the first property called `name`."""
    for line in lines:
        if line[: len(name)].upper() == name and line[len(name) : len(name) + 1] in (":", ";"):
            return value(line)
    return None


def value(line: str) -> str:
    """What stands behind the colon that ends a content line's parameters."""
    quoted = False
    for position, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            return line[position + 1 :]
    return ""


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _property(calendar: Calendar, line: str, head: str) -> None:
    if head.startswith("X-WR-CALNAME"):
        calendar.name = calendar.name or clean_text(value(line).replace("\\", ""), 200) or None
    elif head.startswith("X-WR-TIMEZONE"):
        calendar.zone = value(line).strip()
    elif head.startswith("METHOD"):
        calendar.method = value(line).strip().upper()


def _add(calendar: Calendar, kind: str, lines: list[str], size: int) -> None:
    if kind == "VTIMEZONE":
        name = (value_of(lines, "TZID") or "").strip()
        if name and size <= COMPONENT_LIMIT:
            calendar.zones.setdefault(name, "\n".join(("BEGIN:VTIMEZONE", *lines, "END:VTIMEZONE")))
        return
    if size > COMPONENT_LIMIT:
        _bad(calendar, lines, f"the component is larger than {COMPONENT_LIMIT // 1024} KB")
        return
    lines = [mended for line in lines if (mended := _mended(line))]
    uid = (value_of(lines, "UID") or "").strip() or None
    key = group_key(uid) if uid else _anonymous(lines, calendar)
    group = calendar.groups.setdefault(key, Group(key, uid, [], calendar.zone, {}, calendar.method))
    group.components.append(lines)


def _mended(line: str) -> str:
    """The line; without backslashes and parts that say nothing if it is a recurrence rule; "" if it says nothing."""
    if not _RECURS.match(line):
        return line
    text = value(line).strip()
    if line[:5].upper() != "RRULE":
        return line if text else ""
    parts = [part for part in re.split(r"\\?;", text.replace("\\,", ",")) if part and not _SAYS_NOTHING.match(part)]
    return f"RRULE:{';'.join(part.replace(' ', '') for part in parts)}" if parts else ""


def group_key(uid: str) -> str:
    """What stands for a UID in native ids: itself, unless it is very long."""
    uid = clean_text(uid, 2_000)
    return uid if len(uid) <= 200 else blake2b(uid.encode(), digest_size=20).hexdigest()


def _anonymous(lines: list[str], calendar: Calendar) -> str:
    """The key of a component without a UID: a digest, and a number where the same stands several times."""
    digest = blake2b("\n".join(lines).encode("utf-8", "replace"), digest_size=15).hexdigest()
    number = 1
    while f"~{digest}.{number}" in calendar.groups:
        number += 1
    return f"~{digest}.{number}"


def _bad(calendar: Calendar, lines: list[str], why: str) -> None:
    uid = value_of(lines, "UID")
    name = group_key(uid) if uid else blake2b("\n".join(lines).encode("utf-8", "replace"), digest_size=15).hexdigest()
    calendar.bad.append((name, why))


def _finish(calendar: Calendar) -> None:
    for group in calendar.groups.values():
        if any(_PRIVATE.match(line) for lines in group.components for line in lines):
            group.key = f"~{blake2b(group.key.encode(), digest_size=15).hexdigest()}"
        wanted = {name.strip('"') for lines in group.components for line in lines for name in _ZONES.findall(line)}
        group.zones = {name: calendar.zones[name] for name in sorted(wanted) if name in calendar.zones}
        group.zone = calendar.zone
        group.digest = blake2b(msgspec.json.encode(group), digest_size=12).hexdigest()
