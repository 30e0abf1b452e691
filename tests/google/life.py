"""A mailbox and a calendar at the fake Google that live on at random, and a ledger that follows them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.connector import Batch, Connector, Known, Listed, Source, Unreachable
from connectors.google.calendar import GoogleCalendarConnector, horizon
from connectors.google.gmail import GmailConnector
from connectors.observations import Event, Message
from connectors.options import AccountOptions
from connectors.secrets import Forgetful
from syncd.ledger import Ledger
from syncd.sync import SyncResult, sync
from syncd.verify import verify
from tests.fakes.clock import Clock
from tests.fakes.faults import FaultPlan
from tests.fakes.google.calendar import FakeCalendar
from tests.fakes.google.gmail import headers_of
from tests.fakes.google.server import FakeGoogle
from tests.fakes.mailbox import Entry, Mail
from tests.google.door import calendar_options, gmail_options, patience, transports

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
OWNER = "mara@visser-advies.example"
SYSTEM = {"INBOX": "Inbox", "SENT": "Sent", "SPAM": "Spam", "TRASH": "Trash"}
WEEK = timedelta(weeks=1)
PAGE = 7  # entries on a page of the calendar


class Life:
    """The world, the ledger, and what the ledger should hold. `checks` counts the times that they were equal."""

    def __init__(self) -> None:
        self.fake = FakeGoogle(clock=Clock(START), labels={"Label_1": "Customers", "Label_2": "Later"})
        self.fake.calendar = self.calendar = FakeCalendar(self.fake.mailbox, page_size=PAGE)
        self.box = self.fake.mailbox
        self.accounts: list[AccountOptions] = [gmail_options(), calendar_options()]
        self.refresh = self.fake.grant()
        self.folder = Path(tempfile.mkdtemp(prefix="syncd-google-"))
        self.ledger = Ledger.open(f"sqlite:///{self.folder}/ledger.db")
        self.count = self.checks = 0
        self.kill_at: int | None = None
        self._made: dict[str, Connector] = {}

    def close(self) -> None:
        self.ledger.close()
        shutil.rmtree(self.folder)

    # Mail

    def deliver(self, thread: int, places: Sequence[str], hours_ago: int = 0) -> None:
        self.count += 1
        at = self.fake.clock.now - timedelta(hours=hours_ago)
        id_ = f"m{self.count:06}"
        headers = headers_of("Anna <anna@y.example>", OWNER, f"No {id_}", at, f"{id_}@y.example")
        self.box.deliver(Mail(id_, f"t{thread}", at, headers, frozenset(self._there(places))))

    def _there(self, places: Sequence[str]) -> list[str]:
        return [place for place in places if place in SYSTEM or place in self.fake.labels]

    def mail(self, pick: int) -> str | None:
        ids = sorted(self.box.mails)
        return ids[pick % len(ids)] if ids else None

    def rename_label(self, pick: int) -> None:
        if self.fake.labels:
            label = sorted(self.fake.labels)[pick % len(self.fake.labels)]
            self.count += 1
            self.fake.labels[label] = f"Renamed {self.count}"

    def delete_label(self, pick: int) -> None:
        """Nothing of it need stand in the history."""
        if self.fake.labels:
            label = sorted(self.fake.labels)[pick % len(self.fake.labels)]
            del self.fake.labels[label]
            for id_, mail in self.box.mails.items():
                self.box.mails[id_] = replace(mail, places=mail.places - {label})
            self.fake.gmail._order_key = None  # type: ignore[assignment]

    def make_label(self) -> None:
        self.count += 1
        self.fake.labels[f"Label_{self.count}"] = f"Own {self.count}"

    # Calendar

    def rename_calendar(self) -> None:
        self.count += 1
        self.calendar.calendars = (replace(self.calendar.calendars[0], summary=f"Calendar {self.count}"),)

    def arrange(self, days: int) -> None:
        self.count += 1
        self._write(f"e{self.count:06}", self._evening(days), {})

    def arrange_series(self, days: int, times: int) -> None:
        self.count += 1
        self._write(f"s{self.count:06}", self._evening(days), {"recurrence": [f"RRULE:FREQ=WEEKLY;COUNT={times}"]})

    def _evening(self, days: int) -> datetime:
        day = self.fake.clock.now + timedelta(days=days)
        return day.replace(hour=20, minute=0, second=0, microsecond=0)

    def _write(self, id_: str, start: datetime, more: dict[str, Any], uid: str | None = None) -> None:
        self.count += 1
        data = {
            "kind": "calendar#event", "id": id_, "status": "confirmed", "iCalUID": f"{uid or id_}@google.com",
            "summary": f"Title {self.count}", "start": when(start), "end": when(start + timedelta(hours=1)),
            "organizer": {"email": OWNER, "self": True}, "eventType": "default",
        }  # fmt: skip
        self.box.write(Entry(id_, OWNER, data | more))

    def entry(self, pick: int, begins: str) -> Entry | None:
        found = sorted(
            (e for e in self.box.entries.values() if not e.deleted and e.id.startswith(begins) and "_" not in e.id),
            key=lambda e: e.id,
        )
        return found[pick % len(found)] if found else None

    def edit(self, pick: int, days: int) -> None:
        if entry := self.entry(pick, "e"):
            self._write(entry.id, self._evening(days), {})

    def unarrange(self, pick: int, begins: str) -> None:
        if entry := self.entry(pick, begins):
            self._delete(entry.id)

    def _delete(self, id_: str) -> None:
        self.box.delete_entry(OWNER, id_)
        for exception in self._exceptions(id_).values():
            if not exception.deleted:
                self.box.delete_entry(OWNER, exception.id)

    def clear_up(self, mails: int, entries: int) -> None:
        """The owner keeps so many and no more; the oldest go."""
        for id_ in sorted(self.box.mails)[:-mails]:
            self.box.delete(id_)
        masters = [e.id for e in self.box.entries.values() if not e.deleted and "recurringEventId" not in e.data]
        for id_ in sorted(masters, key=lambda id_: id_[1:])[:-entries]:
            self._delete(id_)

    def change_occurrence(self, pick: int, which: int, days: int | None) -> None:
        """Move it, or delete it (`days` None)."""
        entry = self.entry(pick, "s")
        if entry is None:
            return
        originals = _originals(entry)
        original = originals[which % len(originals)]
        id_ = f"{entry.id}_{original:%Y%m%dT%H%M%SZ}"
        more = {"recurringEventId": entry.id, "originalStartTime": when(original)}
        self._write(id_, original + timedelta(days=days or 0), more, uid=entry.id)
        if days is None:
            self.box.delete_entry(OWNER, id_)

    def forget_deleted(self) -> None:
        """Google keeps deleted entries for a while, of a series for as long as it is there; no token lasts longer."""
        masters = {e.id for e in self.box.entries.values() if not e.deleted}
        for key, entry in list(self.box.entries.items()):
            if entry.deleted and entry.data.get("recurringEventId") not in masters:
                del self.box.entries[key]
        self.calendar._indexed = -1
        self.calendar.expire_tokens()

    def truncate(self, pick: int, times: int) -> None:
        entry = self.entry(pick, "s")
        if entry is None:
            return
        start = _moment(entry.data["start"])
        self._write(entry.id, start, {"recurrence": [f"RRULE:FREQ=WEEKLY;COUNT={times}"]})
        left = set(_originals(self.box.entries[OWNER, entry.id]))
        for original, exception in self._exceptions(entry.id).items():
            if original not in left and not exception.deleted:
                self.box.delete_entry(OWNER, exception.id)

    def _exceptions(self, master: str) -> dict[datetime, Entry]:
        return {
            _moment(e.data["originalStartTime"]): e
            for e in self.box.entries.values()
            if e.data.get("recurringEventId") == master
        }

    # Time and the ledger

    def pass_days(self, days: int) -> None:
        now = self.fake.clock.now
        then = (now + timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
        self.fake.clock.sleep((then - now).total_seconds())

    def reopen(self) -> None:
        self._made.clear()
        self.ledger.close()
        self.ledger = Ledger.open(f"sqlite:///{self.folder}/ledger.db")

    def connect(self, options: AccountOptions) -> Connector:
        if options.name in self._made and self.kill_at is None:
            return self._made[options.name]
        kind = GmailConnector if options.kind == "gmail" else GoogleCalendarConnector
        made: Any = kind
        connector: Connector = made(
            options, Forgetful(), transports=transports(self.fake, options, self.refresh),  # type: ignore[arg-type]
            patience=patience(self.fake),
        )  # fmt: skip
        if self.kill_at is not None:
            return Killed(connector, self.kill_at)
        self._made[options.name] = connector
        return connector

    def run(self) -> SyncResult:
        return sync(self.ledger, self.accounts, now=self.fake.clock.now, open_connector=self.connect)

    def faulty(self, seed: int, rate: float) -> None:
        """A sync on a bad day; it may end early, but writes nothing wrong."""
        self.fake.faults = FaultPlan(seed=seed, rate=rate)
        self.run()
        self.fake.faults = FaultPlan()

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
        found = verify(self.ledger, self.accounts, now=self.fake.clock.now, open_connector=self.connect)
        assert found.clean, found
        assert not self.fake.gmail.may_have_sent_body
        assert not self.fake.gmail.may_have_sent_snippet

    def equal(self) -> None:
        self.checks += 1
        mails: dict[str, Any] = {}
        events: dict[str, Any] = {}
        for copy in self.ledger.facts.copies():
            places = {placement.place for placement in copy.placements if placement.until is None}
            if not places:
                continue
            newest = copy.newest
            if isinstance(newest, Message):
                assert newest.id not in mails, "nothing twice"
                mails[newest.id] = newest.subject, places
            else:
                assert isinstance(newest, Event)
                assert newest.id not in events, "nothing twice"
                events[newest.id] = newest.title, newest.start
                assert places == {self.calendar.calendars[0].summary}
        assert mails == {id_: (mail.header("Subject"), self._places(mail)) for id_, mail in self.box.mails.items()}
        assert events == dict(self._occurrences())

    def _places(self, mail: Mail) -> set[str]:
        names = SYSTEM | self.fake.labels
        return {names[place] for place in mail.places if place in names} or {"Archive"}

    def _occurrences(self) -> Iterator[tuple[str, tuple[str, datetime]]]:
        """What a reader of the calendar sees before the horizon, worked out by hand."""
        until = horizon(self.fake.clock.now)
        for entry in self.box.entries.values():
            if entry.deleted or "recurringEventId" in entry.data:
                continue
            if "recurrence" not in entry.data:
                found = {"": entry}
            else:
                exceptions = self._exceptions(entry.id)
                found = {f"{at:%Y%m%dT%H%M%SZ}": exceptions.get(at, entry) for at in _originals(entry)}
            for stamp, part in found.items():
                start = _moment(part.data["start"])
                if part is entry and stamp:
                    start = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                if not part.deleted and start < until:
                    yield f"{entry.id}#{stamp}", (part.data["summary"], start)


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


def when(moment: datetime) -> dict[str, str]:
    return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "timeZone": "UTC"}


def _moment(written: dict[str, str]) -> datetime:
    return datetime.fromisoformat(written["dateTime"])


def _originals(entry: Entry) -> list[datetime]:
    times = int(entry.data["recurrence"][0].rpartition("=")[2])
    return [_moment(entry.data["start"]) + number * WEEK for number in range(times)]
