"""Migrated step by step or created at once: the same schema, and nothing else is ever opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from syncd.ledger import Ledger, LedgerError, database, migrations, schema
from syncd.ledger.erasure import older
from syncd.ledger.ledger import writing
from tests.ledger.conftest import Databases

PG_SCHEMA = """
    SELECT 'column', table_name, column_name, data_type, is_nullable, column_default
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'view', viewname, definition, '', '', '' FROM pg_views WHERE schemaname = 'public'
"""


def described(url: str) -> list[tuple[str, ...]]:
    """Everything that the database itself says of its tables, indexes and views."""
    engine = database.connect(database.parse(url))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = list(_sqlite_schema(connection))
        else:
            rows = [tuple(row) for row in connection.execute(sa.text(PG_SCHEMA))]
    engine.dispose()
    # Alembic writes that table by itself.
    return sorted(tuple(map(str, row)) for row in rows if "alembic_version" not in row)


def _sqlite_schema(connection: sa.Connection) -> Iterator[tuple[object, ...]]:
    for name, kind, _, without_rowid, strict in connection.execute(
        sa.text("SELECT name, type, ncol, wr, strict FROM pragma_table_list WHERE schema = 'main'")
    ):
        yield "table", name, kind, without_rowid, strict
        for pragma in ("table_xinfo", "foreign_key_list", "index_list"):
            # The first column counts; nothing is meant by the order in which a table names its parts.
            yield from (
                (pragma, name, *row[1:])
                for row in connection.execute(sa.text(f"SELECT * FROM pragma_{pragma}('{name}')"))
            )
    yield from map(
        tuple, connection.execute(sa.text("SELECT type, name, sql FROM sqlite_master WHERE type != 'table'"))
    )
    counted = "SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
    yield from (("autoincrement", name) for (name,) in connection.execute(sa.text(counted)))


def migrate(url: str, to: str = "head") -> None:
    engine = database.connect(database.parse(url))
    with writing(engine) as connection:
        migrations.upgrade(connection, to)
    engine.dispose()


def test_migrated_equals_created(databases: Databases) -> None:
    created, migrated = databases(), databases()
    Ledger.open(created).close()
    migrate(migrated)
    Ledger.open(migrated).close()
    engine = database.connect(database.parse(migrated))
    with writing(engine) as connection:
        schema.create_views(connection)
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    engine.dispose()
    assert described(migrated) == described(created)
    assert len(described(created)) > 30


def test_every_revision_opens_and_keeps_its_rows(databases: Databases) -> None:
    for revision in migrations.revisions():
        url = databases()
        migrate(url, revision)
        engine = database.connect(database.parse(url))
        with writing(engine) as connection:
            connection.execute(sa.text("INSERT INTO owners (name, forget_key) VALUES ('kept', 'key')"))
        engine.dispose()
        with Ledger.open(url, owner="kept") as ledger, ledger.read() as connection:
            names = connection.execute(sa.select(schema.owners.c.name)).scalars().all()
        assert names == ["kept"]


def test_an_older_ledger_is_kept_beside_the_migrated_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    migrate(f"sqlite:///{path}", "0001")
    Ledger.open(f"sqlite:///{path}").close()
    (copy,) = older(path)
    assert copy.name == f"ledger.db.before-{schema.HEAD}"
    assert copy.stat().st_mode & 0o777 == 0o600
    engine = database.connect(database.parse(f"sqlite:///{copy}"))
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "0001"
    engine.dispose()


def test_head_is_the_newest_migration() -> None:
    assert migrations.revisions()[-1] == schema.HEAD


def test_every_table_belongs_to_an_owner() -> None:
    without = {table.name for table in schema.metadata.tables.values() if "owner_id" not in table.c}
    assert without == {"owners"}


def test_opening_again_changes_nothing(databases: Databases) -> None:
    url = databases()
    with Ledger.open(url) as ledger:
        first = ledger.owner_id
    before = described(url)
    with Ledger.open(url) as ledger:
        assert ledger.owner_id == first
    assert described(url) == before


def test_newer_ledger_is_refused_untouched(databases: Databases) -> None:
    url = databases()
    Ledger.open(url).close()
    engine = database.connect(database.parse(url))
    with writing(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    before = described(url)
    with pytest.raises(LedgerError, match="a newer syncd wrote this ledger") as caught:
        Ledger.open(url)
    assert "backup" in caught.value.fix
    assert described(url) == before


def test_foreign_database_is_refused(databases: Databases) -> None:
    url = databases()
    engine = database.connect(database.parse(url))
    with writing(engine) as connection:
        connection.execute(sa.text("CREATE TABLE recipes (id INTEGER)"))
    engine.dispose()
    with pytest.raises(LedgerError, match="holds other tables"):
        Ledger.open(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger.open(f"sqlite:///{path}")


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot be opened") as caught:
        Ledger.open(f"sqlite:///{tmp_path}/file/ledger.db")
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "mysql://x", "postgresql+asyncpg://x/y", "oracle://x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(LedgerError):
        Ledger.open(url)


def test_a_server_that_does_not_answer_is_explained_without_the_password() -> None:
    with pytest.raises(LedgerError, match="does not answer") as caught:
        Ledger.open("postgresql+psycopg://me:hunter2@127.0.0.1:1/x")
    assert "hunter2" not in str(caught.value)
