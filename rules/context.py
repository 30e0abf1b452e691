"""What is known so far: about each address, each thread, each sender's habits. Never anything that came later.

The Labeller asks before it takes an observation in, so a decision uses only what stood earlier in time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from connectors.observations import Event, Message
from rules.meaning import Purpose

FORMS_KEPT = 64  # subject forms remembered per address
WRITERS_KEPT = 8
_VARYING = re.compile(r"\d+")


@dataclass(slots=True)
class AddressRecord:
    """One address: mails `received` from it and `sent` to it by the owner, and its habits.

    `answered`: mails of the owner that answered one of its; `answers`: its mails that answered one of the owner's.
    `forms`: how often it used each subject form (see `subject_form`).
    """

    received: int = 0
    sent: int = 0
    answered: int = 0
    answers: int = 0
    automated: int = 0
    meetings: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    last_received: datetime | None = None
    last_sent: datetime | None = None
    forms: dict[str, int] = field(default_factory=dict)
    hours: list[int] = field(default_factory=lambda: [0] * 24)
    purposes: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])


@dataclass(slots=True)
class ThreadRecord:
    """One conversation so far: how many mails, who wrote them, what they were for (summed probabilities)."""

    count: int = 0
    by_owner: int = 0
    writers: set[str] = field(default_factory=set)
    started: datetime | None = None
    last: datetime | None = None
    last_writer: str | None = None
    purposes: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])


_NOBODY = AddressRecord()
_NEW = ThreadRecord()


class Context:
    """Everything seen so far. Read it freely; only the Labeller calls `take`."""

    def __init__(self) -> None:
        self.addresses: dict[str, AddressRecord] = {}
        self.threads: dict[str, ThreadRecord] = {}
        self.meetings: dict[str, int] = {}  # title form of meetings: how often so far
        self.forms: dict[str, set[str]] = {}  # subject form: who has used it, up to a few
        self.home_seen = False  # some mail was addressed to the owner or the owner's organisation
        self.seen = 0

    def address(self, address: str | None) -> AddressRecord:
        """What is known of an address; an empty record where nothing is. Not to be changed."""
        return self.addresses.get(address or "", _NOBODY)

    def thread(self, message: Message) -> ThreadRecord:
        """The conversation that a message belongs to, as it stood before it."""
        return self.threads.get(self.thread_key(message), _NEW)

    def thread_key(self, message: Message) -> str:
        """What ties a mail to its conversation: the source's thread id, the first reference, or its subject."""
        if message.thread:
            return "t" + message.thread
        if message.references:
            return "r" + message.references[0]
        if message.in_reply_to:
            return "r" + message.in_reply_to
        subject = bare_subject(message.subject or "").lower()
        if is_answer(message.subject or "") and len(subject) >= 3:
            return "s" + subject
        return "r" + (message.message_id or message.id)

    def writers_of(self, form: str) -> int:
        """How many addresses have used this subject form so far; counted up to a handful."""
        return len(self.forms.get(form, ()))

    def take(self, message: Message, *, owner_wrote: bool, automated: bool, purpose: Purpose) -> None:
        """Remember a message that has been judged."""
        self.seen += 1
        when = message.date or message.received
        writer = message.from_.address if message.from_ is not None else None
        thread = self._thread(message)
        if owner_wrote:
            for group in (message.to, message.cc, message.bcc):
                for recipient in group or ():
                    if recipient.address:
                        self._sent(recipient.address, when, thread)
        elif writer:
            self._received(writer, message, when, thread, automated=automated, purpose=purpose)
        thread.count += 1
        thread.by_owner += owner_wrote
        thread.started = thread.started or when
        thread.last = when or thread.last
        thread.last_writer = writer
        if writer:
            thread.writers.add(writer)
        _add(thread.purposes, purpose)

    def take_event(self, event: Event, others: tuple[str, ...]) -> None:
        """Remember a meeting with these people."""
        self.seen += 1
        form = subject_form(event.title or "")
        if form:
            self.meetings[form] = self.meetings.get(form, 0) + 1
        for address in others[:50]:
            record = self._record(address, event.start)
            record.meetings += 1

    def _record(self, address: str, when: datetime | None) -> AddressRecord:
        record = self.addresses.get(address)
        if record is None:
            record = self.addresses[address] = AddressRecord(first_seen=when)
        record.last_seen = when or record.last_seen
        return record

    def _sent(self, address: str, when: datetime | None, thread: ThreadRecord) -> None:
        record = self._record(address, when)
        record.sent += 1
        record.last_sent = when or record.last_sent
        record.answered += address in thread.writers

    def _received(
        self,
        writer: str,
        message: Message,
        when: datetime | None,
        thread: ThreadRecord,
        *,
        automated: bool,
        purpose: Purpose,
    ) -> None:
        record = self._record(writer, when)
        record.received += 1
        record.automated += automated
        record.answers += thread.by_owner > 0
        record.last_received = when or record.last_received
        form = subject_form(message.subject or "")
        writers = self.forms.setdefault(form, set())
        if len(writers) < WRITERS_KEPT:
            writers.add(writer)
        if form in record.forms or len(record.forms) < FORMS_KEPT:
            record.forms[form] = record.forms.get(form, 0) + 1
        if when is not None:
            record.hours[when.hour] += 1
        _add(record.purposes, purpose)

    def _thread(self, message: Message) -> ThreadRecord:
        key = self.thread_key(message)
        thread = self.threads.get(key)
        if thread is None:
            thread = self.threads[key] = ThreadRecord()
            by_subject = "s" + bare_subject(message.subject or "").lower()
            if len(by_subject) > 3 and key[0] == "r" and by_subject not in self.threads:
                self.threads[by_subject] = thread  # where answers carry no references the subject ties them
        return thread


def _add(sums: list[float], purpose: Purpose) -> None:
    sums[0] += purpose.relational
    sums[1] += purpose.working
    sums[2] += purpose.transactional


_ANSWER = re.compile(
    r"^(?:\s*(?:\[[^\]]{1,40}\]\s*)?\[?(?:re|aw|sv|antw|antwort|r|rif|ref|res|resp|odp|ynt|vs|vá|fw|fwd|wg|tr|rv|enc|"
    r"doorst|i|vl|vb|pd|transf|réf|réponse|rép|antwoord)(?:\s?\[\d+\]|\s?\(\d+\)|\^\d+)?\s?[:：])+\s*",
    re.IGNORECASE,
)
_FORWARD = re.compile(r"^\s*\[?(?:fw|fwd|wg|tr|rv|enc|doorst|vl|vb|pd|transf|i)\s?[:：]", re.IGNORECASE)


@lru_cache(maxsize=50_000)
def bare_subject(subject: str) -> str:
    """The subject without the marks of answers and forwards, in any of our languages."""
    found = _ANSWER.match(subject)
    return subject[found.end() :].strip() if found else subject.strip()


def is_answer(subject: str) -> bool:
    """Whether the subject carries a mark of an answer or a forward."""
    return _ANSWER.match(subject) is not None


def is_forward(subject: str) -> bool:
    return _FORWARD.match(subject) is not None


@lru_cache(maxsize=50_000)
def subject_form(subject: str) -> str:
    """The subject with its numbers taken out, so that one robot's mails have one form."""
    return _VARYING.sub("#", bare_subject(subject).lower())
