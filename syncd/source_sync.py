"""One source, once: batch by batch, each batch with its cursor, and what to make of whatever goes wrong meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import OperationalError

from connectors.connector import Batch, Connector, ConnectorError, CursorExpired, Source, Throttled
from connectors.options import AccountOptions
from syncd import storing
from syncd.ledger import Ledger
from syncd.ledger.facts import PRIVATE, SourceBusy, SourceState, Trouble
from syncd.ledger.naming import spoken, stored
from syncd.ledger.writing import Entry, Step, Written

log = logging.getLogger(__name__)

# So many removals at once, and more than half of what the source held, need a second witness.
MANY = 20
BUSY = "SourceBusy"


class Progress(Protocol):
    """Told after every batch: the source as `account/source`, items looked at so far, how many there are if known."""

    def __call__(self, source: str, done: int, total: int | None) -> None: ...


@dataclass(slots=True)
class SourceStats:
    """One source in `syncd sync --stats json`. `listed` = `stored` + `unchanged` + `quarantined`, copies included.

    `fetched` counts what was read, `removed` what the source no longer holds; all count up while the sync runs.
    `trouble`: why it was not finished.
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


class SuddenlyEmpty(ConnectorError):
    """Most of a source seems gone, and a second look does not agree. Nothing of it was removed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What every source of one sync goes by: see `syncd.sync.sync`."""

    now: datetime
    parser: int
    accepted: frozenset[str]
    forgotten: storing.Filter | None
    aged: storing.Filter | None
    progress: Progress | None
    timer: Callable[[], float]


def trouble_of(error: ConnectorError, now: datetime, *names: str) -> Trouble:
    """The error as the ledger keeps it, without the place where that is one of `names`, under which it is shown."""
    retry_at = now + timedelta(seconds=error.retry_after) if isinstance(error, Throttled) else None
    what = error.what if error.where in {"", *names} else f"{error.where}: {error.what}"
    return Trouble(type(error).__name__, what, error.fix, now, retry_at)


@dataclass(slots=True)
class _Removals:
    """What this sync was told is gone."""

    believed: bool
    gone: int = 0
    again: frozenset[str] | None = field(default=None)  # the second listing, once it was needed


class SourceSync:
    """One source, once."""

    def __init__(
        self, ledger: Ledger, account: AccountOptions, connector: Connector, source: Source, settings: Settings
    ) -> None:
        self._ledger, self._account, self._connector, self._source = ledger, account, connector, source
        self._settings = settings
        self._name = stored(source.name)
        self._label = spoken(account.name, self._name)
        self._stats = SourceStats(account.name, self._name)
        self._step = 0  # how many batches the source has had

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
            trouble = trouble_of(error, now, self._account.name, self._label)
        except OperationalError as error:  # full disk, locked or lost database: nothing of this batch was written
            fix = "Make room on the disk, or end what holds the database, then sync again."
            trouble = Trouble("LedgerFailed", f"the ledger could not be written: {error.orig}.", fix, now)
        except Exception as error:
            log.exception("%s: a defect in syncd stopped this source; the others go on", self._label)
            trouble = Trouble("Defect", f"stopped by a defect: {error!r}", "Please report it with the log.", now)
        if trouble is not None and trouble.kind != BUSY:
            self._note(state, trouble)
        self._stats.seconds = round(self._settings.timer() - began, 3)
        self._stats.trouble = trouble
        return self._stats

    def _note(self, state: SourceState, trouble: Trouble) -> None:
        try:
            self._ledger.facts.trouble(state.id, trouble)
        except OperationalError as error:
            log.error("%s: %s (and the ledger could not note it: %s)", self._label, trouble.what, error.orig)  # noqa: TRY400

    def _bring_up(self, state: SourceState) -> None:
        left_out = self._left_out(state)
        cursor = None if left_out else state.cursor
        names = {self._account.name, self._name, f"{self._account.name}/{self._name}"}
        removals = _Removals(bool(names & self._settings.accepted))
        self._step = state.step
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
        for batch in self._connector.batches(self._source.name, cursor, known, self._settings.now):
            self._believe(batch.removed, state, removals)
            self._write(batch, state)
            missing.difference_update(item.native_id for item in batch.items)
            missing.difference_update(item.native_id for item in batch.quarantined)
            if self._settings.progress is not None:
                self._settings.progress(self._label, self._stats.listed, batch.total)
        if missing:  # the connector was not told of these, so it could not say whether they are gone or out of reach
            self._batches(state, None, frozenset(), removals)

    def _write(self, batch: Batch, state: SourceState) -> None:
        settings, private = self._settings, self._account.include_private
        entries: list[Entry] = [
            storing.entry(item, include_private=private, forgotten=settings.forgotten, aged=settings.aged)
            for item in batch.items
        ]
        entries.extend(storing.quarantined(item) for item in batch.quarantined)
        step = Step(
            source=state.id, step=self._step, now=settings.now, entries=entries,
            removed=tuple(map(stored, batch.removed)), ended=tuple(map(stored, batch.ended)),
            covered=batch.covered, cursor=batch.cursor, parser=settings.parser,
        )  # fmt: skip
        self._stats.add(batch, self._ledger.facts.write(step))
        self._step += 1

    def _believe(self, removed: Sequence[str], state: SourceState, removals: _Removals) -> None:
        """Stop before most of a source is taken for gone, unless a second listing says the same.

        Raises:
            SuddenlyEmpty: the second listing still has what the first did not.
        """
        removals.gone += len(removed)
        if removals.believed or not removed or removals.gone <= MANY:
            return
        held = self._ledger.facts.held_before(state.id, self._settings.now)
        if removals.gone * 2 <= held:
            return
        if removals.again is None:
            listing = self._connector.listing(self._source.name, self._settings.now)
            removals.again = frozenset(line.native_id for line in listing)
        still = removals.again.intersection(removed)
        if still:
            raise SuddenlyEmpty(
                f"{removals.gone} of {held} items seem to be gone, but a second listing still has "
                f"{len(still)} of them; nothing was removed.",
                where=self._label,
                fix=f"If they are meant to be gone: syncd sync --accept-removals '{self._label}'",
            )
