"""What holds of interactions whatever the mail and calendars say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.observations import Address, Attendee, Event, Message, Observation
from rules.interactions.extraction import InteractionSettings, extract
from rules.meaning import Channel, Decision, Interaction, Owner, Purpose, Traffic
from rules.occurrences.copies import Occurrence
from rules.people.identity import Identities, PersonWord, resolve

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OWNER = Owner(frozenset({"mara@visser.example"}), frozenset({"visser.example"}), "Mara Visser", "Europe/Amsterdam")
PEOPLE = [
    Address("mara@visser.example", "Mara Visser"),
    Address("mara+x@visser.example"),
    Address("anna@nordkai.example", "Anna Meyer"),
    Address("a.meyer@nordkai.example", "Meyer, Anna"),
    Address("ben@suedwind.example", "Ben Okafor"),
    Address("cleo@gmx.de"),
    Address("billing@nordkai.example"),
    Address("dev@lists.example"),
    Address(None, "Anna Meyer"),
    Address("no.address@x.example"),
]
WORDS = (PersonWord(("ben@suedwind.example",), assistants=("cleo@gmx.de",)),)


def is_role(address: str) -> bool:
    return address.startswith("billing")


_people = st.sampled_from(PEOPLE)
_lists = st.lists(_people, max_size=4).map(tuple)
_days = st.integers(0, 40).map(lambda n: MONDAY + timedelta(hours=7 * n))
_mails = st.builds(
    Message,
    id=st.just(""),
    message_id=st.sampled_from(["a", "b", "c", None]),
    in_reply_to=st.sampled_from(["a", "b", None]),
    date=st.one_of(_days, st.none()),
    subject=st.sampled_from(["Plan", "Re: Plan", "FW: Plan", "Anna, meet Ben", "Accepted: Plan", "[dev] Plan", None]),
    from_=st.one_of(_people, st.none()),
    sender=st.one_of(st.none(), _people),
    to=st.one_of(st.none(), _lists),
    cc=st.one_of(st.none(), _lists),
    bcc=st.one_of(st.none(), _lists),
    headers=st.sampled_from([None, {"list-post": "<mailto:dev@lists.example>"}, {"precedence": "bulk"}]),
    truncated=st.booleans(),
)
_answers = st.sampled_from(["accepted", "declined", "tentative", "needs_action", None, "strange"])
_guests = st.builds(
    lambda who, answer, resource: Attendee(who.address, who.name, answer, resource), _people, _answers,
    st.sampled_from([None, False, True]),
)  # fmt: skip
_events = st.builds(
    Event,
    id=st.just(""),
    title=st.sampled_from(["Lunch with Anna", "Ben Okafor", "Review", None]),
    start=st.one_of(_days, st.just(datetime(2026, 3, 4)), st.none()),
    end=st.one_of(_days, st.just(datetime(2026, 3, 5)), st.none()),
    all_day=st.booleans(),
    status=st.sampled_from(["confirmed", "cancelled", None]),
    organizer=st.one_of(st.none(), _people),
    attendees=st.one_of(st.none(), st.lists(_guests, max_size=5).map(tuple)),
    attendee_count=st.one_of(st.none(), st.integers(0, 300)),
    owner_response=_answers,
)
_channels = st.sampled_from([Channel.IN_PERSON, Channel.VIDEO, Channel.PHONE, Channel.NONE])


@st.composite
def judged(draw: st.DrawFn) -> tuple[list[Occurrence], list[Decision]]:
    def when(one: Observation) -> datetime:
        time = one.date if isinstance(one, Message) else one.start
        return (time or MONDAY).replace(tzinfo=UTC)

    observations: list[Observation] = sorted(draw(st.lists(st.one_of(_mails, _events), max_size=10)), key=when)
    occurrences, decisions = [], []
    for number, one in enumerate(observations):
        name = f"o{number}"
        stands = draw(st.booleans()) or isinstance(one, Message)
        roles = draw(st.sampled_from([frozenset[str](), frozenset({"sent"})]))
        seen = msgspec.structs.replace(one, id=name)
        occurrences.append(Occurrence(name, seen, ("work",), (number,), stands, roles=roles))
        channel = Channel.EMAIL if isinstance(one, Message) else draw(_channels)
        automated = isinstance(one, Message) and draw(st.booleans())
        purpose = Purpose(0.5, 0.25, 0.25)
        decisions.append(Decision(name, channel, 0.9, automated, 0.02, draw(st.booleans()), purpose))
    return occurrences, decisions


def read(
    given_: tuple[list[Occurrence], list[Decision]],
) -> tuple[Identities, Sequence[Interaction], Sequence[Traffic]]:
    occurrences, decisions = given_
    identities = resolve(occurrences, decisions, OWNER, WORDS, is_role=is_role)
    return identities, *extract(occurrences, decisions, identities, OWNER, InteractionSettings(now=MONDAY))


@settings(max_examples=300)
@given(judged())
def test_an_interaction_is_one_person_and_one_occurrence(given_: tuple[list[Occurrence], list[Decision]]) -> None:
    identities, interactions, _ = read(given_)
    assert len({(one.person, one.observation) for one in interactions}) == len(interactions)
    assert len({one.id for one in interactions}) == len(interactions)
    known = {person.id: person for person in identities.people}
    for one in interactions:
        assert one.address in known[one.person].addresses or identities.assistants.get(one.address) == one.person
        assert one.address not in OWNER.addresses
        assert not is_role(one.address)
        assert one.address != "dev@lists.example" or not identities.lists


@settings(max_examples=300)
@given(judged())
def test_every_figure_is_within_its_bounds(given_: tuple[list[Occurrence], list[Decision]]) -> None:
    for one in read(given_)[1]:
        assert 0 <= one.took_place <= 1
        assert 0 < one.weight <= 1
        assert 0 <= one.small <= 1
        assert 0 <= one.personal <= one.took_place
        assert one.minutes >= 0
        assert one.at.tzinfo is UTC
        assert one.answer_hours is None or one.answers is not None


@settings(max_examples=200)
@given(judged(), st.integers(0, 10))
def test_what_came_later_changes_nothing(given_: tuple[list[Occurrence], list[Decision]], count: int) -> None:
    occurrences, decisions = given_
    identities = resolve(occurrences, decisions, OWNER, WORDS, is_role=is_role)
    whole, traffic = extract(occurrences, decisions, identities, OWNER)
    begun, early = extract(occurrences[:count], decisions[:count], identities, OWNER)
    assert whole[: len(begun)] == begun
    assert traffic[: len(early)] == early


@settings(max_examples=200)
@given(judged())
def test_what_does_not_stand_gives_nothing(given_: tuple[list[Occurrence], list[Decision]]) -> None:
    standing = {occurrence.id for occurrence in given_[0] if occurrence.stands}
    assert all(one.observation in standing or one.took_place == 0.0 for one in read(given_)[1])
