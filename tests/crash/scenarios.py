"""What is killed: stages that each do one thing to the ledger at a path, from whatever state they find it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.observations import Address, Attendee, Message
from rules import ruleset
from syncd.config import Config
from syncd.forgetting import forget
from syncd.interpret import interpret
from syncd.ledger import Ledger, coverage, database, migrations, writing
from syncd.ledger import schema as tables
from syncd.ledger.facts import Facts
from syncd.ledger.ledger import writing as transaction
from syncd.ledger.writing import Step, Written
from syncd.sync import sync
from tests.sync.outside import Account, Outside, calendar, mailbox, meeting, options

Stage = Callable[[Path], None]

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ME, ANNA, BEN = Address("me@x.example"), Address("anna@y.example", "Anna Berg"), Address("ben@z.example", "Ben Holt")


def outsides(*, later: bool) -> tuple[Outside, Outside]:
    """A mailbox and a calendar; `later`: after a day on which everything happened that can happen."""
    mail, dates = mailbox(), calendar()
    mail.size = dates.size = 4
    for number in range(10):
        who = (ANNA, BEN)[number % 2]
        letter = Message(
            *(f"m{number}", f"m{number}@x.example"),
            date=NOW - timedelta(days=number),
            subject="Hello",
            from_=who,
            to=(ME,),
        )
        mail.put(f"m{number}", letter)
    mail.unreadable = {"m9"}
    for number in range(4):
        guests = tuple(Attendee(who.address, who.name, "accepted") for who in (ME, ANNA))
        start = NOW - timedelta(days=number)
        lunch = meeting(f"e{number}", start, start + timedelta(hours=1), title="Lunch", attendees=guests)
        dates.put(f"e{number}", lunch, "Work")
    if later:
        mail.delete("m0")
        mail.move("m1", "Archive")
        mail.put("m2", Message("m2", "m2@x.example", date=NOW, subject="Edited", from_=ANNA, to=(ME,)))
        mail.put("m11", Message("m11", "m11@x.example", date=NOW, subject="New", from_=BEN, to=(ME,)))
        mail.move("m3", "Private")
        mail.unreadable = {"m4"}
        mail.move("m4", "INBOX")
        dates.delete("e0")
    return mail, dates


def _sync(path: Path, *, later: bool, expired: bool = False) -> None:
    sources = outsides(later=later)
    if expired:
        for source in sources:
            source.expire()
    now = NOW + timedelta(days=later + expired)
    with Ledger.open(f"sqlite:///{path}") as ledger:
        result = sync(ledger, [options()], now=now, open_connector=lambda _: Account(sources))
    assert result.ok, result


def first_sync(path: Path) -> None:
    _sync(path, later=False)


def changes(path: Path) -> None:
    _sync(path, later=True)


def reconciliation(path: Path) -> None:
    _sync(path, later=True, expired=True)


def meaning(path: Path) -> None:
    config = Config.model_validate(
        {"database": f"sqlite:///{path}", "owner": {"name": "Me", "addresses": ["me@x.example"]}}
    )
    with Ledger.open(f"sqlite:///{path}") as ledger:
        interpret(ledger, config, rules=_RULES, now=NOW + timedelta(days=3))


def words(path: Path) -> None:
    """Said twice it counts twice, so whoever may be resumed asks first."""
    with Ledger.open(f"sqlite:///{path}") as ledger:
        if not ledger.journal.entries("answer", "anna@y.example"):
            ledger.journal.add("answer", "anna@y.example", NOW, word="right")


def erasure(path: Path) -> None:
    with Ledger.open(f"sqlite:///{path}") as ledger:
        forget(ledger, ["anna@y.example"], NOW + timedelta(days=4))


def migration(path: Path) -> None:
    """From nothing to the newest schema by the migrations, each as an upgrade would run it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = database.connect(database.parse(f"sqlite:///{path}"))
    with transaction(engine, durable=True) as connection:
        tables.drop_views(connection)
        migrations.upgrade(connection)
        tables.create_views(connection)
    engine.dispose()
    Ledger.open(f"sqlite:///{path}").close()


_RULES = ruleset.load()


def whole() -> Sequence[Stage]:
    return (first_sync, meaning, changes, meaning, words, reconciliation, erasure, meaning)


def migrated() -> Sequence[Stage]:
    return (migration,)


def cursor_first() -> Sequence[Stage]:
    """The mistake that this guards against: the cursor is on disk before what it stands for."""
    Facts.write = _cursor_first  # type: ignore[method-assign]
    return (first_sync, changes)


def _cursor_first(self: Facts, step: Step) -> Written:
    with self._ledger.write() as connection:
        sources = tables.sources
        connection.execute(
            sources.update().where(sources.c.id == step.source).values(cursor=step.cursor, step=step.step + 1)
        )
    with self._ledger.write() as connection:
        written = writing.write(connection, self._owner, step)
        coverage.extend(connection, self._owner, step.source, step.covered)
    return written


SCENARIOS: dict[str, Callable[[], Sequence[Stage]]] = {
    "whole": whole,
    "migrated": migrated,
    "cursor_first": cursor_first,
}
