"""A ledger to which all kinds of things happen while the outside lives on.

It is synced, interrupted, restarted, put back from a backup, given a newer parser, told to forget
somebody, to keep things for so long only, to take private things in or leave them out; accounts leave the config and
come back. Whatever happened: after a sync the ledger holds what the model says.
"""

from __future__ import annotations

import copy as copying
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from connectors.connector import Unreachable
from connectors.observations import Address, Message, Observation
from connectors.options import AccountOptions
from rules.occurrences.gathering import fold
from syncd.forgetting import forget
from syncd.ledger import Ledger, schema
from syncd.ledger.erasure import MEANING
from syncd.retention import Retention
from syncd.sync import SyncResult, sync
from syncd.upkeep import refresh
from syncd.verify import verify
from tests.sync.expected import Expected, History, Terms, counts
from tests.sync.kept_engine import Bench, config, rule_set
from tests.sync.living import PEOPLE, Living
from tests.sync.outside import Account, options

OFTEN = 3  # syncs between two of the dearest looks: verify, and a second sync that must find nothing
PERSON = st.sampled_from(PEOPLE)
days = st.none() | st.integers(1, 4)


class Machine(Living):
    """`bench` is where ledgers lie."""

    bench: Bench

    def __init__(self) -> None:
        super().__init__()
        self.url = self.bench.new()
        self.ledger = Ledger.open(self.url)
        self.configured = {"mail", "calendar"}
        self.syncs, self.patience = 0, 1
        self.parser, self.private = 1, False
        self.words: int | None = None
        self.everything: int | None = None
        self.forgotten: tuple[Address, ...] = ()
        self.said: list[str] = []
        self.backup: dict[str, Expected] | None = None

    @initialize(patience=st.sampled_from([1, 3, 10, 100]))
    def set_out(self, patience: int) -> None:
        """How many things happen between two syncs, unless a sync is among them."""
        self.patience = patience

    @invariant()
    def watched(self) -> None:
        if self.unseen >= self.patience:
            self.synced()

    def teardown(self) -> None:
        self.configured = {"mail", "calendar"}
        self.synced(thorough=True)
        self.same_meaning_when_rebuilt()
        self.ledger.close()

    @rule()
    def sync_all(self) -> None:
        self.step("sync")
        self.synced()

    @rule(batch=st.integers(0, 4), calendar=st.booleans(), restart=st.booleans())
    def interrupted_sync(self, batch: int, calendar: bool, restart: bool) -> None:
        self.step("interrupted sync")
        self.now += timedelta(hours=1)
        outside = self.dates if calendar else self.mail

        def cut(number: int) -> None:
            if number == batch:
                raise Unreachable("the line was cut")

        outside.fail = cut
        self.run()
        outside.fail = None
        if restart:
            self.reopen()
        self.synced(hours=0)

    @rule()
    def restart(self) -> None:
        self.step("restart")
        self.reopen()

    @rule()
    def newer_parser(self) -> None:
        """It reads what the older one could not."""
        self.step("newer parser")
        self.parser += 1
        self.mail.unreadable.clear()
        self.synced()

    @rule()
    def back_up_the_ledger(self) -> None:
        self.step("back up the ledger")
        self.bench.backup.unlink(missing_ok=True)
        self.ledger.back_up(self.bench.backup)
        self.backup = copying.deepcopy(self.expected)

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore_the_ledger(self) -> None:
        """Whoever was forgotten since stays forgotten, and what was said since is said."""
        self.step("restore the ledger")
        assert self.backup is not None
        self.ledger.close()
        self.bench.restore()
        self.ledger = Ledger.open(self.url)
        self.expected = copying.deepcopy(self.backup)
        for expected in self.expected.values():
            expected.forget(self.terms())
        self.synced()

    @rule(which=PERSON)
    def forget(self, which: Address) -> None:
        self.step("forget")
        assert which.address
        assert which.name
        forget(self.ledger, [which.address], self.now, names=[which.name])
        self.forgotten = tuple(dict.fromkeys((*self.forgotten, which)))
        self.said = [address for address in self.said if address != which.address]
        for expected in self.expected.values():
            expected.forget(self.terms())

    @rule(words=days, everything=days)
    def keep(self, words: int | None, everything: int | None) -> None:
        """Retention, in days."""
        self.step("keep for so long")
        self.words, self.everything = words, everything

    @rule(private=st.booleans())
    def include_private(self, private: bool) -> None:
        self.step("include private" if private else "leave out private")
        self.private = private

    @rule(account=st.sampled_from(["mail", "calendar"]))
    def configure(self, account: str) -> None:
        """An account is taken out of the config, or put back."""
        self.step("take an account out" if account in self.configured else "put an account back")
        self.configured ^= {account}

    @rule(who=PERSON)
    def say(self, who: Address) -> None:
        self.step("log a contact")
        assert who.address
        if who in self.forgotten:  # nobody knows them any more
            return
        self.ledger.journal.add("logged", who.address, self.now, channel="phone", on=str(date(2026, 3, 1)))
        self.said.append(who.address)

    @rule()
    def interpreted(self) -> None:
        self.step("interpret")
        self.understood()

    # What must hold

    def terms(self) -> Terms:
        words, everything = (None if one is None else timedelta(days=one) for one in (self.words, self.everything))
        return Terms(self.now, self.parser, self.private, self.forgotten, words, everything)

    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = Ledger.open(self.url)

    def accounts(self) -> list[AccountOptions]:
        return [options(name, include_private=self.private) for name in sorted(self.configured)]

    def connect(self, account: AccountOptions) -> Account:
        return Account([self.outsides[account.name]])

    def run(self) -> SyncResult:
        retention = Retention.of_days(self.words, self.everything)
        return sync(
            self.ledger, self.accounts(), now=self.now, open_connector=self.connect, parser=self.parser,
            retention=retention,
        )  # fmt: skip

    def synced(self, hours: int = 1, *, thorough: bool = False) -> None:
        self.now += timedelta(hours=hours)
        result = self.run()
        assert result.ok, result
        assert [stats.account for stats in result.sources] == sorted(self.configured)
        for stats in result.sources:
            assert stats.listed == stats.stored + stats.unchanged + stats.quarantined
        for name in self.configured:
            self.expected[name].sync(self.outsides[name], self.terms())
        self.holds_what_was_shown()
        self.syncs, self.unseen = self.syncs + 1, 0
        if thorough or self.syncs % OFTEN == 0:
            self.counts_what_the_table_says()
            assert verify(self.ledger, self.accounts(), now=self.now, open_connector=self.connect).clean
            again = self.run()
            assert all((stats.stored, stats.removed) == (0, 0) for stats in again.sources), again

    def holds_what_was_shown(self) -> None:
        held: dict[str, dict[str, Any]] = {"mail": {}, "calendar": {}}
        for copy in self.ledger.facts.copies():
            revisions = [(revision.seen_at, revision.observation) for revision in copy.revisions]
            placed = [(placement.place, placement.since, placement.until) for placement in copy.placements]
            held[copy.account][copy.newest.id] = revisions, placed
        states = {state.account: state.id for state in self.ledger.facts.sources()}
        spans = self.ledger.facts.spans()
        for account, expected in self.expected.items():
            wanted = {native: (known.revisions, known.placements) for native, known in expected.readable().items()}
            assert held[account] == wanted
            if account in states:
                holdings = self.ledger.facts.holdings(states[account])
                stood = {one.native_id: (one.etag, one.state, one.present) for one in holdings}
                assert stood == {native: _standing(known) for native, known in expected.items.items()}
                assert spans.get(states[account], ()) == expected.spans()
        assert [entry.subject for entry in self.ledger.journal.entries("logged")] == self.said
        assert self.remains() == 0

    def remains(self) -> int:
        """Rows that hang on items of which nothing may be left."""
        withheld = sa.select(schema.items.c.id).where(schema.items.c.state.in_(["forgotten", "expired"]))
        belongings = (schema.placements, schema.revisions, schema.kept_labels)
        counts = [sa.select(sa.func.count()).where(table.c.item_id.in_(withheld)) for table in belongings]
        with self.ledger.read() as connection:
            return sum(connection.execute(count).scalar_one() for count in counts)

    def counts_what_the_table_says(self) -> None:
        """One exchange or meeting for all its copies; it counts if any of them says so."""
        wanted: dict[str, bool] = {}
        for expected in self.expected.values():
            copies: dict[str, list[History]] = {}
            for known in expected.readable().values():
                copies.setdefault(_identity(known.revisions[-1][1]), []).append(known)
            for name, ones in copies.items():
                wanted[name] = wanted.get(name, False) or counts(ones)
        found = {_identity(one.observation): one.stands for one in fold(self.ledger.facts.copies())}
        assert found == wanted

    def understood(self) -> None:
        """What is too old goes, the rest is interpreted."""
        refresh(self.ledger, config(self.words, self.everything), rules=rule_set(), now=self.now)
        for expected in self.expected.values():
            expected.expire(self.terms())

    def same_meaning_when_rebuilt(self) -> None:
        self.understood()
        before = self.meaning()
        with self.ledger.write() as connection:
            for table in MEANING:
                connection.execute(sa.delete(table))
        self.understood()
        assert self.meaning() == before
        self.holds_what_was_shown()

    def meaning(self) -> dict[str, list[str]]:
        with self.ledger.read() as connection:
            tables = [table for table in MEANING if table.name != "interpretations"]
            return {table.name: sorted(map(repr, connection.execute(sa.select(table)))) for table in tables}


def _standing(known: History) -> tuple[str, str, bool]:
    return known.etag, known.state, known.present


def _identity(observation: Observation) -> str:
    if isinstance(observation, Message):
        return f"message {observation.message_id}"
    return f"event {observation.uid} {observation.original_start}"
