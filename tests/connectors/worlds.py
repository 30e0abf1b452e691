"""The outsides of the local connectors, on disk."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from connectors.connector import Connector, Place
from connectors.ics.connector import IcsConnector
from connectors.maildir import MaildirConnector
from connectors.mbox.connector import MboxConnector
from connectors.memory import MemoryConnector
from connectors.observations import Message
from connectors.options import IcsOptions, MaildirOptions, MboxOptions
from tests.connectors.contract import CANARY, moment

PAGE = 10
BODY = f"Dear all,\n\n{CANARY}\nFrom here on it is quoted.\n\n>From somewhere.\n"


def mail(number: int, subject: str | None = None, extra: str = "", body: str = BODY) -> bytes:
    """One message as mail programs write it."""
    date = format_datetime(moment(number))
    return (
        f"Received: from relay.example by mx.example; {date}\n"
        f"From: Ann Other <ann{number % 7}@firm.example>\nTo: Mara <mara@visser.example>\n"
        f"Date: {date}\nSubject: {subject or f'item {number}'}\nMessage-ID: <{number}@firm.example>\n{extra}"
        f"Content-Type: text/plain; charset=utf-8; name={CANARY}\n\n{body}"
    ).encode()


class MaildirWorld:
    source = "mail"
    live = True

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("connectors.maildir.BATCH", PAGE)
        self.root = root
        for folder in ("cur", "new", "tmp", ".Projects.Alpha/cur", ".Projects.Alpha/new", ".Projects.Alpha/tmp"):
            (root / folder).mkdir(parents=True)

    def connector(self) -> Connector:
        return MaildirConnector(MaildirOptions(name="disk", path=self.root))

    def path(self, number: int) -> Path:
        return next(self.root.rglob(f"{int(moment(number).timestamp())}.M{number}P1.host*"))

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            unique = f"{int(moment(number).timestamp())}.M{number}P1.host,S=300"
            (self.root / ("new" if number % 2 else "cur") / (unique + ("" if number % 2 else ":2,S"))).write_bytes(
                mail(number)
            )

    def change(self, number: int) -> None:
        self.path(number).write_bytes(mail(number, f"item {number} changed"))

    def remove(self, number: int) -> None:
        self.path(number).unlink()

    def move(self, number: int) -> str:
        path = self.path(number)
        path.rename(self.root / ".Projects.Alpha" / "cur" / path.name)
        return "Projects/Alpha"

    def spoil(self) -> None:
        (self.root / "cur" / "1.empty.host:2,").write_bytes(b"")


class MboxWorld:
    source = "mail"
    live = False
    SPOILT = (
        b"From x@firm.example Mon Mar  3 10:00:00 2025\n>From y@firm.example Mon Mar  3 10:00:00 2025\n\nnothing\n\n"
    )

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("connectors.mbox.connector.BATCH", PAGE)
        self.path = root / "archive.mbox"
        self.mails: dict[int, tuple[str, str]] = {}
        self.tail = b""
        self.tick = 1_700_000_000

    def connector(self) -> Connector:
        return MboxConnector(MboxOptions(name="export", path=self.path))

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.mails[number] = (f"item {number}", "")
        self._write()

    def change(self, number: int) -> None:
        self.mails[number] = (f"item {number} changed", self.mails[number][1])
        self._write()

    def remove(self, number: int) -> None:
        del self.mails[number]
        self._write()

    def move(self, number: int) -> str:
        self.mails[number] = (self.mails[number][0], "X-Gmail-Labels: Projects\n")
        self._write()
        return "Projects"

    def spoil(self) -> None:
        self.tail = self.SPOILT
        self._write()

    def content(self) -> bytes:
        parts = []
        for number, (subject, extra) in self.mails.items():
            line = moment(number).strftime("From ann@firm.example %a %b %d %H:%M:%S %Y\n").encode()
            parts.append(line + mail(number, subject, extra) + b"\n")
        return b"".join(parts) + self.tail

    def _write(self) -> None:
        self.path.write_bytes(self.content())
        self.stamp()

    def stamp(self) -> None:
        """Tests write faster than a disk's clock ticks."""
        self.tick += 10
        os.utime(self.path, (self.tick, self.tick))


class GzipWorld(MboxWorld):
    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(root, monkeypatch)
        self.path = root / "archive.mbox.gz"

    def _write(self) -> None:
        self.path.write_bytes(gzip.compress(self.content(), 1))
        self.stamp()


