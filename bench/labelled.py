"""The labelled sets under `../shared/data/labels` as observations with their labels, one stream per mailbox."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from connectors.observations import Event, Message, Observation, from_json

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
LABELS = DATA / "labels"


@dataclass(frozen=True)
class Item:
    """One labelled observation. `group` is the mailbox (or source of a calendar entry) that is held back whole."""

    observation: Observation
    set: str
    group: str
    label: dict[str, Any]
    clear: bool


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LABELS / name).read_text("utf-8").splitlines()]


def message(row: dict[str, Any]) -> Message:
    raw = {
        "kind": "message", "id": row["id"], "message_id": row["message_id"], "date": row["date"],
        "subject": row["subject"], "from": {"address": row["from"], "name": row["from_name"]},
        "to": [{"address": a} for a in row["to"]], "cc": [{"address": a} for a in row["cc"]],
        "folders": [row["folder"]] if row["folder"] else None,
    }  # fmt: skip
    found = from_json(json.dumps(raw))
    assert isinstance(found, Message)
    return found


def event(row: dict[str, Any]) -> Event:
    conference = row["conference_data"] or {}
    given = [p.get("uri") if isinstance(p, dict) else p for p in conference.get("entry_points", [])]
    points = [p for p in given if isinstance(p, str)]
    links = [link for link in [row["conference_link"], *(p for p in points if not p.startswith("tel:"))] if link]
    phones = [*row["description_dial_in"], *(p for p in points if p.startswith("tel:"))]
    raw = {
        "kind": "event", "id": row["id"], "title": row["summary"], "location": row["location"],
        "start": _time(row["start"]), "end": _time(row["end"]), "all_day": row["all_day"], "status": row["status"],
        "transparency": row["transparency"], "event_type": row["event_type"],
        "organizer": {"address": None} if row["organizer_present"] else None,
        "attendee_count": row["attendees_count"], "recurring": row["recurring"],
        "links": links or None, "phones": phones or None,
        "conference": {"provider": conference.get("solution")} if conference else None,
    }  # fmt: skip
    found = from_json(json.dumps(raw))
    assert isinstance(found, Event)
    return found


def _time(text: str | None) -> str | None:
    """The set writes some times in iCalendar's basic form."""
    if text is None:
        return None
    if text.startswith("P"):  # a duration stands for the end in some entries
        return None
    found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z?))?", text)
    if found is None:
        return re.sub(r"(\.\d{6})\d+", r"\1", text)
    year, month, day, hour, minute, second, zone = found.groups()
    clock = f"T{hour}:{minute}:{second or '00'}{zone}" if hour else ""
    return f"{year}-{month}-{day}{clock}"


@cache
def mail() -> tuple[Item, ...]:
    """Both sets of labelled mail, in order of time. `set` is "purpose" or "purpose-more"."""
    items = [
        Item(message(row), name, row["mailbox"], row, not row["ambiguous"])
        for name in ("purpose", "purpose-more")
        for row in rows(f"{name}.jsonl")
    ]
    return tuple(sorted(items, key=lambda item: moment(item.observation)))


@cache
def calendar() -> tuple[Item, ...]:
    return tuple(
        Item(event(row), "channel", f"{row['source']} {row['summary'].lower()[-24:]}", row, not row["ambiguous"])
        for row in rows("channel.jsonl")
    )


def moment(observation: Observation) -> float:
    """When it was, in seconds; 0 where nothing says so."""
    when = observation.date if isinstance(observation, Message) else observation.start
    return when.timestamp() if isinstance(when, datetime) else 0.0


def owners(items: Iterable[Item]) -> dict[str, frozenset[str]]:
    """The owner's addresses per mailbox: those that bear the mailbox's surname, three times or more, else the
    commonest that does, else the commonest address of all."""
    every: dict[str, Counter[str]] = defaultdict(Counter)
    for item in items:
        every[item.group].update({item.label["from"], *item.label["to"], *item.label["cc"]})
    found = {}
    for group, count in every.items():
        surname = group.rpartition("-")[0].rstrip("0123456789")[:6]
        named = Counter({a: n for a, n in count.items() if surname in a.partition("@")[0].replace("'", "")})
        often = frozenset(a for a, n in named.items() if n >= 3)
        found[group] = often or frozenset(a for a, _ in (named or count).most_common(2 if named else 1))
    return found
