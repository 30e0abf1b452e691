"""One account's turn: a thread that reads it, and the letters that the threads send to the loop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue

from connectors.options import AccountOptions
from connectors.patience import Interrupted
from connectors.registry import Opener
from syncd.ledger import Ledger
from syncd.retention import Retention
from syncd.sync import SyncResult, sync

log = logging.getLogger("syncd.daemon")


@dataclass(frozen=True, slots=True)
class Changed:
    """A watched path changed."""

    path: Path


@dataclass(frozen=True, slots=True)
class Finished:
    """An account's turn is over; `result` None if it was broken off."""

    account: str
    result: SyncResult | None


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody wants us to end."""

    why: str


Letter = Changed | Finished | Stop


class BrokenOff(BaseException):
    """The turn shall end here. Not an Exception: it is nobody's failure, and no handler of failures may keep it."""


@dataclass
class Turn:
    """One account being read, since `began`. The ledger is whole after every batch, so it may end at any of them."""

    account: AccountOptions
    began: datetime
    opener: Opener
    retention: Retention | None = None
    ending: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    reported_hung: bool = False

    def start(self, ledger: Ledger, letters: SimpleQueue[Letter], now: Callable[[], datetime]) -> None:
        def read() -> None:
            result = None
            try:
                result = sync(
                    ledger,
                    [self.account],
                    now=now(),
                    open_connector=self.opener,
                    retention=self.retention,
                    progress=self._after_batch,
                )
            except (BrokenOff, Interrupted):
                pass
            except Exception:
                log.exception("%s: a defect in syncd ended this turn; there will be another", self.account.name)
            finally:
                letters.put(Finished(self.account.name, result))

        # A daemon thread: one that hangs in a dead server must not keep the process from ending.
        self.thread = threading.Thread(target=read, name=f"account {self.account.name}", daemon=True)
        self.thread.start()

    def end(self) -> None:
        """The process is to end: the batch under way is the last, and no server's pause is waited for."""
        self.ending.set()
        self.opener.stop()

    def _after_batch(self, source: str, done: int, total: int | None) -> None:
        del source, done, total
        if self.ending.is_set():
            raise BrokenOff
