"""What is no longer read is kept and said apart: accounts that left the config, files that left their folder."""

from __future__ import annotations

import json

from tests.cli.small_desk import JAN, Desk, write_mailbox

CALENDAR = '\n[[account]]\nname = "calendar"\nkind = "ics"\npath = "calendar.ics"\n'


def rows(desk: Desk, *command: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in desk.ask(*command, "--format", "jsonl").out.splitlines()]


def without_calendar(desk: Desk) -> None:
    desk.config.write_text(desk.config.read_text().replace(CALENDAR, ""))


def test_an_account_out_of_the_config_is_kept_said_apart_and_no_trouble(synced: Desk) -> None:
    before = len(rows(synced, "interactions"))
    without_calendar(synced)
    status = synced.ask("status")
    assert status.code == 0
    assert "calendar" not in status.out
    assert "calendar is no longer in the config." in status.err
    assert "syncd forget --account calendar" in status.err
    assert {str(row["account"]): row["standing"] for row in rows(synced, "status")} == {
        "old mail": "in_use",
        "calendar": "not_in_config",
    }
    assert len(rows(synced, "interactions")) == before
    found = [row for row in rows(synced, "doctor") if "no longer read" in str(row["result"])]
    assert [row["well"] for row in found] == [True]
    synced.append(CALENDAR)
    assert synced.ask("status").err == ""


def test_what_an_account_showed_can_be_deleted_once_it_left_the_config(synced: Desk) -> None:
    meetings = [row for row in rows(synced, "interactions") if row["account"] == "calendar"]
    assert meetings
    refused = synced.ask("forget", "--account", "calendar", "--yes")
    assert refused.code == 1
    assert '"calendar" is still read. Take it out of the config first' in refused.err
    without_calendar(synced)
    done = synced.ask("forget", "--account", "calendar", "--yes")
    assert (done.code, done.out) == (0, "Deleted 10 items of 1 source.\n")
    left = rows(synced, "interactions")
    assert left
    assert all(row["account"] == "old mail" for row in left)
    assert synced.ask("status").err == ""
    assert synced.ask("forget", "--account", "calendar", "--yes").code == 1
    assert synced.ask("forget").code == 2


def test_silence_after_an_account_left_the_config_is_unknown(synced: Desk) -> None:
    """No calendar is read any more: whoever was met at lunches did not stop coming to them."""
    without_calendar(synced)
    told = synced.ask("report", "--as-of", "2026-12-31", "--format", "json")
    assert told.code == 0
    report = json.loads(told.out)
    assert {person["status"] for person in report["people"]} <= {"unknown", "too_little_history"}


def test_files_that_leave_a_folder_of_mboxes(desk: Desk) -> None:
    folder = desk.folder / "mboxes"
    folder.mkdir()
    write_mailbox(folder / "one.mbox")
    write_mailbox(folder / "two.mbox", (JAN,))
    desk.append('\n[[account]]\nname = "many"\nkind = "mbox"\npath = "mboxes"\n')
    assert desk.ask("sync").code == 0
    before = len(rows(desk, "interactions"))
    (folder / "two.mbox").rename(desk.folder / "two.mbox")
    assert desk.ask("sync").code == 0
    status = desk.ask("status")
    assert status.code == 0
    assert "many/two.mbox is no longer offered by its account" in status.err
    verified = desk.ask("verify")
    assert verified.code == 0
    assert "many/two.mbox: the account no longer offers it; what it showed is kept" in verified.err
    (row,) = [row for row in rows(desk, "verify") if row["source"] == "two.mbox"]
    assert (row["withdrawn"], row["listed"], row["held"], row["missing"], row["extra"]) == (True, 0, 40, 0, 0)
    (folder / "one.mbox").rename(desk.folder / "one.mbox")
    sync = desk.ask("sync")
    assert sync.code == 1
    assert "no mbox file lies in or below it." in sync.err
    assert desk.ask("verify").code == 1
    assert len(rows(desk, "interactions")) == before
    for name in ("one.mbox", "two.mbox"):
        (desk.folder / name).rename(folder / name)
    assert desk.ask("sync").code == 0
    assert desk.ask("status").err == ""
    assert desk.ask("verify").code == 0
    (folder / "two.mbox").unlink()
    assert desk.ask("sync").code == 0
    assert desk.ask("forget", "--account", "many/two.mbox", "--yes").out == "Deleted 40 items of 1 source.\n"
    assert desk.ask("status").err == ""


def test_doctor_says_how_much_could_not_be_read(desk: Desk) -> None:
    calendar = desk.folder / "calendar.ics"
    bad = "BEGIN:VEVENT\r\nUID:bad\r\nSUMMARY:no beginning\r\nEND:VEVENT\r\nEND:VCALENDAR"
    calendar.write_text(calendar.read_text().replace("END:VCALENDAR", bad))
    assert desk.ask("sync").code == 0
    found = [row for row in rows(desk, "doctor") if "kept aside" in str(row["result"])]
    assert [(row["result"], row["fix"], row["well"]) for row in found] == [
        (
            "calendar: 1 item could not be read and kept aside",
            "See which and why with: syncd verify --quarantined",
            True,
        )
    ]
    (item,) = rows(desk, "verify", "--quarantined")
    assert str(item["item"]).startswith("bad")
