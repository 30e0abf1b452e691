"""Whatever a source calls its items, its places and itself: it is stored, found again, and nothing stops for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.connector import Unreachable
from connectors.observations import Address, Attendee, Event, Message
from syncd.forgetting import forget
from syncd.ledger import Ledger
from syncd.ledger.naming import LIMIT, escaped, original, plain, stored
from syncd.rows import quarantine_rows, status_rows, verdict_rows
from syncd.sync import sync
from syncd.verify import verify
from tests.ledger.conftest import Databases
from tests.sync.kept_engine import config
from tests.sync.outside import Account, Outside, calendar, mailbox, options

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOSTILE = ["\0", "a\0b", "\ud800", "a\udcffb", "%esc:a", "%cut:a", "%esc:a%0000;b", "%0000;", "%", "x" * 4_000]
texts = st.text(st.characters(codec=None) | st.sampled_from("\0\ud800\udfff%:;0"), max_size=12)
names = texts | st.sampled_from(HOSTILE)


@pytest.fixture
def ledger(databases: Databases) -> Iterator[Ledger]:
    """One for all examples of a test, on both; each example has an account of its own."""
    url = databases()
    with Ledger.open(url) as opened:
        yield opened


@given(names)
def test_a_name_is_given_back(name: str) -> None:
    text = stored(name)
    assert "\0" not in text
    assert len(text.encode()) <= 4 * (LIMIT + 1)
    assert original(text) == (name if len(escaped(name)) <= LIMIT else None)
    assert original(escaped(name)) == name
    assert "\0" not in plain(name).encode().decode()


@given(names, names)
def test_two_names_stay_two(one: str, other: str) -> None:
    assert (stored(one) == stored(other)) == (one == other)


def filled(natives: list[str], text: str) -> tuple[Outside, Outside]:
    mail, dates = mailbox(f"mail {text}"), calendar(f"calendar {text}")
    for native in natives:
        address = Address(f"a{text}@x.example", text)
        letter = Message(
            native, text, thread=text, date=NOW, subject=text, from_=address, to=(address,), headers={"list-id": text}
        )
        mail.put(f"m{native}", letter, text)
        guest = Attendee(f"a{text}@x.example", text)
        lunch = Event(native, native, text, text, NOW, NOW, zone=text, attendees=(guest,), links=(text,))
        dates.put(f"e{native}", lunch, text)
    return mail, dates


@given(st.lists(names, min_size=1, max_size=4, unique=True), texts)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_source_never_stops_for_a_name(ledger: Ledger, natives: list[str], text: str) -> None:
    sources = filled(natives, text)
    account = options(f"account {len(ledger.facts.sources())}")

    def run(now: datetime) -> list[tuple[int, int, int]]:
        result = sync(ledger, [account], now=now, open_connector=lambda _: Account(sources))
        assert result.ok, result
        return [(stats.stored, stats.removed, stats.quarantined) for stats in result.sources]

    assert run(NOW) == [(len(natives), 0, 0)] * 2
    for source in sources:
        source.expire()
    assert run(NOW + timedelta(hours=1)) == [(0, 0, 0)] * 2
    verdict = verify(ledger, [account], now=NOW, open_connector=lambda _: Account(sources))
    assert verdict.clean, verdict
    sources[0].delete(f"m{natives[0]}")
    sources[0].expire()
    shortened = original(stored(f"m{natives[0]}")) is None  # the price of such a name: nobody sees it go in a listing
    assert run(NOW + timedelta(hours=2)) == [(0, 0 if shortened else 1, 0), (0, 0, 0)]


def test_what_is_shown_of_a_name_can_be_printed(ledger: Ledger) -> None:
    mail, dates = filled(HOSTILE, "\ud800\0")
    mail.unreadable = {f"m{native}" for native in HOSTILE}
    connect = lambda _: Account([mail, dates])  # noqa: E731
    assert sync(ledger, [options()], now=NOW, open_connector=connect).ok
    rows = [*quarantine_rows(ledger), *status_rows(ledger, config())]
    mail.put("\ud800\0", mail.things["m\0"].observation)
    rows += verdict_rows(verify(ledger, [options()], now=NOW, open_connector=connect))
    assert len(rows) == len(HOSTILE) + 4
    assert "\0" not in str(rows)
    assert str(rows).encode()


def test_trouble_in_any_words_is_kept(ledger: Ledger) -> None:
    def hostile(_: int) -> None:
        raise Unreachable("it said \0 \ud800", where="\udcff", fix="\0")

    mail = mailbox()
    mail.fail = hostile
    assert not sync(ledger, [options()], now=NOW, open_connector=lambda _: Account([mail])).ok
    (source,) = ledger.facts.sources()
    assert source.trouble
    assert source.trouble.what == "\ufffd: it said  \ufffd"


def test_nobody_comes_back_under_a_name_with_a_nul_in_it(ledger: Ledger) -> None:
    mail = mailbox()
    anna = Address("an\0na@y.example", "Anna \ud800Berg")
    mail.put("1", Message("1", date=NOW, from_=anna, to=(Address("me@x.example"),)))
    forget(ledger, ["anna@y.example"], NOW)
    assert sync(ledger, [options()], now=NOW, open_connector=lambda _: Account([mail])).ok
    assert not list(ledger.facts.copies())


def test_a_place_that_is_named_twice_is_left_once_and_for_all(ledger: Ledger) -> None:
    mail = mailbox()
    mail.put("m", Message("m", date=NOW), "a", "a", "a\0")
    for now in (NOW, NOW + timedelta(hours=1)):
        assert sync(ledger, [options()], now=now, open_connector=lambda _: Account([mail])).ok
        mail.things.pop("m", None)
        mail.expire()
    (copy,) = ledger.facts.copies()
    assert [(placement.place, placement.until) for placement in copy.placements] == [("a", NOW + timedelta(hours=1))]
