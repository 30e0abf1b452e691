"""What follows from new facts without anybody asking: answers by mail are heard, what is too old is dropped."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncd.report.answers import code, subject
from tests.cli.small_desk import ILSE, ME, START, Desk, mail


def rows(desk: Desk, *arguments: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in desk.ask(*arguments, "--format", "jsonl").out.splitlines()]


def answer_by_mail(folder: Path, number: int, word: str) -> None:
    at = datetime.now(UTC) - timedelta(days=1)
    with (folder / "Sent").open("a") as box:
        box.write(mail(1000 + number, ME, ME, subject(word, code(ILSE)), at))


def test_an_answer_by_mail_to_oneself_is_heard_once(synced: Desk) -> None:
    synced.append('\n[[account]]\nname = "sent"\nkind = "mbox"\npath = "Sent"\nlive = true\n')
    answer_by_mail(synced.folder, 1, "phone")
    for _ in range(2):
        synced.ask("sync")
        calls = rows(synced, "interactions", "--channel", "phone")
        assert [(call["person"], call["account"]) for call in calls] == [(ILSE, "journal")]
    answer_by_mail(synced.folder, 2, "met")
    synced.ask("sync")
    assert sum(row["account"] == "journal" for row in rows(synced, "interactions")) == 2


def test_what_is_too_old_is_dropped_and_labels_stay(synced: Desk) -> None:
    before = {row["id"]: row["channel"] for row in rows(synced, "interactions")}
    days = (datetime.now(UTC) - START).days - 60  # two months of the past lose their words
    synced.ask("config", "set", "retention.subjects_days", str(days))
    after = rows(synced, "interactions")
    assert {row["id"]: row["channel"] for row in after} == before
    titled = [str(row["at"]) for row in after if row["title"]]
    bare = [str(row["at"]) for row in after if not row["title"]]
    assert bare
    assert max(bare) < min(titled)
    assert b"Lunch with Ilse" in (synced.folder / "ledger.db").read_bytes()


def test_whole_observations_go_when_they_are_too_old(synced: Desk) -> None:
    days = (datetime.now(UTC) - START).days - 60
    synced.ask("config", "set", "retention.everything_days", str(days))
    left = rows(synced, "interactions")
    assert 0 < len(left) < 90
    assert json.loads(synced.ask("sync", "--stats", "json").out)["sources"][0]["stored"] == 0
    assert rows(synced, "interactions") == left
    assert synced.ask("verify").code == 0
