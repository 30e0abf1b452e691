"""What lies on disk: who may read it, and what a power cut may take, which no kill shows."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from connectors.connector import Source
from syncd.ledger import Ledger, database, migrations, schema
from syncd.ledger.ledger import writing
from syncd.sync import sync
from tests.crash.lives import NOW, days
from tests.crash.site import tables
from tests.sync.outside import Account, options


@pytest.fixture
def open_to_all() -> Iterator[None]:
    """A umask that would let everybody read."""
    before = os.umask(0)
    yield
    os.umask(before)


def pragma(connection: sa.Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_what_the_owner_said_is_on_disk_and_a_batch_may_be_lost_with_its_cursor(tmp_path: Path) -> None:
    levels: dict[str, object] = {}
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:

        def note(connection: sa.Connection) -> None:
            levels[doing] = pragma(connection, "synchronous")

        sa.event.listen(ledger.engine, "commit", note)
        doing = "batch"
        ledger.facts.open_source("work", "memory", Source("mail", "message"), NOW, include_private=False)
        doing = "journal"
        ledger.journal.add("answer", "anna@y.example", NOW, word="right")
        doing = "batch after it"
        ledger.facts.open_source("work", "memory", Source("calendar", "event"), NOW, include_private=False)
    full, normal = 2, 1
    assert levels == {"batch": normal, "journal": full, "batch after it": normal}


def test_the_journals_copy_is_on_disk_before_it_replaces_the_older(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync_to_disk, replace = os.fsync, Path.replace

    def synced_to_disk(number: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "file")
        sync_to_disk(number)

    def replaced(path: Path, target: Path) -> Path:
        done.append("replace")
        return replace(path, target)

    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        monkeypatch.setattr(os, "fsync", synced_to_disk)
        monkeypatch.setattr(Path, "replace", replaced)
        ledger.journal.add("answer", "anna@y.example", NOW, word="right")
    assert done == ["file", "replace", "folder"]


def test_every_connection_keeps_the_rules(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        held = [ledger.engine.connect() for _ in range(3)]
        for connection in held:
            assert pragma(connection, "journal_mode") == "wal"
            assert pragma(connection, "foreign_keys") == 1
            assert pragma(connection, "secure_delete") == 1
            connection.close()


def test_nothing_hangs_in_the_air(ledger: Ledger) -> None:
    """On both databases a row cannot name another that is not there."""
    row = {"item_id": 99, "number": 1, "owner_id": ledger.owner_id, "seen_at": "", "payload": "{}"}
    with pytest.raises(IntegrityError), ledger.write() as connection:
        connection.execute(sa.insert(schema.revisions).values(row))


@pytest.mark.usefixtures("open_to_all")
def test_only_their_owner_may_read_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    url = f"sqlite:///{folder}/ledger.db"
    engine = database.connect(database.parse(url))
    with writing(engine) as connection:
        migrations.upgrade(connection, migrations.revisions()[0])
    engine.dispose()
    with Ledger.open(url) as ledger:
        for day in range(2):
            ledger.journal.add("answer", "anna@y.example", NOW + timedelta(days=day), word="right")
        ledger.back_up(folder / "copy.db")
        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    copies = {"ledger.journal.jsonl", "ledger.journal.2026-03-02.jsonl", "copy.db", f"ledger.db.before-{schema.HEAD}"}
    assert set(modes) == {"ledger.db", "ledger.db-wal", "ledger.db-shm", *copies}
    assert set(modes.values()) == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


CUTS = 40


def test_a_power_cut_takes_the_last_batches_whole(tmp_path: Path) -> None:
    """The write-ahead log is cut at any byte after what was made durable, or ends in zeros: nothing is damaged, and
    the next sync brings back what was lost."""
    path = tmp_path / "whole" / "ledger.db"
    log = path.with_name("ledger.db-wal")
    with Ledger.open(f"sqlite:///{path}") as ledger:
        durable = log.stat().st_size
        synced(ledger)
        lost = {number: cut(path, tmp_path / f"{number}", durable, number) for number in range(CUTS)}
    expected = tables(f"sqlite:///{path}")
    items = []
    for number, copy in lost.items():
        with Ledger.open(f"sqlite:///{copy}") as ledger:
            assert not ledger.facts.damage(), number
            items.append(len(list(ledger.facts.copies())))
            synced(ledger)
        assert tables(f"sqlite:///{copy}") == expected, number
    assert items[0] == 0
    assert len(set(items)) >= 4  # cuts fell between batches and within them


def cut(path: Path, folder: Path, durable: int, number: int) -> Path:
    """A copy of an open ledger whose log has lost its tail, or has it as zeros."""
    folder.mkdir()
    copy = folder / path.name
    shutil.copy(path, copy)
    log = path.with_name(f"{path.name}-wal").read_bytes()
    kept = durable + (len(log) - durable) * number // CUTS
    tail = bytes(len(log) - kept) if number % 2 else b""
    copy.with_name(f"{path.name}-wal").write_bytes(log[:kept] + tail)
    return copy


def synced(ledger: Ledger) -> None:
    sources = days(later=False)
    assert sync(ledger, [options()], now=NOW, open_connector=lambda _: Account(sources)).ok
