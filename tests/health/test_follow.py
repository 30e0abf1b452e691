"""The fold: causal, replayed exactly, and saying what it should of planted people."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.health.assessment import Answer, Assessment, DriftSettings, History, Status
from rules.health.desk import Desk, Week, follow
from rules.health.facets import YEAR
from rules.health.sentences import SLIGHT, assess
from rules.health.suggestions import month
from rules.health.weeks import week_of
from rules.meaning import Channel, Coverage, Direction, Interaction, Merge, Person
from tests.health.desks import (
    ORDER,
    START,
    WARM,
    WORK,
    address,
    bill,
    contact,
    desk,
    history,
    person,
    persons,
    sunday_of,
    usual,
    whole,
)  # fmt: skip

WEEKS = 150
FIRST = week_of(START)


def last(told: History, week: int = WEEKS) -> dict[str, Assessment]:
    found = None
    for found in follow(told, sunday_of(week - 1)):  # noqa: B007
        pass
    assert found is not None
    return {one.person: one for one in found.assessments}


def test_nothing_is_yielded_for_nothing() -> None:
    assert list(follow(history([], []), date(2026, 1, 1))) == []


def test_weeks_come_in_order_and_only_complete_ones() -> None:
    told = history(persons(2), desk(2, 10))
    until = sunday_of(5) + timedelta(days=3)
    labels = [week.label for week in follow(told, until)]
    assert labels == ["2022-W01", "2022-W02", "2022-W03", "2022-W04", "2022-W05", "2022-W06"]


@pytest.fixture(scope="module")
def slid() -> dict[str, Assessment]:
    return last(history(persons(30), desk(30, WEEKS, fallen=4, seed=3)))


def test_who_is_not_met_any_more_while_work_goes_on_is_drifting(slid: dict[str, Assessment]) -> None:
    fallen = [slid[address(i)] for i in range(4)]
    assert [one.status for one in fallen] == [Status.DRIFTING] * 4
    assert all((one.probability or 0) > 0.85 for one in fallen)
    assert not [one for one in slid.values() if one.status is Status.DRIFTING and one not in fallen]


def test_the_start_is_dated(slid: dict[str, Assessment]) -> None:
    for i in range(4):
        since = slid[address(i)].since
        assert since is not None
        assert abs((since - (START + timedelta(weeks=90))).days) <= 14 * 7


def test_the_sentence_counts_and_speaks_of_work(slid: dict[str, Assessment]) -> None:
    evidence = slid[address(0)].evidence
    assert "Project work went on in" in evidence
    assert "personal contact in" in evidence
    assert "would have been usual" in evidence
    assert slid[address(0)].suggestion


def test_everybody_has_facets_and_a_figure(slid: dict[str, Assessment]) -> None:
    for one in slid.values():
        assert one.health is not None
        assert 0 <= one.health <= 100
        assert {"transactional", "personal", "richness", "begun_by_them", "continuity"} <= set(one.facets)
    healthy = np.mean([one.health for one in slid.values() if one.status is Status.HEALTHY])
    assert healthy > np.mean([slid[address(i)].health for i in range(4)]) + 20


def test_lunches_that_turn_into_bills_are_drifting_and_said_so() -> None:
    items = desk(30, WEEKS)
    who = "anna@slid.example"
    rng = random.Random(5)
    items += [contact(who, w, title="Lunch with Anna") for w in range(90) if rng.random() < 0.4]
    bills = [bill("slid.example", w) for w in range(85, WEEKS) if rng.random() < 0.5]
    found = last(history([*persons(30), person(who)], items, traffic=bills))[who]
    assert found.status is Status.DRIFTING
    assert "Orders and invoices went on" in found.evidence
    assert "You have met over lunch" in found.suggestion
    assert "last in September 2023" in found.suggestion


def test_without_the_bills_it_is_going_quiet() -> None:
    items = desk(30, WEEKS)
    who = "anna@slid.example"
    rng = random.Random(5)
    for w in range(80):
        if rng.random() < 0.5:
            items.append(contact(who, w))
        if rng.random() < 0.7:
            items.append(contact(who, w, Channel.EMAIL, WORK, day=1))
    found = last(history([*persons(30), person(who)], items))[who]
    assert found.status is Status.GOING_QUIET
    assert Status.DRIFTING not in found.also


def test_calls_that_turn_into_warm_mail_are_moved_down_and_not_drifting() -> None:
    items = desk(30, WEEKS)
    who = "joe@far.example"
    rng = random.Random(6)
    for w in range(WEEKS):
        if rng.random() < 0.5:
            items.append(contact(who, w, Channel.PHONE if w < 80 else Channel.EMAIL))
        if rng.random() < 0.5:
            items.append(contact(who, w, Channel.EMAIL, day=2))
    found = last(history([*persons(30), person(who)], items))[who]
    assert found.status is Status.MOVED_DOWN
    assert "mails went to and fro" in found.evidence


def test_never_personal_one_sided_and_too_little() -> None:
    items = desk(30, WEEKS)
    shop, eager, new = "orders@shop.example", "eager@firm.example", "new@firm.example"
    rng = random.Random(7)
    for w in range(WEEKS):
        if rng.random() < 0.6:
            items.append(contact(shop, w, Channel.EMAIL, ORDER))
        if rng.random() < 0.5:
            items.append(contact(eager, w, Channel.EMAIL, WARM, direction=Direction.IN, starts=True))
    items += [contact(new, WEEKS - 3), contact(new, WEEKS - 2)]
    found = last(history([*persons(30), person(shop), person(eager), person(new)], items))
    assert found[shop].status is Status.NEVER_PERSONAL
    assert "orders, invoices" in found[shop].evidence
    assert found[eager].status is Status.ONE_SIDED
    lately = sunday_of(WEEKS - 1) - 2 * YEAR
    begun = sum(one.person == eager and one.local > lately for one in items)
    assert found[eager].evidence == f"They began {begun} of your {begun} conversations since {month(lately)}."
    assert found[new].status is Status.TOO_LITTLE_HISTORY
    assert found[new].probability is None


def test_two_who_swap_roles() -> None:
    """The one becomes business, the other, with whom it had been business alone, a friend."""
    rng = random.Random(4)
    was, became = "was@house.example", "became@house.example"
    items = desk(30, WEEKS)
    for w in range(WEEKS):
        friend, other = (was, became) if w < 90 else (became, was)
        if rng.random() < 0.45:
            items.append(contact(friend, w))
        if rng.random() < 0.5:
            items.append(contact(other, w, Channel.EMAIL, WORK, day=2))
    weeks = list(follow(history([*persons(30), person(was), person(became)], items), sunday_of(WEEKS - 1)))
    assert weeks[-1].statuses[was][0] is Status.DRIFTING
    assert became not in drifting(weeks)


def test_of_whom_personal_contact_has_fallen_nothing_usual_is_said() -> None:
    """A friend with whom there never was any business, and from whom nothing comes any more."""
    friend = "friend@home.example"
    items = [*desk(30, WEEKS), *(contact(friend, w) for w in range(0, 100, 3))]
    found = last(history([*persons(30), person(friend)], items))
    assert found[friend].status is Status.GOING_QUIET
    assert found[friend].evidence.startswith("Until ")
    assert found[friend].facets["rhythm"].value < 0.5
    sooner = last(history([*persons(30), person(friend)], items), 108)[friend]
    assert sooner.status is Status.HEALTHY, "two quiet months are no silence"
    assert found[address(0)].status is Status.HEALTHY
    assert found[address(0)].evidence.endswith("the rhythm is as usual.")


def test_a_logged_call_is_contact_even_where_no_calendar_is_read() -> None:
    rng = random.Random(3)
    who = address(0)
    items = [one for one in desk(20, WEEKS) if one.channel is Channel.EMAIL]
    for i in range(20):
        weeks = [w for w in range(WEEKS) if rng.random() < 0.4 and (i or w < 90)]
        items += [contact(address(i), w, Channel.EMAIL, day=5) for w in weeks]
    logged = [contact(who, w, Channel.PHONE, day=6) for w in range(90, WEEKS, 3)]
    coverage = Coverage(mail=((START, date(2030, 1, 1)),))
    assert last(history(persons(20), items, coverage=coverage))[who].status is Status.DRIFTING
    assert last(history(persons(20), items + logged, coverage=coverage))[who].status is Status.HEALTHY


def test_a_mailbox_of_sent_mail_makes_nobody_one_sided() -> None:
    items = [
        contact(address(i), w, Channel.EMAIL, WORK, direction=Direction.OUT, starts=True)
        for i in range(12)
        for w in range(i % 2, 80, 2)
    ]
    assert Status.ONE_SIDED not in {one.status for one in last(history(persons(12), items), 80).values()}


def drifting(weeks: Iterable[Week]) -> set[str]:
    """Who was called drifting in any week."""
    return {name for week in weeks for name, (status, _, _) in week.statuses.items() if status is Status.DRIFTING}


def test_a_crisis_flags_nobody_and_is_told() -> None:
    items = [one for one in desk(40, WEEKS, seed=5) if not 120 <= week_of(one.local) - FIRST < 134]
    people = [person(address(i), key=i == 7) for i in range(40)]
    weeks = list(follow(history(people, items), sunday_of(WEEKS - 1)))
    assert not drifting(weeks)
    crisis = weeks[126].portfolio
    assert crisis.event is not None
    assert crisis.call_first[0] == address(7)
    assert weeks[100].portfolio.event is None


def test_whom_to_call_first_fell_quiet_in_the_crisis_itself() -> None:
    gone = address(5)
    items = [
        one for one in desk(40, WEEKS, seed=4)
        if not 120 <= week_of(one.local) - FIRST < 134 and (one.person != gone or week_of(one.local) - FIRST < 70)
    ]  # fmt: skip
    spoken = [contact(address(8), 125)]
    people = [person(address(i), key=i in (5, 7)) for i in range(40)]
    week = next(
        one for one in follow(history(people, items + spoken), sunday_of(126)) if one.sunday == sunday_of(126)
    )
    assert week.portfolio.event is not None
    assert week.portfolio.call_first[0] == address(7)
    assert {gone, address(8)}.isdisjoint(week.portfolio.call_first)


def test_whom_to_call_first_is_told_though_the_exported_calendar_ends_with_its_last_meeting() -> None:
    items = [one for one in desk(40, WEEKS, seed=5) if week_of(one.local) - FIRST < 120]
    items += [contact(address(i), w, Channel.EMAIL, day=3) for i in range(40) for w in range(i % 3, 120, 3)]
    coverage = Coverage(mail=((START, date(2030, 1, 1)),), calendar=((START, START + timedelta(weeks=120)),))
    told = history([person(address(i), key=i == 7) for i in range(40)], items, coverage=coverage)
    week = next(one for one in follow(told, sunday_of(126)) if one.sunday == sunday_of(126))
    assert week.stale
    assert week.portfolio.event is not None
    assert week.portfolio.call_first[0] == address(7)
    assert not week.portfolio.bench, "nobody can be judged, and so nobody is promised"


@pytest.mark.parametrize("seed", range(3))
def test_two_weeks_of_holidays_are_no_crisis(seed: int) -> None:
    items = [one for one in desk(30, 90, seed=seed) if (week_of(one.local) - FIRST) % 26 not in (24, 25)]
    weeks = list(follow(history(persons(30), items), sunday_of(89)))
    assert [week.label for week in weeks if week.portfolio.event] == []


def test_an_unseen_stretch_is_unknown_and_no_evidence() -> None:
    items = [one for one in desk(12, WEEKS) if week_of(one.local) - FIRST < 110]
    end = START + timedelta(weeks=110)
    told = history(persons(12), items, coverage=whole(START, end))
    weeks = list(follow(told, sunday_of(WEEKS - 1)))
    assert {status for status, _, _ in weeks[-1].statuses.values()} == {Status.UNKNOWN}
    assert "the calendar that was read ends on 11 February 2024" in weeks[-1].assessments[0].evidence
    assert Status.UNKNOWN not in {status for status, _, _ in weeks[109].statuses.values()}


def test_a_calendar_that_begins_late_is_no_reason_for_unknown() -> None:
    coverage = Coverage(
        mail=((START, date(2030, 1, 1)),), calendar=((START + timedelta(weeks=60), date(2030, 1, 1)),)
    )
    told = history(persons(5), desk(5, 40), coverage=coverage)
    assert Status.UNKNOWN not in {one.status for one in last(told, 40).values()}


def answered(word: str, week: int, until: date | None = None) -> History:
    answer = Answer(address(0), sunday_of(week), word, until)
    return history(persons(30), desk(30, WEEKS, fallen=1), answers=[answer])


def flagged_in(told: History, name: str) -> list[int]:
    weeks = follow(told, sunday_of(WEEKS - 1))
    return [week.number - FIRST for week in weeks if week.statuses.get(name, (None,))[0] is Status.DRIFTING]


def test_the_owner_has_the_last_word() -> None:
    plain = flagged_in(history(persons(30), desk(30, WEEKS, fallen=1)), address(0))
    first = plain[0]
    wrong = flagged_in(answered("wrong", first + 1), address(0))
    assert [week for week in wrong if week <= first] == [first]
    assert first + 1 not in wrong
    assert not [week for week in wrong if first + 1 <= week <= first + 20]
    ended = last(answered("ended", first + 1))[address(0)]
    assert ended.status is Status.ENDED
    snoozed = flagged_in(answered("snooze", first - 5, sunday_of(first + 8)), address(0))
    assert snoozed[0] == first + 9


def split(weeks: int, known: int) -> tuple[list[Person], list[Merge], list[Interaction]]:
    """Somebody who changes the address in week 60, which is known in week `known`."""
    old, new = "eva@old.example", "eva@new.example"
    rng = random.Random(9)
    mine = []
    for w in range(weeks):
        now = old if w < 60 else new
        if rng.random() < 0.4:
            mine.append(contact(now, w))
        if rng.random() < 0.5:
            mine.append(contact(now, w, Channel.EMAIL, WORK, day=1))
    return [person(old, new)], [Merge(sunday_of(known), old, new)], mine


def test_a_merge_replays_the_person_exactly() -> None:
    people, merges, mine = split(110, 75)
    told = history([*persons(15), *people], desk(15, 110) + mine, merges=merges)
    held = Desk(told, DriftSettings())
    for week in range(FIRST, FIRST + 110):
        held.take(week)
    row = next(i for i, group in enumerate(held.rows) if group.id == "eva@old.example")
    assert held.rows[row].addresses == ("eva@old.example", "eva@new.example")
    for i in (row, 0, 7):
        again = held.replay(held.rows[i], FIRST + 109)
        for ours, theirs in ((held.memory.drift, again.drift), (held.memory.ladder, again.ladder)):
            for name in ours.names():
                assert np.array_equal(ours[name][i], theirs[name][0]), name
        for name in again.verdicts.names():
            assert np.array_equal(held.memory.verdicts[name][i], again.verdicts[name][0]), name


def test_a_merged_address_change_is_no_flag() -> None:
    people, merges, mine = split(WEEKS, 70)
    told = history([*persons(25), *people], desk(25, WEEKS) + mine, merges=merges)
    assert last(told)["eva@old.example"].status is Status.HEALTHY
    assert "eva@new.example" not in last(told)


def cut(told: History, until: date) -> History:
    """What was known on a day."""
    end = until + timedelta(days=1)

    def spans(known: tuple[tuple[date, date], ...] | None) -> tuple[tuple[date, date], ...]:
        return tuple((first, min(last, end)) for first, last in known or () if first < end)

    return History(
        told.people,
        [merge for merge in told.merges if merge.on <= until],
        [one for one in told.interactions if one.local <= until],
        [one for one in told.traffic if one.local <= until],
        Coverage(spans(told.coverage.mail), spans(told.coverage.calendar)),
        [answer for answer in told.answers if answer.on <= until],
    )


@settings(max_examples=int(os.environ.get("SYNCD_SOAK", "0")) * 60 or 6, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    week=st.integers(5, 99),
    known=st.integers(60, 99),
    answer=st.sampled_from(["wrong", "right", "snooze", "ended"]),
)
def test_a_week_knows_nothing_of_what_came_later(seed: int, week: int, known: int, answer: str) -> None:
    people, merges, mine = split(100, known)
    bills = [bill("firm2.example", w) for w in range(0, 100, 3)]
    told = history(
        [*persons(6), *people],
        desk(6, 100, seed=seed, fallen=2, until=50) + mine,
        merges=merges,
        traffic=bills,
        answers=[Answer(address(1), sunday_of((known + 7) % 100), answer)],
    )
    until = sunday_of(week)
    then = next(week for week in list(follow(told, sunday_of(99))) if week.sunday == until)
    *_, only = follow(cut(told, until), until)
    assert {one.person: one for one in then.assessments} == {one.person: one for one in only.assessments}
    assert then.portfolio == only.portfolio


def test_a_wished_rhythm_counts_as_the_expectation() -> None:
    who = person(address(0), every_days=30)
    items = [
        one for one in usual(0, 60, random.Random(2)) if one.channel is Channel.EMAIL or one.local < sunday_of(40)
    ]
    found = last(history([who], items), 60)[who.id]
    assert found.status in (Status.WATCH, Status.DRIFTING)
    plain = last(history([person(address(0))], items), 52)[who.id]
    assert plain.status in (Status.HEALTHY, Status.WATCH)


def test_weeks_stay_as_they_were_said() -> None:
    told = history(persons(10), desk(10, 120, fallen=2, until=60))
    weeks = []
    early = []
    for week in follow(told, sunday_of(119)):
        weeks.append(week)
        early.append({name: status for name, (status, _, _) in week.statuses.items()})
    kept = [{one.person: one.status for one in week.assessments} for week in weeks[::30]]
    assert kept == early[::30]


def test_the_probability_is_that_of_the_status_beside_it(slid: dict[str, Assessment]) -> None:
    told = history(persons(30), [*desk(30, WEEKS), *desk(4, WEEKS, seed=9, fallen=4)][:-1])
    (*_, week) = follow(told, sunday_of(WEEKS - 1))
    for row, group in enumerate(week.groups):
        status = week.statuses[group.id][0]
        assert week.statuses[group.id][2] == week.sure(row, status) == week.assessments[row].probability
    for status in (Status.ENDED, Status.ONE_SIDED, Status.NEVER_PERSONAL, Status.UNKNOWN, Status.TOO_LITTLE_HISTORY):
        assert week.sure(0, status) is None
    assert all((one.probability or 0) > 0.85 for one in slid.values() if one.status is Status.DRIFTING)


def gone_quiet() -> dict[str, Assessment]:
    """Nothing from one person any more but the mail of their firm's machines."""
    items = [one for one in desk(30, WEEKS) if one.person != address(0) or week_of(one.local) - FIRST < 90]
    return last(history(persons(30), items, traffic=[bill("firm0.example", w) for w in (95, 104)]))


