"""Where ledgers lie that are made anew hundreds of times a minute: a file in memory, an engine that is kept.

What is kept from one ledger to the next are SQLAlchemy's compiled statements and an empty ledger to copy; every
ledger is opened, migrated where needed and closed by the product's own code.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

from sqlalchemy.engine import URL, Engine

from rules.engine import ruleset
from rules.engine.ruleset import RuleSet
from syncd.config import Config
from syncd.ledger import Ledger, database

MEMORY = Path("/dev/shm")


class Bench:
    """A folder with one ledger at a time, an empty one to begin with, and a backup."""

    def __init__(self, folder: Path, engines: Mapping[URL, Engine]) -> None:
        self.folder, self.engines = folder, engines
        self.ledger, self.empty, self.backup = folder / "ledger.db", folder / "empty.db", folder / "backup.db"
        with Ledger.open(f"sqlite:///{self.ledger}") as ledger:
            ledger.back_up(self.empty)

    def new(self) -> str:
        """The URL of an empty ledger."""
        for engine in self.engines.values():  # a test that failed has closed nothing
            engine.dispose()
        for left in self.folder.iterdir():
            if left != self.empty:
                left.unlink()
        shutil.copy(self.empty, self.ledger)
        return f"sqlite:///{self.ledger}"

    def restore(self) -> None:
        """Put the backup in the ledger's place; the journal's copy beside it stays."""
        for left in self.folder.glob("ledger.db*"):
            left.unlink()
        shutil.copy(self.backup, self.ledger)


@contextmanager
def benched() -> Iterator[Bench]:
    """A bench for as long as the block runs."""
    connect = database.connect
    engines: dict[URL, Engine] = {}

    def kept(url: URL) -> Engine:
        if url not in engines:
            engines[url] = connect(url)
        return engines[url]

    memory = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="syncd-machine-", dir=memory) as folder:
        with patch.object(database, "connect", kept):
            yield Bench(Path(folder), engines)
        for engine in engines.values():
            engine.dispose()


@cache
def rule_set() -> RuleSet:
    return ruleset.load()


@cache
def config(words: int | None = None, everything: int | None = None) -> Config:
    """The owner's, with retention in days."""
    retention = {"subjects_days": words, "everything_days": everything}
    owner = {"name": "Me", "addresses": ["me@x.example"]}
    return Config.model_validate({"owner": owner, "retention": retention})
