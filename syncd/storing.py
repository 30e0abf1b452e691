"""The edge where an item enters the ledger: what is private or was to be forgotten stays outside.

Of a private event only its busy time is kept; of a message in a private folder only that it is there, so that it is
not asked for again and `syncd verify` knows why it is not held.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from connectors.connector import Item, Place, Quarantined
from connectors.observations import Event, Message, Observation, encode
from rules.folders import is_private
from syncd.ledger.writing import Entry

Filter = Callable[[Observation], "Observation | None"]
"""What of an observation may be kept; None if nothing."""

_BUSY = ("id", "uid", "start", "end", "zone", "all_day", "original_start", "status", "transparency", "visibility")


def entry(
    item: Item, *, include_private: bool = False, forgotten: Filter | None = None, aged: Filter | None = None
) -> Entry:
    """How an item is written down: as it is, without what is private, forgotten or too old to be kept, or quarantined
    if it cannot be written at all."""
    observation = item.observation
    private = not include_private and _is_private(item)
    if observation is None:
        return _written(item, None, "private" if private else "held")
    if private:
        busy = _busy(observation) if isinstance(observation, Event) else None
        if busy is not None and aged is not None and aged(busy) is None:
            return _written(item, None, "expired", kind="event")
        return _written(item, busy, "private", kind=_kind(observation))
    kept = observation if forgotten is None else forgotten(observation)
    if kept is None:
        return _written(item, None, "forgotten", kind=_kind(observation))
    young = kept if aged is None else aged(kept)
    return _written(item, young, "held" if young else "expired", kind=_kind(observation))


def quarantined(item: Quarantined) -> Entry:
    """How an item is written down that its connector could not read."""
    return Entry(item.native_id, item.etag, (), None, None, "quarantined", _storable(item.reason))


def _is_private(item: Item) -> bool:
    if isinstance(item.observation, Event) and item.observation.visibility in {"private", "confidential"}:
        return True
    return any(is_private(place.name, place.role) for place in item.places)


def _busy(event: Event) -> Event:
    return Event(**{name: getattr(event, name) for name in _BUSY})


def _kind(observation: Observation) -> str:
    return "message" if isinstance(observation, Message) else "event"


def _written(item: Item, observation: Observation | None, state: str, *, kind: str | None = None) -> Entry:
    if observation is None:
        places = () if state in {"forgotten", "expired"} else _places(item)  # a folder may bear somebody's name
        return Entry(item.native_id, item.etag, places, None, kind, state)
    if observation.folders is not None:  # the placements say it, and since when; a move is no revision
        observation = msgspec.structs.replace(observation, folders=None)
    try:
        payload = encode(observation).decode()
    except (UnicodeError, ValueError, TypeError) as error:
        return Entry(item.native_id, item.etag, (), None, None, "quarantined", f"cannot be written as JSON: {error}")
    if "\\u0000" in payload:  # rare: connectors clean what they read
        payload = json.dumps(_without_nul(json.loads(payload)), ensure_ascii=False, separators=(",", ":"))
    return Entry(item.native_id, item.etag, _places(item), payload, _kind(observation), state)


def _places(item: Item) -> tuple[Place, ...]:
    if all(place.name.isprintable() for place in item.places):
        return item.places
    return tuple(Place(_storable(place.name), place.role) for place in item.places)


def _storable(text: str) -> str:
    """A text that both databases take: SQLite refuses lone surrogates, PostgreSQL the character NUL."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _without_nul(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.replace("\0", ""): _without_nul(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    return value.replace("\0", "") if isinstance(value, str) else value
