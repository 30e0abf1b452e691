"""The words connectors and rules share: what a mailbox or a calendar says, and nothing that we think of it.

Two observations: a `Message` (one e-mail) and an `Event` (one occurrence in a calendar). Both are metadata:
no body, no attachment, no description text. They are immutable and know their JSON form, which is the one
`syncd rules try` reads and the ledger stores. They hold no circles, so the garbage collector passes them by.

Unknown is not nobody: a field that a source did not give is None; an empty tuple says "none, and we looked".

Times are aware datetimes that keep the offset they were written with. A naive datetime is *floating*: it means
that hour wherever the reader is. An all-day event has `all_day=True` and naive midnights, its end exclusive.
Addresses are lower case. Identifiers of messages stand without angle brackets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec


class Address(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, cache_hash=True):
    """A mailbox as written: `address` in lower case, or None where only a name stood there."""

    address: str | None = None
    name: str | None = None


class Attendee(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Somebody on an event's list. `response`: accepted, declined, tentative, needs_action, or None (unknown)."""

    address: str | None = None
    name: str | None = None
    response: str | None = None
    resource: bool | None = None


class Conference(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Conference data that a calendar keeps beside the description: `provider` is its own name for the service."""

    url: str | None = None
    provider: str | None = None


class Message(
    msgspec.Struct,
    frozen=True,
    gc=False,
    omit_defaults=True,
    tag_field="kind",
    tag="message",
    rename={"from_": "from"},
):
    """One e-mail, headers only. `date` is the Date header, `received` the server's time, `size` bytes.

    `headers` holds the fixed list of `docs/formats.md`, names in lower case. `folders` are the places that hold
    a copy now. `truncated`: the header block was larger than we read, so the recipients are incomplete.
    """

    id: str
    message_id: str | None = None
    thread: str | None = None
    date: datetime | None = None
    received: datetime | None = None
    subject: str | None = None
    from_: Address | None = None
    sender: Address | None = None
    reply_to: tuple[Address, ...] | None = None
    to: tuple[Address, ...] | None = None
    cc: tuple[Address, ...] | None = None
    bcc: tuple[Address, ...] | None = None
    headers: dict[str, str] | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] | None = None
    folders: tuple[str, ...] | None = None
    size: int | None = None
    truncated: bool = False


class Event(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="event"):
    """One occurrence in a calendar. A series is given as its occurrences, each with its `original_start`.

    `attendee_count` includes owner and organiser; 0 means that the entry names nobody, None that we do not know.
    `links` (scheme, host, path) and `phones` (as written) were taken from the description, whose text is not kept.
    `status`: confirmed, tentative, cancelled. `transparency`: opaque, transparent. `visibility`: default, public,
    private, confidential. `event_type`: as Google names them (default, focusTime, outOfOffice, birthday …).
    `zone` is the name that the time was written in. `folders` are the calendars that hold a copy now.
    """

    id: str
    uid: str | None = None
    title: str | None = None
    location: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    zone: str | None = None
    all_day: bool | None = None
    original_start: datetime | None = None
    status: str | None = None
    transparency: str | None = None
    event_type: str | None = None
    visibility: str | None = None
    organizer: Address | None = None
    attendees: tuple[Attendee, ...] | None = None
    attendee_count: int | None = None
    owner_response: str | None = None
    conference: Conference | None = None
    links: tuple[str, ...] | None = None
    phones: tuple[str, ...] | None = None
    recurring: bool | None = None
    updated: datetime | None = None
    folders: tuple[str, ...] | None = None


Observation = Message | Event

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Observation] = msgspec.json.Decoder(Observation)


def encode(observation: Observation) -> bytes:
    """The observation as compact JSON; `decode` reads it back to an equal value."""
    return _encoder.encode(observation)


def decode(payload: bytes | str) -> Observation:
    """An observation from its own JSON form (see `encode`)."""
    return _decoder.decode(payload)


def from_json(line: bytes | str) -> Observation:
    """An observation from the public form of `syncd rules try`: as `decode`, but bare dates may stand for all-day
    times, message ids may wear their angle brackets, and addresses any case.

    Raises:
        ValueError: the line is no JSON object, or a field has the wrong type; the message names the field.
    """
    try:
        observation = _decoder.decode(line)
    except msgspec.ValidationError:
        return _loosely(line)
    return observation if _is_normal(observation) else _loosely(line)


def _is_normal(observation: Observation) -> bool:
    """Whether nothing is left to bring to the form that connectors give."""
    if isinstance(observation, Event):
        groups = ((observation.organizer,), observation.attendees)
        return all(_are_lowered(group) for group in groups if group)
    senders = (observation.from_, observation.sender)
    for group in (senders, observation.to, observation.cc, observation.bcc, observation.reply_to):
        if group and not _are_lowered(group):
            return False
    for name in (observation.message_id, observation.in_reply_to, *(observation.references or ())):
        if name is not None and (not name or name.strip().strip("<>") != name):
            return False
    return not observation.headers or "".join(observation.headers).islower()


def _are_lowered(group: Iterable[Address | Attendee | None]) -> bool:
    for one in group:
        address = one.address if one is not None else None
        if address is not None and not (address.islower() and address.strip() == address):
            return False
    return True


def _loosely(line: bytes | str) -> Observation:
    raw = msgspec.json.decode(line, type=dict[str, Any])
    for key in ("start", "end", "original_start"):
        value = raw.get(key)
        if isinstance(value, str) and len(value) == len("2026-03-02"):
            raw[key] = f"{value}T00:00:00"
            raw.setdefault("all_day", True)
    for key in ("message_id", "in_reply_to"):
        if isinstance(raw.get(key), str):
            raw[key] = raw[key].strip().strip("<>") or None
    references = raw.get("references")
    if isinstance(references, str):
        references = references.split()
    if isinstance(references, list):
        raw["references"] = [str(reference).strip().strip("<>") for reference in references]
    for key in ("from", "sender", "organizer"):
        raw[key] = _lowered(raw.get(key))
    for key in ("reply_to", "to", "cc", "bcc", "attendees"):
        if isinstance(raw.get(key), list):
            raw[key] = [_lowered(entry) for entry in raw[key]]
    if isinstance(raw.get("headers"), Mapping):
        raw["headers"] = {str(name).lower(): str(value) for name, value in raw["headers"].items()}
    defaults = {"truncated": False}
    known = {k: v if v is not None else defaults.get(k) for k, v in raw.items()}
    observation: Observation = msgspec.convert(known, Observation)
    return observation


def _lowered(entry: Any) -> Any:
    if isinstance(entry, str):  # a bare address is as good as an object
        entry = {"address": entry}
    if isinstance(entry, dict) and isinstance(entry.get("address"), str):
        return {**entry, "address": entry["address"].strip().lower() or None}
    return entry
