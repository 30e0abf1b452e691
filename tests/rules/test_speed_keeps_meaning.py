"""What was made fast says the same: shared values, places of numbers, lines read in one step."""

from __future__ import annotations

import gc
import json
import weakref
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.observations import Address, Message, _loosely, encode, from_json
from rules.collector import uncollected
from rules.engine.fields import Structure
from rules.engine.matching import Matcher
from rules.engine.patterns import FEW
from rules.engine.ruleset import Rule, When, load
from rules.labels.labeller import Labeller
from rules.meaning import Owner
from rules.occurrences.pooling import Pool
from rules.purpose.voice import learned_voice

TEXTS = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["<a@b>", " a@b ", "A@B.example", "a@b.example"]))
PEOPLE = st.builds(Address, address=TEXTS, name=TEXTS)
GROUPS = st.one_of(st.none(), st.lists(PEOPLE, max_size=3).map(tuple))
MESSAGES = st.builds(
    Message,
    id=st.text(max_size=4),
    message_id=TEXTS,
    thread=TEXTS,
    date=st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
    subject=TEXTS,
    from_=st.one_of(st.none(), PEOPLE),
    sender=st.one_of(st.none(), PEOPLE),
    reply_to=GROUPS,
    to=GROUPS,
    cc=GROUPS,
    bcc=GROUPS,
    headers=st.one_of(st.none(), st.dictionaries(st.sampled_from(["list-id", "List-Id", "x"]), st.text(max_size=4))),
    in_reply_to=TEXTS,
    references=st.one_of(st.none(), st.lists(st.text(max_size=5), max_size=3).map(tuple)),
    folders=st.one_of(st.none(), st.just(("INBOX",))),
    truncated=st.booleans(),
)


@given(st.lists(MESSAGES, max_size=5))
def test_a_pool_changes_no_message(messages: list[Message]) -> None:
    pool = Pool()
    assert [pool.shared(message) for message in messages] == messages


def test_a_pool_makes_equal_people_one() -> None:
    pool = Pool()
    one, other = (
        pool.shared(Message(id=str(n), from_=Address("anna@x.example"), to=(Address("me@x.example"),)))
        for n in range(2)
    )
    assert one.from_ is other.from_
    assert one.to is other.to


@given(MESSAGES)
def test_lines_are_read_in_one_step_as_they_are_key_by_key(message: Message) -> None:
    assert from_json(encode(message)) == _loosely(encode(message))


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("message_id", "<a@b>", "a@b"),
        ("message_id", "", None),
        ("in_reply_to", " <a@b> ", "a@b"),
        ("references", "<a@b> <c@d>", ("a@b", "c@d")),
        ("headers", {"List-Id": "x"}, {"list-id": "x"}),
        ("truncated", None, False),
        ("to", ["Anna@X.example"], (Address("anna@x.example"),)),
        ("cc", [{"address": " anna@x.example "}], (Address("anna@x.example"),)),
    ],
)
def test_what_people_write_is_brought_to_the_usual_form(key: str, value: Any, read: Any) -> None:
    found = from_json(json.dumps({"kind": "message", "id": "1", key: value}))
    assert getattr(found, key) == read


def test_a_line_that_is_none_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="size"):
        from_json(b'{"kind":"message","id":"1","size":"large"}')


RULES = [
    Rule("few", "few", {"crowd": 1.0}, on="message", when=When(max={"recipients": 2})),
    Rule("many", "many", {"crowd": 2.0}, on="message", when=When(min={"recipients": 5, "received": 3})),
    Rule("some", "some", {"crowd": 3.0}, on="message", when=When(min={"recipients": 2}, max={"recipients": 5})),
    Rule("hi", "hi", {"crowd": 4.0}, fields=("subject",), patterns=("hi",), when=When(lacks=("night",))),
]


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(["recipients", "received", "hour"]), st.integers(0, 7)),
            st.sampled_from(["hi there", "no"]),
        ),
        max_size=12,
    )
)
def test_what_is_remembered_is_what_would_be_worked_out(cases: list[tuple[dict[str, float], str]]) -> None:
    shared = Matcher(RULES)
    for numbers, subject in cases:
        alone = Matcher(RULES)
        seen = Structure(0, dict(numbers))
        fired = [one.rule.name for one in alone.fired(alone.hits("subject", subject), seen)]
        told = shared.weighed(shared.hits("subject", subject), seen)
        assert [one.rule.name for one in told.fired] == fired
        assert told.sums.get("crowd", 0.0) == sum(one.evidence["crowd"] for one in RULES if one.name in fired)


