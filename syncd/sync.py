"""From the sources to the facts: every account, source by source, batch by batch, each batch with its cursor.

What goes wrong in one source is written down with what to do about it, and the rest goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from sqlalchemy.exc import OperationalError

from connectors import registry
from connectors.connector import (
    PARSER_VERSION,
    Batch,
    Connector,
    ConnectorError,
    CursorExpired,
    Source,
    Throttled,
)
from connectors.options import AccountOptions
from syncd import forgetting, storing
from syncd.ledger import Ledger
from syncd.ledger.facts import PRIVATE, SourceBusy, SourceState, Trouble
from syncd.ledger.writing import Entry, Step, Written
from syncd.retention import Retention

log = logging.getLogger(__name__)

# So many removals at once, and more than half of what the source held, need a second witness.
MANY = 20
BUSY = "SourceBusy"


class Progress(Protocol):
    """Told after every batch: the source as `account/source`, items looked at so far, how many there are if known."""

    def __call__(self, source: str, done: int, total: int | None) -> None: ...


@dataclass(frozen=True, slots=True)
class SourceStats:
    """One source in `syncd sync --stats json`. `listed` = `stored` + `unchanged` + `quarantined`, copies included.

    `fetched` counts what was read, `removed` what the source no longer holds. `trouble`: why it was not finished.
    """

    account: str
    source: str
    listed: int = 0
    fetched: int = 0
    stored: int = 0
    unchanged: int = 0
    removed: int = 0
    quarantined: int = 0
    requests: int = 0
    bytes: int = 0
    quota_units: int = 0
    seconds: float = 0.0
    trouble: Trouble | None = None

    def as_json(self) -> dict[str, str | int | float]:
        """The public line: every field but `trouble`."""
        names = [name for name in self.__dataclass_fields__ if name != "trouble"]
        return {name: getattr(self, name) for name in names}


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


class SuddenlyEmpty(ConnectorError):
    """Most of a source seems gone, and a second look does not agree. Nothing of it was removed."""


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
    settings = _Settings(now, parser, frozenset(accept_removals), forgotten, aged, progress, timer)
    results: list[SourceStats] = []
    for account in accounts:
        if only is None or account.name in only:
            results.extend(_sync_account(ledger, account, open_connector, settings))
    return SyncResult(tuple(results))


@dataclass(frozen=True, slots=True)
class _Settings:
    now: datetime
    parser: int
    accepted: frozenset[str]
    forgotten: storing.Filter | None
    aged: storing.Filter | None
    progress: Progress | None
    timer: Callable[[], float]


def _sync_account(
    ledger: Ledger,
    account: AccountOptions,
    open_connector: Callable[[AccountOptions], Connector],
    settings: _Settings,
) -> Iterable[SourceStats]:
    try:
        connector = open_connector(account)
    except ConnectorError as error:
        return _all_fail(ledger, account, _trouble(error, settings.now))
    try:
        try:
            sources = connector.sources()
        except ConnectorError as error:
            return _all_fail(ledger, account, _trouble(error, settings.now))
        return [_SourceSync(ledger, account, connector, source, settings).run() for source in sources]
    finally:
        connector.close()


def _all_fail(ledger: Ledger, account: AccountOptions, trouble: Trouble) -> list[SourceStats]:
    """The account does not even name its sources: every one that the ledger knows is in trouble."""
    known = [state for state in ledger.facts.sources() if state.account == account.name]
    for state in known:
        ledger.facts.trouble(state.id, trouble)
    names = [state.name for state in known] or [""]
    return [SourceStats(account.name, name, trouble=trouble) for name in names]


def _trouble(error: ConnectorError, now: datetime) -> Trouble:
    retry_at = now + timedelta(seconds=error.retry_after) if isinstance(error, Throttled) else None
    what = f"{error.where}: {error.what}" if error.where else error.what
    return Trouble(type(error).__name__, what, error.fix, now, retry_at)


@dataclass(slots=True)
class _Tally:
    """What a source's sync has done so far."""

    listed: int = 0
    fetched: int = 0
    stored: int = 0
    unchanged: int = 0
    removed: int = 0
    quarantined: int = 0
    requests: int = 0
    bytes: int = 0
    quota_units: int = 0

    def add(self, batch: Batch, written: Written) -> None:
        self.listed += batch.listed
        self.fetched += sum(item.observation is not None for item in batch.items) + len(batch.quarantined)
        self.stored += written.stored
        self.unchanged += batch.unchanged + written.unchanged
        self.removed += written.removed
        self.quarantined += written.quarantined
        self.requests += batch.cost.requests
        self.bytes += batch.cost.bytes
        self.quota_units += batch.cost.quota_units


@dataclass(slots=True)
class _Removals:
    """What this sync was told is gone, against what the source held when it began."""

    held: int
    believed: bool
    gone: int = 0
    again: frozenset[str] | None = field(default=None)  # the second listing, once it was needed


