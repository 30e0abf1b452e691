"""A source is called once what its account is called too, and no trouble names its account a second time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.connector import NeedsLogin
from syncd.ledger import Ledger
from syncd.ledger.naming import spoken
from syncd.rows import sync_troubles
from syncd.source_sync import trouble_of
from syncd.sync import sync
from tests.sync.outside import Account, mailbox, options

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("account", "source", "said"),
    [
        ("mail", "mail", "mail"),
        ("work", "mail", "work/mail"),
        ("work", "", "work"),
        ("work", "work/x", "work/work/x"),
    ],
)
def test_what_a_source_is_called(account: str, source: str, said: str) -> None:
    assert spoken(account, source) == said


@pytest.mark.parametrize(
    ("where", "kept"),
    [("work", "the login has expired."), ("/disk", "/disk: the login has expired."), ("", "the login has expired.")],
)
def test_where_is_kept_unless_it_is_the_account(where: str, kept: str) -> None:
    assert trouble_of(NeedsLogin("the login has expired.", where=where), NOW, "work", "work/mail").what == kept


def test_an_account_in_trouble_is_named_once(ledger: Ledger) -> None:
    account = options()
    error = NeedsLogin("the login has expired.", where=account.name, fix="Log in.")
    result = sync(ledger, [account], now=NOW, open_connector=lambda _: Account([], error))
    assert list(sync_troubles(result)) == [f"{account.name}: the login has expired. Log in."]
    assert sync(ledger, [account], now=NOW, open_connector=lambda _: Account([mailbox()])).ok
    result = sync(ledger, [account], now=NOW, open_connector=lambda _: Account([], error))
    (said,) = sync_troubles(result)
    assert said.count(account.name) == 1
    assert [state.trouble and state.trouble.what for state in ledger.facts.sources()] == ["the login has expired."]
