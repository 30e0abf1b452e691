"""The connection to the database: SQLite (WAL, 0600) or PostgreSQL, and what may go wrong when it is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from connectors.connector import Actionable

BUSY_SECONDS = 120.0  # a first interpretation of a big mailbox writes for so long
WRITE = "syncd_write"  # execution options that `_begin` reads
DURABLE = "syncd_durable"
OUTSIDE = "syncd_outside"  # of any transaction


class LedgerError(Actionable):
    """The ledger cannot be used."""


def parse(url: str) -> URL:
    """The database URL, if it is one that the ledger speaks.

    Raises:
        LedgerError: it is no URL, or of a database that is neither SQLite nor PostgreSQL by psycopg.
    """
    fix = "Write sqlite:////path/to/ledger.db or postgresql+psycopg://user@host/name."
    try:
        parsed = sa.make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise LedgerError(f"not a database URL: {error}", where="database", fix=fix) from error
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise LedgerError(f"the ledger does not speak {parsed.drivername}", where="database", fix=fix)
    return parsed


def file_of(url: URL) -> Path | None:
    """The SQLite file, None for a database in memory or on a server."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def connect(url: URL) -> Engine:
    """An engine whose writing transactions take their lock at the start, and whose file only its owner may read."""
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    path = file_of(url)
    if path is None:
        engine = sa.create_engine(url, poolclass=sa.pool.StaticPool, connect_args={"check_same_thread": False})
    else:
        _create_private(path)
        engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", _begin)
    return engine


def copy(engine: Engine, to: Path) -> None:
    """Copy a SQLite database, as it is between two transactions, into a new file of mode 0600.

    Raises:
        LedgerError: the file exists already, or cannot be written.
    """
    if to.exists() and to.stat().st_size:
        raise LedgerError("exists already.", where=str(to), fix="Name another file.")
    _create_private(to)  # VACUUM INTO writes into an empty file, so it keeps this mode
    with engine.connect().execution_options(**{OUTSIDE: True}) as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(to),))


def compact(engine: Engine, tables: Iterable[str]) -> None:
    """Write the database anew, so that neither free pages nor SQLite's write-ahead log hold what was erased."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM FULL {', '.join(tables)}")
        return
    with engine.connect().execution_options(**{OUTSIDE: True}) as connection:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def checkpoint(engine: Engine) -> None:
    """Empty SQLite's write-ahead log into the file, whose freed pages are overwritten (`secure_delete`)."""
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(**{OUTSIDE: True}) as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _create_private(path: Path) -> None:
    """Make the file 0600 before SQLite does it under the umask; -wal and -shm inherit the mode of the file."""
    try:
        path.parent.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, stat.S_IRUSR | stat.S_IWUSR))
    except OSError as error:
        fix = "Make the folder writable for this user, or name another file under database in the config."
        raise LedgerError(f"cannot be opened: {error.strerror}.", where=str(path), fix=fix) from error


def _configure(connection: Any, _record: object) -> None:
    # SQLAlchemy's own BEGIN (see _begin) instead of the driver's: it covers reads and DDL too.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what `forget` erases must not stay in free pages
        "temp_store=MEMORY",
        "cache_size=-32000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(OUTSIDE):
        return
    if not options.get(WRITE):
        connection.exec_driver_sql("BEGIN")
        return
    # What the owner said must survive a power cut; a batch that is lost with its cursor is read again.
    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get(DURABLE) else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
