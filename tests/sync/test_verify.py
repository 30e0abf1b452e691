"""Verify finds every piece that is missing, too many, outdated or damaged, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.connector import NeedsLogin, Unreachable
from connectors.observations import Message
from syncd.ledger import Ledger, schema
from syncd.sync import sync
from syncd.verify import Verdict, verify
from tests.ledger.conftest import Databases
from tests.sync.outside import Account, Outside, calendar, mailbox, meeting, options

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def filled(count: int) -> tuple[Outside, Outside]:
    mail, dates = mailbox(), calendar()
    mail.size = dates.size = 500
    for number in range(count):
        mail.put(f"m{number:05}", Message(f"m{number:05}", subject=f"No {number}", date=NOW), "INBOX")
        if number % 3 == 0:
            dates.put(f"e{number:05}", meeting(f"e{number:05}", NOW, NOW), "Work")
    return mail, dates


def synced(ledger: Ledger, *sources: Outside) -> None:
    assert sync(ledger, [options()], now=NOW, open_connector=lambda _: Account(sources)).ok


def checked(ledger: Ledger, *sources: Outside) -> Verdict:
    return verify(ledger, [options()], now=NOW, open_connector=lambda _: Account(sources))


def found(verdict: Verdict) -> set[tuple[str, str]]:
    return {(one.kind, one.native_id) for check in verdict.sources for one in check.differences}


# One way each to lose a piece of the ledger, and what it has to be called.
LOSSES: dict[str, tuple[str, Callable[[int], sa.UpdateBase]]] = {
    "items": ("missing", lambda item: sa.delete(schema.items).where(schema.items.c.id == item)),
    "removal": ("missing", lambda item: _item(item).values(removed_at="2026-01-01T00:00:00Z")),
    "payload": ("damaged", lambda item: _item(item).values(payload=None)),
    "placement": ("damaged", lambda item: sa.delete(schema.placements).where(schema.placements.c.item_id == item)),
    "etag": ("changed", lambda item: _item(item).values(etag="older")),
    "ghost": ("extra", lambda item: _item(item).values(native_id=f"ghost{item}")),
}


def _item(item: int) -> sa.Update:
    return sa.update(schema.items).where(schema.items.c.id == item)


@pytest.mark.parametrize("seed", range(3))
def test_one_in_a_hundred_dropped_is_found_to_the_last(ledger: Ledger, seed: int) -> None:
    sources = filled(3000)
    synced(ledger, *sources)
    assert checked(ledger, *sources).clean
    chance = random.Random(seed)
    with ledger.write() as connection:
        rows = connection.execute(sa.select(schema.items.c.id, schema.items.c.native_id)).all()
        dropped = chance.sample(rows, len(rows) // 100)
        wanted = set()
        for item, native in dropped:
            way = chance.choice(sorted(LOSSES))
            kind, lose = LOSSES[way]
            connection.execute(lose(item))
            wanted.add((kind, f"ghost{item}" if way == "ghost" else native))
            if way == "ghost":
                wanted.add(("missing", native))
    assert len(dropped) == 40
    assert found(checked(ledger, *sources)) == wanted


def test_what_changed_outside_since_the_last_sync_is_a_difference(databases: Databases) -> None:
    mail, dates = filled(30)
    with Ledger.open(databases()) as ledger:
        synced(ledger, mail, dates)
        mail.put("new", Message("new", date=NOW))
        mail.delete("m00001")
        mail.move("m00002", "Archive")
        assert found(checked(ledger, mail, dates)) == {("missing", "new"), ("extra", "m00001"), ("changed", "m00002")}
        synced(ledger, mail, dates)
        assert checked(ledger, mail, dates).clean


def test_what_is_left_out_on_purpose_is_counted_and_no_difference(ledger: Ledger) -> None:
    mail, dates = filled(30)
    mail.unreadable = {"m00001", "m00002"}
    mail.move("m00003", "Private")
    synced(ledger, mail, dates)
    verdict = checked(ledger, mail, dates)
    assert verdict.clean
    assert [check.left_out for check in verdict.sources] == [{"quarantined": 2, "private": 1}, {}]
    assert [(check.listed, check.held) for check in verdict.sources] == [(30, 27), (10, 10)]


def test_a_source_that_was_never_synced_is_missing_whole(ledger: Ledger) -> None:
    mail, dates = filled(3)
    assert len(found(checked(ledger, mail, dates))) == 4


@pytest.mark.parametrize("error", [NeedsLogin("the login has expired."), Unreachable("no such folder.")])
def test_what_cannot_be_listed_is_not_called_clean(ledger: Ledger, error: NeedsLogin | Unreachable) -> None:
    verdict = verify(ledger, [options()], now=NOW, open_connector=lambda _: Account([], error))
    assert not verdict.clean
    assert verdict.sources[0].trouble == str(error)


def test_a_damaged_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    sources = filled(300)
    with Ledger.open(f"sqlite:///{path}") as ledger:
        synced(ledger, *sources)
    content = bytearray(path.read_bytes())
    table = content.find(b"No 150")
    content[table - 40 : table + 40] = b"\xff" * 80
    path.write_bytes(content)
    with Ledger.open(f"sqlite:///{path}") as ledger:
        verdict = checked(ledger, *sources)
    assert not verdict.clean
