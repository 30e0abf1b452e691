"""A Gmail message resource -> Message, and labels -> places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

from connectors.connector import Item, Place
from connectors.google.service import Json
from connectors.headers import KEPT, Circumstances, from_fields, named

# What the header reader wants, beside those it keeps; asked for by name, so that nothing else is sent.
HEADERS = tuple(
    sorted(
        {
            "from", "sender", "to", "cc", "bcc", "reply-to", "date", "subject", "message-id", "in-reply-to",
            "references",
        }
        | (KEPT - {"x-folder", "x-gmail-labels"})
    )
)  # fmt: skip

FIELDS = "id,threadId,labelIds,internalDate,sizeEstimate,payload/headers"
"""Never `snippet`: the first line of a mail's text is not received."""

_ROLES = {
    "INBOX": "inbox",
    "SENT": "sent",
    "DRAFT": "drafts",
    "SPAM": "junk",
    "TRASH": "trash",
    "CHAT": "chats",
}
_ARCHIVE = Place("Archive", role="archive")


def interesting(label: Json) -> Place | None:
    """The place that a label is, or None for those that say nothing of one: UNREAD, STARRED, categories."""
    if label["id"] in _ROLES:
        return Place(label["id"].capitalize(), role=_ROLES[label["id"]])
    return Place(label["name"]) if label.get("type") == "user" else None


def places_of(label_ids: Iterable[str], labels: Mapping[str, Place]) -> tuple[Place, ...]:
    """The places of a message; one without any lies in the archive, as Gmail calls "All Mail" without a label."""
    return tuple(labels[id_] for id_ in sorted(label_ids) if id_ in labels) or (_ARCHIVE,)


def etag_of(label_ids: Iterable[str], labels: Mapping[str, Place]) -> str:
    """Changes whenever a place may, by its labels or their names: a message's headers never do. Reading or starring
    a message is no change."""
    return ",".join(f"{id_}{_mark(labels[id_])}" for id_ in sorted(label_ids) if id_ in labels) or "-"


def _mark(place: Place) -> str:
    """What tells a renamed label of the owner's own; Gmail's history says nothing of a new name."""
    return "" if place.role else f":{blake2b(place.name.encode(), digest_size=4).hexdigest()}"


def labels_in(etag: str) -> tuple[str, ...]:
    """The label ids that an etag was made of."""
    return tuple(part.partition(":")[0] for part in etag.split(",") if part != "-")


def item_of(resource: Json, labels: Mapping[str, Place], now: datetime) -> Item:
    """A message resource in the form of `FIELDS`.

    Raises:
        BadItem: its headers cannot be read.
    """
    ids = resource.get("labelIds", ())
    places = places_of(ids, labels)
    headers = ((header["name"], header["value"]) for header in resource.get("payload", {}).get("headers", ()))
    received = datetime.fromtimestamp(int(resource["internalDate"]) / 1000, UTC)
    circumstances = Circumstances(
        native_id=resource["id"],
        now=now,
        folders=tuple(place.name for place in places),
        size=resource.get("sizeEstimate"),
        received=received,
    )
    message = msgspec.structs.replace(from_fields(named(headers), circumstances), thread=resource["threadId"])
    return Item(resource["id"], etag_of(ids, labels), places, message)
