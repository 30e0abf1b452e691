"""Which days are covered: no more than was listed, no less, in the owner's zone; and what is stale says so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import Source, Span
from rules.meaning import Ending
from syncd.ledger import Ledger
from syncd.ledger.coverage import common, joined
from syncd.ledger.facts import SourceState, Trouble
from syncd.ledger.writing import Step

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)  # the day on which Amsterdam's clocks go forward
AMSTERDAM = "Europe/Amsterdam"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

moments = st.integers(0, 400).map(lambda hours: datetime(2026, 3, 20, tzinfo=UTC) + hours * HOUR)
spans = st.builds(Span, moments, moments)


def source(ledger: Ledger, name: str = "mail", observes: str = "message", *, live: bool = True) -> SourceState:
    offered = Source(name, observes, live)
    return ledger.facts.open_source("work", "maildir", offered, NOW, include_private=False)


def cover(ledger: Ledger, state: SourceState, *covered: Span, step: int = 0) -> None:
    ledger.facts.write(Step(state.id, step, NOW, covered=covered))


@given(st.lists(spans, max_size=8))
def test_joined_spans_hold_the_same_hours_apart_from_each_other(given_: list[Span]) -> None:
    def hours(some: list[Span]) -> set[datetime]:
        start = datetime(2026, 3, 20, tzinfo=UTC)
        every = [start + n * HOUR for n in range(401)]
        return {hour for hour in every for span in some if span.start <= hour < span.end}

    result = list(joined(given_))
    assert hours(result) == hours(given_)
    assert all(first.end < second.start for first, second in pairwise(result))


def test_spans_add_up_over_batches(ledger: Ledger) -> None:
    state = source(ledger)
    cover(ledger, state, Span(NOW - 10 * DAY, NOW - 5 * DAY))
    cover(ledger, state, Span(NOW - 4 * DAY, NOW), step=1)
    assert ledger.facts.spans() == {
        state.id: (Span(NOW - 10 * DAY, NOW - 5 * DAY), Span(NOW - 4 * DAY, NOW)),
    }
    cover(ledger, state, Span(NOW - 6 * DAY, NOW - 3 * DAY), step=2)
    assert ledger.facts.spans() == {state.id: (Span(NOW - 10 * DAY, NOW),)}


def test_a_live_source_has_not_listed_today_yet(ledger: Ledger) -> None:
    cover(ledger, source(ledger), Span(NOW - 2 * DAY, NOW))
    covered = ledger.facts.coverage(AMSTERDAM, NOW)
    assert covered.mail == ((date(2026, 3, 27), date(2026, 3, 29)),)
    assert covered.calendar is None
    assert covered.stale == ()


def test_a_file_covers_the_day_of_its_last_item_and_then_ends(ledger: Ledger) -> None:
    cover(ledger, source(ledger, live=False), Span(NOW - 30 * DAY, NOW - 10 * DAY))
    covered = ledger.facts.coverage(AMSTERDAM, NOW)
    assert covered.mail == ((date(2026, 2, 27), date(2026, 3, 20)),)
    assert covered.stale == (
        (
            "The mail export work ends on 19 March 2026: "
            "see that time with syncd report --as-of 2026-03-19, or export again"
        ),
    )


def test_midnight_is_the_owners(ledger: Ledger) -> None:
    midnight = datetime(2026, 3, 29, tzinfo=ZoneInfo(AMSTERDAM)).astimezone(UTC)
    cover(ledger, source(ledger), Span(midnight - DAY, midnight))
    assert ledger.facts.coverage(AMSTERDAM, NOW).mail == ((date(2026, 3, 28), date(2026, 3, 29)),)
    assert ledger.facts.coverage("America/New_York", NOW).mail == ((date(2026, 3, 27), date(2026, 3, 28)),)


def test_sources_of_one_kind_add_up_and_kinds_stay_apart(ledger: Ledger) -> None:
    cover(ledger, source(ledger, "old", live=False), Span(NOW - 300 * DAY, NOW - 100 * DAY))
    cover(ledger, source(ledger, "new"), Span(NOW - 101 * DAY, NOW))
    source(ledger, "calendar", "event")
    covered = ledger.facts.coverage("UTC", NOW)
    assert covered.mail == ((date(2025, 6, 2), date(2026, 3, 29)),)
    assert covered.calendar == ()
    assert covered.stale == ("The account work has not been listed completely yet",), (
        "an old export that another continues"
    )


def test_a_live_source_that_fails_leaves_the_time_uncovered(ledger: Ledger) -> None:
    """Whoever writes to that mailbox only must not look silent because another mailbox is well."""
    cover(ledger, source(ledger, "failing"), Span(NOW - 300 * DAY, NOW - 20 * DAY))
    cover(ledger, source(ledger, "well"), Span(NOW - 100 * DAY, NOW))
    cover(ledger, source(ledger, "export", live=False), Span(NOW - 400 * DAY, NOW - 15 * DAY))
    assert ledger.facts.coverage("UTC", NOW).mail == ((date(2025, 2, 22), date(2026, 3, 9)),)


def test_a_gap_in_a_live_source_is_a_gap(ledger: Ledger) -> None:
    cover(ledger, source(ledger, "torn"), Span(NOW - 90 * DAY, NOW - 60 * DAY), Span(NOW - 30 * DAY, NOW))
    cover(ledger, source(ledger, "whole"), Span(NOW - 100 * DAY, NOW))
    covered = ledger.facts.coverage("UTC", NOW).mail
    assert covered == ((date(2025, 12, 19), date(2026, 1, 28)), (date(2026, 2, 27), date(2026, 3, 29)))


@given(st.lists(st.tuples(st.booleans(), st.lists(spans, max_size=3)), max_size=4))
def test_a_day_is_covered_if_some_source_lists_it_and_no_live_one_has_stopped_before(
    sources: list[tuple[bool, list[Span]]],
) -> None:
    told = [(live, joined(some)) for live, some in sources]
    result = common(told)
    for hour in (datetime(2026, 3, 20, tzinfo=UTC) + n * HOUR for n in range(401)):
        listed = [any(span.start <= hour < span.end for span in some) for _, some in told]
        began = [live and bool(some) and some[0].start <= hour for live, some in told]
        wanted = any(listed) and all(one for one, must in zip(listed, began, strict=True) if must)
        assert any(span.start <= hour < span.end for span in result) == wanted


def test_trouble_is_told_with_the_day_since_when(ledger: Ledger) -> None:
    state = source(ledger)
    cover(ledger, state, Span(NOW - 30 * DAY, NOW - 5 * DAY))
    ledger.facts.settle(state.id, NOW - 5 * DAY, include_private=False)
    ledger.facts.trouble(state.id, Trouble("NeedsLogin", "the login has expired.", "syncd login work", NOW))
    (sentence,) = ledger.facts.coverage(AMSTERDAM, NOW).stale
    assert sentence == "The account work has not synced since 24 March 2026: the login has expired."


def test_an_account_that_left_the_config_covers_what_it_covered(ledger: Ledger) -> None:
    cover(ledger, source(ledger), Span(NOW - 9 * DAY, NOW - 2 * DAY))
    left = ledger.facts.coverage("UTC", NOW, ["home"])
    assert left.mail == ((date(2026, 3, 20), date(2026, 3, 27)),)
    assert left.stale == ("The account work is no longer in the config: what it showed ends on 27 March 2026",)


def test_an_account_ends_where_another_that_was_read_beside_it_goes_on(ledger: Ledger) -> None:
    def account(name: str, start: int, end: int, *, live: bool = True, observes: str = "message") -> None:
        state = ledger.facts.open_source(name, "maildir", Source("mail", observes, live), NOW, include_private=False)
        cover(ledger, state, Span(NOW - start * DAY, NOW - end * DAY))

    account("work", 300, 0)
    account("late", 300, 20)
    account("removed", 300, 40)
    account("export", 300, 90, live=False)
    account("before work", 900, 280, live=False)
    account("calendar", 300, 50, live=False, observes="event")
    names = ["work", "late", "export", "before work", "calendar"]
    assert ledger.facts.coverage("UTC", NOW, names).ended == (
        Ending("removed", "mail", date(2026, 2, 16)),
        Ending("export", "mail", date(2025, 12, 29)),
    ), "what is merely late goes on, and work took the place of what was before it"
    assert ledger.facts.coverage("UTC", NOW, ["export"]).ended[-1] == Ending("export", "mail", date(2025, 12, 29))
