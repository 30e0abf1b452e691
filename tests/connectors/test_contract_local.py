"""The local connectors keep the contract."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from connectors.connector import Batch, Unreachable
from tests.connectors.contract import ConnectorContract, Held, World, run, title
from tests.connectors.worlds import (
    GzipWorld,
    IcsFolderWorld,
    IcsWorld,
    MaildirWorld,
    MboxWorld,
    MemoryWorld,
    calendar,
    event,
)


def order(batches: Iterable[Batch]) -> list[str]:
    """What the items are called, as they came."""
    return [title(item.observation) for batch in batches for item in batch.items if item.observation]


class TestMaildir(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
        return MaildirWorld(tmp_path / "Maildir", monkeypatch)


class TestMbox(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
        return MboxWorld(tmp_path, monkeypatch)


class TestGzippedMbox(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
        return GzipWorld(tmp_path, monkeypatch)

    def test_newest_come_first(self, full: World) -> None:
        """A packed file can only be read from its beginning: mail comes in the order in which it lies there."""
        assert order(run(full, Held())) == [f"item {number}" for number in range(self.COUNT)]


class TestIcsFile(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
        return IcsWorld(tmp_path, monkeypatch)


class TestIcsFolder(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
        return IcsFolderWorld(tmp_path, monkeypatch)

    def test_newest_come_first(self, full: World) -> None:
        """A folder is read file by file, in the order of their names; in each, the newest come first."""
        several = full.root / "archive.ics"  # type: ignore[attr-defined] # it is a folder's world
        several.write_bytes(calendar(*(event(number) for number in (50, 52, 51))))
        names = sorted(f"{number}@" for number in range(self.COUNT))
        expected = [f"item {name[:-1]}" for name in names]
        assert order(run(full, Held())) == ["item 52", "item 51", "item 50", *expected]

    def test_empty_source(self, world: World) -> None:
        """A folder that never held a calendar is a wrong path; one that was emptied is a source without items."""
        held = Held()
        world.add([0])
        world.remove(0)
        with pytest.raises(Unreachable, match=r"no \.ics file"):
            run(world, held)
        world.add([0])
        run(world, held)
        world.remove(0)
        for _ in range(2):
            run(world, held)
            assert not held.titles()


class TestMemory(ConnectorContract):
    @pytest.fixture
    def world(self) -> World:
        return MemoryWorld()
