"""The daemon's small parts: words to systemd, watched files, a log without secrets."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.daemon import notify
from syncd.daemon.watching import Watch
from syncd.logs import Redacting, redacted

PATIENCE = 20.0


def test_notify_without_a_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert notify.notify(READY="1") is False


def test_notify_never_waits_and_never_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    assert notify.notify(READY="1") is False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "deaf"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "deaf"))
        assert False in {notify.notify(WATCHDOG="1") for _ in range(2000)}


@pytest.mark.parametrize("abstract", [False, True])
def test_notify_speaks_as_systemd_expects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool) -> None:
    name = f"@syncd-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name[1:]}" if abstract else name)
        listener.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        assert notify.notify(READY="1", STATUS="Reading")
        assert listener.recv(4096) == b"READY=1\nSTATUS=Reading"


@pytest.mark.parametrize(
    ("microseconds", "pid", "seconds"),
    [
        ("3000000", "", 3.0),
        ("3000000", "mine", 3.0),
        ("3000000", "1", None),
        ("", "", None),
        ("x", "", None),
    ],
)
def test_watchdog_seconds(
    monkeypatch: pytest.MonkeyPatch, microseconds: str, pid: str, seconds: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", microseconds)
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "mine" else pid)
    assert notify.watchdog_seconds() == seconds


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Watch, SimpleQueue[Path]]]:
    told: SimpleQueue[Path] = SimpleQueue()
    watch = Watch(told.put)
    yield watch, told
    watch.stop()


def test_a_file_that_is_replaced_is_seen_and_its_neighbours_are_not(
    tmp_path: Path, watched: tuple[Watch, SimpleQueue[Path]]
) -> None:
    watch, told = watched
    config = tmp_path / "syncd.toml"
    config.write_text("old")
    watch.cover([config])
    (tmp_path / "ledger.db").write_text("x")
    (tmp_path / ".new").write_text("new")
    (tmp_path / ".new").rename(config)  # as editors do
    assert told.get(timeout=PATIENCE) == config
    assert told.empty()
    config.write_text("newer")  # as others do; a watch on the old file would see nothing
    assert told.get(timeout=PATIENCE) == config


def test_a_folder_is_seen_with_all_below_it_but_reading_is_no_event(
    tmp_path: Path, watched: tuple[Watch, SimpleQueue[Path]]
) -> None:
    watch, told = watched
    folder = tmp_path / "Maildir"
    (folder / "cur").mkdir(parents=True)
    (folder / "cur" / "1").write_text("mail")
    watch.cover([folder, tmp_path / "missing" / "file"])
    watch.cover([folder])
    assert list(folder.iterdir())
    assert (folder / "cur" / "1").read_text() == "mail"
    (folder / "cur" / "1").rename(folder / "cur" / "1:2,S")
    assert told.get(timeout=PATIENCE) == folder


SECRET = "eyJhbGciOi.geheim"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
        f"POST /token access_token={SECRET}&x=1",
        f'{{"refresh_token": "{SECRET}", "expires_in": 3599}}',
        f"client_secret='{SECRET}'",
        f"postgresql+psycopg://syncd:{SECRET}@db.example/syncd",
        f"password={SECRET}",
    ],
)
def test_no_secret_reaches_the_log(text: str) -> None:
    assert SECRET not in redacted(text)
    assert "***" in redacted(text)


@given(st.text())
def test_redacting_never_fails_and_leaves_plain_words(text: str) -> None:
    assert redacted(redacted(text)) == redacted(redacted(redacted(text)))
    assert redacted("15 mails of ilse@nordkai.example read") == "15 mails of ilse@nordkai.example read"


def test_tracebacks_are_redacted_too() -> None:
    try:
        raise ValueError(f"password={SECRET}")  # noqa: TRY301 - the traceback is what is tested
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "x", 1, "failed", None, (ValueError, error, error.__traceback__)
        )
    assert SECRET not in Redacting("%(message)s").format(record)