def test_going_quiet_is_as_sure_as_the_fall_and_says_that_automatic_mail_goes_on() -> None:
    found = gone_quiet()[address(0)]
    assert found.status is Status.GOING_QUIET
    assert (found.probability or 0) > 0.85
    assert " with them in " in found.evidence
    assert found.evidence.endswith("Automatic mail from their firm went on.")


def test_only_those_who_can_be_judged_could_be_called() -> None:
    new = "new@late.example"
    items = desk(12, WEEKS) + [contact(new, w) for w in range(WEEKS - 8, WEEKS)]
    answers = [Answer(address(3), sunday_of(WEEKS - 2), "ended")]
    told = history([*persons(12), person(new)], items, answers=answers)
    (*_, week) = follow(told, sunday_of(WEEKS - 1))
    assert len(week.portfolio.bench) >= 5
    assert {new, address(3)}.isdisjoint(week.portfolio.bench)


def test_a_watch_whose_words_show_no_loss_is_slight() -> None:
    checked = set()
    for week in follow(history(persons(30), desk(30, WEEKS, seed=5, fallen=6)), sunday_of(WEEKS - 1)):
        for row, group in enumerate(week.groups):
            if week.number - FIRST > 60 and week.statuses[group.id][0] is Status.WATCH:
                one = assess(week._desk, week, row)
                counted = re.search(r"since then in (none|\d+) of \d+, where about (\d+)", one.evidence)
                assert counted is not None
                found = 0 if counted[1] == "none" else int(counted[1])
                assert (found + 0.5 >= SLIGHT * (int(counted[2]) - 0.5)) or not one.slight
                assert (found - 0.5 <= SLIGHT * (int(counted[2]) + 0.5)) or one.slight
                checked.add(one.slight)
    assert False in checked


