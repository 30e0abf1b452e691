"""Fixtures of the command line's tests: a small desk, as it is and synced."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from syncd.cli.app import run
from tests.cli.small_desk import CONFIG, Desk, write_calendar, write_mailbox


def furnish(folder: Path) -> None:
    (folder / "syncd.toml").write_text(CONFIG)
    write_mailbox(folder / "mail.mbox")
    write_calendar(folder / "calendar.ics")


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A config with mail and calendar, nothing synced yet."""
    furnish(tmp_path)
    return Desk(tmp_path, capsys)


@pytest.fixture(scope="session")
def synced_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk synced and understood once, to be copied."""
    folder = tmp_path_factory.mktemp("synced")
    furnish(folder)
    assert run(["--config", str(folder / "syncd.toml"), "sync"]) == 0
    assert run(["--config", str(folder / "syncd.toml"), "people"]) == 0
    return folder


@pytest.fixture
def synced(synced_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """The same as `desk`, synced and understood."""
    shutil.copytree(synced_folder, tmp_path, dirs_exist_ok=True)
    return Desk(tmp_path, capsys)
