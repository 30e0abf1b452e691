"""A source that its account no longer offers: noted, kept, no failure, no drag on the others, read on when back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from syncd.ledger import Ledger
from syncd.sync import sync
from syncd.verify import verify
from tests.sync.outside import Account, Outside, calendar, meeting, options

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def synced(ledger: Ledger, now: datetime, *outsides: Outside) -> None:
    assert sync(ledger, [options()], now=now, open_connector=lambda _: Account(outsides)).ok


def two() -> tuple[Outside, Outside]:
    first, second = calendar("first"), calendar("second")
    for outside in (first, second):
        outside.put("e", meeting("e", NOW, NOW + timedelta(hours=1)), outside.source.name)
    return first, second


def test_it_is_kept_and_noted_and_comes_back(ledger: Ledger) -> None:
    first, second = two()
    synced(ledger, NOW, first, second)
    synced(ledger, NOW + timedelta(days=9), first)
    states = {state.name: state for state in ledger.facts.sources()}
    assert (states["first"].withdrawn, states["second"].withdrawn) == (False, True)
    assert len(list(ledger.facts.copies())) == 2
    synced(ledger, NOW + timedelta(days=10), first, second)
    assert not any(state.withdrawn for state in ledger.facts.sources())


def test_verify_says_what_it_is_and_finds_no_difference(ledger: Ledger) -> None:
    first, second = two()
    synced(ledger, NOW, first, second)
    verdict = verify(ledger, [options()], now=NOW, open_connector=lambda _: Account([first]))
    assert verdict.clean
    assert [(one.source, one.withdrawn, one.listed, one.held) for one in verdict.sources] == [
        ("first", False, 1, 1),
        ("second", True, 0, 1),
    ]


def test_the_others_go_on_being_covered(ledger: Ledger) -> None:
    first, second = two()
    synced(ledger, NOW, first, second)
    synced(ledger, NOW + timedelta(days=9), first)
    covered = ledger.facts.coverage("UTC", NOW + timedelta(days=9))
    assert covered.calendar == ((date(1990, 1, 1), date(2026, 3, 11)),)
    assert covered.stale == ()


def test_where_nothing_else_is_read_time_ends_with_it(ledger: Ledger) -> None:
    first, _ = two()
    synced(ledger, NOW, first)
    later = NOW + timedelta(days=9)
    left = ledger.facts.coverage("UTC", later, accounts=["another"])
    assert left.calendar == ((date(1990, 1, 1), date(2026, 3, 2)),)
    assert left.stale == ("The account work, first is no longer in the config: what it showed ends on 2 March 2026",)
    synced(ledger, later)
    withdrawn = ledger.facts.coverage("UTC", later)
    assert withdrawn.calendar == left.calendar
    assert withdrawn.stale == (
        "The account work, first is no longer offered by its account: what it showed ends on 2 March 2026",
    )
