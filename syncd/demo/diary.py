"""Entries of the sample's calendars and their iCalendar text, series and their exceptions included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from syncd.demo.letters import Mailbox

ZONE = "Europe/Amsterdam"
_ZONE_TEXT = f"""BEGIN:VTIMEZONE
TZID:{ZONE}
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE"""


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody invited. `response` as iCalendar writes it: ACCEPTED, DECLINED, TENTATIVE, NEEDS-ACTION."""

    who: Mailbox
    response: str = "ACCEPTED"
    kind: str = "INDIVIDUAL"


@dataclass(frozen=True, slots=True)
class Entry:
    """One calendar entry, a meeting or a series. `start` is the wall clock in `ZONE`, or a day if all-day.

    `rule`, `without`: RRULE and EXDATE of a series; `instead_of`: this entry replaces that start of the series.
    """

    uid: str
    title: str
    start: datetime | date
    minutes: int = 60
    location: str = ""
    description: str = ""
    organizer: Mailbox | None = None
    guests: tuple[Guest, ...] = ()
    status: str = "CONFIRMED"
    rule: str = ""
    without: tuple[datetime, ...] = ()
    instead_of: datetime | None = None
    extra: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The entry's content lines, not yet folded."""
        lines = ["BEGIN:VEVENT", f"UID:{self.uid}", f"DTSTAMP:{_stamp(self.start)}"]
        if isinstance(self.start, datetime):
            end = self.start + timedelta(minutes=self.minutes)
            lines += [f"DTSTART;TZID={ZONE}:{_wall(self.start)}", f"DTEND;TZID={ZONE}:{_wall(end)}"]
        else:
            after = self.start + timedelta(days=max(1, self.minutes // 1440))
            lines += [f"DTSTART;VALUE=DATE:{self.start:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}"]
        if self.instead_of:
            lines.append(f"RECURRENCE-ID;TZID={ZONE}:{_wall(self.instead_of)}")
        if self.rule:
            lines.append(f"RRULE:{self.rule}")
        lines += [f"EXDATE;TZID={ZONE}:{_wall(gone)}" for gone in self.without]
        lines += [f"SUMMARY:{_text(self.title)}", f"STATUS:{self.status}"]
        if self.location:
            lines.append(f"LOCATION:{_text(self.location)}")
        if self.description:
            lines.append(f"DESCRIPTION:{_text(self.description)}")
        if self.organizer:
            lines.append(f'ORGANIZER;CN="{self.organizer[0]}":mailto:{self.organizer[1]}')
        lines += [
            f'ATTENDEE;CUTYPE={guest.kind};PARTSTAT={guest.response};CN="{guest.who[0]}":mailto:{guest.who[1]}'
            for guest in self.guests
        ]
        return [*lines, *self.extra, "END:VEVENT"]


def calendar(name: str, entries: Iterable[Entry]) -> bytes:
    """A whole .ics file."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//syncd//sample data//EN",
        f"X-WR-CALNAME:{name}",
        f"X-WR-TIMEZONE:{ZONE}",
        *_ZONE_TEXT.splitlines(),
    ]
    for entry in entries:
        lines += entry.lines()
    lines.append("END:VCALENDAR")
    return "".join(map(_folded, lines)).encode()


def _folded(line: str) -> str:
    if len(line) <= 70:
        return line + "\r\n"
    head, rest = line[:70], line[70:]
    return head + "".join(f"\r\n {rest[at : at + 69]}" for at in range(0, len(rest), 69)) + "\r\n"


def _text(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _wall(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S}"


def _stamp(start: datetime | date) -> str:
    written = start - timedelta(days=6)
    return f"{written:%Y%m%d}T080000Z"