@given(texts=st.lists(st.text("abR: [<>]#1x-", max_size=14), max_size=8))
def test_patterns_in_automata_of_their_own_occur_where_they_occur_alone(texts: list[str]) -> None:
    loose = (r"\S +\d$", r"[a-z]+ ?<>", r"\[[a-z]+\]", r"\ba.{0,3}b", r"\bx.*1", "!", r"\W{2}")
    plain = tuple(rf"\b{first}{second}\b" for first in "abRx1" for second in "abRx1#-")
    patterns = (*loose, *plain, "^re:", "^a|b$", r"^\[")
    assert len(patterns) > FEW
    together = Matcher([_looking_for(*patterns)])
    found = {text: together.hits("subject", text) for text in texts}
    for pattern in patterns:
        alone = Matcher([_looking_for(pattern)])
        named = Matcher([_looking_for(*patterns, name="all"), _looking_for(pattern)])
        for text in texts:
            fired = {one.rule.name for one in named.fired(found[text], Structure())}
            assert ("any" in fired) == bool(alone.hits("subject", text)), (pattern, text)


def _looking_for(*patterns: str, name: str = "any") -> Rule:
    return Rule(name, name, {"crowd": 1.0}, on="message", fields=("subject",), patterns=patterns)


SAID = ["Lunch on Friday?", "Re: Lunch on Friday?", "Invoice 4711", "Agenda", "", "Re:", "Projektbesprechung", None]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.builds(
            Message,
            id=st.text(max_size=3),
            date=st.just(datetime(2026, 3, 7, tzinfo=UTC)) | st.none(),
            subject=st.sampled_from(SAID) | st.text(max_size=9),
            from_=st.sampled_from([Address("anna@x.example", "Anna"), Address("me@y.example"), None]),
            to=st.sampled_from([(Address("me@y.example"),), (Address("anna@x.example", "Anna"),), (), None]),
            folders=st.sampled_from([None, ("INBOX",), ("Family",)]),
        ),
        max_size=12,
    )
)
def test_what_is_prepared_together_is_decided_as_one_by_one(messages: list[Message]) -> None:
    owner = Owner(frozenset({"me@y.example"}))
    one_by_one = Labeller(load(), owner)
    alone = [one_by_one.decide(message) for message in messages]
    learned_voice.cache_clear()
    assert list(Labeller(load(), owner).label(messages)) == alone


def test_the_collector_runs_again_behind_labels_that_are_awaited_one_by_one() -> None:
    assert gc.isenabled()
    for _ in Labeller(load(), Owner(frozenset())).label([Message(id="1", subject="Hello")] * 2):
        assert gc.isenabled()
    with uncollected(), uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_is_kept_is_taken_for_old_and_circles_in_it_are_still_found() -> None:
    gc.collect()
    with uncollected(kept=True):
        kept: list[object] = [[number] for number in range(3_000)]
        circle: list[object] = [_Marked()]
        circle.append(circle)
        seen = weakref.ref(circle[0])
        del circle
    assert gc.isenabled()
    assert any(one is kept for one in gc.get_objects(generation=2))
    assert not any(one is kept[0] for generation in (0, 1) for one in gc.get_objects(generation=generation))
    assert seen() is not None
    gc.collect()
    assert seen() is None


class _Marked:
    """Something that can be referred to weakly."""


def test_a_subject_of_many_messages_is_read_once() -> None:
    matcher = Matcher(RULES)
    first = matcher.hits("subject", "hi there")
    assert first
    assert matcher.hits("subject", "hi there") == first
    assert not matcher.hits("subject", "")
    assert not matcher.hits("folder", "hi there")