def event(number: int, title: str | None = None, extra: str = "") -> str:
    """One entry as calendars write it."""
    start = moment(number)
    return (
        f"BEGIN:VEVENT\r\nUID:{number}@firm.example\r\nDTSTAMP:20250101T000000Z\r\n"
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}\r\n"
        f"SUMMARY:{title or f'item {number}'}\r\nDESCRIPTION:{CANARY} https://zoom.us/j/{number}?pwd={CANARY}\\n{CANARY}\r\n"
        f"ATTENDEE;PARTSTAT=ACCEPTED;CN=Ann:mailto:ann@firm.example\r\n{extra}"
        f"BEGIN:VALARM\r\nDESCRIPTION:{CANARY}\r\nEND:VALARM\r\nATTACH:data:{CANARY}\r\nEND:VEVENT\r\n"
    )


def calendar(*entries: str, head: str = "") -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x\r\n{head}{''.join(entries)}END:VCALENDAR\r\n".encode()


class WrittenCalendar:
    """A whole calendar that is written anew with every change; `write` says where to."""

    source = "calendar"

    def __init__(self) -> None:
        self.head = ""
        self.entries: dict[int, str] = {}
        self.bad = ""

    def add(self, numbers: Iterable[int]) -> None:
        self.entries.update((number, event(number)) for number in numbers)
        self.write()

    def change(self, number: int) -> None:
        self.entries[number] = event(number, f"item {number} changed")
        self.write()

    def remove(self, number: int) -> None:
        del self.entries[number]
        self.write()

    def move(self, number: int) -> str:
        """A calendar by itself is renamed as a whole."""
        self.head = "X-WR-CALNAME:Projects\r\n"
        self.write()
        return "Projects"

    def spoil(self) -> None:
        self.bad = f"BEGIN:VEVENT\r\nUID:bad\r\nSUMMARY:{CANARY}\r\nEND:VEVENT\r\n"
        self.write()

    def content(self) -> bytes:
        return calendar(*self.entries.values(), self.bad, head=self.head)

    def write(self) -> None:
        raise NotImplementedError


class IcsWorld(WrittenCalendar):
    live = False

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        monkeypatch.setattr("connectors.ics.connector.BATCH", PAGE)
        self.path = root / "calendar.ics"
        self.tick = 1_700_000_000
        self.write()

    def connector(self) -> Connector:
        return IcsConnector(IcsOptions(name="calendar", path=self.path))

    def write(self) -> None:
        self.path.write_bytes(self.content())
        self.tick += 10
        os.utime(self.path, (self.tick, self.tick))


class IcsFolderWorld:
    """As vdirsyncer keeps calendars: a folder each, an entry a file."""

    source = "calendar"
    live = True

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("connectors.ics.connector.BATCH", PAGE)
        self.root = root / "calendars"
        (self.root / "work").mkdir(parents=True)
        (self.root / "projects").mkdir()
        self.folder: dict[int, str] = {}

    def connector(self) -> Connector:
        return IcsConnector(IcsOptions(name="calendar", path=self.root, live=True))

    def path(self, number: int) -> Path:
        return self.root / self.folder.get(number, "work") / f"{number}@firm.example.ics"

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.path(number).write_bytes(calendar(event(number)))

    def change(self, number: int) -> None:
        self.path(number).write_bytes(calendar(event(number, f"item {number} changed")))

    def remove(self, number: int) -> None:
        self.path(number).unlink()

    def move(self, number: int) -> str:
        content = self.path(number).read_bytes()
        self.path(number).unlink()
        self.folder[number] = "projects"
        self.path(number).write_bytes(content)
        return "projects"

    def spoil(self) -> None:
        (self.root / "work" / "bad.ics").write_bytes(
            calendar(f"BEGIN:VEVENT\r\nUID:bad\r\nSUMMARY:{CANARY}\r\nEND:VEVENT\r\n")
        )


class MemoryWorld:
    source = "mail"
    live = True

    def __init__(self) -> None:
        self.memory = MemoryConnector(page=PAGE)

    def connector(self) -> Connector:
        return self.memory

    def message(self, number: int, subject: str | None = None) -> Message:
        return Message(id=f"m{number}", date=moment(number), subject=subject or f"item {number}")

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.memory.put(self.message(number))

    def change(self, number: int) -> None:
        self.memory.put(self.message(number, f"item {number} changed"))

    def remove(self, number: int) -> None:
        self.memory.remove(f"m{number}")

    def move(self, number: int) -> str:
        self.memory.put(self.message(number), [Place("Projects")])
        return "Projects"

    def spoil(self) -> None:
        self.memory.put(Message(id="bad"))
        self.memory.spoil("bad", "the server says it is broken")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]
