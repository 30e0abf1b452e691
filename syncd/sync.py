"""From the sources to the facts: every account, source by source.

What goes wrong in one source is written down with what to do about it, and the rest goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from connectors import registry
from connectors.connector import PARSER_VERSION, Connector, ConnectorError, Source
from connectors.options import AccountOptions
from syncd import forgetting
from syncd.ledger import Ledger
from syncd.ledger.facts import WITHDRAWN, Trouble
from syncd.ledger.naming import stored
from syncd.retention import Retention
from syncd.source_sync import Progress, Settings, SourceStats, SourceSync, trouble_of

__all__ = ["Progress", "SourceStats", "SyncResult", "sync"]


@dataclass(frozen=True, slots=True)
class SyncResult:
    """All sources that were synced; an account that could not even name its sources has one line, source ""."""

    sources: tuple[SourceStats, ...] = ()

    @property
    def failures(self) -> tuple[SourceStats, ...]:
        return tuple(stats for stats in self.sources if stats.trouble is not None)

    @property
    def ok(self) -> bool:
        return not self.failures

    def as_json(self) -> dict[str, list[dict[str, str | int | float]]]:
        """`{"sources": [...]}` of `syncd sync --stats json`."""
        return {"sources": [stats.as_json() for stats in self.sources if stats.source]}


def sync(  # noqa: PLR0913 # each is a question that only the caller can answer
    ledger: Ledger,
    accounts: Sequence[AccountOptions],
    *,
    now: datetime,
    open_connector: Callable[[AccountOptions], Connector] = registry.open_connector,
    progress: Progress | None = None,
    only: Collection[str] | None = None,
    accept_removals: Collection[str] = (),
    timer: Callable[[], float] = time.perf_counter,
    parser: int = PARSER_VERSION,
    retention: Retention | None = None,
) -> SyncResult:
    """Bring the facts of every account to the present.

    Args:
        ledger: where they are kept.
        accounts: from the config.
        now: the time that this sync happens at; it stands in the ledger as the time things were seen.
        open_connector: makes an account's connector.
        progress: told after every batch.
        only: names of the accounts to sync; None: all.
        accept_removals: sources (`account`, `source` or `account/source`) whose sudden emptiness is believed.
        timer: seconds, for the statistics.
        parser: what an older parser gave up on is read again.
        retention: what is older is not stored in the first place.
    """
    known = forgetting.forgotten(ledger)
    forgotten = known.without if known else None
    aged = partial(retention.aged, now=now) if retention else None
    settings = Settings(now, parser, frozenset(accept_removals), forgotten, aged, progress, timer)
    results: list[SourceStats] = []
    for account in accounts:
        if only is None or account.name in only:
            results.extend(_sync_account(ledger, account, open_connector, settings))
    return SyncResult(tuple(results))


def _sync_account(
    ledger: Ledger,
    account: AccountOptions,
    open_connector: Callable[[AccountOptions], Connector],
    settings: Settings,
) -> Iterable[SourceStats]:
    try:
        connector = open_connector(account)
    except ConnectorError as error:
        return _all_fail(ledger, account, trouble_of(error, settings.now, account.name))
    try:
        try:
            sources = connector.sources()
        except ConnectorError as error:
            return _all_fail(ledger, account, trouble_of(error, settings.now, account.name))
        _withdraw(ledger, account, sources, settings.now)
        return [SourceSync(ledger, account, connector, source, settings).run() for source in sources]
    finally:
        connector.close()


def _withdraw(ledger: Ledger, account: AccountOptions, offered: Iterable[Source], now: datetime) -> None:
    """Note which of its sources the account no longer offers. That is no failure, and removes nothing: a calendar may
    have been unsubscribed, a disk be away. A source that comes back is read on where it stood."""
    names = {stored(source.name) for source in offered}
    for state in ledger.facts.sources():
        if state.account == account.name and state.name not in names and not state.withdrawn:
            fix = "Bring it back, or delete what it showed: see syncd status"
            ledger.facts.trouble(state.id, Trouble(WITHDRAWN, "the account no longer offers it.", fix, now))


def _all_fail(ledger: Ledger, account: AccountOptions, trouble: Trouble) -> list[SourceStats]:
    """The account does not even name its sources: every one that the ledger knows is in trouble."""
    known = [state for state in ledger.facts.sources() if state.account == account.name]
    for state in known:
        ledger.facts.trouble(state.id, trouble)
    names = [state.name for state in known] or [""]
    return [SourceStats(account.name, name, trouble=trouble) for name in names]
