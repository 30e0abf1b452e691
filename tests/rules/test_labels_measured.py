"""Labels against what careful readers said of real calendars and mail, where these lie beside the project."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.observations import Address, Conference, Event, Message
from rules.engine.ruleset import load
from rules.labels.labeller import ByRules, Labeller
from rules.meaning import Owner

LABELS = Path(__file__).parents[3] / "shared" / "data" / "labels"
pytestmark = pytest.mark.skipif(not LABELS.exists(), reason="needs the labelled data in ../shared/data/labels")
RULES = load()
Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    return [json.loads(line) for line in (LABELS / name).read_text("utf-8").splitlines()]


def moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:  # the calendar sets hold times as words, too
        return None


def event(row: Row) -> Event:
    data = row["conference_data"] or {}
    points = data.get("entry_points") or []
    links = [row["conference_link"]] if row["conference_link"] else []
    links += [point["uri"] for point in points if point["type"] != "phone"]
    phones = [*row["description_dial_in"], *(point["uri"] for point in points if point["type"] == "phone")]
    return Event(
        id=row["id"],
        title=row["summary"],
        location=row["location"],
        start=moment(row["start"]),
        end=moment(row["end"]),
        all_day=row["all_day"],
        status=row["status"],
        transparency=row["transparency"],
        event_type=row["event_type"],
        organizer=Address() if row["organizer_present"] else None,
        attendee_count=row["attendees_count"],
        conference=Conference(provider=data.get("solution")) if data else None,
        links=tuple(links),
        phones=tuple(phones),
        recurring=row["recurring"],
    )


def message(row: Row) -> Message:
    return Message(
        id=row["id"],
        message_id=row["message_id"].strip("<>"),
        date=moment(row["date"]),
        subject=row["subject"],
        from_=Address(row["from"].lower(), row["from_name"]),
        to=tuple(Address(address.lower()) for address in row["to"]),
        cc=tuple(Address(address.lower()) for address in row["cc"]),
    )


def test_channel_of_clear_entries() -> None:
    labeller = Labeller(RULES, Owner(frozenset()), ByRules())
    clear = [row for row in rows("channel.jsonl") if not row["ambiguous"]]
    right = [labeller.decide(event(row)).channel == row["label"] for row in clear]
    assert len(right) > 200
    assert sum(right) / len(right) >= 0.97


@cache
def judged(name: str) -> list[tuple[Row, float, bool]]:
    """Each row with its probability of being automated and whether it is a crowd, mailbox by mailbox."""
    boxes = defaultdict(list)
    for row in rows(name):
        boxes[row["mailbox"]].append(row)
    result = []
    for box in boxes.values():
        labeller = Labeller(RULES, Owner(frozenset()), ByRules())
        for row in sorted(box, key=lambda row: datetime.fromisoformat(row["date"])):
            decision = labeller.decide(message(row))
            result.append((row, decision.automated_probability, decision.crowd))
    return result


@pytest.mark.parametrize(("name", "least"), [("purpose.jsonl", 0.93), ("purpose-more.jsonl", 0.945)])
def test_automated_of_clear_mail(name: str, least: float) -> None:
    clear = [(row, probability) for row, probability, _ in judged(name) if not row["ambiguous"]]
    hits = sum(row["automated"] and probability >= 0.5 for row, probability in clear)
    said = sum(probability >= 0.5 for _, probability in clear)
    true = sum(row["automated"] for row, _ in clear)
    assert 2 * hits / (said + true) >= least


def test_probabilities_mean_what_they_say() -> None:
    clear = [(row["automated"], probability) for row, probability, _ in judged("purpose-more.jsonl")]
    error = 0.0
    for low in range(10):
        inside = [(true, p) for true, p in clear if low / 10 <= p < (low + 1) / 10 or (low == 9 and p == 1)]
        error += abs(sum(p for _, p in inside) - sum(true for true, _ in inside))
    assert error / len(clear) <= 0.05


def test_crowds_of_clear_mail() -> None:
    clear = [
        (row["crowd"], crowd)
        for row, _, crowd in judged("purpose-more.jsonl")
        if not row["ambiguous"] and not row["automated"]
    ]
    hits = sum(true and said for true, said in clear)
    assert 2 * hits / (sum(true for true, _ in clear) + sum(said for _, said in clear)) >= 0.9
