"""Which mail answers which: by message ids, or by subject where an archive has none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Generic, TypeVar

from connectors.observations import Message
from rules.context import bare_subject, is_answer, is_forward

T = TypeVar("T")

ANSWER_WITHIN = timedelta(days=30)  # a later "Re:" of the same subject is a new start under an old name


class Threads(Generic[T]):
    """What is known so far of the conversations; feed it in order of time. `T` is what is remembered of a mail."""

    def __init__(self) -> None:
        self._by_id: dict[str, T] = {}
        self._by_subject: dict[str, list[tuple[datetime, Message, T]]] = {}

    def take(self, message: Message, when: datetime, what: T) -> None:
        if message.message_id:
            self._by_id[message.message_id] = what
        subject = bare_subject(message.subject or "").casefold()
        if len(subject) >= 3:
            kept = self._by_subject.setdefault(subject, [])
            kept.append((when, message, what))
            if len(kept) > 50:
                del kept[0]

    def answered(self, message: Message, when: datetime) -> T | None:
        """What the message answers, if it says so or its subject does; None for a start or a forward."""
        subject = message.subject or ""
        if is_forward(subject):
            return None
        if message.in_reply_to or message.references:
            named = (message.in_reply_to, *reversed(message.references or ()))
            return next((self._by_id[name] for name in named if name and name in self._by_id), None)
        if not is_answer(subject):
            return None
        writer = message.from_.address if message.from_ else None
        readers = {one.address for group in (message.to, message.cc) for one in group or ()}
        for then, earlier, what in reversed(self._by_subject.get(bare_subject(subject).casefold(), ())):
            if when - then > ANSWER_WITHIN:
                break
            # without ids an answer goes from one who was asked to the one who asked
            asker = earlier.from_.address if earlier.from_ else None
            if asker != writer and asker in readers:
                return what
        return None
