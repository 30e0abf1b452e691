"""The edge where an item enters the ledger: what is private or was to be forgotten stays outside.

Of a private event only its busy time is kept; of a message in a private folder only that it is there, so that it is
not asked for again and `syncd verify` knows why it is not held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from connectors.connector import Item, Place, Quarantined
from connectors.observations import Event, Message, Observation, encode
from rules.texts.folders import is_private
from syncd.ledger.naming import escaped, plain, stored
from syncd.ledger.writing import Entry

Filter = Callable[[Observation], "Observation | None"]
"""What of an observation may be kept; None if nothing."""

_BUSY = ("id", "uid", "start", "end", "zone", "all_day", "original_start", "status", "transparency", "visibility")


def entry(
    item: Item, *, include_private: bool = False, forgotten: Filter | None = None, aged: Filter | None = None
) -> Entry:
    """How an item is written down: as it is, without what is private, forgotten or too old to be kept, or quarantined
    if it cannot be written at all."""
    try:
        written = _entry(item, include_private, forgotten, aged)
        if written.payload is None or "\\u0000" not in written.payload:
            return written
    except UnicodeError:
        pass
    # Rare: connectors clean what they read. What no database takes is replaced before anybody is looked for in it.
    try:
        return _entry(replace(item, observation=_cleaned(item.observation)), include_private, forgotten, aged)
    except (ValueError, TypeError) as error:
        return quarantined(Quarantined(item.native_id, item.etag, f"cannot be written as JSON: {error}"))


def quarantined(item: Quarantined) -> Entry:
    """How an item is written down that its connector could not read."""
    return Entry(stored(item.native_id), escaped(item.etag), (), None, None, "quarantined", plain(item.reason))


def _entry(item: Item, include_private: bool, forgotten: Filter | None, aged: Filter | None) -> Entry:
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


def _is_private(item: Item) -> bool:
    if isinstance(item.observation, Event) and item.observation.visibility in {"private", "confidential"}:
        return True
    return any(is_private(place.name, place.role) for place in item.places)


def _busy(event: Event) -> Event:
    return Event(**{name: getattr(event, name) for name in _BUSY})


def _kind(observation: Observation) -> str:
    return "message" if isinstance(observation, Message) else "event"


def _written(item: Item, observation: Observation | None, state: str, *, kind: str | None = None) -> Entry:
    native, etag = stored(item.native_id), escaped(item.etag)
    if observation is None:
        places = () if state in {"forgotten", "expired"} else _places(item)  # a folder may bear somebody's name
        return Entry(native, etag, places, None, kind, state)
    if observation.folders is not None:  # the placements say it, and since when; a move is no revision
        observation = msgspec.structs.replace(observation, folders=None)
    return Entry(native, etag, _places(item), encode(observation).decode(), _kind(observation), state)


def _places(item: Item) -> tuple[Place, ...]:
    """Each place once: of two rows for the same one, only one would be closed when the item goes."""
    places = item.places
    if not all(place.name.isprintable() for place in places):
        places = tuple(Place(plain(place.name), place.role) for place in places)
    return places if len(places) == 1 else tuple(dict.fromkeys(places))


def _cleaned(observation: Observation | None) -> Observation | None:
    """The observation with every text in it as both databases take it."""
    if observation is None:
        return None
    builtins = msgspec.to_builtins(observation, builtin_types=(datetime,))
    cleaned: Observation = msgspec.convert(_plain(builtins), Message | Event)
    return cleaned


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return plain(value) if isinstance(value, str) else value
