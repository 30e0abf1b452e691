"""Facets, the health figure and dates, by hand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.health.assessment import Facet
from rules.health.dating import fallen
from rules.health.detector import TRACED, Detector
from rules.health.exposure import Exposure, covered
from rules.health.facets import facets, share, window
from rules.health.figure import PARTS, health, parts
from rules.health.weeks import label, last_complete, monday, sunday, week_of
from rules.meaning import Channel, Coverage, Direction
from tests.health.desks import ORDER, START, WORK, bill, contact, sunday_of

WHO = "kim@here.example"


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=30),
    st.floats(0, 1),
)
def test_a_share_lies_in_its_interval_and_between_what_was_seen_and_what_was_usual(
    seen: list[tuple[float, float]], usual: float
) -> None:
    value, low, high = share(seen, usual)
    assert 0 <= low <= value <= high <= 1
    values = [v for w, v in seen if w > 0] + [usual]
    assert min(values) - 1e-9 <= value <= max(values) + 1e-9


def test_shrinking_by_hand() -> None:
    value, low, high = share([(1.0, 1.0)] * 6, 0.5)
    assert value == pytest.approx(8 / 10)
    spread = 1.64 * (0.16 / 11) ** 0.5
    assert low == pytest.approx(0.8 - spread)
    assert high == pytest.approx(0.8 + spread)


def test_richness_falls_from_lunches_to_mail() -> None:
    lunches = [contact(WHO, w) for w in range(0, 60, 2)]
    mails = [contact(WHO, w, Channel.EMAIL) for w in range(60, 100, 2)]
    found = facets(window(lunches + mails, (), sunday_of(99)))["richness"]
    assert found.past is not None
    assert found.value < 0.4
    assert found.past > 0.75
    assert found.trend == "falling"
    assert found.year_ago is not None
    assert found.year_ago > 0.8


def test_bills_of_the_firm_make_what_is_left_transactional() -> None:
    items = [contact(WHO, w, Channel.EMAIL, WORK) for w in range(20)]
    without = facets(window(items, (), sunday_of(40)))["transactional"].value
    bills = [bill("here.example", w) for w in range(20, 40)]
    assert facets(window(items, bills, sunday_of(40)))["transactional"].value > without + 0.4


def test_who_begins_who_answers_and_what_is_open() -> None:
    asked = [
        contact(WHO, w, Channel.EMAIL, WORK, direction=Direction.OUT, starts=True, thread=f"t{w}") for w in range(10)
    ]
    answers = [
        contact(WHO, w, Channel.EMAIL, WORK, day=1, direction=Direction.IN, thread=f"t{w}",
                answers=asked[w].id, answer_hours=20.0)
        for w in range(8)
    ]  # fmt: skip
    found = facets(window(asked + answers, (), sunday_of(10)))
    assert found["begun_by_them"].value < 0.3
    assert found["answered_by_them"].value > 0.7
    bill = [contact(WHO, w, Channel.EMAIL, ORDER, day=2, direction=Direction.OUT, starts=True) for w in range(9)]
    billed = facets(window([*asked, *answers, *bill], (), sunday_of(10)))
    assert billed["answered_by_them"] == found["answered_by_them"], "an invoice wants no answer"
    assert billed["begun_by_them"].value < found["begun_by_them"].value
    assert found["their_answer"].value == 20.0
    assert "your_answer" not in found
    assert found["open_with_them"].value == 2.0
    assert found["open_with_you"].value == 1.0
    orders = [contact(WHO, 9, Channel.EMAIL, ORDER, day=3, direction=Direction.IN, thread="o")]
    assert facets(window(orders, (), sunday_of(10)))["open_with_you"].value == 0.0


def test_time_spent_and_meetings_called_off() -> None:
    met = [contact(WHO, w) for w in range(10)]
    off = [contact(WHO, 20, cancelled_by=Direction.OUT)]
    found = facets(window([*met, *off], (), sunday_of(25)))
    assert found["hours_met"].value == pytest.approx(10.4, abs=0.1)
    assert found["meetings_kept"].value < 1


def test_the_health_figure_can_be_added_up_by_hand() -> None:
    values = {
        "rhythm": 0.9, "transactional": 0.25, "personal": 0.4, "richness": 0.6, "begun_by_them": 0.4,
        "continuity": 0.7,
    }  # fmt: skip
    found = {name: Facet(value, value, value) for name, value in values.items()}
    assert parts(found)["warmth"] == pytest.approx(0.85)
    assert parts(found)["balance"] == pytest.approx(0.8)
    assert sum(PARTS.values()) == 100
    assert health(found) == round(30 * 0.9 + 20 * 0.85 + 15 * 0.6 + 15 * 0.8 + 20 * 0.7)


def test_a_fall_is_dated_where_the_meetings_stop() -> None:
    ratio = np.ones(TRACED)
    level = np.ones(TRACED)
    week, stopped = 2000, 1930
    for w in range(week - TRACED + 1, week + 1):
        ratio[w % TRACED] = 60.0 if w < stopped and w % 3 == 0 else 0.0
    found = fallen(Detector(), ratio, level, week)
    assert abs(found.week - stopped) <= 3
    assert found.earliest <= found.week <= found.latest
    assert found.since_personal < 0.1
    assert found.usual == pytest.approx((week - stopped) * 0.28, rel=0.2)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)))
def test_weeks_are_iso_weeks(day: date) -> None:
    week = week_of(day)
    assert monday(week) <= day <= sunday(week)
    year, number, _ = day.isocalendar()
    assert label(week) == f"{year}-W{number:02d}"
    assert sunday(last_complete(day)) <= day < sunday(last_complete(day) + 1)


def test_exposure_counts_days_once_and_says_since_when_nothing_was_read() -> None:
    end = START + timedelta(days=10)
    spans = ((START, end), (START + timedelta(days=5), end))
    assert covered(spans, START, START + timedelta(days=70)) == 10
    exposure = Exposure(Coverage(mail=spans, calendar=None))
    first = week_of(START)
    assert exposure.week(first) == (0.0, 1.0)
    assert exposure.week(first + 1)[1] == pytest.approx(3 / 7)
    assert exposure.stale(first) is None
    assert exposure.stale(first + 1) is None
    assert exposure.stale(first + 2) == "the mail that was read ends on 12 January 2022"
