"""Calendar entries become occurrences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.connector import BadItem
from connectors.icalendar.entries import Reach
from connectors.icalendar.events import read_events
from connectors.icalendar.groups import cut
from connectors.icalendar.recurrence import check
from connectors.ics.connector import IcsConnector
from connectors.observations import Address, Conference, Event, decode, encode
from connectors.options import IcsOptions
from connectors.zones import iana
from tests.connectors.contract import CANARY, Held
from tests.connectors.worlds import utc

NOW = utc(2026, 3, 2, 12)
REACH = Reach(NOW + timedelta(days=90))


def stream(*entries: str, head: str = "") -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{entry.strip()}\nEND:VEVENT\n" for entry in entries)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{body}END:VCALENDAR\n".encode()


def read(*entries: str, head: str = "", reach: Reach = REACH) -> list[Event]:
    events: list[Event] = []
    for group in cut(stream(*entries, head=head)).groups.values():
        check(group.components)
        events.extend(read_events(group, reach))
    return sorted(events, key=lambda event: event.id)


def starts(events: list[Event]) -> list[str]:
    return [f"{event.start:%m-%d %H:%M%z}" for event in events]


WEEKLY = (
    "UID:w\nDTSTART;TZID=Europe/Berlin:20260105T100000\nDTEND;TZID=Europe/Berlin:20260105T110000\n"
    "SUMMARY:weekly\nRRULE:FREQ=WEEKLY;COUNT=5"
)


def test_a_meeting() -> None:
    (event,) = read(
        f"""UID:1@x
DTSTART;TZID=W. Europe Standard Time:20260302T100000
DURATION:PT45M
SUMMARY:Lunch\\, at last
LOCATION:Ristorante Da Mario
STATUS:CONFIRMED
ORGANIZER;CN=Mara:mailto:mara@visser.example
ATTENDEE;CN="Other, Ann";PARTSTAT=ACCEPTED:MAILTO:Ann@Firm.example
ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED;CN=Room 1:mailto:room1@firm.example
ATTENDEE;PARTSTAT=NEEDS-ACTION:invalid:nomail
DESCRIPTION:{CANARY} https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fus02web.zoom.us%2Fj%2F123%3Fp
 wd%3Dx&data=y \\n call +49 30 901820 or ask {CANARY}
X-ALT-DESC;FMTTYPE=text/html:<a href="https://teams.microsoft.com/l/meetup-join/19%3ameeting_x/0?cont
 ext=z">join {CANARY}</a>
