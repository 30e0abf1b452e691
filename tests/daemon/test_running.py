"""The daemon as systemd runs it: a process of its own, a clock that the test sets, a real SMTP server."""

from __future__ import annotations

import email
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.cli.small_desk import CONFIG, ME, write_calendar, write_mailbox

PATIENCE = 90.0
# The time in the file, going on from the moment at which it was written.
PROGRAM = """\
import sys, time
from datetime import datetime, timedelta
from pathlib import Path
from syncd.daemon import serve

clock = Path(sys.argv[2])

def now():
    return datetime.fromisoformat(clock.read_text()) + timedelta(seconds=time.time() - clock.stat().st_mtime)

sys.exit(serve(Path(sys.argv[1]), now=now))
"""


class Postbox:
    """An SMTP server's handler that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: SimpleQueue[Message] = SimpleQueue()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name there
        self.mails.put(email.message_from_bytes(envelope.content))
        return "250 OK"


@dataclass
class Daemon:
    """A running daemon, what it logs and what it tells systemd."""

    folder: Path
    listener: socket.socket
    process: subprocess.Popen[str] | None = None
    logged: SimpleQueue[str] = field(default_factory=SimpleQueue)
    told: SimpleQueue[str] = field(default_factory=SimpleQueue)

    def set_clock(self, time: str) -> None:
        new = self.folder / "clock.new"
        new.write_text(time)
        new.rename(self.folder / "clock")

    def start(self) -> None:
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify"), "WATCHDOG_USEC": "3000000"}
        environment.pop("WATCHDOG_PID", None)
        command = [sys.executable, "-c", PROGRAM, str(self.folder / "syncd.toml"), str(self.folder / "clock")]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self.logged.put(line)

    def listen(self) -> None:
        """Take what it tells systemd, as systemd does: all the time."""
        while True:
            word = self.listener.recv(4096).decode()
            if word == "the test is over":
                return
            self.told.put(word)

    def wait_for_log(self, words: str) -> str:
        return self._wait(self.logged, words)

    def wait_for_word(self, word: str) -> str:
        return self._wait(self.told, word)

    def _wait(self, queue: SimpleQueue[str], words: str) -> str:
        seen = []
        while True:
            try:
                seen.append(queue.get(timeout=PATIENCE))
            except Empty:
                pytest.fail(f"{words!r} did not come, but:\n{''.join(seen)}")
            if words in seen[-1]:
                return seen[-1]

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
    yield box, controller.port
    controller.stop()


@pytest.fixture
def daemon(tmp_path: Path, postbox: tuple[Postbox, int]) -> Iterator[Daemon]:
    write_mailbox(tmp_path / "mail.mbox")
    write_calendar(tmp_path / "calendar.ics")
    report = f'\n[report]\nto = "{ME}"\nsmtp = "smtp://127.0.0.1:{postbox[1]}"\n'
    (tmp_path / "syncd.toml").write_text(CONFIG + report)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        running = Daemon(tmp_path, listener)
        listening = threading.Thread(target=running.listen)
        listening.start()
        running.set_clock("2026-06-01T04:50:00+00:00")  # Monday, ten to seven in Amsterdam
        yield running
        if running.process is not None and running.process.poll() is None:
            running.process.kill()
            running.process.wait()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"the test is over", str(tmp_path / "notify"))
        listening.join()


def test_a_day_in_the_life(daemon: Daemon, postbox: tuple[Postbox, int]) -> None:
    box, _ = postbox
    config = daemon.folder / "syncd.toml"
    daemon.start()
    daemon.wait_for_word("READY=1")
    assert "2 accounts" in daemon.wait_for_word("WATCHDOG=1")
    daemon.wait_for_log("new or changed")
    daemon.wait_for_log("new or changed")
    assert box.mails.empty()

    daemon.set_clock("2026-06-01T05:00:01+00:00")
    mail = box.mails.get(timeout=PATIENCE)
    assert mail["To"] == ME
    assert mail["Subject"].startswith("syncd:")
    assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}
    daemon.wait_for_log("weekly report of 2026-06-01")

    good = config.read_text()
    config.write_text(good + "[reprot]\n")
    daemon.wait_for_log("the last good ones stay in force")
    assert daemon.wait_for_word("have problems")
    config.write_text(good)
    daemon.wait_for_log("in order again")
    config.write_text(good.replace('name = "old mail"', 'name = "older mail"'))
    daemon.wait_for_log("the config or its rules changed")
    assert "older mail" in daemon.wait_for_log("new or changed")

    write_mailbox(daemon.folder / "mail.mbox", ("ilse@nordkai.example", "jan@hofman.example", "kim@new.example"))
    daemon.wait_for_log("new or changed")  # long before its next turn: the file is watched
    assert daemon.stop() == 0
    daemon.wait_for_word("STOPPING=1")
    daemon.wait_for_log("stopping (SIGTERM)")


def test_after_a_downtime_one_report_and_never_the_same_twice(daemon: Daemon, postbox: tuple[Postbox, int]) -> None:
    box, _ = postbox
    daemon.start()
    daemon.wait_for_log("new or changed")
    daemon.wait_for_log("new or changed")
    assert daemon.stop() == 0

    daemon.set_clock("2026-06-24T12:00:00+00:00")  # three Mondays later
    daemon.start()
    first = box.mails.get(timeout=PATIENCE)
    daemon.wait_for_log("weekly report of 2026-06-22")
    assert daemon.stop() == 0

    daemon.set_clock("2026-06-25T12:00:00+00:00")
    daemon.start()
    daemon.wait_for_word("READY=1")
    daemon.set_clock("2026-06-29T05:00:01+00:00")
    second = box.mails.get(timeout=PATIENCE)
    assert daemon.stop() == 0
    assert first["Message-ID"] != second["Message-ID"]
    assert box.mails.empty()


def test_a_bad_config_at_the_start_is_78_and_says_why(daemon: Daemon) -> None:
    (daemon.folder / "syncd.toml").write_text("[owner]\n")
    command = [sys.executable, "-m", "syncd", "--config", str(daemon.folder / "syncd.toml"), "run"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 78
    assert "owner.addresses is missing" in done.stderr


def test_another_ledger_is_opened_without_a_restart(daemon: Daemon) -> None:
    config = daemon.folder / "syncd.toml"
    daemon.start()
    daemon.wait_for_log("new or changed")
    daemon.wait_for_log("new or changed")
    config.write_text(config.read_text().replace("ledger.db", "other.db"))
    daemon.wait_for_log("config in force")
    daemon.wait_for_log("new or changed")
    assert (daemon.folder / "other.db").exists()
    assert daemon.stop() == 0


def test_sighup_reads_the_config_again_and_sigint_ends(daemon: Daemon) -> None:
    daemon.start()
    daemon.wait_for_word("READY=1")
    assert daemon.process is not None
    config = daemon.folder / "syncd.toml"
    config.write_text(config.read_text() + "hour = 8\n")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for_log("the config or its rules changed")
    daemon.process.send_signal(signal.SIGINT)
    assert daemon.process.wait(PATIENCE) == 0
