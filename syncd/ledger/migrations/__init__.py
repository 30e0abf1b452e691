"""Migrations of the ledger, run by Alembic from inside the package, on a connection that is already in a transaction.

A new one: add `versions/NNNN_what.py` with `revision`, `down_revision`, `upgrade`; set `schema.HEAD`; change
`schema.py` to match. `tests/ledger/test_migrations.py` proves the two equal on SQLite and PostgreSQL.
"""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return ScriptDirectory.from_config(config)


def revisions() -> list[str]:
    """All revisions, oldest first."""
    return [script.revision for script in _scripts().walk_revisions()][::-1]


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the tables (not the views) to a revision, within the connection's transaction."""
    scripts = _scripts()

    def steps(revision: tuple[str, ...], _context: MigrationContext) -> list[RevisionStep]:
        return list(scripts._upgrade_revs(to, revision))  # type: ignore[arg-type] # noqa: SLF001 # as alembic.command does

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=False)
        environment.run_migrations()
