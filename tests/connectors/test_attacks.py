"""Input made to hurt: each must be read or refused within a limit of time and memory, and the rest must go on."""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.connector import ConnectorError
from connectors.headers import moment_of
from connectors.icalendar.guard import Guard
from connectors.ics.connector import IcsConnector
from connectors.maildir import MaildirConnector
from connectors.mbox.connector import MboxConnector
from connectors.observations import Message
from connectors.options import IcsOptions, MaildirOptions, MboxOptions
from tests.connectors.contract import Held
from tests.connectors.limits import TookTooMuch, within
from tests.connectors.worlds import calendar, event, mail, utc

NOW = utc(2026, 3, 2, 12)
Outcome = tuple[list[str], list[str]]  # titles read, reasons of what was set aside


def read_calendar(path: str) -> Outcome:
    held = Held()
    for batch in IcsConnector(IcsOptions(name="c", path=Path(path))).batches("calendar", None, held, NOW):
        held.write(batch)
    return sorted(held.titles().elements()), sorted(held.reasons.values())


def read_mail(path: str) -> Outcome:
    held = Held()
    connector = (
        MaildirConnector(MaildirOptions(name="m", path=Path(path)))
        if Path(path).is_dir()
        else MboxConnector(MboxOptions(name="m", path=Path(path)))
    )
    for batch in connector.batches("mail", None, held, NOW):
        held.write(batch)
    return sorted(held.titles().elements()), sorted(held.reasons.values())


def bomb(*lines: str) -> str:
    body = "\r\n".join(lines)
    return f"BEGIN:VEVENT\r\nUID:bomb\r\nSUMMARY:bomb\r\nDTSTART:20200101T100000Z\r\n{body}\r\nEND:VEVENT\r\n"


HOURS = ",".join(map(str, range(24)))
MINUTES = ",".join(map(str, range(60)))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (bomb("RRULE:FREQ=SECONDLY"), "repeats secondly"),
        (bomb("RRULE:FREQ=MINUTELY;INTERVAL=1"), "repeats minutely"),
        (bomb("RRULE:FREQ=HOURLY"), "repeats hourly"),
        (bomb("RRULE:FREQ=DAILY;INTERVAL=0"), "INTERVAL=0"),
        (bomb("RRULE:FREQ=DAILY;INTERVAL=-1"), "INTERVAL=-1"),
        (bomb(f"RRULE:FREQ=DAILY;BYHOUR={HOURS};BYMINUTE={MINUTES}"), "combinations"),
        (bomb(f"RRULE:FREQ=DAILY;BYSECOND={MINUTES};BYMINUTE={MINUTES};BYHOUR={HOURS}"), "combinations"),
        (bomb(*["RRULE:FREQ=DAILY"] * 50), "more than 3 recurrence rules"),
        (bomb("RDATE:" + ",".join(["20200101T100000Z"] * 5_000)), "RDATE"),
        (bomb(*["RDATE:20200101T100000Z"] * 5_000), "RDATE"),
        (bomb("RDATE:" + ",".join(["20200101T100000Z"] * 100_000)), "larger than 256 KB"),
        (bomb("X-LONG:" + "x" * 10_000_000), "larger than 256 KB"),
        (bomb("X-LONG:" + "x\r\n " * 1_000_000), "larger than 256 KB"),
        (bomb("RRULE:FREQ=DAILY;RSCALE=HEBREW"), "Gregorian"),
        (bomb("RRULE:FREQ=DAILY").replace("20200101", "00010101"), "before 1900"),
        (bomb("DTSTART;TZID=../../../etc/passwd:20260101T100000").replace("DTSTART:20200101T100000Z\r\n", ""), None),
        (bomb("DESCRIPTION:" + "https://x.example/a " * 10_000), None),
        (bomb("DESCRIPTION:" + "+1 202 555 01" * 10_000), None),
        (bomb("SUMMARY:" + "=?utf-8?q?" * 10_000), None),
        (bomb("DURATION:P999999999999W"), None),
        (bomb("RRULE:FREQ=YEARLY;COUNT=99999999;INTERVAL=400"), None),
        ("BEGIN:VEVENT\r\n" * 100_000, "no end"),
        ("BEGIN:VALARM\r\n" * 100_000, None),
    ],
    ids=range(23),
)
@pytest.mark.timeout(60)
def test_calendar_bombs(tmp_path: Path, entry: str, reason: str | None) -> None:
    path = tmp_path / "c.ics"
    path.write_bytes(calendar(event(1), event(2), entry))
    read, reasons = within(12, 400, read_calendar, str(path))
    assert {"item 1", "item 2"} <= set(read)
    if reason:
        assert reason in reasons[0]


