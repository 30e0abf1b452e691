"""Several at work in one ledger: accounts in threads, an interpreter, readers. Nobody waits for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from connectors.observations import Address, Message
from rules.engine import ruleset
from syncd.config import Config
from syncd.interpret import interpret
from syncd.ledger import Ledger
from syncd.sync import SyncResult, sync
from syncd.verify import verify
from tests.ledger.conftest import Databases
from tests.sync.outside import Account, Outside, mailbox, options

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAMES = ("work", "home", "club", "old")
PEOPLE = ("anna.berg", "ben.holt", "cleo.ruiz")


def filled(name: str) -> Outside:
    outside = mailbox()
    outside.size = 10
    for number in range(60):
        native, who = f"{name}{number:03}", Address(f"{PEOPLE[number % 3]}@y.example")
        letter = Message(native, native, date=NOW, subject=native, from_=who, to=(Address("me@x.example"),))
        outside.put(native, letter)
    return outside


def test_accounts_an_interpreter_and_readers_at_once(databases: Databases) -> None:
    outsides = {name: filled(name) for name in NAMES}
    config = Config.model_validate({"owner": {"name": "Me", "addresses": ["me@x.example"]}})
    rules = ruleset.load()
    with Ledger.open(databases()) as ledger:

        def read(name: str) -> SyncResult:
            return sync(ledger, [options(name)], now=NOW, open_connector=lambda _: Account([outsides[name]]))

        def meaning() -> int:
            interpret(ledger, config, rules=rules, now=NOW)
            return len(ledger.meaning.interactions())

        with ThreadPoolExecutor(8) as threads:
            syncs = [threads.submit(read, name) for name in NAMES]
            meanings = [threads.submit(meaning) for _ in range(2)]
            counts = [threads.submit(lambda: sum(1 for _ in ledger.facts.copies())) for _ in range(2)]
        assert all(one.result().ok for one in syncs)
        assert all(0 <= one.result() <= 240 for one in (*meanings, *counts))
        assert meaning() == 240
        accounts = [options(name) for name in NAMES]
        assert verify(ledger, accounts, now=NOW, open_connector=lambda one: Account([outsides[one.name]])).clean
        assert ledger.facts.version() == 24
        assert len(ledger.facts.changed(0)) == 240
