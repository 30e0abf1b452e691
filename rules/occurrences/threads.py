"""Which mail answers which: by message ids, or by subject where an archive has none."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from connectors.observations import Message
from rules.texts.prefixes import bare_subject, is_answer, is_forward

T = TypeVar("T")

_TELLING = 3  # letters; a shorter subject ties nothing
_KEPT = 50  # mails remembered per subject
ANSWER_WITHIN = timedelta(days=30)  # a later "Re:" of the same subject is a new start under an old name


class Heading(NamedTuple):
    """What a subject says of its mail: the bare subject, case folded, and whether it marks an answer or forward."""

    bare: str
    answers: bool
    forwards: bool


@lru_cache(maxsize=8192)
def heading(subject: str) -> Heading:
    """The marks of answers and forwards read off a subject."""
    forwards = is_forward(subject)
    return Heading(bare_subject(subject).casefold(), is_answer(subject) and not forwards, forwards)


class Threads(Generic[T]):
    """What is known so far of the conversations; feed it in order of time. `T` is what is remembered of a mail."""

    def __init__(self) -> None:
        self._by_id: dict[str, T] = {}
        self._by_subject: dict[str, list[tuple[datetime, str | None, T]]] = {}

    def take(self, message: Message, when: datetime, what: T) -> None:
        """Remember a mail."""
        if message.message_id:
            self._by_id[message.message_id] = what
        subject = heading(message.subject or "").bare
        if len(subject) >= _TELLING:
            mail = (when, _writer(message), what)
            kept = self._by_subject.get(subject)
            if kept is None:
                self._by_subject[subject] = [mail]
            else:
                kept.append(mail)
                if len(kept) > _KEPT:
                    del kept[0]

    def answered(self, message: Message, when: datetime) -> T | None:
        """What the message answers, if it says so or its subject does; None for a start or a forward."""
        subject = heading(message.subject or "")
        if subject.forwards:
            return None
        if message.in_reply_to or message.references:
            named = (message.in_reply_to, *reversed(message.references or ()))
            return next((self._by_id[name] for name in named if name and name in self._by_id), None)
        return self._by_its_subject(message, subject.bare, when) if subject.answers else None

    def _by_its_subject(self, message: Message, subject: str, when: datetime) -> T | None:
        """Without ids an answer goes from one who was asked to the one who asked."""
        writer = _writer(message)
        readers = {one.address for group in (message.to, message.cc) for one in group or ()}
        for then, asker, what in reversed(self._by_subject.get(subject, ())):
            if when - then > ANSWER_WITHIN:
                break
            if asker != writer and asker in readers:
                return what
        return None


def _writer(message: Message) -> str | None:
    return message.from_.address if message.from_ else None
