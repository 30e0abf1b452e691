"""An archive holds everything, goes back in whole or not at all, and a person's part is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from rules.occurrences.copies import Copy
from syncd import archive
from syncd.ledger import Ledger, LedgerError
from syncd.sync import sync
from syncd.verify import verify
from tests.ledger.conftest import Databases
from tests.ledger.test_forgetting import NOW, fill
from tests.sync.outside import Account, options


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/full.db") as opened:
        yield opened


def test_everything_comes_back(full: Ledger, databases: Databases) -> None:
    fill(full)
    lines = list(archive.export(full))
    url = databases()
    with Ledger.open(url, owner="somebody else") as other:
        fill(other)
    with Ledger.open(url) as ledger:
        counts = archive.restore(ledger, lines)
        assert sum(counts.values()) == len(lines) - 1
        assert [_content(copy) for copy in ledger.facts.copies()] == [_content(copy) for copy in full.facts.copies()]
        assert ledger.facts.version() == full.facts.version()
        assert [e.data for e in ledger.journal.entries()] == [e.data for e in full.journal.entries()]
        assert list(ledger.facts.spans().values()) == list(full.facts.spans().values())


def _content(copy: Copy) -> Copy:
    return msgspec.structs.replace(copy, item=0)


def test_a_restored_ledger_goes_on_syncing(full: Ledger, tmp_path: Path) -> None:
    mail, dates = fill(full)
    with Ledger.open(f"sqlite:///{tmp_path}/new.db") as ledger:
        archive.restore(ledger, archive.export(full))
        mail.delete("from")
        stats = sync(
            ledger, [options()], now=NOW + timedelta(days=1), open_connector=lambda _: Account([mail, dates])
        ).sources
        assert [(line.stored, line.removed) for line in stats] == [(0, 1), (0, 0)]
        assert verify(ledger, [options()], now=NOW, open_connector=lambda _: Account([mail, dates])).clean


def test_into_an_empty_ledger_only(full: Ledger) -> None:
    fill(full)
    with pytest.raises(LedgerError, match="empty ledger"):
        archive.restore(full, list(archive.export(full)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[1:], "line 1: .*does not begin"),
        (lambda lines: [*lines[:3], lines[3][:-5], *lines[4:]], "line 4: .*no JSON object"),
        (lambda lines: [*lines, '{"table":"owners","id":1}'], "does not know"),
        (lambda lines: [lines[0].replace('"schema":"0', '"schema":"9'), *lines[1:]], "newer syncd"),
    ],
)
def test_a_damaged_archive_leaves_nothing_behind(
    full: Ledger, tmp_path: Path, change: Callable[[list[str]], list[str]], message: str
) -> None:
    fill(full)
    lines = change(list(archive.export(full)))
    with Ledger.open(f"sqlite:///{tmp_path}/new.db") as ledger:
        with pytest.raises(LedgerError, match=message):
            archive.restore(ledger, lines)
        assert ledger.facts.sources() == []
        assert ledger.journal.entries() == []


def test_everything_about_one_person(full: Ledger) -> None:
    fill(full)
    told = list(archive.person(full, ["Anna.Canary@x.example"]))
    kinds = [line["what"] for line in told]
    assert {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} == {
        "person": 1,
        "observation": 5,
        "interaction": 1,
        "journal": 9,
    }
    assert all(b"anna.canary" in msgspec.json.encode(line).lower() for line in told)
    assert all(
        first <= second for first, second in pairwise(line["at"] for line in told if line["what"] == "journal")
    )


def test_nothing_about_a_stranger(full: Ledger) -> None:
    fill(full)
    assert list(archive.person(full, ["stranger@x.example"])) == []
