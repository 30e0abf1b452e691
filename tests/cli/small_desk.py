"""A small desk for the command line: forty mails and ten meetings of one owner, in an mbox and an .ics file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from syncd.cli.app import run

ME = "mara@visser.example"
ILSE = "ilse@nordkai.example"
JAN = "jan@hofman.example"
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LINE = "From MAILER-DAEMON Mon Jan  5 09:00:00 2026"


@dataclass(frozen=True)
class Answer:
    """What one command line said."""

    code: int
    out: str
    err: str


class Desk:
    """A folder with a config; `ask` runs a command line on it, in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.config, self._capsys = folder, folder / "syncd.toml", capsys

    def ask(self, *arguments: str) -> Answer:
        self._capsys.readouterr()
        code = run(["--config", str(self.config), *arguments])
        said = self._capsys.readouterr()
        return Answer(code, said.out, said.err)

    def append(self, text: str) -> None:
        self.config.write_text(self.config.read_text() + text)


def mail(number: int, sender: str, to: str, subject: str, at: datetime) -> str:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"], message["Message-ID"] = format_datetime(at), f"<{number}@test.example>"
    message.set_content("A body that nobody reads.")
    return f"{LINE}\n{message.as_string()}\n"


def write_mailbox(path: Path, people: tuple[str, ...] = (ILSE, JAN)) -> None:
    letters: list[str] = []
    for number in range(20):
        for person in people:
            at = START + timedelta(days=number * 7)
            letters.append(mail(len(letters), f"{person.split('@')[0].title()} <{person}>", ME, "How are you?", at))
            answer = at + timedelta(hours=3)
            letters.append(mail(len(letters), f"Mara <{ME}>", person, "Re: How are you?", answer))
    path.write_text("".join(letters))


def write_calendar(path: Path) -> None:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for number in range(10):
        start = START + timedelta(days=14 * number, hours=3)
        lines += [
            "BEGIN:VEVENT",
            f"UID:lunch-{number}",
            f"DTSTAMP:{start:%Y%m%dT%H%M%SZ}",
            f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
            f"DTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}",
            "SUMMARY:Lunch with Ilse",
            "LOCATION:Café Kale",
            f"ORGANIZER:mailto:{ME}",
            f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ILSE}",
            "END:VEVENT",
        ]
    path.write_text("\r\n".join([*lines, "END:VCALENDAR", ""]))


CONFIG = f"""\
database = "sqlite:///ledger.db"

[owner]
name = "Mara Visser"
addresses = ["{ME}"]
timezone = "Europe/Amsterdam"

[[account]]
name = "old mail"
kind = "mbox"
path = "mail.mbox"

[[account]]
name = "calendar"
kind = "ics"
path = "calendar.ics"
"""
