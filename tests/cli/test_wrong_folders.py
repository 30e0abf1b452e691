"""A path at which nothing of the wanted kind lies is an error at once; a folder that became empty is not."""

from __future__ import annotations

import json

import pytest

from tests.cli.small_desk import Desk, write_calendar, write_mailbox

SAID = {"mbox": "no mbox file lies in or below it.", "ics": "no .ics file lies in or below it."}
FIX = "Correct `path` or `kind`."


@pytest.mark.parametrize("kind", ["mbox", "ics"])
def test_a_folder_without_a_file_of_its_kind_is_said_everywhere(desk: Desk, kind: str) -> None:
    folder = desk.folder / "wrong"
    folder.mkdir()
    (folder / "notes.txt").write_text("Nothing of the kind.\n")
    desk.append(f'\n[[account]]\nname = "new"\nkind = "{kind}"\npath = "wrong"\n')
    sync = desk.ask("sync")
    assert sync.code == 1
    assert SAID[kind] in sync.err
    assert FIX in sync.err
    status = desk.ask("status")
    assert status.code == 1
    assert SAID[kind] in status.out
    found = [json.loads(line) for line in desk.ask("doctor", "--format", "jsonl").out.splitlines()]
    assert [row["fix"] for row in found if SAID[kind] in row["result"]] == [FIX]
    (write_mailbox if kind == "mbox" else write_calendar)(folder / f"mended.{kind}")
    assert desk.ask("sync").code == 0
    assert desk.ask("status").code == 0


def test_a_calendar_folder_that_became_empty_is_no_wrong_path(desk: Desk) -> None:
    folder = desk.folder / "calendars"
    folder.mkdir()
    write_calendar(folder / "one.ics")
    desk.append('\n[[account]]\nname = "new"\nkind = "ics"\npath = "calendars"\n')
    assert desk.ask("sync").code == 0
    (folder / "one.ics").unlink()
    for _ in range(2):
        told = desk.ask("sync")
        assert (told.code, SAID["ics"] in told.err) == (0, False)