@pytest.mark.timeout(60)
def test_zone_bomb(tmp_path: Path) -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Bomb\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0100\r\n"
        "TZOFFSETTO:+0100\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    entry = "BEGIN:VEVENT\r\nUID:b\r\nSUMMARY:bomb\r\nDTSTART;TZID=Bomb:20260101T100000\r\nEND:VEVENT\r\n"
    path = tmp_path / "c.ics"
    path.write_bytes(calendar(event(1), entry, head=zone))
    read, reasons = within(6, 300, read_calendar, str(path))
    assert (read, reasons) == (["bomb", "item 1"], [])


NEVER = [
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "RRULE:FREQ=DAILY;BYSETPOS=2",
    "RRULE:FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
]


@pytest.mark.timeout(120)
def test_days_that_never_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that only computing can tell from honest ones: under guard, and the rest goes on."""
    entries = [bomb(rule).replace("UID:bomb", f"UID:{number}") for number, rule in enumerate(NEVER)]
    honest = bomb("RRULE:FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=31;BYHOUR=10;COUNT=3").replace("bomb", "honest")
    path = tmp_path / "c.ics"
    path.write_bytes(calendar(event(1), *entries, honest))
    read, _ = within(30, 400, read_calendar, str(path))
    assert Counter(read)["item 1"] == 1
    assert Counter(read)["honest"] >= 3


@pytest.mark.timeout(60)
def test_the_guard_gives_up_on_a_group_and_goes_on() -> None:
    from connectors.connector import BadItem
    from connectors.icalendar.entries import Reach
    from connectors.icalendar.groups import cut

    (slow,) = cut(calendar(bomb("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"))).groups.values()
    (quick,) = cut(calendar(event(1))).groups.values()
    reach = Reach(NOW + timedelta(days=90))
    guard = Guard(seconds=0.05)
    try:
        with pytest.raises(BadItem, match="too long"):
            guard.read_events(slow, reach)
        guard._seconds = 30.0
        assert [found.title for found in guard.read_events(quick, reach)] == ["item 1"]
    finally:
        guard.close()


def test_files_that_are_too_large(tmp_path: Path) -> None:
    path = tmp_path / "c.ics"
    path.write_bytes(calendar(event(1)))
    os.truncate(path, 26 * 1024 * 1024)
    with pytest.raises(ConnectorError, match="larger than 25 MB"):
        within(6, 300, read_calendar, str(path))
    (tmp_path / "ok.ics").write_bytes(calendar(event(2)))
    read, reasons = within(6, 300, read_calendar, str(tmp_path))
    assert read == ["item 2"]
    assert "25 MB" in reasons[0]


def maildir(root: Path) -> Path:
    for folder in ("cur", "new", "tmp"):
        (root / folder).mkdir(parents=True)
    (root / "cur" / "1.good:2,S").write_bytes(mail(1))
    return root


@pytest.mark.timeout(60)
def test_maildir_traps(tmp_path: Path) -> None:
    """Links, a FIFO, a folder that leads out: nothing outside is read, nothing hangs."""
    root = maildir(tmp_path / "Maildir")
    outside = tmp_path / "outside"
    maildir(outside)
    (outside / "cur" / "2.other").write_bytes(mail(2, "never to be read"))
    (root / "cur" / "3.link").symlink_to("/etc/passwd")
    (root / "cur" / "4.link").symlink_to(outside / "cur" / "2.other")
    os.mkfifo(root / "new" / "5.fifo")
    (root / ".Outside").symlink_to(outside)
    (root / "cur" / "6.dir").mkdir()
    (root / "cur" / "7.empty").touch()
    (root / "cur" / "8.binary").write_bytes(os.urandom(2_000).replace(b":", b""))
    read, reasons = within(6, 300, read_mail, str(root))
    assert read == ["item 1"]
    assert sum("not a regular file" in reason for reason in reasons) == 3
    assert len(reasons) == 5


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "content",
    [
        b"From: a@b.example\nTo: " + b", ".join(b"p%d@x.example" % n for n in range(20_000)) + b"\nSubject: bomb\n\n",
        b"From: a@b.example\nTo: " + b"(" * 60_000 + b"\nSubject: bomb\n\n",
        b"Subject: bomb\nX: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\n",
        b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\n",
        b"Subject: bomb\nDate: Mon, 1 Jan 99999 00:00:00 +0000\n\n",
        b"Subject: bomb\n" + b"X: y\n" * 1_000_000,
        b"Subject: bomb\nFrom: " + b"a" * 10_000_000,
        b"Subject: bo\x00mb\xed\xa0\x80\n\n",
    ],
    ids=range(8),
)
def test_mail_bombs(tmp_path: Path, content: bytes) -> None:
    root = maildir(tmp_path / "Maildir")
    (root / "cur" / "2.bomb").write_bytes(content)
    read, reasons = within(6, 300, read_mail, str(root))
    assert "item 1" in read
    assert len(read) == 2
    assert reasons == []


def read_senders(path: str) -> list[tuple[str | None, str | None]]:
    """Who wrote each mail, and when, as text."""
    held = Held()
    for batch in MaildirConnector(MaildirOptions(name="m", path=Path(path))).batches("mail", None, held, NOW):
        held.write(batch)
    letters = [one for one in held.observations.values() if isinstance(one, Message)]
    days = [None if (at := moment_of(one)) is None else f"{at:%F}" for one in letters]
    return [(one.from_.address if one.from_ else None, day) for one, day in zip(letters, days, strict=True)]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("times", [1, 2_000])
def test_senders_that_can_be_read_in_two_ways_are_nobody(tmp_path: Path, times: int) -> None:
    """CVE-2023-27043 and its kin, once and very often."""
    root = maildir(tmp_path / "Maildir")
    for number, sender in enumerate(("alice@example.org)bob@evil.example", "<alice@example.org><bob@evil.example>")):
        written = f"From: {', '.join([sender] * times)}\nSubject: bomb\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n\n"
        (root / "cur" / f"{number}.bomb").write_text(written)
    senders = within(6, 300, read_senders, str(root))
    assert len(senders) == 3
    assert [address for address, _ in senders if address] == ["ann1@firm.example"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "date",
    ["Mon, 1 Jan 99999 00:00:00 +0000", "1 Jan 0000 00:00:00 -0000", "1 Jan 1970 00:00:00 +0000", "9" * 100_000,
     "Mon, 2 Mar 2099 10:00:00 +0000", "Mon, 2 Mar 2026 10:00:00 +" + "9" * 50_000, ""],
    ids=range(7),
)  # fmt: skip
def test_dates_that_cannot_be_give_way_to_the_time_of_delivery(tmp_path: Path, date: str) -> None:
    root = maildir(tmp_path / "Maildir")
    (root / "cur" / "1767225600.bomb").write_text(f"From: bomb@x.example\nDate: {date}\nSubject: bomb\n\n")
    senders = within(6, 300, read_senders, str(root))
    assert dict(senders)["bomb@x.example"] in {"2026-01-01", "2026-03-02"}


def test_a_forged_message_in_a_body(tmp_path: Path) -> None:
    """A From_ line counts after a blank line, with a date and a header behind it; quoted ones never."""
    forged = (
        "Hello\nFrom ceo@firm.example Mon Mar  3 10:00:00 2025\nSubject: forged\n\n"
        ">From ceo@firm.example Mon Mar  3 10:00:00 2025\nSubject: forged\n\n"
        "From here on\nSubject: forged\n\nFrom ceo@firm.example Mon Mar  3 10:00:00 2025\nno header\n\n"
    )
    path = tmp_path / "m.mbox"
    first = b"From a@b.example Mon Mar  3 10:00:00 2025\n" + mail(1, body=forged)
    path.write_bytes(first + b"\nFrom a@b.example Mon Mar  3 11:00:00 2025\n" + mail(2))
    assert within(6, 300, read_mail, str(path)) == (["item 1", "item 2"], [])


def test_content_length_hides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.mbox"
    line = b"From a@b.example Mon Mar  3 10:00:00 2025\n"
    path.write_bytes(line + mail(1, extra="Content-Length: 100000\n") + b"\n" + line + mail(2))
    assert within(6, 300, read_mail, str(path)) == (["item 1", "item 2"], [])


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "filler", [b"From ", b"\n\nFrom ", b"\n", b"From a@b Mon Mar  3 10:00:00 2025\n", b"\n\nFrom Mon " * 3]
)
def test_mbox_fillers(tmp_path: Path, filler: bytes) -> None:
    path = tmp_path / "m.mbox"
    line = b"From a@b.example Mon Mar  3 10:00:00 2025\n"
    bulk = filler * (8_000_000 // len(filler))
    path.write_bytes(line + mail(1) + bulk + b"\n\n" + line + mail(2))
    read, _ = within(12, 300, read_mail, str(path))
    assert {"item 1", "item 2"} <= set(read)


def test_the_limits_themselves_hold() -> None:
    """The negative control: a hungry function must not pass."""
    with pytest.raises(TookTooMuch):
        within(1, 300, hungry_for_time)
    with pytest.raises(TookTooMuch):
        within(6, 50, hungry_for_memory)


def hungry_for_time() -> None:
    while True:
        pass


def hungry_for_memory() -> int:
    return len(bytearray(200 * 1024 * 1024))
