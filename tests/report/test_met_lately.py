"""Nobody is reminded of somebody met this week, and namesakes are told apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from rules.health.assessment import Change, Portfolio, Status
from rules.meaning import Channel
from syncd.report.model import Report
from syncd.report.text import text
from tests.report.weeks_made_up import AS_OF, BRAM, CLARA, ORDER, WEEK, assessment, contact, report


def named(found: Report) -> list[str]:
    return [card.known.person.id for card in found.cards]


@pytest.mark.parametrize(("days", "reminded"), [(0, False), (13, False), (14, True)])
def test_whom_one_has_just_met_waits(days: int, reminded: bool) -> None:
    met = contact(BRAM, AS_OF - timedelta(days=days), Channel.IN_PERSON)
    found = report([assessment(BRAM, Status.DRIFTING)], people=[BRAM], interactions=[met])
    assert (named(found) == [BRAM.id]) is reminded
    assert ([one.person.id for one in found.waiting] == [BRAM.id]) is not reminded
    assert ("you have just been in touch with those on the list" in found.summary) is not reminded


def test_an_order_or_a_meeting_to_come_does_not_count_as_met() -> None:
    business = contact(BRAM, AS_OF, purpose=ORDER)
    plan = structs.replace(contact(BRAM, AS_OF + timedelta(days=1), Channel.IN_PERSON), planned=True)
    found = report([assessment(BRAM, Status.GOING_QUIET)], people=[BRAM], interactions=[business, plan])
    assert named(found) == [BRAM.id]


def test_of_those_who_moved_to_mail_only_a_meeting_or_a_talk_counts() -> None:
    for channel, reminded in ((Channel.EMAIL, True), (Channel.PHONE, False)):
        found = report(
            [assessment(BRAM, Status.MOVED_DOWN)], people=[BRAM], interactions=[contact(BRAM, AS_OF, channel)]
        )
        assert (named(found) == [BRAM.id]) is reminded


def test_a_watch_that_is_shown_for_a_renewal_is_shown_all_the_same() -> None:
    near = replace(BRAM, renews=AS_OF + timedelta(weeks=4))
    watched = assessment(BRAM, Status.WATCH, renews=near.renews)
    found = report([watched], people=[near], interactions=[contact(BRAM, AS_OF, Channel.IN_PERSON)])
    assert named(found) == [BRAM.id]


def test_namesakes_are_told_apart_wherever_only_a_name_stands() -> None:
    other = replace(CLARA, id="bram@elsewhere.example", addresses=("bram@elsewhere.example",), name=BRAM.name)
    changes = [Change(WEEK, BRAM.id, Status.DRIFTING, (), 0.9)]
    found = report(
        [assessment(BRAM, Status.DRIFTING), assessment(other, Status.HEALTHY)],
        people=[BRAM, other], interactions=[], changes=changes,
        portfolio=Portfolio(WEEK, bench=(other.id,)),
    )  # fmt: skip
    assert f"With {BRAM.name} ({BRAM.organisation}), business goes on" in found.summary
    assert found.close == (f"You could call in a crisis: {BRAM.name} ({other.organisation}).",)
    assert f"\n{BRAM.name}, {BRAM.organisation}\n" in text(found), "a card names the firm already"


def test_a_name_that_one_alone_bears_stands_alone() -> None:
    found = report([assessment(BRAM, Status.DRIFTING)], people=[BRAM], interactions=[])
    assert f"With {BRAM.name}, business goes on" in found.summary
