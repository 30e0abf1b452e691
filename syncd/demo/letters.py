"""A letter of the sample and its bytes. Written by hand, since email.message takes ten times as long."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

Mailbox = tuple[str, str]  # name, address

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WORD = 39  # bytes of UTF-8 that fit an encoded word of 75 characters


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it is stored. `headers` are further ones in their order; `attached` names an attachment."""

    at: datetime
    sender: Mailbox
    to: tuple[Mailbox, ...]
    subject: str
    message_id: str
    folder: str
    body: str
    cc: tuple[Mailbox, ...] = ()
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "text/plain; charset=utf-8"
    attached: str | None = None
    seen: bool = True

    def source(self) -> bytes:
        """The letter in RFC 5322 form with the line ends that a Maildir uses."""
        content_type, body = self._content()
        lines = [
            f"Return-Path: <{self.sender[1]}>",
            f"Date: {date_header(self.at)}",
            f"From: {_mailbox(self.sender)}",
            f"To: {_mailboxes(self.to)}",
        ]
        if self.cc:
            lines.append(f"Cc: {_mailboxes(self.cc)}")
        lines += [f"Subject: {encoded(self.subject)}", f"Message-ID: <{self.message_id}>"]
        if self.references:
            lines.append(f"In-Reply-To: <{self.references[-1]}>")
            lines.append("References: " + "\n ".join(f"<{reference}>" for reference in self.references))
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines += ["MIME-Version: 1.0", f"Content-Type: {content_type}", "Content-Transfer-Encoding: 8bit", "", body]
        return "\n".join(lines).encode()

    def _content(self) -> tuple[str, str]:
        if self.attached is None:
            return self.content_type, self.body + "\n"
        edge = f"=_{self.message_id.partition('@')[0]}"
        content = base64.b64encode(f"{self.attached}\n{self.body}".encode()).decode()
        document = (
            f'Content-Type: application/pdf; name="{self.attached}"\n'
            f'Content-Disposition: attachment; filename="{self.attached}"\n'
            f"Content-Transfer-Encoding: base64\n\n{content}\n"
        )
        text = f"Content-Type: {self.content_type}\n\n{self.body}\n"
        return f'multipart/mixed; boundary="{edge}"', f"--{edge}\n{text}--{edge}\n{document}--{edge}--\n"


def date_header(at: datetime) -> str:
    """An aware time as RFC 5322 writes it, in English whatever the locale."""
    return f"{_DAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S %z}"


@lru_cache(maxsize=4096)
def encoded(text: str) -> str:
    """Header text: as it is if ASCII, else RFC 2047 encoded words, folded."""
    if text.isascii():
        return text
    words, word = [], ""
    for character in text:
        if len((word + character).encode()) > _WORD:
            words.append(word)
            word = ""
        word += character
    words.append(word)
    return "\n ".join(f"=?utf-8?B?{base64.b64encode(word.encode()).decode()}?=" for word in words)


@lru_cache(maxsize=1024)
def _mailbox(mailbox: Mailbox) -> str:
    name, address = mailbox
    if not name:
        return address
    return f"{encoded(name)} <{address}>"


def _mailboxes(mailboxes: tuple[Mailbox, ...]) -> str:
    return ",\n ".join(map(_mailbox, mailboxes))
