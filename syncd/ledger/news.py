"""What a write of meaning changes: since which day, and which labels."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from rules.meaning import Channel, Circle, Person, Purpose

Row = Mapping[str, Any]


class _Label(msgspec.Struct):
    channel: Channel
    purpose: Purpose


class _Line(msgspec.Struct):
    local: date


class News:
    """What a write changes.

    Attributes:
        since: the first day of which something else is said than before.
        relabelled: of contacts, what they were and what they are now, and how many.
    """

    def __init__(self) -> None:
        self.since = date.max
        self.relabelled: Counter[str] = Counter()

    def of_all(self, _old: Row | None, _new: Row | None) -> None:
        self.since = date.min

    def of_person(self, old: Row | None, new: Row | None) -> None:
        """Whoever is new is known by new contacts; and no flag knows of circles."""
        if old is None:
            return
        if new is None or _beside_circle(old["payload"]) != _beside_circle(new["payload"]):
            self.since = date.min

    def of_line(self, old: Row | None, new: Row | None) -> None:
        for row in (old, new):
            if row is not None:
                self.since = min(self.since, msgspec.json.decode(row["payload"], type=_Line).local)

    def of_contact(self, old: Row | None, new: Row | None) -> None:
        self.of_line(old, new)
        if old is None or new is None:
            return
        before = msgspec.json.decode(old["payload"], type=_Label)
        if before.channel.value != new["channel"]:
            self.relabelled[f"{before.channel.value} → {new['channel']}"] += 1
            return
        names = Purpose.__struct_fields__
        was = _mostly({name: getattr(before.purpose, name) for name in names})
        now = _mostly({name: new[name] for name in names})
        if was != now:
            self.relabelled[f"{was} → {now}"] += 1


def _beside_circle(payload: str) -> Person:
    return dataclasses.replace(msgspec.json.decode(payload, type=Person), circle=Circle.OTHER, circle_evidence=())


def _mostly(shares: Mapping[str, float]) -> str:
    return max(shares, key=lambda name: (shares[name], name))