LAST-MODIFIED:20260201T000000Z
X-MICROSOFT-CDO-BUSYSTATUS:OOF"""
    )
    assert event == Event(
        id="1@x#", uid="1@x", title="Lunch, at last", location="Ristorante Da Mario",
        start=utc(2026, 3, 2, 9), end=utc(2026, 3, 2, 9, 45), zone="Europe/Berlin", all_day=False, status="confirmed",
        event_type="outOfOffice", organizer=Address("mara@visser.example", "Mara"), attendees=event.attendees,
        attendee_count=3, recurring=False, updated=utc(2026, 2, 1), phones=("+49 30 901820",),
        links=("https://us02web.zoom.us/j/123", "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x/0"),
    )  # fmt: skip
    ann, room, nobody = event.attendees or ()
    assert (ann.address, ann.name, ann.response, ann.resource) == ("ann@firm.example", "Other, Ann", "accepted", None)
    assert (room.resource, nobody.address, nobody.response) == (True, None, "needs_action")
    assert event.start
    assert event.start.utcoffset() == timedelta(hours=1)
    assert CANARY.encode() not in encode(event)
    assert decode(encode(event)) == event


def test_conference_properties() -> None:
    (event,) = read(
        "UID:1\nDTSTART:20260302T100000Z\nCONFERENCE;VALUE=URI;FEATURE=VIDEO;LABEL=Jitsi:https://meet.jit.si/x?y=z\n"
        "X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij"
    )
    assert event.conference == Conference("https://meet.jit.si/x", "Jitsi")
    assert event.links == ("https://meet.jit.si/x", "https://meet.google.com/abc-defg-hij")
    assert (event.attendee_count, event.attendees) == (0, ())


def test_all_day_floating_and_default_zone() -> None:
    day, floating = read(
        "UID:a\nDTSTART;VALUE=DATE:20260302", "UID:b\nDTSTART:20260302T100000\nDTEND:20260302T110000"
    )
    assert (day.start, day.end, day.all_day) == (datetime(2026, 3, 2), datetime(2026, 3, 3), True)
    assert (floating.start, floating.zone) == (datetime(2026, 3, 2, 10), None)
    (zoned,) = read("UID:b\nDTSTART:20260302T100000", head="X-WR-TIMEZONE:America/New_York\n")
    assert (zoned.start, zoned.zone) == (utc(2026, 3, 2, 15), "America/New_York")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("/mozilla.org/20070129_1/Europe/Paris", "Europe/Paris"),
        ("(UTC+01:00) Europe/Madrid", "Europe/Madrid"),
        ("GMT+0200", "Etc/GMT-2"),
        ("../../etc/passwd", None),
        ("/etc/passwd", None),
        ("Nowhere/Land", None),
        ("", None),
    ],
)
def test_zone_names(name: str, known: str | None) -> None:
    assert iana(name) == known


def custom(offset: str) -> str:
    return (
        f"BEGIN:VTIMEZONE\nTZID:Custom\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:{offset}\n"
        f"TZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n"
    )


def test_zones_defined_in_a_file_hold_for_that_file_alone() -> None:
    entry = "UID:a\nDTSTART;TZID=Custom:20260302T100000"
    assert read(entry, head=custom("+0300"))[0].start == utc(2026, 3, 2, 7)
    assert read(entry, head=custom("-0500"))[0].start == utc(2026, 3, 2, 15)
    assert read(entry)[0].start == datetime(2026, 3, 2, 10)
    assert read(entry, head="X-WR-TIMEZONE:Europe/Berlin\n")[0].start == utc(2026, 3, 2, 9)


def test_a_series_across_a_clock_change_keeps_its_hour() -> None:
    events = read("UID:a\nDTSTART;TZID=Europe/Berlin:20260320T100000\nRRULE:FREQ=WEEKLY;COUNT=3")
    assert starts(events) == ["03-20 10:00+0100", "03-27 10:00+0100", "04-03 10:00+0200"]
    assert all(event.recurring and event.original_start == event.start for event in events)
    assert events[0].id == "a#20260320T090000Z"


def test_exceptions_overrides_and_cancelled_occurrences() -> None:
    events = read(
        WEEKLY + "\nEXDATE;TZID=Europe/Berlin:20260112T100000",
        "UID:w\nRECURRENCE-ID;TZID=Europe/Berlin:20260119T100000\nDTSTART;TZID=Europe/Berlin:20260120T150000\nSUMMARY:moved",
        "UID:w\nRECURRENCE-ID;TZID=Europe/Berlin:20260126T100000\nDTSTART;TZID=Europe/Berlin:20260126T100000\nSTATUS:CANCELLED",
    )
    assert starts(events) == ["01-05 10:00+0100", "01-20 15:00+0100", "01-26 10:00+0100", "02-02 10:00+0100"]
    assert events[1].title == "moved"
    assert events[1].original_start == utc(2026, 1, 19, 9)
    assert [event.status for event in events] == [None, None, "cancelled", None]


def test_this_and_future() -> None:
    events = read(
        WEEKLY,
        "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260119T100000\n"
        "DTSTART;TZID=Europe/Berlin:20260119T120000\nDTEND;TZID=Europe/Berlin:20260119T123000\nSUMMARY:later",
    )
    assert starts(events) == [
        "01-05 10:00+0100", "01-12 10:00+0100", "01-19 12:00+0100", "01-26 12:00+0100", "02-02 12:00+0100",
    ]  # fmt: skip
    assert [event.original_start for event in events] == [utc(2026, 1, day, 9) for day in (5, 12, 19, 26)] + [
        utc(2026, 2, 2, 9)
    ]
    assert [event.title for event in events][-1] == "later"


def test_endless_series_reach_ninety_days_ahead() -> None:
    events = read("UID:d\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=DAILY")
    assert events[0].start == datetime(2020, 1, 1)
    assert events[-1].start == datetime(2026, 5, 31)
    assert len(events) == (datetime(2026, 5, 31) - datetime(2020, 1, 1)).days + 1


def test_entries_that_share_a_uid_by_mistake_are_all_there() -> None:
    events = read("UID:0\nDTSTART:20260302T100000Z\nSUMMARY:a", "UID:0\nDTSTART:20260303T100000Z\nSUMMARY:b")
    assert [event.title for event in events] == ["a", "b"]
    (newest,) = read("UID:0\nDTSTART:20260302T100000Z", "UID:0\nSEQUENCE:1\nDTSTART:20260303T100000Z\nSUMMARY:b")
    assert newest.title == "b"


def test_entries_without_uid_are_told_apart_by_what_they_say() -> None:
    events = read("DTSTART:20260302T100000Z", "DTSTART:20260302T100000Z", "DTSTART:20260303T100000Z")
    assert len({event.id for event in events}) == 3
    assert all(event.uid is None for event in events)


def test_private_entries_keep_their_busy_time_only() -> None:
    entry = (
        "UID:secret@x\nCLASS:PRIVATE\nSUMMARY:Doctor\nLOCATION:Clinic\nATTENDEE:mailto:a@b.example\n"
        "DTSTART:20260302T100000Z"
    )
    (event,) = read(entry)
    assert event == Event(
        id=event.id, start=utc(2026, 3, 2, 10), end=utc(2026, 3, 2, 10), all_day=False, visibility="private",
        recurring=False,
    )  # fmt: skip
    assert "secret" not in event.id
    (whole,) = read(entry, reach=REACH._replace(private=True))
    assert whole.title == "Doctor"


def test_cancelled_by_method() -> None:
    (event,) = read("UID:a\nDTSTART:20260302T100000Z", head="METHOD:CANCEL\n")
    assert event.status == "cancelled"


@pytest.mark.parametrize("entry", ["UID:a", "UID:a\nDTSTART:yesterday", "UID:a\nDTSTART:20260231T100000Z"])
def test_entries_without_a_beginning_are_bad(entry: str) -> None:
    with pytest.raises(BadItem, match="beginning"):
        read(entry)


def test_days_that_are_times_are_bad_in_words() -> None:
    with pytest.raises(BadItem, match="its dates and times do not fit together"):
        read("UID:a\nDTSTART:20210302T000000Z\nRDATE;VALUE=TIME:133000Z")


@pytest.mark.parametrize("end", ["DTEND:nonsense", "DURATION:P9X", "DTEND:20200101T000000Z", "DURATION:-PT1H"])
def test_an_end_that_says_nothing_is_no_end(end: str) -> None:
    (event,) = read(f"UID:a\nDTSTART:20260302T100000Z\n{end}")
    assert event.end == event.start == utc(2026, 3, 2, 10)


def sync(connector: IcsConnector, held: Held, now: datetime = NOW) -> tuple[int, int]:
    batches = []
    for batch in connector.batches("calendar", held.cursor, held, now):
        held.write(batch)
        batches.append(batch)
    return sum(len(batch.items) for batch in batches), sum(len(batch.removed) for batch in batches)


def test_truncating_a_series_removes_occurrences(tmp_path: Path) -> None:
    path = tmp_path / "c.ics"
    path.write_bytes(stream(WEEKLY))
    held = Held()
    connector = IcsConnector(IcsOptions(name="c", path=path))
    assert sync(connector, held) == (5, 0)
    path.write_bytes(stream(WEEKLY.replace("COUNT=5", "UNTIL=20260115T000000Z")))
    assert sync(connector, held) == (2, 3)  # those that stay have a new etag
    assert len(held.observations) == 2


def test_the_horizon_moves_on(tmp_path: Path) -> None:
    path = tmp_path / "c.ics"
    path.write_bytes(stream("UID:d\nDTSTART:20260201T100000Z\nRRULE:FREQ=DAILY", "UID:far\nDTSTART:20260610T100000Z"))
    held = Held()
    connector = IcsConnector(IcsOptions(name="c", path=path))
    first, _ = sync(connector, held)
    assert sync(connector, held) == (0, 0)
    assert sync(connector, held, NOW + timedelta(days=2)) == (2, 0)
    assert sync(connector, held, NOW + timedelta(days=12)) == (10 + 1, 0)
    assert len(held.observations) == first + 13


def test_a_file_that_is_cut_off_removes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.ics"
    whole = stream(WEEKLY, "UID:b\nDTSTART:20260302T100000Z")
    path.write_bytes(whole)
    held = Held()
    connector = IcsConnector(IcsOptions(name="c", path=path))
    sync(connector, held)
    path.write_bytes(whole[: len(whole) - 60])
    assert sync(connector, held)[1] == 0
    assert len(held.observations) == 6


def test_the_same_uid_in_two_files_is_two_items(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.ics").write_bytes(
            stream("UID:same\nDTSTART:20260302T100000Z", "UID:x\nDTSTART:20260302T100000Z")
        )
    held = Held()
    sync(IcsConnector(IcsOptions(name="c", path=tmp_path)), held)
    assert set(held.places.values()) == {("a",), ("b",)}
    assert len(held.observations) == 4


LINES = st.sampled_from(
    ["BEGIN:VEVENT", "END:VEVENT", "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VALARM", "END:VALARM", "UID:a", "UID:b",
     "DTSTART:20260302T100000Z", "DTSTART;VALUE=DATE:20260302", "DTSTART;TZID=Nowhere:20260302T100000", "DTEND:x",
     "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=WEEKLY;BYDAY=XX", "RRULE:", "EXDATE:20260303T100000Z", "RDATE:,",
     "SUMMARY:a",
     "RECURRENCE-ID:20260303T100000Z", "ATTENDEE;CN=:mailto:", "ORGANIZER:", "DURATION:PT", "STATUS:",
     "CLASS:PRIVATE",
     " folded", ";;;", "X:", ":", "SEQUENCE:x", "METHOD:CANCEL", "X-WR-TIMEZONE:Nowhere", "DTSTART:00000000T000000Z"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=40))
def test_any_stream_is_read_or_refused_entry_by_entry(lines: list[str]) -> None:
    calendar = cut("\n".join(lines).encode())
    for group in calendar.groups.values():
        try:
            check(group.components)
            events = read_events(group, REACH)
        except BadItem:
            continue
        for event in events:
            assert decode(encode(event)) == event
        assert len({event.id for event in events}) == len(events)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_cut(data: bytes) -> None:
    assert cut(data).groups.keys() == cut(data).groups.keys()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 12),
    st.integers(1, 40),
    st.datetimes(datetime(2023, 1, 1), datetime(2026, 3, 1)),
)
def test_simple_series_have_their_count(frequency: str, interval: int, count: int, start: datetime) -> None:
    rule = f"RRULE:FREQ={frequency};INTERVAL={interval};COUNT={count}"
    events = read(f"UID:a\nDTSTART:{start:%Y%m%dT%H%M%SZ}\n{rule}", reach=Reach(utc(2600, 1, 1)))
    assert len(events) == count
    assert events[0].start == start.replace(microsecond=0, tzinfo=UTC)
