"""What was said stays said: entries, their copies, and putting them back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.ledger import Ledger, LedgerError
from syncd.ledger.journal import Saying
from tests.ledger.conftest import Databases

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_entries_by_kind_subject_and_time(ledger: Ledger) -> None:
    ledger.journal.add("answer", "Anna@x.example", NOW, word="right")
    ledger.journal.add("logged", "ben@x.example", NOW + timedelta(hours=1), channel="phone")
    ledger.journal.add("answer", "ben@x.example", NOW + timedelta(hours=2), word="snooze", until="2026-04-01")
    entries = ledger.journal.entries()
    assert [(entry.kind, entry.subject) for entry in entries] == [
        ("answer", "anna@x.example"),
        ("logged", "ben@x.example"),
        ("answer", "ben@x.example"),
    ]
    assert [entry.data["word"] for entry in ledger.journal.entries("answer")] == ["right", "snooze"]
    assert len(ledger.journal.entries(["answer", "logged"], "BEN@x.example")) == 2
    assert len(ledger.journal.entries(since=NOW + timedelta(hours=1))) == 2


def test_owners_do_not_see_each_other(databases: Databases) -> None:
    url = databases()
    with Ledger.open(url, owner="mara") as mara, Ledger.open(url, owner="tom") as tom:
        mara.journal.add("answer", "anna@x.example", NOW, word="right")
        assert tom.journal.entries() == []
        assert len(mara.journal.entries()) == 1


def test_copy_is_private_complete_and_can_be_put_back(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.journal.add_all(
            [Saying("suggested", f"p{number}@x.example", NOW, {"n": number}) for number in range(5)]
        )
        entries = ledger.journal.entries()
    copy = tmp_path / "ledger.journal.jsonl"
    assert copy.stat().st_mode & 0o777 == 0o600
    with Ledger.open(f"sqlite:///{tmp_path}/new.db") as restored:
        restored.journal.add("suggested", "p3@x.example", NOW, n=3)
        assert restored.journal.restore(copy) == 4
        assert restored.journal.restore(copy) == 0
        assert {entry.subject for entry in restored.journal.entries()} == {entry.subject for entry in entries}


def test_what_was_said_after_a_backup_comes_back_with_it(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.journal.add("answer", "anna@x.example", NOW, word="right")
        ledger.back_up(tmp_path / "backup.db")
        ledger.journal.add("answer", "ben@x.example", NOW, word="wrong")
        entries = ledger.journal.entries()
    (tmp_path / "backup.db").replace(tmp_path / "ledger.db")
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as restored:
        assert restored.journal.entries() == entries


def test_a_new_ledger_does_not_take_over_the_journal_of_another(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.journal.add("answer", "anna@x.example", NOW, word="right")
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as fresh:
        assert fresh.journal.entries() == []
        fresh.journal.add("answer", "ben@x.example", NOW, word="right")
    assert "anna" in (tmp_path / "ledger.journal.2026-03-02.jsonl").read_text()
    assert "anna" not in (tmp_path / "ledger.journal.jsonl").read_text()


def test_one_copy_per_day_for_a_week(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        for day in range(12):
            ledger.journal.add("answer", "anna@x.example", NOW + timedelta(days=day), word="right")
            ledger.journal.add("answer", "anna@x.example", NOW + timedelta(days=day, hours=1), word="wrong")
    kept = sorted(path.name for path in tmp_path.glob("*.????-??-??.jsonl"))
    assert kept == [f"ledger.journal.2026-03-{day:02}.jsonl" for day in range(6, 13)]
    assert len((tmp_path / kept[-1]).read_text().splitlines()) == 1 + 22


def test_a_copy_that_cannot_be_written_does_not_lose_the_entry(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        (tmp_path / "ledger.journal.jsonl").mkdir()
        ledger.journal.add("answer", "anna@x.example", NOW, word="right")
        assert len(ledger.journal.entries()) == 1
    assert "cannot be written" in caplog.text


def test_a_copy_that_lacks_the_last_entries_is_brought_up_to_date(tmp_path: Path) -> None:
    copy = tmp_path / "ledger.journal.jsonl"
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.journal.add("answer", "anna@x.example", NOW, word="right")
        before = copy.read_bytes()
        ledger.journal.add("answer", "ben@x.example", NOW, word="right")
        after = copy.read_bytes()
    for left in (before, None):  # as if it had been killed before it came to the copy
        copy.unlink() if left is None else copy.write_bytes(left)
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db").close()
        assert copy.read_bytes() == after


DAMAGED = {
    "cut": lambda text: text[:-30],
    "no text": lambda text: text.replace(b"anna", b"\xff\xfe"),
    "no entry": lambda text: text.replace(b'"subject"', b'"object"'),
    "no word": lambda text: text.replace(b'"word"', b'"world"'),
    "no object": lambda text: text + b"[]\n",
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_copy_keeps_nobody_from_the_ledger(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    copy = tmp_path / "ledger.journal.jsonl"
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.journal.add("answer", "anna@x.example", NOW, word="right")
        whole = copy.read_bytes()
    copy.write_bytes(DAMAGED[damage](whole))
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        assert len(ledger.journal.entries()) == 1
        assert "cannot be read" in caplog.text
        assert str(copy) in caplog.text
        with pytest.raises(LedgerError, match=r"damaged.*import one of those"):
            ledger.journal.restore(copy)
        ledger.journal.add("answer", "ben@x.example", NOW, word="right")
    assert copy.read_bytes().startswith(whole)


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        gone, running = tmp_path / ".ledger.journal.jsonl.999999999", tmp_path / ".ledger.journal.jsonl.1"
        for left in (gone, running):
            left.write_text("half")
        ledger.journal.add("answer", "anna@x.example", NOW, word="right")
    assert not gone.exists()
    assert running.exists()