def told_by_mail(who: str, first: int, *, crowd: bool) -> list[Interaction]:
    """A mail of the owner every other week, to many or to one."""
    return [
        contact(who, week, Channel.EMAIL, WORK, direction=Direction.OUT, small=0.0 if crowd else 1.0, crowd=crowd)
        for week in range(first, WEEKS, 2)
    ]


def test_what_the_owner_writes_to_many_says_of_none_that_contact_goes_on() -> None:
    silent = (address(0), address(1))
    since = START + timedelta(weeks=90)
    others = [one for one in desk(30, WEEKS, seed=3) if one.address not in silent or one.local < since]

    def status(*, crowd: bool) -> set[Status]:
        mails = [mail for who in silent for mail in told_by_mail(who, 91, crowd=crowd)]
        judged = last(history(persons(30), [*others, *mails]))
        return {judged[who].status for who in silent}

    assert status(crowd=False) == {Status.DRIFTING}
    assert status(crowd=True) == {Status.GOING_QUIET}


def test_who_gets_nothing_but_round_mail_is_no_relationship_to_judge() -> None:
    mails = told_by_mail("m@club.example", 0, crowd=True)
    judged = last(history([*persons(30), person("m@club.example")], [*desk(30, WEEKS, seed=3), *mails]))
    assert judged["m@club.example"].status is Status.TOO_LITTLE_HISTORY
