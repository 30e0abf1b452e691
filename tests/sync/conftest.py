"""The ledger's own databases; SQLite unless a test asks for both, which takes a second each."""

from collections.abc import Iterator

import pytest

from syncd.ledger import Ledger
from tests.ledger.conftest import Databases, databases, postgres, postgres_server, sqlite

__all__ = ["databases", "postgres", "postgres_server", "sqlite"]


@pytest.fixture
def ledger(sqlite: Databases) -> Iterator[Ledger]:
    with Ledger.open(sqlite()) as opened:
        yield opened
