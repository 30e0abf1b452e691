"""Values that many observations share, kept once: the same people write the same to the same again and again.

A mailbox of a hundred thousand mails has a few thousand people in it; read from a ledger, every mail brings its own
copies of them. A pool makes them one, which takes the mails to a third of their size.
"""

from __future__ import annotations

from typing import Any

import msgspec

from connectors.observations import Address, Message


class Pool:
    """Keeps one of each value that it has seen; drop it when all observations are read."""

    def __init__(self) -> None:
        self._kept: dict[Any, Any] = {}

    def shared(self, message: Message) -> Message:
        """The same message, made of values that others have too."""
        one, group = self._one, self._group
        return msgspec.structs.replace(
            message,
            message_id=one(message.message_id),
            thread=one(message.thread),
            from_=one(message.from_),
            sender=one(message.sender),
            reply_to=group(message.reply_to),
            to=group(message.to),
            cc=group(message.cc),
            bcc=group(message.bcc),
            headers={one(name): one(value) for name, value in message.headers.items()}
            if message.headers
            else message.headers,
            in_reply_to=one(message.in_reply_to),
            references=tuple(map(one, message.references)) if message.references else message.references,
            folders=one(message.folders),
        )

    def _one(self, value: Any) -> Any:
        return self._kept.setdefault(value, value)

    def _group(self, group: tuple[Address, ...] | None) -> tuple[Address, ...] | None:
        if not group:
            return group
        known: tuple[Address, ...] | None = self._kept.get(group)
        return known if known is not None else self._one(tuple(map(self._one, group)))
