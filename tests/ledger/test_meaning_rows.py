"""Meaning is written as a difference, read back as it was given, and shown by the public views."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from rules.health.assessment import Assessment, Facet, Status
from rules.meaning import Channel, Circle, Direction, Evidence, Interaction, Merge, Person, Purpose, Traffic
from syncd.ledger import Ledger, schema
from syncd.ledger.difference import Counts
from syncd.ledger.meaning import Interpretation, Made, MadeBy

NOW = datetime(2026, 3, 2, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=1)))
LATER = NOW + timedelta(days=30)
BY = MadeBy(7, "rules-digest", "config-digest")
WHY = (Evidence("title_call", "the title says “call”", "phone", 2.3),)


def contact(number: int, person: str = "anna@x.example", channel: Channel = Channel.PHONE) -> Interaction:
    return Interaction(
        id=f"i{number}",
        person=person,
        address=person,
        at=NOW + timedelta(days=number),
        local=(NOW + timedelta(days=number)).date(),
        channel=channel,
        confidence=0.9,
        direction=Direction.BOTH if channel is not Channel.EMAIL else Direction.IN,
        purpose=Purpose(0.5, 0.3, 0.2),
        took_place=0.8,
        account="work",
        minutes=30.0,
        evidence=WHY,
    )


def meaning(count: int = 3) -> Interpretation:
    traffic = Traffic("x.example", NOW, NOW.date(), "billing@x.example", Direction.IN, Purpose(0.0, 0.1, 0.9))
    return Interpretation(
        people=[
            Person("anna@x.example", ("anna@x.example", "a@free.example"), "Anna", "x.example", Circle.CUSTOMER, WHY),
            Person("ben@y.example", ("ben@y.example",), key=True, renews=date(2027, 3, 31)),
        ],
        merges=[Merge(date.min, "a@free.example", "anna@x.example", WHY)],
        suggestions=[Merge(date(2026, 1, 2), "b@free.example", "ben@y.example")],
        owner_addresses=["me@x.example", "also.me@x.example"],
        interactions=[contact(number) for number in range(count)],
        traffic=[traffic, traffic],
    )


def test_read_back_as_given(ledger: Ledger) -> None:
    given_ = meaning()
    changes = ledger.meaning.write(given_, BY, LATER)
    assert changes.tables["contacts"] == Counts(added=3)
    read = Interpretation(
        people=ledger.meaning.people(),
        merges=ledger.meaning.merges(),
        suggestions=ledger.meaning.suggestions(),
        owner_addresses=ledger.meaning.owner_addresses()[::-1],
        interactions=ledger.meaning.interactions(),
        traffic=ledger.meaning.traffic(),
    )
    assert read == given_
    assert ledger.meaning.made_by() == BY
    assert ledger.meaning.person("A@free.example") == given_.people[0]
    assert ledger.meaning.person("nobody@x.example") is None


def test_equal_meaning_writes_nothing(ledger: Ledger) -> None:
    ledger.meaning.write(meaning(), BY, LATER)
    assert not ledger.meaning.write(meaning(), BY, LATER)


def test_relabelling_is_told_in_words(ledger: Ledger) -> None:
    ledger.meaning.write(meaning(), BY, LATER)
    other = [contact(0, channel=Channel.VIDEO), contact(1, channel=Channel.VIDEO), contact(2)]
    other[2] = structs.replace(other[2], purpose=Purpose(0.1, 0.8, 0.1))
    changes = ledger.meaning.write(replace(meaning(), interactions=other), BY, LATER)
    assert changes.summary() == "3 interactions changed: 2 phone → video, 1 relational → working"


def test_owners_share_a_database_without_meeting(ledger: Ledger) -> None:
    ledger.meaning.write(meaning(), BY, LATER)
    with Ledger.open(ledger.engine.url.render_as_string(hide_password=False), owner="tom") as tom:
        tom.meaning.write(meaning(1), BY, LATER)
        assert len(tom.meaning.interactions()) == 1
        tom.meaning.write(Interpretation(), BY, LATER)
    assert len(ledger.meaning.interactions()) == 3


def test_interactions_by_person_and_time(ledger: Ledger) -> None:
    given_ = replace(meaning(), interactions=[contact(0), contact(1, "ben@y.example"), contact(2)])
    ledger.meaning.write(given_, BY, LATER)
    assert [i.id for i in ledger.meaning.interactions("anna@x.example")] == ["i0", "i2"]
    since = NOW + timedelta(days=1)
    assert [i.id for i in ledger.meaning.interactions(since=since)] == ["i1", "i2"]
    assert [i.id for i in ledger.meaning.interactions(until=since)] == ["i0"]


def assessment(week: str, person: str, status: Status) -> Assessment:
    facets = {"transactional": Facet(0.8, 0.6, 0.9, 0.4, None, "rising")}
    return Assessment(person, week, status, (Status.ONE_SIDED,), date(2026, 1, 12), 0.97, "why", "Call.", 0.4, facets)


def test_flags_are_written_for_the_meaning_they_were_made_from(ledger: Ledger) -> None:
    flags = [
        assessment("2026-W03", "anna@x.example", Status.DRIFTING),
        assessment("2026-W04", "anna@x.example", Status.MOVED_DOWN),
    ]
    made = Made(BY, LATER.replace(microsecond=0), "all that was known")
    assert ledger.meaning.write_flags(flags, made) == Counts()  # there is no meaning yet
    ledger.meaning.write(meaning(), BY, LATER)
    assert ledger.meaning.write_flags(flags, made) == Counts(added=2)
    assert ledger.meaning.made() == made
    assert ledger.meaning.assessments("2026-W03") == flags[:1]
    assert ledger.meaning.assessments(person="anna@x.example") == flags
    assert ledger.meaning.write_flags(flags[1:], made) == Counts(removed=1)
    ledger.meaning.write(meaning(), replace(BY, facts_version=8), LATER)
    assert ledger.meaning.write_flags([], made) == Counts()  # they were made from an older one
    assert ledger.meaning.assessments() == flags[1:]


def test_views_answer_what_they_promise(ledger: Ledger) -> None:
    ledger.meaning.write(meaning(), BY, LATER)
    flags = [
        assessment("2026-W10", "anna@x.example", Status.DRIFTING),
        assessment("2026-W09", "a@free.example", Status.ONE_SIDED),  # before it was known who that is
        assessment("2026-W09", "gone@x.example", Status.ONE_SIDED),
    ]
    ledger.meaning.write_flags(flags, Made(BY, LATER))
    with ledger.read() as connection:
        rows = {view: connection.exec_driver_sql(f"SELECT * FROM {view}").mappings().all() for view in schema.VIEWS}
    assert [(row["person"], row["addresses"], row["interactions"]) for row in rows["people"]] == [
        ("anna@x.example", 2, 3),
        ("ben@y.example", 1, 0),
    ]
    (week,) = rows["relationship_weeks"]
    assert (week["week"], week["interactions"], week["phone"], week["email"]) == ("2026-W10", 3, 3, 0)
    assert abs(week["personal"] - 3 * 0.8 * 0.5) < 1e-9
    assert (rows["interactions"][0]["at"], rows["interactions"][0]["circle"]) == ("2026-03-02T11:30:15Z", "customer")
    assert sorted(
        (row["week"], row["person"], row["status"], row["since"], row["name"]) for row in rows["flags"]
    ) == [
        ("2026-W09", "anna@x.example", "one_sided", "2026-01-12", "Anna"),
        ("2026-W09", "gone@x.example", "one_sided", "2026-01-12", None),
        ("2026-W10", "anna@x.example", "drifting", "2026-01-12", "Anna"),
    ]


numbers = st.integers(0, 6)
histories = st.lists(st.dictionaries(numbers, st.sampled_from(Channel), max_size=5), min_size=1, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(histories)
def test_any_sequence_of_writes_ends_as_the_last(ledger: Ledger, steps: list[dict[int, Channel]]) -> None:
    for step in steps:
        before = {i.id: i for i in ledger.meaning.interactions()}
        after = {f"i{number}": contact(number, channel=channel) for number, channel in step.items()}
        counts = ledger.meaning.write(Interpretation(interactions=list(after.values())), BY, LATER).tables["contacts"]
        changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
        assert counts == Counts(len(after.keys() - before), len(changed), len(before.keys() - after))
        assert ledger.meaning.interactions() == sorted(after.values(), key=lambda i: (i.at, i.id))
    assert ledger.meaning.made_by() == BY
