"""Fixtures of the command line's tests: a small desk, as it is and synced."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.small_desk import CONFIG, Desk, write_calendar, write_mailbox


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A config with mail and calendar, nothing synced yet."""
    (tmp_path / "syncd.toml").write_text(CONFIG)
    write_mailbox(tmp_path / "mail.mbox")
    write_calendar(tmp_path / "calendar.ics")
    return Desk(tmp_path, capsys)


@pytest.fixture
def synced(desk: Desk) -> Desk:
    """The same, synced once."""
    assert desk.ask("sync").code == 0
    return desk
