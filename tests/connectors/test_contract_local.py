"""The local connectors keep the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.connector import Unreachable
from tests.connectors.contract import ConnectorContract, Held, World, run
from tests.connectors.worlds import (
    GzipWorld,
    IcsFolderWorld,
    IcsWorld,
    MaildirWorld,
    MboxWorld,
    MemoryWorld,
)


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

    @pytest.mark.skip("a gzipped file can only be read from its beginning")
    def test_newest_come_first(self, full: World) -> None: ...


class TestIcsFile(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
        return IcsWorld(tmp_path, monkeypatch)


class TestIcsFolder(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
        return IcsFolderWorld(tmp_path, monkeypatch)

    @pytest.mark.skip("a folder is read file by file, in the order of names")
    def test_newest_come_first(self, full: World) -> None: ...

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
