"""Mailing lists: which mail came through one, and what the list is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from connectors.observations import Message

# What list software leaves in a header: by the standard (RFC 2369, 2919), by older habit.
_MARKS = frozenset(
    ("list-id", "list-post", "list-unsubscribe", "list-help", "list-subscribe", "list-owner", "list-archive")
) | {"mailing-list", "x-mailing-list", "x-beenthere"}
_PRECEDENCE = frozenset({"list", "bulk"})
_SENDER = re.compile(r"^owner-|-(?:owner|bounces?|admin|request)(?:\+|@)|^bounces?[-+]")
_TAGGED = re.compile(r"^(?:\s*\w{1,6}\s?(?:\[\d+\])?[:：])*\s*\[[^\]]{2,40}\]")


def is_list_mail(message: Message) -> bool:
    """Whether list software passed the mail on."""
    headers = message.headers
    if headers:
        if not _MARKS.isdisjoint(headers):
            return True
        if headers.get("precedence", "").strip().lower() in _PRECEDENCE:
            return True
    sender = message.sender.address if message.sender else None
    return sender is not None and _is_list_sender(sender)


def is_tagged(subject: str | None) -> bool:
    """Whether the subject begins with a list's tag: "Re: [exmh] Bug"."""
    return subject is not None and _TAGGED.match(subject) is not None


def lists_of(message: Message) -> tuple[str, ...]:
    """The names of the lists that a mail came through: List-Id, and the address one posts to, in lower case."""
    headers = message.headers
    return () if not headers or _MARKS.isdisjoint(headers) else tuple(_names(message, headers))


def _names(message: Message, headers: Mapping[str, str]) -> Iterator[str]:
    if value := headers.get("list-id"):
        name = value.rpartition("<")[2].strip("<> \t").lower()
        yield name
        # Most software makes the List-Id of the address (RFC 2919, 2) and some, Google's, tells of no other
        for one in (*(message.to or ()), *(message.cc or ())):
            if one.address and one.address.replace("@", ".") == name:
                yield one.address
    if "mailto:" in (value := headers.get("list-post", "").lower()):
        yield value.partition("mailto:")[2].partition(">")[0].partition("?")[0].strip()
    for name in ("x-beenthere", "x-mailing-list"):
        if "@" in (value := headers.get(name, "")):
            yield value.partition(" ")[0].strip("<>;, ").lower()


@lru_cache(maxsize=65536)
def _is_list_sender(address: str) -> bool:
    return _SENDER.search(address) is not None
