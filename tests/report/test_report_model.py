"""What the report says: a pure function, honest where it knows little, and never a nag."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec import structs

from rules.health.assessment import Burst, Change, Facet, Portfolio, Status
from rules.health.holes import holes
from rules.meaning import Channel, Coverage, Evidence, Interaction, Merge, Traffic
from syncd.report import choice
from syncd.report.model import Report
from syncd.report.pictures import blocks, heights, months, strip
from syncd.report.render import html, json_text
from syncd.report.text import text
from tests.report.weeks_made_up import (
    AMELIE,
    AS_OF,
    BRAM,
    CHANGES,
    CLARA,
    COVERAGE,
    DESK,
    ILSE,
    JASPER,
    KATHARINA,
    MARTA,
    ME,
    MEASURES,
    ORDER,
    PEOPLE,
    ROSA,
    TOMAS,
    USUAL,
    WEEK,
    assessment,
    config,
    contact,
    entry,
    life,
    report,
)


def named(found: Report) -> list[str]:
    return [card.known.person.id for card in found.cards]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.6, 0.9, "Mostly orders and invoices"), (0.4, 0.8, "Mostly business since"), (0.1, 0.4, "Mostly work since")],
)
def test_a_headline_names_what_goes_on_only_where_that_is_clear(low: float, high: float, said: str) -> None:
    facets = {"transactional": Facet((low + high) / 2, low, high, counted=20)}
    found = report([replace(assessment(ILSE, Status.DRIFTING), facets=facets)], people=[ILSE])
    assert found.cards[0].known.person.id == ILSE.id
    assert said in text(found)


def test_the_same_arguments_give_the_same_report() -> None:
    assert report() == report()


def test_key_people_come_first_then_what_is_worst() -> None:
    assert named(report())[0] == ILSE.id
    assert [card.known.status for card in report().cards[1:]] == [
        Status.DRIFTING, Status.GOING_QUIET, Status.MOVED_DOWN, Status.ONE_SIDED,
    ]  # fmt: skip


def test_at_most_five_are_suggested_and_the_rest_is_only_named() -> None:
    crowd = [replace(BRAM, id=f"p{n}@x.example", addresses=(f"p{n}@x.example",), name=f"P {n}") for n in range(16)]
    found = report([assessment(one, Status.DRIFTING) for one in crowd], people=crowd)
    assert len(found.cards) == choice.AT_MOST == 5
    assert (len(found.waiting), found.more_waiting) == (8, 3)


def test_no_kind_of_matter_crowds_out_the_others() -> None:
    crowd = [replace(BRAM, id=f"p{n}@x.example", addresses=(f"p{n}@x.example",), name=f"P {n}") for n in range(6)]
    told = [
        *(assessment(one, Status.DRIFTING, probability=0.9 + n / 100) for n, one in enumerate(crowd)),
        *USUAL[2:4],
    ]
    found = report([*told, assessment(ILSE, Status.WATCH)], people=[*crowd, ILSE, JASPER, CLARA])
    assert named(found) == [ILSE.id, crowd[5].id, CLARA.id, JASPER.id, crowd[4].id]


def test_what_has_no_beginning_names_none() -> None:
    said = {one.person.id: one.began for one in report().people}
    assert said[KATHARINA.id] == " since March 2026"
    assert said[JASPER.id] == " in March 2026"
    assert said[MARTA.id] == ""


def test_who_was_suggested_lately_rests_unless_the_matter_changed() -> None:
    said = [
        entry("suggested", KATHARINA.id, AS_OF - timedelta(days=7), week="2026-W46", status="drifting"),
        entry("suggested", CLARA.id, AS_OF - timedelta(days=7), week="2026-W46", status="drifting"),
        entry("suggested", JASPER.id, AS_OF - timedelta(days=35), week="2026-W42", status="moved_down"),
    ]
    found = report(journal=said)
    assert KATHARINA.id not in named(found)
    assert [one.person.id for one in found.waiting] == [KATHARINA.id]
    assert {CLARA.id, JASPER.id} <= set(named(found))


def test_key_people_are_suggested_again_sooner() -> None:
    for days, shown in ((7, False), (14, True)):
        said = [entry("suggested", ILSE.id, AS_OF - timedelta(days=days), week="2026-W40", status="drifting")]
        assert (ILSE.id in named(report(journal=said))) is shown


def test_a_snooze_hides_until_its_day_and_says_so() -> None:
    until = (AS_OF + timedelta(days=1)).isoformat()
    found = report(journal=[entry("answer", ILSE.id, AS_OF - timedelta(days=3), word="snooze", until=until)])
    assert ILSE.id not in named(found)
    assert "1 person not shown because you asked for it." in found.left_out
    over = report(
        journal=[entry("answer", ILSE.id, AS_OF - timedelta(days=9), word="snooze", until=AS_OF.isoformat())]
    )
    assert ILSE.id in named(over)


@pytest.mark.parametrize("word", ["wrong", "ended"])
def test_a_flag_called_wrong_is_not_shown_again_until_a_new_one_begins(word: str) -> None:
    said = [entry("answer", ILSE.id, date(2026, 6, 1), word=word)]
    assert ILSE.id not in named(report(journal=said))
    later = [assessment(ILSE, Status.DRIFTING, since=date(2026, 10, 5))]
    assert ILSE.id in named(report(later, journal=said))


def test_the_last_word_counts() -> None:
    said = [
        entry("answer", ILSE.id, AS_OF - timedelta(days=20), word="wrong"),
        entry("answer", ILSE.id, AS_OF - timedelta(days=19), word="right"),
    ]
    found = report(journal=said)
    assert ILSE.id not in named(found)
    assert ILSE.id in [one.person.id for one in found.waiting], "right: known, so no second reminder yet"
    later = report(journal=[entry("answer", ILSE.id, AS_OF - timedelta(weeks=9), word="right")])
    assert later.cards[0].said == "You said on 20 September 2026 that this is right."


def test_what_the_journal_says_later_is_not_known_yet() -> None:
    later = [entry("answer", ILSE.id, AS_OF + timedelta(days=1), word="ended")]
    assert report(journal=later) == report()


def test_a_recovery_is_news_for_four_weeks() -> None:
    assert [one.known.person.id for one in report().came_back] == [AMELIE.id]
    assert "Amelie Fournel is back" in report().summary
    long_ago = [
        Change("2026-W05", AMELIE.id, Status.DRIFTING, (), 0.9),
        Change("2026-W30", AMELIE.id, Status.HEALTHY, (), 0),
    ]
    assert report(changes=long_ago).came_back == ()
    said = [entry("answer", AMELIE.id, AS_OF - timedelta(days=2), word="wrong")]
    assert report(journal=said).came_back == (), "who was never gone is not back"
    sided = [replace(one, status=Status.ONE_SIDED) if one.status is Status.DRIFTING else one for one in CHANGES]
    assert report(changes=sided).came_back == (), "nor who only began less often"


def test_watch_of_a_key_person_ranks_like_a_flag_and_others_get_one_line() -> None:
    found = report([assessment(ILSE, Status.WATCH), assessment(TOMAS, Status.WATCH)])
    assert named(found) == [ILSE.id]
    assert found.cards[0].known.sure is None, "watch is a thought, not a verdict"
    assert [one.person.id for one in found.watched] == [TOMAS.id]


def test_a_contract_is_looked_at_eighteen_weeks_before_it_ends() -> None:
    for renews, shown in (
        (AS_OF + timedelta(weeks=18), "in 18 weeks"),
        (AS_OF + timedelta(days=3), "this week"),
        (AS_OF + timedelta(weeks=19), ""),
        (AS_OF - timedelta(days=1), ""),
    ):
        people = [replace(ILSE, renews=renews)]
        renewal = report([assessment(ILSE, Status.DRIFTING)], people=people).cards[0].renewal
        assert (shown in renewal) if shown else renewal == ""


def test_a_meeting_that_is_planned_already_is_said() -> None:
    plan = structs.replace(contact(ILSE, AS_OF + timedelta(days=10), Channel.IN_PERSON), planned=True)
    found = report(interactions=[*life(), plan])
    assert found.cards[0].planned == "You are going to meet on 2 December 2026 already."
    later_today = structs.replace(plan, local=AS_OF)
    assert report(interactions=[*life(), later_today]).cards[0].planned.endswith("on 22 November 2026 already.")
    assert [card.months for card in found.cards] == [card.months for card in report().cards], "a plan is no contact"


def test_when_everybody_is_quiet_the_report_opens_with_whom_to_call() -> None:
    event = Portfolio(WEEK, event="nearly everybody fell quiet in the last 4 weeks", call_first=(TOMAS.id, BRAM.id))
    found = report([assessment(one, Status.HEALTHY) for one in PEOPLE], portfolio=event)
    assert found.summary == "Nearly everybody fell quiet in the last 4 weeks."
    assert [one.known.person.id for one in found.call_first] == [TOMAS.id, BRAM.id]
    assert re.fullmatch(r"(?:you|they) last .* on \d+ November 2026", found.call_first[0].text)
    assert found.cards == ()


def test_a_good_week_is_said_in_one_sentence() -> None:
    found = report([assessment(one, Status.HEALTHY) for one in PEOPLE], changes=())
    assert found.summary == "A good week: nobody is drifting away."
    assert (found.cards, found.waiting, found.watched, found.came_back) == ((), (), (), ())


def test_the_first_weeks_say_that_there_is_too_little_history() -> None:
    young = Coverage(mail=((date(2026, 9, 20), date(2026, 11, 23)),), calendar=None)
    found = report([assessment(one, Status.TOO_LITTLE_HISTORY) for one in PEOPLE], coverage=young)
    assert found.summary == ("Too little history yet: after 9 weeks of mail and calendars, nobody's rhythm is known.")
    assert any(
        notice.startswith("With 9 weeks of history most people are not judged yet") for notice in found.notices
    )
    assert "No calendar is read: meetings and calls are not seen." in found.seen.lines


def test_nothing_read_and_nobody_known_have_their_own_words() -> None:
    nothing = report([], people=(), interactions=[], coverage=Coverage(mail=(), calendar=None), suggestions=())
    assert nothing.summary == "There is nothing to tell yet: no mail and no calendar has been read."
    assert nothing.cards == ()
    assert not nothing.answerable


def test_a_stale_source_makes_unknown_and_says_which() -> None:
    trouble = "mail has not synced since Tuesday"
    found = report([assessment(one, Status.UNKNOWN) for one in PEOPLE], stale=trouble)
    assert found.summary == "This week nobody can be judged, because not everything could be read."
    assert found.notices[0] == "Mail has not synced since Tuesday."


def test_a_mail_export_that_ended_while_a_calendar_goes_on_is_said_once() -> None:
    ended = "The mail export old ends on 1 January 2026: see that time with syncd report --as-of 2026-01-01"
    coverage = Coverage(mail=((date(2024, 1, 1), date(2026, 1, 2)),), calendar=COVERAGE.calendar, stale=(ended,))
    unknown = [assessment(one, Status.UNKNOWN) for one in PEOPLE]
    found = report(unknown, coverage=coverage, stale="the mail that was read ends on 1 January 2026")
    assert found.notices == (f"{ended}.",)
    assert (found.figures, found.close) == ((), ())


def test_sources_that_ended_long_ago_are_said() -> None:
    over = Coverage(mail=((date(2024, 1, 1), date(2026, 3, 1)),), calendar=None)
    assert "Nothing was read after 28 February 2026." in report(coverage=over).notices


def test_holes_in_what_was_read_are_named() -> None:
    holes = Coverage(mail=((date(2024, 1, 1), date(2025, 1, 1)), (date(2025, 3, 1), date(2026, 11, 23))), calendar=())
    lines = report(coverage=holes).seen.lines
    assert "No mail from 1 January 2025 to 28 February 2025." in lines
    assert "Calendars: nothing was read yet." in lines


def test_people_whom_the_config_ignores_are_nowhere() -> None:
    settings = config()
    ignoring = type(settings).model_validate(
        {"owner": {"addresses": settings.owner.addresses}, "person": [{"addresses": [ILSE.id], "ignore": True}]}
    )
    found = report(settings=ignoring)
    assert ILSE.id not in {one.person.id for one in found.people}
    assert ILSE.id not in named(found)


def test_figures_stand_beside_the_same_weeks_a_year_ago() -> None:
    found = report().figures
    assert [(figure.shown, figure.shown_before, figure.trend) for figure in found] == [
        ("9", "14", "less"), ("12", "12", "same"), ("21", "25", "less"), ("31%", "38%", "less"),
        ("52%", "41%", "more"),
    ]  # fmt: skip
    young = report(coverage=Coverage(mail=((date(2026, 1, 1), date(2026, 11, 23)),), calendar=None)).figures
    assert all(figure.before is None and figure.trend == "" for figure in young)


def test_a_share_of_few_contacts_is_told_as_their_number() -> None:
    def personal(*lately: Interaction) -> list[tuple[str, str, str]]:
        figures = report(interactions=lately).figures
        return [(one.shown, one.label, one.shown_before) for one in figures if one.label.endswith("personal")]

    days = [date(2026, 11, 22) - timedelta(days=number) for number in range(19)]
    assert personal() == []
    assert personal(contact(ILSE, days[0], purpose=ORDER)) == [("0 of 1", "contact was personal", "")]
    two = [contact(ILSE, days[0]), contact(ILSE, days[1], purpose=ORDER)]
    assert personal(*two) == [("1 of 2", "contacts were personal", "")]
    assert personal(*two, contact(ILSE, date(2026, 11, 23))) == [("1 of 2", "contacts were personal", "")]
    many = [contact(who, on) for who in (ILSE, JASPER) for on in days]
    assert personal(*many) == [("31%", "of all contact was personal", "")], "a year ago there were too few to compare"
    before = [contact(who, on - timedelta(days=364)) for who in (ILSE, JASPER) for on in days]
    assert personal(*before, *many) == [("31%", "of all contact was personal", "38%")]


def test_figures_for_machines_end_where_they_are_known() -> None:
    odd = replace(DESK, measures={**MEASURES, "meaningful": Facet(0.229, 0.2, 0.3, None, 0.283)})
    figures = json.loads(json_text(report(portfolio=odd)))["figures"]
    assert [(one["value"], one["before"]) for one in figures if one["unit"] == "%"] == [(22.9, 28.3), (52.0, 41.0)]


def test_without_a_calendar_nothing_is_said_of_meetings() -> None:
    mail = Coverage(mail=((date(2024, 1, 1), date(2026, 11, 23)),), calendar=None)
    assert not any("met" in figure.label or "spoke" in figure.label for figure in report(coverage=mail).figures)


def test_a_good_week_says_of_how_many() -> None:
    told = [assessment(one, Status.TOO_LITTLE_HISTORY) for one in PEOPLE[:6]]
    found = report([*told, *(assessment(one, Status.HEALTHY) for one in PEOPLE[6:])], changes=())
    assert found.summary == "A good week: of the 3 people who can be judged, nobody drifts away."


def test_who_is_close_and_who_is_key_are_compared() -> None:
    assert report().close == (
        "You could call in a crisis: Tomas Okafor, Bram Kuiper and Amelie Fournel.",
        "Key to you, but not close of late: Ilse Brandsma.",
        "Close to you, but not marked as key: Tomas Okafor.",
    )


def test_privileges_gifts_and_what_was_weathered_are_said_and_given_to_machines() -> None:
    def hours(value: float) -> Facet:
        return Facet(value, value, value, unit="hours")

    def times(value: float) -> Facet:
        return Facet(value, value, value, None, 2.0, unit="times")

    measures = MEASURES | {
        "bench": Facet(12, 12, 12, None, 10, unit="people"),
        "your_answer_to_key": hours(1.2), "your_answer_to_others": hours(6.4),
        "visits_with_key": times(2.25), "visits_with_others": times(0.5),
        "given_visits": times(1.0), "given_thanks": times(3.0), "given_answers": times(0.0),
        "received_introductions": times(1.0),
    }  # fmt: skip
    storm = Burst(TOMAS.id, date(2026, 3, 2), date(2026, 3, 9), 8, date(2026, 4, 14))
    desk = replace(DESK, measures=measures, weathered=(storm,), renewals=(ILSE.id,))
    found = report(portfolio=desk)
    assert found.close[0] == (
        "You could call 12 people in a crisis (10 a year ago), Tomas Okafor, Bram Kuiper and Amelie Fournel first of "
        "all."
    )
    privileges, weathered = found.close[-2:]
    assert privileges == (
        "Key people get your answers in 1 hour, others in 6 hours. In half a year you met each key person in person "
        "2.2 times, each of the others 0.5 times, on average."
    )
    assert weathered == (
        "Weathered: after 8 emails in two weeks with others copied in (March 2026), you and Tomas Okafor have been "
        "back in personal contact since 14 April 2026."
    )
    assert found.given == ("You asked to meet once and said thank you 3 times.", "Others introduced people once.")
    told = json.loads(json_text(found))["portfolio"]
    assert told["measures"]["given_thanks"]["year_ago"] == 2.0
    assert told["weathered"] == [
        {"person": TOMAS.id, "first": "2026-03-02", "last": "2026-03-09", "mails": 8, "back": "2026-04-14"}
    ]
    assert (told["bench"], told["key_but_distant"]) == ([TOMAS.id, BRAM.id, AMELIE.id], [ILSE.id])
    for form in (text(found), html(found)):
        assert "thank you 3 times" in form


def test_a_contract_that_ends_soon_is_looked_at_even_if_all_is_well() -> None:
    told = [assessment(ILSE, Status.HEALTHY, "Personal contact 30 times.", renews=ILSE.renews)]
    (line,) = report(told).renewals
    assert line.text == "The contract ends on 15 February 2027, in 12 weeks. Healthy. Personal contact 30 times."
    assert report([assessment(ILSE, Status.DRIFTING, renews=ILSE.renews)]).renewals == (), "the card says so already"
    watched = [assessment(TOMAS, Status.WATCH, renews=date(2027, 1, 1))]
    assert named(report(watched)) == [TOMAS.id], "close to a renewal a watch is enough"


def test_a_hole_in_the_mail_is_among_what_it_is_based_on() -> None:
    items = [one for one in life() if not date(2025, 1, 6) <= one.local < date(2025, 9, 1)]
    found = holes(items, ())
    lines = report(interactions=items, missing=found).seen.lines
    assert any(line.startswith("No mail from ") and line.endswith("2025.") for line in lines), lines
    assert not [line for line in report().seen.lines if line.startswith("No mail")]
    early = found[0].last + timedelta(days=30)
    told = report(interactions=items, missing=found, as_of=early).seen.lines
    assert not [line for line in told if line.startswith("No mail")], "what was not known on that day"


def test_one_person_is_no_people() -> None:
    one = replace(DESK, measures={**MEASURES, "met_in_person": Facet(1, 1, 1, None, 3, unit="people")})
    assert report(portfolio=one).figures[0].label == "person you met in person"


def test_the_first_report_compares_with_no_earlier_one() -> None:
    assert report(changes=()).summary == (
        "Five people are worth a thought this week. With Ilse Brandsma and Katharina Reuter, business goes on, but "
        "personal contact has fallen off."
    )
    said = [entry("suggested", BRAM.id, AS_OF - timedelta(days=7), week="2026-W46", status="drifting")]
    again = report(changes=(), journal=said)
    assert again.summary == "Five people are worth a thought this week; nothing new has slipped."


def test_the_strip_counts_months_and_business_mail_of_the_firm() -> None:
    traffic = [
        Traffic("nordkai.example", datetime(2026, 11, 3, tzinfo=UTC), date(2026, 11, 3), "facturen@nordkai.example",
                contact(ILSE, AS_OF).direction, contact(ILSE, AS_OF).purpose)
    ] * 4  # fmt: skip
    found = strip([contact(ILSE, date(2026, 10, 5)), contact(ILSE, date(2026, 12, 5))], traffic, AS_OF)
    assert len(found) == 30
    assert found[-1].first == date(2026, 11, 1)
    assert (found[-1].personal, found[-1].other) == (0.0, 4.0)
    assert found[-2].personal == pytest.approx(0.9)


def test_on_the_ladder_the_strip_tells_talk_from_mail() -> None:
    lunch, note = contact(JASPER, date(2026, 11, 2), Channel.IN_PERSON), contact(JASPER, date(2026, 11, 3))
    (last,) = strip([lunch, note], [], AS_OF, ladder=True)[-1:]
    assert (last.personal, last.other) == (0.9, 1.0)


def test_months_run_over_the_turn_of_the_year() -> None:
    assert months(date(2026, 2, 14), 4) == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]


def test_a_single_letter_is_seen_but_is_no_tower() -> None:
    assert heights([0, 0.1, 1, 6], 24) == [0, 0, 4, 24]
    assert heights([1.0], 24) == [8]
    assert heights([], 24) == []
    assert blocks([0, 3, 6]) == "·▄█"


def test_newcomers_are_not_judged() -> None:
    assert ROSA.id not in named(report())
    assert "1 person not judged yet: too little history with them." in report().left_out
    assert {one.person.id for one in report().people} == {one.person for one in USUAL}


def test_who_always_begins_is_said_of_one_a_week_and_only_where_it_is_personal() -> None:
    friends = [replace(BRAM, id=f"f{n}@x.example", addresses=(f"f{n}@x.example",), name=f"F {n}") for n in range(3)]
    warm = {"personal": Facet(0.6, 0.5, 0.7)}
    found = report([assessment(one, Status.ONE_SIDED, facets=warm) for one in friends], people=friends)
    assert (len(found.cards), len(found.waiting)) == (1, 2)
    cold = {"personal": Facet(0.1, 0.05, 0.15)}
    business = report([assessment(one, Status.ONE_SIDED, facets=cold) for one in friends], people=friends)
    assert (business.cards, business.waiting) == ((), ())
    assert {one.status for one in business.people} == {Status.ONE_SIDED}, "it is still told to machines"


def test_five_of_a_few_are_no_news() -> None:
    few = replace(DESK, measures={**MEASURES, "personal_contact": Facet(9, 9, 9, unit="people")})
    assert not any("five closest" in figure.label for figure in report(portfolio=few).figures)
    assert any("five closest" in figure.label for figure in report().figures)


def test_a_watch_without_a_visible_loss_is_told_to_machines_only() -> None:
    found = report([assessment(ILSE, Status.WATCH, slight=True), assessment(TOMAS, Status.WATCH, slight=True)])
    assert (found.cards, found.watched) == ((), ())
    assert {one.status for one in found.people} == {Status.WATCH}


def test_whoever_may_be_the_owner_is_asked_after_and_nobody_is_told_to_call_themselves() -> None:
    mine = Merge(AS_OF, ME, KATHARINA.id, (Evidence("own", "it spells the owner's name", "one person", 1.0),))
    desk = replace(DESK, bench=(KATHARINA.id, TOMAS.id), event="Quiet.", call_first=(KATHARINA.id, TOMAS.id))
    found = report(suggestions=[mine], portfolio=desk)
    assert KATHARINA.id in named(report(suggestions=[]))
    assert KATHARINA.id not in named(found)
    assert [line.known.person.id for line in found.call_first] == [TOMAS.id]
    assert found.close[0] == "You could call in a crisis: Tomas Okafor."
    assert KATHARINA.id in {one.person.id for one in found.people}, "machines are told of everybody"
    question = f"Is {KATHARINA.id} an address of yours? It spells your name."
    assert found.twins[0].question == question
    assert question in " ".join(text(found).split())
    assert "It is mine" in html(found)
    turned = report(suggestions=[Merge(AS_OF, KATHARINA.id, ME, mine.evidence)])
    assert turned.twins[0].question == question
    pinned = [replace(one, key=True) if one.id == KATHARINA.id else one for one in PEOPLE]
    assert KATHARINA.id in named(report(suggestions=[mine], people=pinned))


def test_who_was_only_seen_by_an_account_that_ended_is_counted() -> None:
    lost = assessment(TOMAS, Status.UNKNOWN, "Nothing can be said this week: …", since=None)
    line = "1 person not judged: the account that showed them has ended."
    found = report([*(one for one in USUAL if one.person != TOMAS.id), lost])
    assert line in found.left_out
    assert line in " ".join(text(found).split())
    everybody = [assessment(who, Status.UNKNOWN, since=None) for who in PEOPLE]
    assert not [one for one in report(everybody).left_out if "has ended" in one]


@pytest.mark.parametrize(
    ("key", "others", "said"),
    [
        (0.0, 4.5, "you met none of the key people in person, each of the others 4.5 times, on average."),
        (1.0, 0.0, "you met each key person in person once, nobody else, on average."),
        (0.0, 0.0, ""),
    ],
)
def test_how_often_key_people_were_met_is_said_in_words(key: float, others: float, said: str) -> None:
    measures = {
        f"{name}_{who}": Facet(value, value, value, unit="hours" if name == "your_answer_to" else "times")
        for name, of in (("your_answer_to", (5.0, 5.2)), ("visits_with", (key, others)))
        for who, value in zip(("key", "others"), of, strict=True)
    }
    (line,) = [one for one in report(portfolio=replace(DESK, measures=measures)).close if "answers" in one]
    assert line.startswith("Key people get your answers in 5 hours, others as well.")
    assert line.endswith(said)
    assert ("half a year" in line) is bool(said)


def test_a_channel_that_nobody_uses_is_no_row() -> None:
    def labels(phone: Facet) -> list[str]:
        found = report(portfolio=replace(DESK, measures=MEASURES | {"spoke_by_phone": phone}))
        return [one.label for one in found.figures if "by phone" in one.label]

    assert labels(Facet(0, 0, 0, None, 0, unit="people")) == []
    assert labels(Facet(0, 0, 0, None, 3, unit="people")) == ["people you spoke to by phone"]
    assert labels(Facet(2, 2, 2, None, 0, unit="people")) == ["people you spoke to by phone"]