class _SourceSync:
    """One source, once."""

    def __init__(
        self, ledger: Ledger, account: AccountOptions, connector: Connector, source: Source, settings: _Settings
    ) -> None:
        self._ledger, self._account, self._connector, self._source = ledger, account, connector, source
        self._settings = settings
        self._label = f"{account.name}/{source.name}"
        self._tally = _Tally()

    def run(self) -> SourceStats:
        began = self._settings.timer()
        facts, now = self._ledger.facts, self._settings.now
        private = self._account.include_private
        state = facts.open_source(self._account.name, self._account.kind, self._source, now, include_private=private)
        trouble = None
        try:
            self._bring_up(state)
            facts.settle(state.id, now, include_private=private)
        except SourceBusy:  # no trouble of the source's: whoever holds it will write down how it went
            fix = "Wait for it, or stop it, then sync again."
            trouble = Trouble(BUSY, "another syncd is syncing this source.", fix, now)
        except ConnectorError as error:
            trouble = _trouble(error, now)
        except OperationalError as error:  # full disk, locked or lost database: nothing of this batch was written
            fix = "Make room on the disk, or end what holds the database, then sync again."
            trouble = Trouble("LedgerFailed", f"the ledger could not be written: {error.orig}.", fix, now)
        except Exception as error:
            log.exception("%s: a defect in syncd stopped this source; the others go on", self._label)
            trouble = Trouble("Defect", f"stopped by a defect: {error!r}", "Please report it with the log.", now)
        if trouble is not None and trouble.kind != BUSY:
            self._note(state, trouble)
        seconds = round(self._settings.timer() - began, 3)
        counted = {name: getattr(self._tally, name) for name in self._tally.__dataclass_fields__}
        return SourceStats(self._account.name, self._source.name, **counted, seconds=seconds, trouble=trouble)

    def _note(self, state: SourceState, trouble: Trouble) -> None:
        try:
            self._ledger.facts.trouble(state.id, trouble)
        except OperationalError as error:
            log.error("%s: %s (and the ledger could not note it: %s)", self._label, trouble.what, error.orig)  # noqa: TRY400

    def _bring_up(self, state: SourceState) -> None:
        left_out = self._left_out(state)
        cursor = None if left_out else state.cursor
        names = {self._account.name, self._source.name, self._label}
        removals = _Removals(len(self._ledger.facts.present(state.id)), bool(names & self._settings.accepted))
        try:
            self._batches(state, cursor, left_out, removals)
        except CursorExpired:
            if cursor is None:
                raise
            log.info("%s: the cursor expired; listing everything again and comparing", self._label)
            self._batches(state, None, left_out, removals)

    def _left_out(self, state: SourceState) -> frozenset[str]:
        """What has to be read again: what an older parser gave up on, and what the privacy setting changed."""
        facts = self._ledger.facts
        again = facts.unread(state.id, self._settings.parser)
        if state.include_private and not self._account.include_private:
            return again | facts.present(state.id)
        if self._account.include_private and not state.include_private:
            return again | facts.present(state.id, PRIVATE)
        return again

    def _batches(self, state: SourceState, cursor: str | None, left_out: frozenset[str], removals: _Removals) -> None:
        known = self._ledger.facts.known(state.id, left_out)
        missing = set(left_out)
        step = self._step(state)
        for batch in self._connector.batches(self._source.name, cursor, known, self._settings.now):
            self._believe(batch.removed, removals)
            self._write(batch, state, step)
            step += 1
            missing.difference_update(item.native_id for item in batch.items)
            missing.difference_update(item.native_id for item in batch.quarantined)
            if self._settings.progress is not None:
                self._settings.progress(self._label, self._tally.listed, batch.total)
        if missing:  # the connector was not told of these, so it could not say that they are gone
            gone = Batch(removed=tuple(sorted(missing)))
            self._believe(gone.removed, removals)
            self._write(gone, state, step)

    def _step(self, state: SourceState) -> int:
        """A sync that lists again goes on from the batches that it has already written."""
        return next(found.step for found in self._ledger.facts.sources() if found.id == state.id)

    def _write(self, batch: Batch, state: SourceState, step: int) -> None:
        settings, private = self._settings, self._account.include_private
        entries: list[Entry] = [
            storing.entry(item, include_private=private, forgotten=settings.forgotten, aged=settings.aged)
            for item in batch.items
        ]
        entries.extend(storing.quarantined(item) for item in batch.quarantined)
        written = self._ledger.facts.write(
            Step(
                source=state.id,
                step=step,
                now=self._settings.now,
                entries=entries,
                removed=batch.removed,
                ended=batch.ended,
                covered=batch.covered,
                cursor=batch.cursor,
                parser=self._settings.parser,
            )
        )
        self._tally.add(batch, written)

    def _believe(self, removed: Sequence[str], removals: _Removals) -> None:
        """Stop before most of a source is taken for gone, unless a second listing says the same.

        Raises:
            SuddenlyEmpty: the second listing still has what the first did not.
        """
        removals.gone += len(removed)
        if removals.believed or not removed or removals.gone <= MANY or removals.gone * 2 <= removals.held:
            return
        if removals.again is None:
            listing = self._connector.listing(self._source.name, self._settings.now)
            removals.again = frozenset(line.native_id for line in listing)
        still = removals.again.intersection(removed)
        if still:
            raise SuddenlyEmpty(
                f"{removals.gone} of {removals.held} items seem to be gone, but a second listing still has "
                f"{len(still)} of them; nothing was removed.",
                where=self._label,
                fix=f"If they are meant to be gone: syncd sync --accept-removals '{self._label}'",
            )
