"""Address lists as they stand in mail headers, hostile and garbled ones included.

One rule stands above RFC 5322: an address that comes out must stand in what came in, by itself. Where a mailbox can
be read in two ways (CVE-2023-27043 and its kin), its address is unusable: `Address(None, name)` keeps the text so
that somebody was there, and nobody is taken for somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from connectors.encoded_words import decode_words
from connectors.observations import Address
from connectors.text import NAME_LIMIT, clean_text

_ADDRESS = re.compile(r'(?:[^\s@<>()\[\]\\,;:"]+|"[^"\\]*(?:\\.[^"\\]*)*")@(?:[^\s@<>()\[\]\\,;:"]+|\[[0-9.]+\])')
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|\\.?|[()<>,;:]|[^"()<>,;:\\]+', re.DOTALL)
_ADDRESS_LIMIT = 320  # 64 for the local part, 255 for the domain, and the @


def parse_addresses(raw: str) -> tuple[Address, ...]:
    """The mailboxes of an unfolded header value, in order; groups are dissolved. Never raises; linear in `raw`."""
    return _cached(raw) if len(raw) <= 1_000 else tuple(_parse(raw))


def parse_address(raw: str) -> Address | None:
    """The first mailbox that has an address, else the first; None if the value names nobody."""
    mailboxes = parse_addresses(raw)
    if len(mailboxes) == 1:
        return mailboxes[0]
    return next((mailbox for mailbox in mailboxes if mailbox.address), mailboxes[0] if mailboxes else None)


def usable(address: str) -> str | None:
    """`address` in lower case, or None if it is none. `mailto:` and quotes around it are taken off."""
    address = address.strip()
    if address[:7].lower() == "mailto:":
        address = address[7:]
    if len(address) > 2 and address[0] == address[-1] == "'":
        address = address[1:-1]
    address = address.rstrip(".")
    if len(address) > _ADDRESS_LIMIT or not address.isprintable() or not _ADDRESS.fullmatch(address):
        return None
    return clean_text(address.lower())


@lru_cache(maxsize=50_000)
def _cached(raw: str) -> tuple[Address, ...]:
    return tuple(_parse(raw))


def _parse(raw: str) -> Iterator[Address]:
    mailboxes = _plain(raw) if not any(mark in raw for mark in '"(\\:;') else _tokens(raw)
    waiting: Address | None = None  # `Smith, John <john@…>` without quotes: a name in two pieces
    for mailbox in mailboxes:
        if waiting and mailbox.address and mailbox.name:
            yield Address(mailbox.address, f"{waiting.name}, {mailbox.name}"[:NAME_LIMIT])
            waiting = None
            continue
        if waiting:
            yield waiting
            waiting = None
        if mailbox.address is None and mailbox.name and "@" not in mailbox.name:
            waiting = mailbox
        else:
            yield mailbox
    if waiting:
        yield waiting


def _plain(raw: str) -> Iterator[Address]:
    """Mailboxes of a value without quotes, comments and groups, as nearly all are."""
    for piece in raw.split(","):
        mailbox = piece.strip()
        if not mailbox:
            continue
        opened = mailbox.find("<")
        if opened < 0:
            yield _mailbox(mailbox, None, "")
        elif mailbox[-1] == ">" and mailbox.count("<") == mailbox.count(">") == 1:
            yield _mailbox(mailbox[opened + 1 : -1], mailbox[:opened], mailbox)
        else:
            yield Address(None, _name(mailbox))


def _mailbox(address: str, name: str | None, raw: str) -> Address:
    """A mailbox read as `name <address>` (name None: it had no angle brackets)."""
    found = usable(address)
    if found is None:
        return Address(None, _name(name or raw or address))
    shown = _name(name) if name else None
    return Address(found, None if shown is None or shown.lower() == found else shown)


@lru_cache(maxsize=20_000)
def _name(raw: str) -> str | None:
    """A display name: encoded words read, quotes off, clean."""
    name = raw.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    name = clean_text(decode_words(name), NAME_LIMIT).strip("'\" ")
    return name or None


class _Mailbox:
    """What has been read of one mailbox so far."""

    __slots__ = ("angle", "at", "broken", "closed", "comments", "start", "words")

    def __init__(self, start: int) -> None:
        self.start = start
        self.words: list[str] = []
        self.angle: list[str] | None = None
        self.comments: list[str] = []
        self.closed = False
        self.broken = False
        self.at = False  # an @ stands among the words

    def add(self, mark: str) -> None:
        if self.angle is not None and not self.closed:
            self.angle.append(mark)
        elif self.closed and mark.strip():
            self.broken = True  # `<alice@example.org>@evil.example`
        else:
            self.words.append(mark)
            self.at = self.at or "@" in mark

    @property
    def in_route(self) -> bool:
        """Inside `<@relay,@other:user@host>`, where commas part nothing."""
        return (
            self.angle is not None and bool(self.angle) and not self.closed and self.angle[0].lstrip().startswith("@")
        )

    def open(self) -> None:
        if self.angle is None:
            self.angle = []
        else:
            self.broken = True

    def close(self) -> None:
        if self.angle is None or self.closed:
            self.broken = True
        self.closed = True

    def finish(self, raw: str) -> Address | None:
        words = "".join(self.words).strip()
        if self.broken or (self.angle is not None and not self.closed):
            return Address(None, _name(raw[:NAME_LIMIT]))
        if self.angle is not None:
            return _mailbox(_without_route("".join(self.angle)), words or " ".join(self.comments), raw[:NAME_LIMIT])
        if words:
            return _mailbox(words, " ".join(self.comments), words[:NAME_LIMIT])
        return Address(None, _name(" ".join(self.comments))) if self.comments else None


def _without_route(address: str) -> str:
    """`@relay,@other:user@host` is an old way to say through whom to send."""
    return address.rpartition(":")[2] if address.lstrip().startswith("@") else address


def _tokens(raw: str) -> Iterator[Address]:
    """Mailboxes of any value, by one pass over its tokens; nesting is counted, never recursed into."""
    current = _Mailbox(0)
    depth = 0
    for match in _TOKEN.finditer(raw):
        mark = match.group()
        if mark == "(":
            depth += 1
        elif depth:
            if mark == ")":
                depth -= 1
            else:
                current.comments.append(mark)
        elif _ends(mark, current):
            mailbox = current.finish(raw[current.start : match.start()])
            if mailbox is not None:
                yield mailbox
            current = _Mailbox(match.end())
        elif mark == ":" and current.angle is None and not current.at:
            current = _Mailbox(match.end())  # a group's name
        else:
            _take(mark, current)
    current.broken |= depth > 0
    mailbox = current.finish(raw[current.start :])
    if mailbox is not None:
        yield mailbox


def _ends(mark: str, current: _Mailbox) -> bool:
    return mark == ";" or (mark == "," and not current.in_route)


def _take(mark: str, current: _Mailbox) -> None:
    if mark == "<":
        current.open()
    elif mark == ">":
        current.close()
    elif mark == ")":
        current.broken = True  # a comment that nobody opened: what stands before it may be bait
    else:
        current.add(mark)
