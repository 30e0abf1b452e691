"""What is too old, forgotten or private leaves nothing behind, whichever way it comes in again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from connectors.observations import Message
from syncd.ledger import Ledger, schema
from syncd.retention import Retention
from syncd.sync import sync
from tests.ledger.conftest import Databases
from tests.sync.outside import Account, Outside, calendar, mailbox, meeting, options

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEEK = Retention.of_days(None, 7)


def synced(ledger: Ledger, outside: Outside, now: datetime, retention: Retention | None = None) -> None:
    assert sync(ledger, [options()], now=now, open_connector=lambda _: Account([outside]), retention=retention).ok


def states(ledger: Ledger) -> list[str]:
    (source,) = ledger.facts.sources()
    return [holding.state for holding in ledger.facts.holdings(source.id)]


def test_a_private_event_that_is_too_old_is_not_written_down(databases: Databases) -> None:
    dates = calendar()
    dates.put("old", meeting("old", NOW - timedelta(days=9), NOW - timedelta(days=8), visibility="private"), "Work")
    with Ledger.open(databases()) as ledger:
        synced(ledger, dates, NOW, WEEK)
        assert states(ledger) == ["expired"]
        assert not list(ledger.facts.copies())


def test_a_message_flagged_when_it_is_too_old_leaves_no_trace_of_its_folder(databases: Databases) -> None:
    mail = mailbox()
    mail.put("m", Message("m", date=NOW), "Anna")
    with Ledger.open(databases()) as ledger:
        synced(ledger, mail, NOW)
        mail.move("m", "Anna")  # a flag was set
        synced(ledger, mail, NOW + timedelta(days=8), WEEK)
        assert states(ledger) == ["expired"]
        with ledger.read() as connection:
            assert not connection.execute(sa.select(schema.placements)).all()


def test_a_private_event_says_since_when_it_is_where_it_is(databases: Databases) -> None:
    dates = calendar()
    dates.put("e", meeting("e", NOW, NOW + timedelta(hours=1), visibility="private"), "Work")
    with Ledger.open(databases()) as ledger:
        synced(ledger, dates, NOW)
        later = NOW + timedelta(days=1)
        dates.put("e", meeting("e", later, later + timedelta(hours=1), visibility="private"), "Work")
        synced(ledger, dates, later)
        (copy,) = ledger.facts.copies()
        assert [revision.seen_at for revision in copy.revisions] == [later]


def test_what_left_the_window_while_private_things_were_shut_out_was_not_removed(databases: Databases) -> None:
    dates = calendar()
    dates.put("far", meeting("far", NOW + timedelta(days=90), NOW + timedelta(days=91)), "Work")
    dates.put("near", meeting("near", NOW, NOW + timedelta(hours=1)), "Work")

    def synced(now: datetime, *, private: bool) -> None:
        account = options(include_private=private)
        assert sync(ledger, [account], now=now, open_connector=lambda _: Account([dates])).ok

    with Ledger.open(databases()) as ledger:
        synced(NOW, private=True)
        dates.leave("far")
        synced(NOW + timedelta(hours=1), private=False)
        far = next(copy for copy in ledger.facts.copies() if copy.newest.id == "far")
        assert [placement.until for placement in far.placements] == [None]
