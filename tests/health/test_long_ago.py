"""What a sentence counts long after a change, or where the past is longer than the evidence that is kept."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from rules.health.assessment import Assessment, Status
from rules.health.desk import follow
from rules.meaning import Purpose
from tests.health.desks import START, WORK, address, contact, desk, history, persons, sunday_of

WEEKS = 250
_COUNTS = re.compile(r"in (\d+) of (\d+) weeks; since then in (none|\d+) of (\d+), where about (\d+)")


def seen(until: int, work: Purpose = WORK) -> tuple[Assessment, int]:
    """Somebody who is not met any more from a week on, long after; and in how many weeks they were met before."""
    items = [
        one if one.purpose != WORK else contact(one.address, (one.local - START).days // 7, one.channel, work, day=5)
        for one in desk(12, WEEKS, fallen=1, until=until, seed=4)
    ]
    told = history(persons(12), items)
    *_, found = follow(told, sunday_of(WEEKS - 1))
    who = next(one for one in found.assessments if one.person == address(0))
    met = {one.local.isocalendar()[:2] for one in items if one.person == address(0) and one.purpose.relational > 0.5}
    return who, len(met)


@pytest.mark.parametrize("until", [70, 90, 110, 180])
def test_all_that_was_usual_counts_however_long_ago_it_was(until: int) -> None:
    who, met = seen(until)
    assert who.status is Status.DRIFTING
    assert who.since is not None
    assert abs((who.since - START).days / 7 - until) <= 14
    counts = _COUNTS.search(who.evidence)
    assert counts is not None, who.evidence
    before, weeks, _, since, usual = (int(part) if part != "none" else 0 for part in counts.groups())
    assert abs(before - met) <= 3
    assert weeks + since == WEEKS
    assert START + timedelta(weeks=weeks) == who.since
    assert usual == pytest.approx(met / until * since, rel=0.3)


def test_a_change_inside_the_kept_evidence_is_dated_by_it() -> None:
    """Rarer contact long before it is no change, though the running count once took it for one."""
    items = [one for one in desk(12, WEEKS, seed=4) if one.person != address(0) or one.purpose == WORK]
    met = [*range(2, 20, 2), *range(40, 160, 8)]
    items += [contact(address(0), week) for week in met]
    *_, found = follow(history(persons(12), items), sunday_of(WEEKS - 1))
    who = next(one for one in found.assessments if one.person == address(0))
    assert who.status is Status.DRIFTING
    assert who.since is not None
    assert abs((who.since - START).days / 7 - 160) <= 26


@pytest.mark.parametrize(
    ("transactional", "said"), [(0.1, "Project work"), (0.5, "Work and orders"), (0.9, "Orders and invoices")]
)
def test_what_goes_on_is_named_after_one_kind_only_where_that_is_clear(transactional: float, said: str) -> None:
    who, _ = seen(180, Purpose(0.02, 0.98 - transactional, transactional))
    assert f"{said} went on in" in who.evidence
