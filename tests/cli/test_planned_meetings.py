"""The mail of Monday morning is as of Sunday, and knows what stands on Monday's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from syncd.assess import assess
from syncd.config import load
from syncd.interpret import interpret
from syncd.ledger import Ledger
from tests.cli.small_desk import ILSE, Desk

MORNING = datetime(2026, 3, 30, 5, tzinfo=UTC)  # a Monday with a lunch at noon
MONDAY = MORNING.date()


@pytest.mark.parametrize(
    ("as_of", "known"),
    [(MONDAY - timedelta(days=1), True), (MONDAY, True), (MONDAY - timedelta(days=8), False)],
)
def test_the_weekly_mail_knows_what_is_planned(desk: Desk, as_of: date, known: bool) -> None:
    assert desk.ask("sync").code == 0
    config = load(desk.config)
    with Ledger.open(config.database) as ledger:
        interpret(ledger, config, now=MORNING)
        found = assess(ledger, config, as_of, now=MORNING)
    plans = [one.local for one in found.planned if one.person == ILSE]
    assert (MONDAY in plans) is known
    if known:
        assert found.week is not None
        (ilse,) = [group for group in found.week.groups if group.id == ILSE]
        assert {one.local for one in found.history.planned if one.address in ilse.addresses} == set(plans)
