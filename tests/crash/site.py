"""Where killed jobs work: a folder with a SQLite ledger, or a folder and a database on PostgreSQL. Copied whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from syncd.ledger import Ledger, database

Rows = list[tuple[Any, ...]]

# How often the ledger was written, and what merely counts writes: an interrupted sync may write in more steps.
COUNTERS = {"step", "version", "facts_version", "forget_key"}
# A report that was sent at the second try bears the time of that; how often it was tried is no result.
TRIES, TRIED_LATER = "sending", {"reported", "flagged", "suggested"}


@dataclass(frozen=True)
class Site:
    """One state of everything. `server`: a PostgreSQL server's URL, None for SQLite."""

    folder: Path
    server: str | None = None

    def url(self, name: str = "ledger") -> str:
        if self.server is None:
            return f"sqlite:///{self.folder}/{name}.db"
        return f"{self.server}/{self.folder.name}_{name}"

    @property
    def outside(self) -> Path:
        """What other programs hold: mail that was sent, archives."""
        return self.folder / "outside"

    def copy_to(self, other: Site) -> None:
        shutil.rmtree(other.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.folder, other.folder)
        if self.server is not None:
            self._copy_database(self.url(), other.url())

    def _copy_database(self, old: str, new: str) -> None:
        old, new = old.rpartition("/")[2], new.rpartition("/")[2]
        plain = str(self.server).replace("+psycopg", "")
        with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (old,)).fetchone()
            if known is None:
                connection.execute(f'CREATE DATABASE "{old}"'.encode())
            # Whoever was killed may still be on its way out.
            connection.execute(f'DROP DATABASE IF EXISTS "{new}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{new}" TEMPLATE "{old}"'.encode())

    def content(self) -> dict[str, Any]:
        """Everything that was to be reached, in a form that can be compared: the ledgers' rows but counters and
        numbers, the journal's copies, the mail that went out, the names of the files."""
        names = [path.stem for path in self.folder.glob("*.db")] if self.server is None else ["ledger"]
        found: dict[str, Any] = {"mails": sorted({path.read_bytes() for path in self.outside.glob("*.eml")})}
        found["files"] = sorted(path.name for path in self.folder.iterdir() if path.is_file())
        for path in self.folder.glob("*.jsonl"):
            found[path.name] = sorted(_copied(path))
        for name in names:
            found[name] = tables(self.url(name))
        return found

    def traces(self, word: bytes) -> list[str]:
        """The files of syncd's that hold a word, wherever in them."""
        return sorted(path.name for path in self.folder.iterdir() if path.is_file() and word in path.read_bytes())


def tables(url: str) -> dict[str, Rows]:
    """Everything in a ledger but counters; rows that are known by numbers are known by their names instead."""
    with Ledger.open(url) as ledger:
        damage = ledger.facts.damage()
        assert not damage, damage
    engine = database.connect(database.parse(url))
    with engine.connect() as connection:
        named: dict[str, dict[Any, Any]] = {}
        names = sa.inspect(connection).get_table_names()
        found = {name: list(_rows(connection, name, named)) for name in sorted(names, key=_order)}
    engine.dispose()
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


# What a row is known by, where its number depends on how often somebody tried: a server gives none a second time.
_NAMES = {"owners": ("name",), "sources": ("account", "name")}


def _order(table: str) -> int:
    first = ("owners", "sources", "items")
    return first.index(table) if table in first else len(first)


def _rows(connection: sa.Connection, table: str, named: dict[str, dict[Any, Any]]) -> Iterator[tuple[Any, ...]]:
    for row in connection.execute(sa.text(f"SELECT * FROM {table}")).mappings():
        values = {name: value for name, value in row.items() if name not in COUNTERS}
        for column, of in (("owner_id", "owners"), ("source_id", "sources"), ("item_id", "items")):
            if column in values:
                values[column] = named[of][values[column]]
        if isinstance(number := values.get("id"), int):
            del values["id"]
            keys = _NAMES.get(table, ("source_id", "native_id"))
            named.setdefault(table, {})[number] = tuple(values.get(key) for key in keys)
        if table == "journal" and values["kind"] == TRIES:
            continue
        if table == "journal" and values["kind"] in TRIED_LATER:
            del values["at"]
        yield tuple(values.items())


def _copied(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        entry.pop("id", None)
        if entry.get("kind") == TRIES:
            continue
        if entry.get("kind") in TRIED_LATER:
            del entry["at"]
        yield json.dumps(entry, sort_keys=True)


Stage = Callable[[Site], None]
