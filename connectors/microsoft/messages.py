"""A Graph message -> Message. Headers are used where they come; the fields alone are enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.addresses import usable
from connectors.connector import BadItem, Item, Place
from connectors.headers import Circumstances, believable, from_fields, identifier, named
from connectors.microsoft.graph import Json
from connectors.observations import Address, Message
from connectors.text import NAME_LIMIT, clean_text

SELECT = (
    "id,internetMessageId,conversationId,receivedDateTime,sentDateTime,subject,from,sender,toRecipients,ccRecipients,"
    "bccRecipients,replyTo,parentFolderId,internetMessageHeaders"
)
"""Neither body nor preview. `internetMessageHeaders` may stay empty under Mail.ReadBasic."""


def item_of(line: Json, etag: str, place: Place, now: datetime) -> Item:
    """A message in the form of `SELECT`.

    Raises:
        BadItem: it cannot be read.
    """
    try:
        return Item(line["id"], etag, (place,), _message(line, place, now))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadItem(f"the message cannot be read: {clean_text(repr(error), 200)}") from error


def _message(line: Json, place: Place, now: datetime) -> Message:
    headers = [(str(one["name"]), str(one["value"])) for one in line.get("internetMessageHeaders") or ()]
    circumstances = Circumstances(
        native_id=line["id"], now=now, folders=(place.name,), received=_moment(line, "received")
    )
    told = from_fields(named(headers), circumstances)
    sent = believable(_moment(line, "sent"), now + timedelta(days=1))
    return Message(
        id=line["id"],
        message_id=identifier(line.get("internetMessageId")) or told.message_id,
        thread=line.get("conversationId"),
        date=told.date or sent,
        received=told.received,
        subject=clean_text(str(line["subject"])) if line.get("subject") is not None else told.subject,
        from_=_one(line.get("from")) or told.from_,
        sender=_sender(line) or told.sender,
        reply_to=_many(line, "replyTo"),
        to=_many(line, "toRecipients"),
        cc=_many(line, "ccRecipients"),
        bcc=_many(line, "bccRecipients"),
        headers=told.headers,
        in_reply_to=told.in_reply_to,
        references=told.references,
        folders=(place.name,),
    )


def _moment(line: Json, which: str) -> datetime | None:
    value = line.get(f"{which}DateTime")
    return datetime.fromisoformat(str(value)).astimezone(UTC) if value else None


def _one(value: Json | None) -> Address | None:
    if not value:
        return None
    told = value.get("emailAddress") or {}
    address = usable(str(told.get("address") or ""))
    name = clean_text(str(told.get("name") or ""), NAME_LIMIT)
    return Address(address, None if not name or name.lower() == address else name) if address or name else None


def _sender(line: Json) -> Address | None:
    """Who sent it for another; Graph always names a sender, most often the same as `from`."""
    sender, writer = _one(line.get("sender")), _one(line.get("from"))
    return sender if sender and (writer is None or sender.address != writer.address) else None


def _many(line: Json, key: str) -> tuple[Address, ...] | None:
    if key not in line:
        return None
    return tuple(address for value in line[key] or () if (address := _one(value)))
