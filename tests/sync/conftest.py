"""The same ledgers as the ledger's own tests."""

from tests.ledger.conftest import databases, ledger, postgres, postgres_server, sqlite

__all__ = ["databases", "ledger", "postgres", "postgres_server", "sqlite"]
