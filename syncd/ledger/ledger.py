"""One owner's ledger: opened by URL, created or migrated where needed, with its three rooms."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from syncd.ledger import database, erasure, schema
from syncd.ledger.database import LedgerError
from syncd.ledger.facts import Facts
from syncd.ledger.journal import Journal
from syncd.ledger.meaning import Meaning

log = logging.getLogger(__name__)


class Ledger:
    """Facts, meaning and journal of one owner. Threads may share it; each transaction has its own connection."""

    def __init__(self, engine: Engine, owner: str, owner_id: int, path: Path | None) -> None:
        self.engine = engine
        self.owner = owner
        self.owner_id = owner_id
        self.path = path
        self.facts = Facts(self)
        self.meaning = Meaning(self)
        self.journal = Journal(self)
        try:
            self.journal.recover()
            erasure.finish(self)
        except (DBAPIError, OSError) as error:  # no room, for one: no reason to keep the owner out
            log.warning("traces of somebody forgotten are still to be cleaned; it is tried again: %s", error)

    @classmethod
    def open(cls, url: str, *, owner: str = "") -> Ledger:
        """The ledger at a database URL; a new database is created, an older one migrated.

        `owner` tells apart the people who share a database; one person's own ledger needs no name.

        Raises:
            LedgerError: it cannot be reached or written, is no ledger, or was written by a newer syncd.
        """
        parsed = database.parse(url)
        engine = database.connect(parsed)
        where = parsed.render_as_string(hide_password=True)
        try:
            _bring_up(engine, where)
            owner_id = _owner_id(engine, owner)
        except DBAPIError as error:
            engine.dispose()
            raise _explained(error, where) from error
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, owner, owner_id, database.file_of(parsed))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the ledger from its first to its last query."""
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
            with connection.begin():
                yield connection

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start. `durable`: on disk when it returns."""
        with writing(self.engine, durable=durable) as connection:
            yield connection

    def back_up(self, copy: Path) -> None:
        """A whole copy of a SQLite ledger as one file of mode 0600, taken while others read and write.

        Raises:
            LedgerError: the ledger is on a server (its own tools copy it), or the file exists or cannot be written.
        """
        if self.engine.dialect.name != "sqlite":
            raise LedgerError("a ledger on a server is copied by its own tools.", fix="Use pg_dump.")
        database.copy(self.engine, copy)

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def writing(engine: Engine, *, durable: bool = False) -> Iterator[Connection]:
    options = {database.WRITE: True, database.DURABLE: durable}
    with engine.connect() as plain, plain.execution_options(**options) as connection, connection.begin():
        yield connection


def _bring_up(engine: Engine, where: str) -> None:
    """Create or migrate, in one transaction, so that a kill leaves either the old schema or the new one."""
    with engine.connect() as connection:
        revision = _revision(connection)
    if revision == schema.HEAD:
        return
    if revision is not None and revision < schema.HEAD:
        _keep_older(engine)
    with writing(engine, durable=True) as connection:
        if engine.dialect.name == "postgresql":  # two processes that start at once must not both create
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7389253101)"))
        revision = _revision(connection)
        if revision == schema.HEAD:
            return
        if revision is None:
            if sa.inspect(connection).get_table_names():
                fix = "Name an empty or a new database in the config."
                raise LedgerError("this database holds other tables, but no ledger.", where=where, fix=fix)
            schema.create(connection)
        else:
            _migrate(connection, revision, where)


def _keep_older(engine: Engine) -> None:
    """A copy of a SQLite ledger as it was before a migration, for whoever has to go back to the older syncd."""
    path = database.file_of(engine.url)
    if path is not None:
        copy = path.with_name(f"{path.name}.before-{schema.HEAD}")
        copy.unlink(missing_ok=True)  # left by a migration that was killed
        database.copy(engine, copy)


def _migrate(connection: Connection, revision: str, where: str) -> None:
    from syncd.ledger import migrations  # Alembic takes half a second to import; most starts need none

    if revision not in migrations.revisions():
        fix = "Install the newer syncd again, or restore the backup that was made before its first start."
        raise LedgerError(f"a newer syncd wrote this ledger (schema {revision}).", where=where, fix=fix)
    schema.drop_views(connection)
    migrations.upgrade(connection)
    schema.create_views(connection)


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _owner_id(engine: Engine, owner: str) -> int:
    find = sa.select(schema.owners.c.id).where(schema.owners.c.name == owner)
    with engine.connect() as connection:
        found: int | None = connection.execute(find).scalar()
    if found is not None:
        return found
    with writing(engine, durable=True) as connection:
        found = connection.execute(find).scalar()
        if found is None:
            new = sa.insert(schema.owners).values(name=owner, forget_key=secrets.token_hex(32))
            found = int(connection.execute(new.returning(schema.owners.c.id)).scalar_one())
    return found


def _explained(error: DBAPIError, where: str) -> LedgerError:
    what = str(error.orig).strip().partition("\n")[0].rstrip(".")
    if "not a database" in what:
        fix = "Move the file away, or name another one under database in the config."
        return LedgerError("this file is not a ledger.", where=where, fix=fix)
    if isinstance(error, OperationalError):
        fix = "Check that the database runs, that its URL is right and that the disk has room."
        return LedgerError(f"the database does not answer: {what}.", where=where, fix=fix)
    fix = "Check the URL under database in the config."
    return LedgerError(f"the database refuses: {what}.", where=where, fix=fix)
