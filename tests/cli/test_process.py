"""The command line as a process: terminals, pipes that break, interrupts, and how little it loads to say hello."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.cli import screen
from syncd.cli.app import run
from tests.cli.small_desk import ILSE, Answer, Desk

PATIENCE = 90.0
SYNCD = [sys.executable, "-m", "syncd"]


def command(desk: Desk, *arguments: str) -> list[str]:
    return [*SYNCD, "--config", str(desk.config), *arguments]


def test_help_loads_next_to_nothing() -> None:
    done = subprocess.run([sys.executable, "-X", "importtime", *SYNCD[1:], "--help"], capture_output=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert "syncd.cli.app" in loaded
    heavy = {"rich", "pydantic", "sqlalchemy", "numpy", "msgspec", "icalendar", "jinja2", "re2", "httpx"}
    assert heavy & loaded == set()


@pytest.mark.parametrize(("arguments", "code"), [((), 2), (("--help",), 0), (("-h",), 0), (("--version",), 0)])
def test_hello(arguments: tuple[str, ...], code: int) -> None:
    done = subprocess.run([*SYNCD, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "syncd" in done.stdout + done.stderr


def test_a_reader_that_goes_away_is_no_error(synced: Desk) -> None:
    writer = subprocess.Popen(
        command(synced, "interactions", "--format", "jsonl"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    assert writer.stderr.read() == b""
    writer.stderr.close()
    assert writer.wait(PATIENCE) == 0


def test_an_interrupt_is_130_and_silent(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("syncd.rows.status_rows", interrupted)
    assert synced.ask("status") == Answer(130, "", "")


def test_a_terminal_gets_a_table(synced: Desk) -> None:
    leader, follower = pty.openpty()
    done = subprocess.run(command(synced, "people"), stdout=follower, stderr=subprocess.PIPE, check=False)
    os.close(follower)
    shown = os.read(leader, 65536).decode()
    os.close(leader)
    assert done.returncode == 0
    assert "organisation" in shown
    assert "──" in shown
    assert ILSE in shown


def test_what_strangers_wrote_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"title": "\x1b[31mred\x07\n[bold]x[/bold]", "list": ["a", "b"], "none": None, "share": 0.123}]
    screen.show(rows, screen.Format.TABLE, ("title", "list", "none", "share"))
    assert capsys.readouterr().out == " [31mred  [bold]x[/bold]\ta, b\t\t0.12\n"


def test_a_bar_is_drawn_after_two_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    moments = iter([0.0, 1.9, 4.0])
    with screen.progress("Reading", clock=lambda: next(moments)) as tell:
        tell(1, 10, "work")
        assert capsys.readouterr().err == ""
        tell(5, 10, "work")
    assert "Reading work" in capsys.readouterr().err


def test_only_bugs_leave_a_traceback(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("syncd.rows.status_rows", bug)
    with pytest.raises(RuntimeError, match="a bug"):
        run(["--config", str(synced.config), "status"])


def test_a_ledger_that_cannot_be_used_is_said(desk: Desk) -> None:
    (desk.folder / "ledger.db").write_text("no database, but long enough to be looked at as one " * 20)
    told = desk.ask("status")
    assert told.code == 1
    assert "not a ledger" in told.err


def test_rules_try_answers_what_it_can(tmp_path: Path) -> None:
    mail = '{"kind":"message","id":"1","from":{"address":"a@b.example"},"to":[{"address":"me@x.example"}]}'
    done = subprocess.run(
        [*SYNCD, "rules", "try", "--me", "me@x.example", "--format", "jsonl"],
        input=mail + "\nno json\n" + mail.replace('"1"', '"2"') + "\n",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 1
    assert [line.partition(",")[0] for line in done.stdout.splitlines()] == ['{"id":"1"', '{"id":"2"']
    assert "line 2" in done.stderr
