"""What the loop decides, step by step, with a clock that the test moves and accounts that never answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest

from rules.engine import ruleset
from syncd.config import load
from syncd.daemon.loop import Loop
from syncd.daemon.turns import BrokenOff, Changed, Finished, Letter, Turn
from syncd.ledger import Ledger
from syncd.sync import sync
from tests.cli.small_desk import CONFIG, write_calendar, write_mailbox

START = datetime(2026, 6, 3, 12, tzinfo=UTC)


class Desk:
    """A loop that is moved by hand."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.file, self.ledger, self.time = folder / "syncd.toml", ledger, START
        self.letters: SimpleQueue[Letter] = SimpleQueue()
        config = load(self.file)
        self.loop = Loop(self.file, config, ruleset.load(), ledger, self.letters, lambda: self.time)
        self.loop._follow(config)

    def after(self, **passed: float) -> None:
        self.time += timedelta(**passed)
        self.loop._tick()

    def tell(self, letter: Letter) -> bool:
        return self.loop._settled(letter)

    @property
    def busy(self) -> set[str]:
        return set(self.loop._busy)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    (tmp_path / "syncd.toml").write_text(CONFIG)
    write_mailbox(tmp_path / "mail.mbox")
    write_calendar(tmp_path / "calendar.ics")
    monkeypatch.setattr(Turn, "start", lambda *_: None)  # a server that never answers
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        sync(ledger, load(tmp_path / "syncd.toml").account, now=START)
        desk = Desk(tmp_path, ledger)
        yield desk
        desk.loop._watch.stop()


def troubles(desk: Desk) -> dict[str, str]:
    return {state.account: state.trouble.kind for state in desk.ledger.facts.sources() if state.trouble}


def test_one_turn_at_a_time_for_each_account(desk: Desk) -> None:
    desk.after(seconds=0)
    assert desk.busy == {"old mail", "calendar"}
    first = dict(desk.loop._busy)
    desk.after(minutes=11)
    assert desk.loop._busy == first
    desk.tell(Finished("calendar", None))
    assert desk.busy == {"old mail"}
    desk.after(minutes=10)
    assert desk.loop._busy["calendar"] is not first["calendar"]


def test_a_late_account_is_asked_to_end_and_a_hung_one_is_named(desk: Desk) -> None:
    desk.after(seconds=0)
    turn = desk.loop._busy["old mail"]
    desk.after(minutes=59)
    assert not turn.ending.is_set()
    desk.after(minutes=2)
    assert turn.ending.is_set()
    with pytest.raises(BrokenOff):
        turn._after_batch("old mail/mail", 1, None)
    assert troubles(desk) == {}
    desk.tell(Finished("calendar", None))
    desk.after(minutes=60)
    assert troubles(desk) == {"old mail": "Hung"}
    assert "old mail" not in desk.loop._untried  # the rest need not wait for it


def test_a_change_is_read_once_it_has_settled(desk: Desk) -> None:
    desk.after(seconds=0)
    for account in ("old mail", "calendar"):
        desk.tell(Finished(account, None))
    desk.after(seconds=1)
    assert desk.busy == set()
    mailbox = desk.file.parent / "mail.mbox"
    desk.tell(Changed(mailbox))
    desk.after(seconds=0.5)
    assert desk.busy == set()
    desk.time += timedelta(seconds=1)
    assert desk.loop._settled(None)
    desk.after(seconds=0)
    assert desk.busy == {"old mail"}


@pytest.mark.parametrize(
    ("old", "new", "stays", "due"),
    [
        ('name = "calendar"', 'name = "agenda"', True, {"agenda"}),
        ("mail.mbox", "other.mbox", True, {"old mail"}),
        ("[owner]", "[own]", True, set()),
        ("database =", 'rules = ["no.toml"]\ndatabase =', True, set()),
        ("ledger.db", "other.db", False, set()),
    ],
)
def test_a_new_config_is_followed_and_a_bad_one_is_not(
    desk: Desk, old: str, new: str, stays: bool, due: set[str]
) -> None:
    desk.after(seconds=0)
    for account in ("old mail", "calendar"):
        desk.tell(Finished(account, None))
    before = desk.loop.config
    desk.file.write_text(desk.file.read_text().replace(old, new, 1))
    desk.tell(Changed(desk.file))
    desk.time += timedelta(seconds=2)
    assert desk.loop._settled(None) is stays
    desk.after(seconds=0)
    assert desk.busy == due
    refused = "problems" in desk.loop._trouble
    assert refused == (desk.loop.config == before)
    assert refused == (not due and stays)
