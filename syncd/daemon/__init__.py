"""`syncd run`: one process that keeps the ledger current, follows its config, and sends the weekly report.

loop      the one thread that decides; everything else sends it messages
turns     one thread for each account that is being read
schedule  when what is due (pure)
watching  files that tell us to act at once
notify    a few words to systemd
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from types import FrameType

from rules.engine import ruleset
from syncd.config import load
from syncd.config.effective import effective
from syncd.daemon import notify
from syncd.daemon.loop import Loop
from syncd.daemon.turns import Changed, Letter, Stop
from syncd.ledger import Ledger
from syncd.logs import configure_logging

log = logging.getLogger("syncd.daemon")


def _utc_now() -> datetime:
    return datetime.now(UTC)


def serve(file: Path, *, now: Callable[[], datetime] = _utc_now) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code. SIGHUP reads the config again.

    Raises:
        ConfigProblems, RuleProblems: they cannot be used at the start. Later on, bad ones leave the old in force.
        LedgerError: the ledger cannot be opened.
    """
    configure_logging()
    file = file.absolute()
    letters: SimpleQueue[Letter] = SimpleQueue()
    config = load(file)

    def on_signal(number: int, _frame: FrameType | None) -> None:
        # SimpleQueue.put is the one that may be called from within a signal handler.
        letters.put(Changed(file) if number == signal.SIGHUP else Stop(signal.Signals(number).name))

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, on_signal)
    while True:
        log.info("config in force, from %s:\n%s", file, effective(config))
        with Ledger.open(config.database) as ledger:
            loop = Loop(file, config, ruleset.load(config.rules), ledger, letters, now)
            stopped = loop.work()
        if stopped:
            notify.notify(STOPPING="1")
            return 0
        config = loop.config  # another database: open that one
