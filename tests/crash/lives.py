"""What lies outside, for jobs that are killed: a few days in which everything happens, and two years with a slide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.observations import Address, Attendee, Message
from tests.sync.outside import Outside, calendar, mailbox, meeting

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
ME, ANNA, BEN = Address("me@x.example"), Address("anna@y.example", "Anna Berg"), Address("ben@z.example", "Ben Holt")
BEN_AT_HOME = Address("ben.holt@gmail.com", "Ben Holt")


def days(*, later: bool) -> tuple[Outside, Outside]:
    """A mailbox and a calendar; `later`: after a day on which everything happened that can happen."""
    mail, dates = mailbox(), calendar()
    mail.size = dates.size = 4
    for number in range(10):
        who = (ANNA, BEN)[number % 2]
        _write(mail, f"m{number}", NOW - timedelta(days=number), "Hello", who)
    mail.unreadable = {"m9"}
    for number in range(4):
        _meet(dates, f"e{number}", NOW - timedelta(days=number), ANNA)
    if later:
        mail.delete("m0")
        mail.move("m1", "Archive")
        _write(mail, "m2", NOW, "Edited", ANNA)
        _write(mail, "m11", NOW, "New", BEN)
        mail.move("m3", "Private")
        mail.unreadable = {"m4"}
        mail.move("m4", "INBOX")
        dates.delete("e0")
    return mail, dates


def years(*, later: bool) -> tuple[Outside, Outside]:
    """Two years. Anna came to lunch every other week, then only invoices went on; Ben still comes. `later`: mail and
    lunches of last year turn up."""
    mail, dates = mailbox(), calendar()
    mail.size = dates.size = 500
    for week in range(104):
        at = NOW - timedelta(weeks=week, days=4)
        for who in (ANNA, BEN):
            _write(mail, f"{who.address}{week}", at, f"Invoice {week}", *((who, ME) if week % 3 else (ME, who)))
            if week % 2 == 0 and (who is BEN or week > 40):
                _meet(dates, f"{who.address}{week}", at + timedelta(hours=2), who)
    if later:
        for week in range(20, 30):
            _meet(dates, f"late{week}", NOW - timedelta(weeks=week, days=5), ANNA)
        for week in range(60):
            _write(mail, f"home{week}", NOW - timedelta(weeks=week, days=3), "Dinner?", BEN_AT_HOME)
    return mail, dates


def _write(mail: Outside, native: str, at: datetime, subject: str, who: Address, to: Address = ME) -> None:
    mail.put(native, Message(native, f"{native}@x.example", date=at, subject=subject, from_=who, to=(to,)))


def _meet(dates: Outside, native: str, start: datetime, who: Address) -> None:
    guests = tuple(Attendee(one.address, one.name, "accepted") for one in (ME, who))
    lunch = meeting(native, start, start + timedelta(hours=1), title="Lunch", attendees=guests)
    dates.put(native, lunch, "Work")
