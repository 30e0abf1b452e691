"""Mail and calendar entries as text, as files hold them."""

from __future__ import annotations

import mailbox
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from pathlib import Path

Party = tuple[str, str]  # name, address


@dataclass(frozen=True)
class Letter:
    """One mail. `answers`: number of the mail that it answers."""

    number: int
    at: datetime
    sender: Party
    to: Party
    subject: str
    answers: int | None = None
    newsletter: bool = False

    def text(self) -> str:
        subject = self.subject if self.subject.isascii() else Header(self.subject, "utf-8", 900).encode()
        lines = [
            f"From: {_party(self.sender)}", f"To: {_party(self.to)}", f"Date: {format_datetime(self.at)}",
            f"Message-ID: <{self.number}@mail.example>", f"Subject: {subject}",
        ]  # fmt: skip
        if self.answers is not None:
            lines += [f"In-Reply-To: <{self.answers}@mail.example>", f"References: <{self.answers}@mail.example>"]
        if self.newsletter:
            lines += [
                f"List-Id: <news.{self.sender[1].partition('@')[2]}>",
                "List-Unsubscribe: <mailto:off@news.example>",
            ]
        return "\n".join([*lines, "", "body", ""])


def _party(party: Party) -> str:
    return f"{party[0]} <{party[1]}>" if party[0] else party[1]


def keep_mail(letters: Sequence[Letter], folder: Path, store: str) -> Path:
    """Writes the mail as one mbox file or one maildir; returns where."""
    if store == "mbox":
        path = folder / "mail.mbox"
        with path.open("w", encoding="utf-8") as file:
            for one in letters:
                file.write(f"From {one.sender[1]} {one.at.astimezone(UTC):%a %b %d %H:%M:%S %Y}\n{one.text()}\n")
        return path
    path = folder / "maildir"
    mailbox.Maildir(path, create=True)
    for one in letters:
        (path / "cur" / f"{int(one.at.timestamp())}.{one.number}.desk:2,S").write_text(one.text(), "utf-8")
    return path


@dataclass(frozen=True)
class Entry:
    """One calendar entry. `guests`: name, address, answer or None. `weeks`: of a weekly series, else 0."""

    number: int
    start: datetime
    end: datetime
    title: str
    place: str
    organiser: Party
    guests: Sequence[tuple[str, str, str | None]]
    weeks: int = 0

    def lines(self) -> list[str]:
        start, end = (f"{one:%Y%m%dT%H%M%S}" for one in (self.start, self.end))
        found = [
            "BEGIN:VEVENT", f"UID:{self.number}@calendar.example", f"DTSTAMP:{start}Z",
            f"DTSTART;TZID=Europe/Amsterdam:{start}", f"DTEND;TZID=Europe/Amsterdam:{end}",
            f"SUMMARY:{_escaped(self.title)}", f"ORGANIZER;CN={self.organiser[0]}:mailto:{self.organiser[1]}",
        ]  # fmt: skip
        if self.place:
            found.append(f"LOCATION:{_escaped(self.place)}")
        if self.weeks:
            found.append(f"RRULE:FREQ=WEEKLY;COUNT={self.weeks}")
        for name, address, answer in self.guests:
            said = f";PARTSTAT={answer}" if answer else ""
            found.append(f"ATTENDEE;CN={name}{said}:mailto:{address}")
        return [*found, "END:VEVENT"]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def keep_calendar(entries: Sequence[Entry], folder: Path) -> Path:
    path = folder / "calendar.ics"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//a simulated desk//EN"]
    for one in entries:
        lines += one.lines()
    path.write_bytes("\r\n".join([*lines, "END:VCALENDAR", ""]).encode())
    return path
