"""When what is due: the weekly report around clock changes and downtimes, the turns of the accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.config import Config, parse
from syncd.daemon.schedule import LAST_RETRY, Turns, report_due, report_moment

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)  # a Wednesday


def config(zone: str = "Europe/Amsterdam", weekday: str = "monday", hour: int = 7) -> Config:
    text = f"""
        [owner]
        addresses = ["mara@visser.example"]
        timezone = "{zone}"
        [report]
        to = "mara@visser.example"
        smtp = "smtps://smtp.example.org"
        weekday = "{weekday}"
        hour = {hour}
    """
    return parse(text, Path("/nowhere/syncd.toml"))


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        ("2026-06-01T04:59:59Z", "2026-05-25T07:00:00+02:00"),
        ("2026-06-01T05:00:00Z", "2026-06-01T07:00:00+02:00"),
        ("2026-06-07T23:00:00Z", "2026-06-01T07:00:00+02:00"),
        ("2026-12-28T06:00:00Z", "2026-12-28T07:00:00+01:00"),
    ],
)
def test_the_last_moment_that_a_report_was_due(now: str, moment: str) -> None:
    assert report_moment(config(), datetime.fromisoformat(now)).isoformat() == moment


def test_an_hour_that_summer_time_skips_and_one_that_comes_twice() -> None:
    spring = config(weekday="sunday", hour=2)  # 2026-03-29: 02:00 does not exist in Amsterdam
    moment = report_moment(spring, datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert moment.astimezone(UTC) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    autumn = config(weekday="sunday", hour=2)  # 2026-10-25: 02:00 comes twice
    moment = report_moment(autumn, datetime(2026, 10, 25, 12, tzinfo=UTC))
    assert moment.astimezone(UTC) == datetime(2026, 10, 25, 0, tzinfo=UTC)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(["Europe/Amsterdam", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe", "UTC"]),
    st.sampled_from(["monday", "thursday", "sunday"]),
    st.integers(0, 23),
)
def test_a_moment_lies_within_the_last_week_or_so(at: datetime, zone: str, weekday: str, hour: int) -> None:
    now = at.replace(tzinfo=UTC)
    moment = report_moment(config(zone, weekday, hour), now)
    assert timedelta(0) <= now - moment < timedelta(days=7, hours=2)
    assert moment.astimezone(ZoneInfo(zone)).strftime("%A").lower() == weekday


def test_one_report_after_a_long_downtime_and_none_before_there_are_facts() -> None:
    monday = datetime(2026, 6, 1, 5, tzinfo=UTC)
    long_ago = NOON - timedelta(days=100)
    assert report_due(config(), NOON, long_ago, None) == monday
    assert report_due(config(), NOON, long_ago, monday - timedelta(days=28)) == monday
    assert report_due(config(), NOON, long_ago, monday) is None
    assert report_due(config(), NOON, long_ago, monday + timedelta(minutes=3)) is None
    assert report_due(config(), NOON, None, None) is None
    assert report_due(config(), NOON, monday + timedelta(hours=1), None) is None


def test_no_report_where_none_is_wanted() -> None:
    quiet = parse('[owner]\naddresses = ["mara@visser.example"]\n', Path("/nowhere/syncd.toml"))
    assert report_due(quiet, NOON, NOON - timedelta(days=100), None) is None


def test_turns_come_round() -> None:
    turns = Turns(timedelta(minutes=10))
    turns.expect(["work", "home"], NOON)
    assert turns.ready(NOON) == ["work", "home"]
    turns.begun("work", NOON)
    turns.begun("home", NOON + timedelta(minutes=1))
    assert turns.ready(NOON + timedelta(minutes=9)) == []
    assert turns.next_due() == NOON + timedelta(minutes=10)
    assert turns.ready(NOON + timedelta(minutes=11)) == ["work", "home"]


def test_a_change_hurries_and_never_delays() -> None:
    turns = Turns(timedelta(minutes=10))
    turns.expect(["work"], NOON)
    turns.begun("work", NOON)
    turns.hurry("work", NOON + timedelta(minutes=2))
    turns.hurry("work", NOON + timedelta(minutes=5))
    turns.hurry("nobody", NOON)
    assert turns.ready(NOON + timedelta(minutes=2)) == ["work"]


def test_failures_wait_longer_and_patience_that_was_asked_for_is_given() -> None:
    turns = Turns(timedelta(minutes=10))
    turns.expect(["work"], NOON)
    waits = []
    for _ in range(12):
        turns.begun("work", NOON)
        turns.ended("work", NOON, well=False)
        waits.append(turns.due["work"] - NOON)
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == LAST_RETRY
    turns.ended("work", NOON, well=False, retry_at=NOON + timedelta(days=1))
    assert turns.due["work"] == NOON + timedelta(days=1)
    turns.begun("work", NOON)
    turns.ended("work", NOON, well=True)
    assert turns.due["work"] == NOON + timedelta(minutes=10)
    turns.ended("gone", NOON, well=True)
    assert "gone" not in turns.due


def test_a_new_config_keeps_the_turns_of_those_who_stay() -> None:
    turns = Turns(timedelta(minutes=10))
    turns.expect(["work", "home"], NOON)
    turns.begun("work", NOON)
    turns.begun("home", NOON)
    turns.every = timedelta(minutes=2)
    turns.expect(["work", "new"], NOON + timedelta(minutes=1))
    assert turns.due == {"work": NOON + timedelta(minutes=3), "new": NOON + timedelta(minutes=1)}
    assert Turns(timedelta(minutes=1)).next_due() is None
