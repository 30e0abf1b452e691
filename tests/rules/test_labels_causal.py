"""The Labeller looks only back, never crashes on what a source may say, and always answers in bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.observations import Address, Attendee, Conference, Event, Message, Observation
from rules.engine.ruleset import load
from rules.labels.labeller import ByRules, Labeller
from rules.meaning import Owner

RULES = load()
OWNER = Owner(frozenset({"me@example.org"}))
START = datetime(2026, 3, 2, 8, tzinfo=UTC)

texts = st.one_of(
    st.none(),
    st.text(max_size=60),
    st.sampled_from(
        ["Re: Offer", "Out of office", "Weekly sync", "Lunch", "https://zoom.us/j/95357819945", "%3A//%"]
    ),
)
addresses = st.builds(
    Address,
    address=st.one_of(
        st.none(), st.sampled_from(["me@example.org", "anna@nordkai.example", "no-reply@x.example", "@", "a", "x@"])
    ),
    name=texts,
)
groups = st.one_of(st.none(), st.lists(addresses, max_size=4).map(tuple))
times = st.one_of(st.none(), st.integers(0, 10_000).map(lambda minutes: START + timedelta(minutes=minutes)))
messages = st.builds(
    Message,
    id=st.uuids().map(str),
    message_id=st.one_of(st.none(), st.text(max_size=10)),
    date=times,
    subject=texts,
    from_=st.one_of(st.none(), addresses),
    sender=st.one_of(st.none(), addresses),
    to=groups,
    cc=groups,
    headers=st.one_of(
        st.none(), st.dictionaries(st.sampled_from(["list-id", "precedence", "x"]), st.text(max_size=9))
    ),
    in_reply_to=st.one_of(st.none(), st.text(max_size=10)),
    truncated=st.booleans(),
)
attendees = st.builds(
    Attendee,
    address=st.one_of(st.none(), st.sampled_from(["me@example.org", "anna@nordkai.example"])),
    name=texts,
    response=st.one_of(st.none(), st.sampled_from(["accepted", "declined", "needs_action", ""])),
    resource=st.one_of(st.none(), st.booleans()),
)
events = st.builds(
    Event,
    id=st.uuids().map(str),
    title=texts,
    location=texts,
    start=times,
    end=times,
    all_day=st.one_of(st.none(), st.booleans()),
    status=st.one_of(st.none(), st.sampled_from(["confirmed", "cancelled", "tentative"])),
    organizer=st.one_of(st.none(), addresses),
    attendees=st.one_of(st.none(), st.lists(attendees, max_size=3).map(tuple)),
    attendee_count=st.one_of(st.none(), st.integers(0, 500)),
    conference=st.one_of(st.none(), st.builds(Conference, url=texts, provider=texts)),
    links=st.one_of(st.none(), st.lists(st.text(max_size=40), max_size=3).map(tuple)),
    phones=st.one_of(st.none(), st.lists(st.text(max_size=20), max_size=2).map(tuple)),
    recurring=st.one_of(st.none(), st.booleans()),
)
histories = st.lists(st.one_of(messages, events), max_size=12)


def labelled(observations: list[Observation]) -> list[object]:
    return list(Labeller(RULES, OWNER, ByRules()).label(observations))


@settings(max_examples=60, deadline=None)
@given(histories, st.integers(0, 12))
def test_a_decision_never_depends_on_what_comes_later(history: list[Observation], until: int) -> None:
    assert labelled(history[:until]) == labelled(history)[:until]


@settings(max_examples=60, deadline=None)
@given(histories)
def test_whatever_a_source_says_is_answered_in_bounds(history: list[Observation]) -> None:
    for observation, decision in zip(history, Labeller(RULES, OWNER, ByRules()).label(history), strict=True):
        assert decision.id == observation.id
        assert 0.0 <= decision.confidence <= 1.0
        assert 0.0 <= decision.automated_probability <= 1.0
        purpose = decision.purpose
        assert abs(purpose.relational + purpose.working + purpose.transactional - 1.0) < 1e-9
        assert all(evidence.because and evidence.weight for evidence in decision.evidence)


def test_one_long_history_stays_small() -> None:
    """A sender of a million subjects does not fill the memory."""
    labeller = Labeller(RULES, OWNER, ByRules())
    robot = Address("robot@x.example")
    for number in range(500):
        labeller.decide(Message(id=str(number), from_=robot, subject=f"{'x' * (number % 90)} report"))
    assert len(labeller.context.address("robot@x.example").forms) <= 64
