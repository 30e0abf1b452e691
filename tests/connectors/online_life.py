"""A mailbox and a calendar at a provider that live on at random, and a ledger that follows them.

What one provider does otherwise (how it writes an entry, what its folders are) stands in the subclass beside its own
tests; `online_machine.py` has the rules by which such a life goes on.
"""

from __future__ import annotations

import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Protocol

from connectors.connector import Batch, Connector, Known, Listed, Source, Unreachable
from connectors.observations import Event, Message
from connectors.options import AccountOptions
from syncd.ledger import Ledger
from syncd.sync import SyncResult, sync
from syncd.verify import verify
from tests.fakes.clock import Clock
from tests.fakes.faults import FaultPlan
from tests.fakes.mailbox import Entry, Mailbox

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
OWNER = "mara@visser-advies.example"
WEEK = timedelta(weeks=1)


class Fake(Protocol):
    """What a fake server of either provider has."""

    clock: Clock
    mailbox: Mailbox
    faults: FaultPlan

    @property
    def log(self) -> Sequence[Any]: ...


class OnlineLife(ABC):
    """The world, the ledger, and what the ledger should hold. `checks` counts the times that they were equal.

    Attributes:
        PLACES: ids of six folders or labels that are there at first.
        CALENDAR: the calendar in which all entries stand.
        EXPIRABLE: what `expire` may be asked for.
        FAULTS: how many kinds of faults the fake knows.
        ARRIVALS: how many mails come on a day of a long life.
    """

    PLACES: ClassVar[Sequence[str]]
    CALENDAR: ClassVar[str] = OWNER
    EXPIRABLE: ClassVar[Sequence[str]]
    FAULTS: ClassVar[int]
    ARRIVALS: ClassVar[int] = 50

    def __init__(self, fake: Fake, accounts: list[AccountOptions]) -> None:
        self.box, self.accounts = fake.mailbox, accounts
        self._fake = fake
        self.folder = Path(tempfile.mkdtemp(prefix="syncd-online-"))
        self.ledger = Ledger.open(f"sqlite:///{self.folder}/ledger.db")
        self.count = self.checks = self.moves = 0
        self.kill_at: int | None = None

    def close(self) -> None:
        self.ledger.close()
        shutil.rmtree(self.folder)

    @property
    def faults(self) -> FaultPlan:
        """What goes wrong at the provider, from now on."""
        return self._fake.faults

    @faults.setter
    def faults(self, plan: FaultPlan) -> None:
        self._fake.faults = plan

    @property
    def requests(self) -> int:
        """How many reached the provider, as it counts them: each part of a batch as one."""
        return len(self._fake.log)

    # What differs from provider to provider

    @abstractmethod
    def open(self, options: AccountOptions) -> Connector:
        """A connector of the account, at the fake."""

    @abstractmethod
    def deliver(self, number: int, places: Sequence[str], hours_ago: int = 0) -> None:
        """A mail of the thread `number`; of the places, those that are there."""

    @abstractmethod
    def place(self, pick: int, places: Sequence[str]) -> None:
        """Label a mail otherwise, or move it."""

    @abstractmethod
    def change_place(self, pick: int, what: str) -> None:
        """A folder or label: `what` is rename, delete or make."""

    @abstractmethod
    def rename_calendar(self) -> None:
        """The owner calls the calendar something else."""

    @property
    @abstractmethod
    def calendar_title(self) -> str:
        """What it is called now."""

    @abstractmethod
    def write_entry(self, id_: str, start: datetime, times: int | None) -> None:
        """Add or change an entry of an hour, with a new title; `times`: every week, so often."""

    @abstractmethod
    def write_exception(self, series: Entry, original: datetime, start: datetime | None) -> None:
        """An occurrence of a series at another time (with a new title), or deleted."""

    @abstractmethod
    def originals(self, series: Entry) -> list[datetime]:
        """When the occurrences of a series were to be."""

    @abstractmethod
    def exceptions(self, series: str) -> Mapping[datetime, Entry]:
        """The written exceptions of a series, deleted ones too where they are kept, by their original time."""

    @abstractmethod
    def expire(self, what: str) -> None:
        """One of `EXPIRABLE`."""

    def forget_deleted(self) -> None:  # noqa: B027 - most have nothing to forget
        """The provider drops what it kept of deleted entries."""

    @abstractmethod
    def mails_to_hold(self) -> Mapping[str, tuple[str | None, Collection[str]]]:
        """What the ledger should hold: id -> subject and places."""

    @abstractmethod
    def events_to_hold(self) -> Iterator[tuple[str, tuple[str, datetime]]]:
        """What the ledger should hold: id, and title and start, worked out by hand."""

    @abstractmethod
    def no_text(self) -> None:
        """Asserts that no request could have brought a body or a preview."""

    # Mail

    def mail(self, pick: int) -> str | None:
        ids = sorted(self.box.mails)
        return ids[pick % len(ids)] if ids else None

    def flag(self, pick: int) -> None:
        if id_ := self.mail(pick):
            self.box.flag(id_, {"STARRED"} ^ self.box.mails[id_].flags)

    def delete(self, pick: int) -> None:
        if id_ := self.mail(pick):
            self.box.delete(id_)

    # Calendar: every entry begins at eight in the evening UTC, so that a day's syncs have one horizon

    def arrange(self, days: int, times: int = 0) -> None:
        """A new entry; with `times`, a series."""
        self.count += 1
        self.write_entry(f"{'s' if times else 'e'}{self.count:06}", self._evening(days), times or None)

    def _evening(self, days: int) -> datetime:
        day = self._fake.clock.now + timedelta(days=days)
        return day.replace(hour=20, minute=0, second=0, microsecond=0)

    def entry(self, pick: int, begins: str) -> Entry | None:
        """An entry or a series that is there, no exception."""
        there = (e for e in self.box.entries.values() if not e.deleted and _is_whole(e) and e.id[0] == begins)
        found = sorted(there, key=lambda e: e.id)
        return found[pick % len(found)] if found else None

    def edit(self, pick: int, days: int) -> None:
        if entry := self.entry(pick, "e"):
            self.write_entry(entry.id, self._evening(days), None)

    def unarrange(self, pick: int, begins: str) -> None:
        if entry := self.entry(pick, begins):
            self._delete_entry(entry.id)

    def change_occurrence(self, pick: int, which: int, days: int | None) -> None:
        """Move it, or delete it (`days` None)."""
        if entry := self.entry(pick, "s"):
            originals = self.originals(entry)
            original = originals[which % len(originals)]
            self.write_exception(entry, original, None if days is None else original + timedelta(days=days))

    def truncate(self, pick: int, times: int) -> None:
        """A series shall go on so often."""
        if entry := self.entry(pick, "s"):
            self.write_entry(entry.id, self.originals(entry)[0], times)
            left = set(self.originals(self.box.entries[self.CALENDAR, entry.id]))
            self._delete_exceptions(entry.id, self.exceptions(entry.id).keys() - left)

    def clear_up(self, mails: int, entries: int) -> None:
        """The owner keeps so many and no more; the oldest go."""
        for id_ in sorted(self.box.mails)[:-mails]:
            self.box.delete(id_)
        there = [entry.id for entry in self.box.entries.values() if not entry.deleted and _is_whole(entry)]
        for id_ in sorted(there, key=lambda id_: id_[1:])[:-entries]:
            self._delete_entry(id_)

    def _delete_entry(self, id_: str) -> None:
        self.box.delete_entry(self.CALENDAR, id_)
        self._delete_exceptions(id_, self.exceptions(id_))

    def _delete_exceptions(self, series: str, originals: Collection[datetime]) -> None:
        there = self.exceptions(series)
        for original in sorted(originals):
            if not there[original].deleted:
                self.box.delete_entry(self.CALENDAR, there[original].id)

    # Time and the ledger

    def pass_days(self, days: int) -> None:
        now = self._fake.clock.now
        then = (now + timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
        self._fake.clock.sleep((then - now).total_seconds())

    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = Ledger.open(f"sqlite:///{self.folder}/ledger.db")

    def move(self) -> None:
        """The same mailbox and calendar under accounts that the ledger has never seen: all begins anew."""
        self.moves += 1
        self.accounts = [
            account.model_copy(update={"name": f"{account.name.partition(' ')[0]} {self.moves}"})
            for account in self.accounts
        ]

    def connect(self, options: AccountOptions) -> Connector:
        """Every sync opens its own, as the service does."""
        return self.open(options) if self.kill_at is None else Killed(self.open(options), self.kill_at)

    def run(self) -> SyncResult:
        return sync(self.ledger, self.accounts, now=self._fake.clock.now, open_connector=self.connect)

    def faulty(self, seed: int, rate: float) -> None:
        """A sync on a bad day; it may end early, but writes nothing wrong."""
        self.faults = FaultPlan(seed=seed, rate=rate)
        result = self.run()
        self.faults = FaultPlan()
        assert not [stats for stats in result.failures if stats.trouble and stats.trouble.kind == "Defect"], result

    def killed(self, batch: int) -> None:
        self.kill_at = batch
        self.run()
        self.kill_at = None
        self.reopen()

    def synced(self) -> None:
        """After a sync on a good day the ledger equals the world; a second one finds nothing."""
        result = self.run()
        assert result.ok, result.failures
        self.equal()
        again = self.run()
        assert [(stats.stored, stats.removed) for stats in again.sources] == [(0, 0), (0, 0)]
        found = verify(self.ledger, self.accounts, now=self._fake.clock.now, open_connector=self.connect)
        assert found.clean, found
        self.no_text()

    def equal(self) -> None:
        """Nothing lost, nothing twice, everything where it is."""
        self.checks += 1
        mails: dict[str, Any] = {}
        events: dict[str, Any] = {}
        names = {account.name for account in self.accounts}
        for copy in self.ledger.facts.copies():
            places = {placement.place for placement in copy.placements if placement.until is None}
            if not places or copy.account not in names:
                continue
            newest = copy.newest
            if isinstance(newest, Message):
                assert newest.id not in mails, "nothing twice"
                mails[newest.id] = newest.subject, places
            else:
                assert isinstance(newest, Event)
                assert newest.id not in events, "nothing twice"
                assert places == {self.calendar_title}
                events[newest.id] = newest.title, newest.start
        assert mails == self.mails_to_hold()
        assert events == dict(self.events_to_hold())


class Killed:
    """A connector whose line breaks before the batch of this number is handed over."""

    def __init__(self, inner: Connector, at: int) -> None:
        self._inner, self._at = inner, at

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:
        for number, batch in enumerate(self._inner.batches(source, cursor, known, now)):
            if number == self._at:
                raise Unreachable("killed")
            yield batch

    def sources(self) -> Sequence[Source]:
        return self._inner.sources()

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:
        return self._inner.listing(source, now)

    def hosts(self) -> Sequence[str]:
        return self._inner.hosts()

    def close(self) -> None:
        self._inner.close()


def _is_whole(entry: Entry) -> bool:
    """An entry or a series; the ids of exceptions are longer."""
    return len(entry.id) == 7
