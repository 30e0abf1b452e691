"""What accounts have left in the ledger that are no longer in the config, or no longer offer a source: who has left
what, and how to be rid of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote

import sqlalchemy as sa

from syncd.config import Config
from syncd.ledger import Ledger, database, schema
from syncd.ledger.facts import SourceState
from syncd.ledger.writing import lock

IN_USE, WITHDRAWN, NOT_IN_CONFIG = "in_use", "withdrawn", "not_in_config"


def standing(state: SourceState, config: Config) -> str:
    """How a source stands to the config: `in_use`, `withdrawn` (its account no longer offers it) or
    `not_in_config` (its account is no longer there)."""
    if state.account not in {account.name for account in config.account}:
        return NOT_IN_CONFIG
    return WITHDRAWN if state.withdrawn else IN_USE


def notes(ledger: Ledger, config: Config) -> Iterator[str]:
    """What is kept and no longer read, in words, with the command that deletes it."""
    found = [(state, standing(state, config)) for state in ledger.facts.sources()]
    for account in dict.fromkeys(state.account for state, stands in found if stands == NOT_IN_CONFIG):
        yield (
            f"{account} is no longer in the config. What it showed is kept and counts up to its last sync. "
            f"Put it back, or delete it: syncd forget --account {quote(account)}"
        )
    for state in (state for state, stands in found if stands == WITHDRAWN):
        name = f"{state.account}/{state.name}"
        yield (
            f"{name} is no longer offered by its account. What it showed is kept and counts up to its last sync. "
            f"Bring it back, or delete it: syncd forget --account {quote(name)}"
        )


def chosen(ledger: Ledger, named: str) -> list[SourceState]:
    """The sources of an account (`work`), or the one that is meant (`work/Old calendar`)."""
    return [state for state in ledger.facts.sources() if named in {state.account, f"{state.account}/{state.name}"}]


def delete(ledger: Ledger, sources: Sequence[SourceState]) -> int:
    """Delete all that these sources ever showed; returns how many items that were. The journal stays: it is the
    owner's own word. What is still in the config would be read anew."""
    table, items, owners = schema.sources, schema.items, schema.owners
    numbers = [state.id for state in sources]
    with ledger.write(durable=True) as connection:
        counted = sa.select(sa.func.count()).select_from(items).where(items.c.source_id.in_(numbers))
        count = int(connection.execute(counted).scalar_one())
        version = lock(connection, ledger.owner_id) + 1
        connection.execute(sa.delete(table).where(table.c.owner_id == ledger.owner_id, table.c.id.in_(numbers)))
        connection.execute(sa.update(owners).where(owners.c.id == ledger.owner_id).values(facts_version=version))
    database.compact(ledger.engine, schema.metadata.tables)
    return count
