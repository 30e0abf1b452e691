"""`syncd rules try`: lines of JSON in, lines of JSON out, in order, each other's context."""

from __future__ import annotations

import json

from rules.labels.trial import try_lines

LUNCH = (
    '{"kind":"event","id":"a","title":"Lunch with Anna","start":"2026-03-02T12:00:00Z","end":null,"attendee_count":2}'
)
ROBOT = (
    '{"kind":"message","id":"b","date":"2026-03-01T08:00:00Z","from":{"address":"No-Reply@shop.example"},'
    '"to":[],"subject":"Hi"}'
)
DECISION = {
    "id", "channel", "confidence", "conference_provider", "automated", "automated_probability", "crowd", "purpose",
    "standing", "evidence",
}  # fmt: skip


def test_each_line_has_its_decision_in_the_order_of_the_input() -> None:
    answers = list(try_lines([LUNCH, "", ROBOT.encode()], me=["Me@Example.org"]))
    decisions = [json.loads(answer.decision) for answer in answers]
    assert [decision["id"] for decision in decisions] == ["a", "b"]
    assert [decision["channel"] for decision in decisions] == ["in_person", "none"]
    assert [decision["automated"] for decision in decisions] == [False, True]
    for decision in decisions:
        assert set(decision) == DECISION
        assert set(decision["purpose"]) == {"relational", "working", "transactional"}
        assert all(set(reason) == {"rule", "because", "for", "weight"} for reason in decision["evidence"])
        assert "\n" not in json.dumps(decision)


def test_a_line_that_is_no_observation_is_told_and_the_others_stand() -> None:
    answers = list(try_lines(["{", LUNCH, '{"kind":"parcel","id":"x"}', '{"kind":"event","id":3}'], me=[]))
    assert [answer.line for answer in answers] == [1, 2, 3, 4]
    assert [answer.problem is None for answer in answers] == [False, True, False, False]


def test_what_is_earlier_in_time_is_context_wherever_it_stands() -> None:
    sent = {
        "kind": "message", "id": "sent", "date": "2026-03-01T08:00:00Z", "subject": "Hello",
        "from": {"address": "me@example.org"}, "to": [{"address": "pat@plant.example"}],
    }  # fmt: skip
    came = {
        "kind": "message", "id": "came", "date": "2026-03-02T08:00:00Z", "subject": "Furnace - reading 17",
        "from": {"address": "pat@plant.example"}, "to": [{"address": "me@example.org"}],
    }  # fmt: skip
    lines = [json.dumps(came), json.dumps(sent)]
    alone = json.loads(next(try_lines(lines[:1], me=["me@example.org"])).decision)
    together = json.loads(next(try_lines(lines, me=["me@example.org"])).decision)
    assert together["automated_probability"] < alone["automated_probability"]
    late = [json.dumps({**sent, "date": "2026-03-03T08:00:00Z"})]
    after = json.loads(next(try_lines(lines[:1] + late, me=["me@example.org"])).decision)
    assert after["automated_probability"] == alone["automated_probability"]


def test_the_mark_that_windows_programs_begin_a_file_with_is_no_part_of_the_first_line() -> None:
    for first in ("\ufeff" + LUNCH, ("\ufeff" + LUNCH).encode()):
        answers = list(try_lines([first, LUNCH], me=[]))
        assert answers[0].decision == answers[1].decision
        assert answers[0].problem is None


def test_lists_within_lists_without_end_are_no_observation() -> None:
    deep = '{"kind":"event","id":"d","x":' + "[" * 100_000 + "]" * 100_000 + "}"
    answers = list(try_lines([deep, LUNCH], me=[]))
    assert [answer.problem is None for answer in answers] == [False, True]
    assert "lists within lists" in (answers[0].problem or "")
