"""What is known so far: about each address, each thread, each sender's habits. Never anything that came later.

The Labeller asks before it takes an observation in, so a decision uses only what stood earlier in time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from connectors.observations import Message
from rules.texts.prefixes import bare_subject, is_answer, subject_form

FORMS_KEPT = 64  # subject forms remembered per address
WRITERS_KEPT = 8


class AddressRecord(msgspec.Struct, gc=False):
    """One address: mails `received` from it, how many of them `automated`, and mails `sent` to it by the owner.

    `forms`: how often it used each subject form (see `subject_form`).
    """

    received: int = 0
    sent: int = 0
    automated: int = 0
    forms: dict[str, int] = {}


class ThreadRecord(msgspec.Struct, gc=False):
    """One conversation so far: how many mails, and how many of them the owner wrote."""

    count: int = 0
    by_owner: int = 0


_NOBODY = AddressRecord()
_NEW = ThreadRecord()


class Context:
    """Everything seen so far. Read it freely; only the Labeller calls `take`."""

    def __init__(self) -> None:
        self.addresses: dict[str, AddressRecord] = {}
        self.threads: dict[str, ThreadRecord] = {}
        self.forms: dict[str, tuple[str, ...]] = {}  # subject form: who has used it, up to a few
        self.home_seen = False  # some mail was addressed to the owner or the owner's organisation
        self._asked: tuple[Message | None, str] = (None, "")  # the last message and its thread

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_asked": (None, "")}

    def address(self, address: str | None) -> AddressRecord:
        """What is known of an address; an empty record where nothing is. Not to be changed."""
        return self.addresses.get(address or "", _NOBODY)

    def thread(self, message: Message) -> ThreadRecord:
        """The conversation that a message belongs to, as it stood before it."""
        return self.threads.get(self.thread_key(message), _NEW)

    def thread_key(self, message: Message) -> str:
        """What ties a mail to its conversation: the source's thread id, the first reference, or its subject."""
        asked, key = self._asked
        if asked is not message:
            key = _thread_key(message)
            self._asked = (message, key)
        return key

    def writers_of(self, form: str) -> int:
        """How many addresses have used this subject form so far; counted up to a handful."""
        return len(self.forms.get(form, ()))

    def asked(self, message: Message) -> tuple[int, ...]:
        """All that rules ask of what stood before a message, in numbers: where they are equal, so are the answers.
        Who asks for more has to add it here."""
        writer = message.from_.address if message.from_ is not None else None
        record = self.address(writer)
        form = subject_form(message.subject or "")
        written = (record.received, record.sent, record.automated, record.forms.get(form, 0))
        return (*written, self.writers_of(form), self.thread(message).by_owner > 0, self.home_seen)

    def take(self, message: Message, *, owner_wrote: bool, automated: bool) -> None:
        """Remember a message that has been judged."""
        writer = message.from_.address if message.from_ is not None else None
        thread = self._thread(message)
        if owner_wrote:
            for group in (message.to, message.cc, message.bcc):
                for recipient in group or ():
                    if recipient.address:
                        self._record(recipient.address).sent += 1
        elif writer:
            self._received(self._record(writer), writer, message.subject, automated=automated)
        thread.count += 1
        thread.by_owner += owner_wrote

    def _record(self, address: str) -> AddressRecord:
        record = self.addresses.get(address)
        if record is None:
            record = self.addresses[address] = AddressRecord()
        return record

    def _received(self, record: AddressRecord, writer: str, subject: str | None, *, automated: bool) -> None:
        record.received += 1
        record.automated += automated
        form = subject_form(subject or "")
        writers = self.forms.get(form, ())
        if len(writers) < WRITERS_KEPT and writer not in writers:
            self.forms[form] = (*writers, writer)
        forms = record.forms
        if form in forms or len(forms) < FORMS_KEPT:
            forms[form] = forms.get(form, 0) + 1

    def _thread(self, message: Message) -> ThreadRecord:
        key = self.thread_key(message)
        thread = self.threads.get(key)
        if thread is None:
            thread = self.threads[key] = ThreadRecord()
            by_subject = _by_subject(message.subject or "")
            if len(by_subject) > 3 and key[0] == "r" and by_subject not in self.threads:
                self.threads[by_subject] = thread  # where answers carry no references the subject ties them
        return thread


def _thread_key(message: Message) -> str:
    if message.thread:
        return "t" + message.thread
    if message.references:
        return "r" + message.references[0]
    if message.in_reply_to:
        return "r" + message.in_reply_to
    if message.subject and is_answer(message.subject) and len(key := _by_subject(message.subject)) > 3:
        return key
    return "r" + (message.message_id or message.id)


@lru_cache(maxsize=8192)
def _by_subject(subject: str) -> str:
    return "s" + bare_subject(subject).lower()
