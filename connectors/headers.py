"""A header block -> Message. The block only: nothing behind its blank line is ever looked at.

`docs/formats.md` names every header that is read. At most 64 KB of a block are read; of a longer one the first part
counts and the message says `truncated`. The reader is built for a first sync of hundreds of thousands of messages:
one pass over the lines, encoded words only where `=?` stands, addresses and dates remembered as they repeat.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from connectors.addresses import parse_address, parse_addresses
from connectors.connector import BadItem
from connectors.dates import EARLIEST, parse_date
from connectors.encoded_words import decode_words
from connectors.observations import Address, Message
from connectors.text import clean_text

HEADER_LIMIT = 64 * 1024
VALUE_LIMIT = 500
REFERENCES_LIMIT = 100

# Headers that become fields of the message.
_LISTS = frozenset({"to", "cc", "bcc", "reply-to"})
_FIELDS = _LISTS | {
    "from", "sender", "date", "received", "subject", "message-id", "in-reply-to", "references", "x-gm-thrid",
}  # fmt: skip

KEPT = frozenset(
    {
        "list-id", "list-unsubscribe", "list-unsubscribe-post", "list-post", "list-help", "list-subscribe",
        "list-owner", "list-archive", "mailing-list", "x-mailing-list", "x-beenthere", "x-loop", "errors-to",
        "precedence", "auto-submitted", "x-auto-response-suppress", "x-autoreply", "x-autorespond",
        "x-auto-reply-from", "return-path", "feedback-id", "x-failed-recipients", "content-type", "content-class",
        "authentication-results", "x-spam-flag", "x-mailer", "user-agent", "x-campaign-id", "x-campaignid",
        "x-mc-user", "x-sg-eid", "x-github-reason", "delivered-to", "x-original-to", "sensitivity",
        "x-folder", "x-gmail-labels",
    }
)  # fmt: skip
"""Headers kept in `Message.headers`, as `docs/formats.md` lists them."""

# Values that hold secrets or say whom they were made for: only what they are counts, not what they hold.
_PRESENT = frozenset({"x-campaign-id", "x-campaignid", "x-mc-user", "x-sg-eid"})
_LINKS = frozenset({"list-unsubscribe", "list-post", "list-help", "list-subscribe", "list-owner", "list-archive"})

_WANTED = {name: name for name in _FIELDS | KEPT}
_WANTED.update({"-".join(part.capitalize() for part in name.split("-")): name for name in _FIELDS | KEPT})
_WANTED.update({"Message-ID": "message-id", "CC": "cc", "List-ID": "list-id", "X-GM-THRID": "x-gm-thrid"})

_ID = re.compile(r"<([^<>]{1,500})>")
_PLAIN_ID = re.compile(r"\s*<([!-;=?-~]{1,500})>\s*\Z")  # nothing to clean in it
_PLAIN_IDS = re.compile(r"<([!-;=?-~]{1,500})>")
_LINE_END = re.compile(r"\n(?![ \t])")  # a line that begins with white space continues the one before
_END = re.compile(rb"\r?\n\r?\n|\r\r")
_LINK = re.compile(r"<\s*(https?://[^/?#>\s]{1,255}|mailto:[^?>\s]{1,320})[^>]*>?", re.IGNORECASE)
_PARAMETER = re.compile(r";\s*(report-type|method)\s*=\s*\"?([\w.-]{1,60})", re.IGNORECASE)


def header_end(data: bytes | bytearray) -> int:
    """Where the header block in `data` ends (its last line's end included), or -1 if the blank line is not there."""
    plain = data.find(b"\n\n")
    if plain >= 0 and data.find(b"\r", 0, plain) < 0:  # nearly every local file
        return plain + 1
    match = _END.search(data)
    return match.start() + 1 if match else -1


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a source knows of a message beside its headers.

    Attributes:
        native_id: becomes the message's id.
        now: dates after tomorrow and before 1990 are not believed.
        folders: the places that hold it.
        size: of the whole message in bytes.
        truncated: the header block goes on behind what was handed over.
        received: the server's own word on when it came.
        delivered: the same from a weaker witness (a file's name), heard if no header can be believed.
    """

    native_id: str
    now: datetime
    folders: tuple[str, ...] | None = None
    size: int | None = None
    truncated: bool = False
    received: datetime | None = None
    delivered: datetime | None = None


def read_message(block: bytes, circumstances: Circumstances) -> Message:
    """The message of a raw header block; more than `HEADER_LIMIT` bytes of it are not looked at.

    Raises:
        BadItem: nothing in the block is a header.
    """
    if len(block) > HEADER_LIMIT:
        block, circumstances = block[:HEADER_LIMIT], replace(circumstances, truncated=True)
    return from_fields(_collect(block), circumstances)


@lru_cache(maxsize=4_096)
def _canonical(name: str) -> str | None:
    """The name by which a header is wanted, or None."""
    return _WANTED.get(name) or _WANTED.get(name.rstrip().lower())


def _collect(block: bytes) -> dict[str, str]:
    """The wanted headers of a block, unfolded, by canonical name. Lists that stand twice are joined; of anything else
    the first counts."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    fields: dict[str, str] = {}
    lines = _LINE_END.split(_decoded(block))
    for line in lines:
        name, colon, value = line.partition(":")
        wanted = _canonical(name) if colon else None  # `From ` of an mbox, or garbage between two headers
        if wanted is None:
            continue
        if "\n" in value:
            value = value.replace("\n", "")
        if wanted not in fields:
            fields[wanted] = value
        elif wanted in _LISTS:
            fields[wanted] += f",{value}"
    if not fields and not any(_is_name(line) for line in lines):
        raise BadItem("no header at its beginning" if block.strip() else "the message is empty")
    return fields


def _is_name(line: str) -> bool:
    name, colon, _ = line.partition(":")
    return bool(name and colon) and name.isascii() and name.isprintable() and " " not in name.rstrip()


def _decoded(block: bytes) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError:
        pass
    text = block.decode("utf-8", "surrogateescape")
    return "\n".join(line if line.isascii() else _legacy(line) for line in text.split("\n"))


def _legacy(line: str) -> str:
    """A line with bytes that are no UTF-8: written before it, or by a mailer that never heard of it."""
    raw = line.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def named(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The wanted ones of headers that a server hands over by name and value, as `from_fields` takes them."""
    fields: dict[str, str] = {}
    for name, value in pairs:
        wanted = _canonical(name)
        if wanted and wanted not in fields:
            fields[wanted] = value
        elif wanted in _LISTS:
            fields[wanted] += f",{value}"
    return fields


def from_fields(fields: dict[str, str], circumstances: Circumstances) -> Message:
    """The message of headers that `named` brought."""
    get = fields.get
    latest = circumstances.now + timedelta(days=1)
    received = circumstances.received
    date = believable(parse_date(fields["date"].strip()) if "date" in fields else None, latest)
    if received is None and "received" in fields:
        received = parse_date(fields["received"].rpartition(";")[2].strip())
    received = believable(received, latest)
    if received is None and date is None:
        received = believable(circumstances.delivered, latest)
    return Message(
        id=circumstances.native_id,
        message_id=identifier(get("message-id")),
        thread=_word(get("x-gm-thrid")),
        date=date,
        received=received,
        subject=clean_text(decode_words(fields["subject"])) if "subject" in fields else None,
        from_=_one(get("from")),
        sender=_one(get("sender")),
        reply_to=_many(get("reply-to")),
        to=_many(get("to")),
        cc=_many(get("cc")),
        bcc=_many(get("bcc")),
        headers=_kept(fields),
        in_reply_to=_first_id(get("in-reply-to")),
        references=identifiers(get("references")),
        folders=circumstances.folders,
        size=circumstances.size,
        truncated=circumstances.truncated,
    )


def believable(moment: datetime | None, latest: datetime) -> datetime | None:
    """None for a moment that no mail can have; clocks run wrong and spammers date ahead."""
    return moment if moment is not None and EARLIEST <= moment <= latest else None


def moment_of(message: Message) -> datetime | None:
    """When the message was exchanged, in UTC: the server's word before the writer's."""
    moment = message.received or message.date
    return moment.astimezone(UTC) if moment else None


def _word(value: str | None) -> str | None:
    return None if value is None else clean_text(value, 100) or None


def _one(value: str | None) -> Address | None:
    return None if value is None else parse_address(_unfolded(value))


def _many(value: str | None) -> tuple[Address, ...] | None:
    return None if value is None else parse_addresses(_unfolded(value))


def _unfolded(value: str) -> str:
    """In one line, as far as that matters: the same list is remembered under the same text."""
    return value.strip() if "\t" not in value and "  " not in value else " ".join(value.split())


def identifier(value: str | None) -> str | None:
    """A Message-ID without its angle brackets, clean; None if there is none."""
    if value is None:
        return None
    match = _PLAIN_ID.match(value)
    if match:
        return match[1]
    found = _ID.search(value)
    text = clean_text(found[1] if found else value.strip().strip("<>"), VALUE_LIMIT)
    return text.replace(" ", "") or None


def identifiers(value: str | None) -> tuple[str, ...] | None:
    """Every id in a References header, the newest hundred."""
    if value is None:
        return None
    plain = _PLAIN_IDS.findall(value)
    if len(plain) == value.count("<"):
        return tuple(plain[-REFERENCES_LIMIT:]) if plain else _bare(value)
    found = _ID.findall(value)
    return tuple(text for text in map(identifier, found[-REFERENCES_LIMIT:]) if text) or _bare(value)


def _bare(value: str) -> tuple[str, ...]:
    """Ids that have lost their angle brackets."""
    words = [word for word in value.split() if "@" in word and len(word) <= VALUE_LIMIT]
    return tuple(text for text in map(identifier, words[-REFERENCES_LIMIT:]) if text)


def _first_id(value: str | None) -> str | None:
    """In-Reply-To once held prose: "Your message of Tuesday"."""
    found = identifiers(value)
    return found[0] if found else None


def _kept(fields: dict[str, str]) -> dict[str, str] | None:
    return {
        name: _remembered(name, value) if len(value) < 300 else _value(name, value)
        for name, value in fields.items()
        if name in KEPT
    }


def _value(name: str, value: str) -> str:
    """What is kept of a header's value."""
    if name in _PRESENT:
        return "present"
    if name in _LINKS:
        return ", ".join(f"<{link}>" for link in _LINK.findall(value[:4_000])) or "present"
    if name == "content-type":
        return _content_type(value)
    return clean_text(decode_words(value), VALUE_LIMIT)


_remembered = lru_cache(maxsize=10_000)(_value)


def _content_type(value: str) -> str:
    """Type, report-type and method only: other parameters name files and boundaries."""
    kind = clean_text(value.partition(";")[0], 100).lower()
    parameters = _PARAMETER.findall(value[:2_000])
    return "; ".join([kind, *(f"{name.lower()}={text.lower()}" for name, text in parameters)])
