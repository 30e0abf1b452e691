"""Whom `syncd people` lists: those whom the owner deals with, and whom the config names."""

from __future__ import annotations

import json

from tests.cli.small_desk import ILSE, JAN, Desk, write_calendar

COLLEAGUE, STRANGER = "kim@visser.example", "wim@finch.example"


def listed(desk: Desk) -> dict[str, int]:
    rows = map(json.loads, desk.ask("people", "--format", "jsonl").out.splitlines())
    return {row["person"]: row["interactions"] for row in rows}


def test_who_only_meets_colleagues_in_the_teams_calendar_is_not_listed(desk: Desk) -> None:
    calendar = desk.folder / "calendar.ics"
    write_calendar(calendar)
    theirs = [
        "BEGIN:VEVENT", "UID:theirs", "DTSTAMP:20260302T100000Z", "DTSTART:20260302T120000Z",
        "DTEND:20260302T130000Z", "SUMMARY:Lunch with Wim", f"ORGANIZER:mailto:{COLLEAGUE}",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{COLLEAGUE}",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{STRANGER}", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    calendar.write_text(calendar.read_text().replace("END:VCALENDAR\n", "\n".join(theirs)))
    desk.ask("sync")
    assert listed(desk).keys() == {ILSE, JAN}
    assert "no contact between you has been seen" in desk.ask("explain", STRANGER).out

    desk.append(f'\n[[person]]\naddresses = ["{STRANGER}"]\n')
    assert listed(desk)[STRANGER] == 0
