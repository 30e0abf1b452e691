"""Mail that is no correspondence: what calendars send of their entries, and what echoes a mail of the owner's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from connectors.observations import Message
from rules.meaning import Evidence

# What calendars put before a title when they mail an answer, in our eight languages.
_ANSWERED = re.compile(
    r"^\s*(?:accepted|declined|tentative(?:ly accepted)?|zugesagt|abgelehnt|mit vorbehalt|angenommen|accept[ée]e?"
    r"|refus[ée]e?|provisoire|aceptad[ao]|rechazad[ao]|provisional|accettat[ao]|rifiutat[ao]|provvisorio"
    r"|geaccepteerd|geweigerd"
    r"|voorlopig|aceit[eao]|recusad[ao]|provis[óo]rio|accepterat|avb[öo]jt|prelimin[äa]rt?"
    r"|canceled|cancell?ed event|new time proposed)\s*:"
    # Google's own form; people write "Invitation:" too, but no time behind an @.
    r"|^\s*(?:updated invitation|invitation|einladung|aktualisierte einladung|invito|invitaci[óo]n|uitnodiging"
    r"|convite|inbjudan)(?: from [^:]+)?\s?: .+ @ .*\d",
    re.IGNORECASE,
)
_READ = 300  # characters of a subject: calendars put their words first
# Rules of the packs that speak of such mail by its subject.
_ECHOING = frozenset(
    {
        "auto.reply_subject", "auto.absence_mark", "auto.absence_subject", "auto.absence_heading",
        "auto.bounce_subject", "auto.receipt_subject",
    }
)  # fmt: skip
_ECHO = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon)@")


def is_invitation(message: Message) -> bool:
    """Whether a mail is a calendar's: an invitation, an answer to one, a cancellation. The calendar tells of it."""
    headers = message.headers or {}
    if "text/calendar" in headers.get("content-type", "").lower():
        return True
    if "calendarmessage" in headers.get("content-class", "").lower():
        return True
    return message.subject is not None and _marks_calendar(message.subject[:_READ])


@lru_cache(maxsize=8192)
def _marks_calendar(subject: str) -> bool:
    return _ANSWERED.match(subject) is not None


def is_echo(message: Message, writer: str, reasons: Iterable[Evidence] = ()) -> bool:
    """Whether a robot's mail only reflects a mail of the owner's: a bounce, a receipt, an absence note.

    Args:
        message: a mail that a machine sent.
        writer: its sender's address.
        reasons: what was found in it; in an archive without headers the subject is all there is.
    """
    headers = message.headers or {}
    if headers.get("auto-submitted", "").lower().startswith("auto-replied"):
        return True
    if (
        "multipart/report" in headers.get("content-type", "").lower()
        or headers.get("return-path", "").strip() == "<>"
    ):
        return True
    return _ECHO.match(writer) is not None or any(
        reason.rule in _ECHOING and reason.for_ == "automated" for reason in reasons
    )
