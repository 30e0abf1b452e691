"""The weekly mail: claimed in the journal, sent by SMTP, marked as sent.

SMTP knows no "exactly once": whoever is killed between the server's last word and the mark cannot know whether the
mail went out. We err on the side of sending twice, because a report that never comes looks like a quiet week. Both
copies bear the same Message-ID, so that most mail programs and servers show one. A claim keeps others away while
somebody is at it, and counts how often it was tried: after `TRIES` claims without an end the week is given up.

    "sending"   a claim, or its failure: {week, state: claimed | failed, why}
    "reported"  the server took it: {week, message_id}
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.connector import ConnectorError, NeedsLogin
from connectors.endpoints import is_loopback
from connectors.secrets import from_command
from syncd.config.model import Config, ReportSettings
from syncd.ledger.journal import Saying
from syncd.report.render import eml

if TYPE_CHECKING:
    from syncd.ledger import Ledger
    from syncd.ledger.journal import Journal
    from syncd.report import Report


TIMEOUT = 60.0
LEASE = timedelta(minutes=10)  # how long a claim keeps others away
TRIES = 5  # claims that ended neither well nor badly


class CannotSend(ConnectorError):
    """The mail did not go out. It is tried again; the message names the host and what to do."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One week's mail for one recipient, ready for SMTP."""

    week: str
    sender: str
    recipient: str
    payload: bytes
    message_id: str


def last_sent(ledger: Ledger) -> datetime | None:
    """When a weekly report went out last; None if none did."""
    return max((entry.at for entry in ledger.journal.entries("reported")), default=None)


def send_weekly(ledger: Ledger, config: Config, moment: datetime, now: datetime) -> bool:
    """Make and send the report that was due at `moment`; True if it went out now.

    The owner's answers by mail are heard first. What the report showed is written into the journal, so that next
    week's names others.

    Raises:
        CannotSend: the mail server cannot be reached, or refuses.
    """
    from syncd.answering import listen
    from syncd.interpret import interpret
    from syncd.reports import make_report

    listen(ledger, ledger.meaning.owner_addresses() or config.owner.addresses)
    interpret(ledger, config, now=now)
    as_of = moment.date() - timedelta(days=1)
    report = make_report(ledger, config, as_of, now=now)
    mail = mail_of(report, config, moment)
    return deliver(ledger.journal, mail, config.report, now, shown(report, now))


def mail_of(report: Report, config: Config, at: datetime) -> Mail:
    """The report as the mail that the config asks for."""
    recipient = config.report.to or config.owner.addresses[0]
    sender = config.report.from_ or recipient
    payload = eml(report, to=recipient, sender=sender, at=at)
    headers = payload.split(b"\r\n\r\n", 1)[0].decode("ascii")
    id_ = next(line for line in headers.split("\r\n") if line.lower().startswith("message-id:"))
    return Mail(report.week, sender, recipient, payload, id_.partition(":")[2].strip().strip("<>"))


def shown(report: Report, now: datetime) -> list[Saying]:
    """What the report said of whom, for the journal."""
    suggested = [
        Saying("suggested", card.known.person.id, now, {"week": report.week, "status": card.known.status.value})
        for card in report.cards
    ]
    flagged = [
        Saying("flagged", one.person.id, now, {"week": report.week, "status": one.status.value, "code": one.code})
        for one in (*(card.known for card in report.cards), *report.waiting)
    ]
    return [*suggested, *flagged]


def deliver(journal: Journal, mail: Mail, server: ReportSettings, now: datetime, said: Sequence[Saying] = ()) -> bool:
    """Claim, send, mark. False if the week's mail went out before, is being sent, or was given up. `said`: what the
    mail says of whom, written down with the mark.

    Raises:
        CannotSend: it did not go out; the claim is taken back, so that the next try is free to go.
    """
    if not _claim(journal, mail, now):
        return False
    try:
        send(mail, server)
    except CannotSend as error:
        journal.add("sending", mail.recipient, now, week=mail.week, state="failed", why=str(error))
        raise
    data = {"week": mail.week, "message_id": mail.message_id}
    journal.add_all([Saying("reported", mail.recipient, now, data), *said])
    return True


def _claim(journal: Journal, mail: Mail, now: datetime) -> bool:
    """Whether this caller may send. Of two that claim at once, the one whose entry is the older may."""
    if _sent(journal, mail):
        return False
    open_ = _open_claims(journal, mail)
    if len(open_) >= TRIES or any(now - at < LEASE for _, at in open_):
        return False
    mine = journal.add("sending", mail.recipient, now, week=mail.week, state="claimed")
    rivals = [number for number, at in _open_claims(journal, mail) if now - at < LEASE]
    return min(rivals) == mine.id and not _sent(journal, mail)


def _sent(journal: Journal, mail: Mail) -> bool:
    return any(entry.data.get("week") == mail.week for entry in journal.entries("reported", mail.recipient))


def _open_claims(journal: Journal, mail: Mail) -> list[tuple[int, datetime]]:
    """Claims of this week that are not followed by a failure."""
    found: list[tuple[int, datetime]] = []
    for entry in journal.entries("sending", mail.recipient):
        if entry.data.get("week") == mail.week:
            found = [] if entry.data.get("state") == "failed" else [*found, (entry.id, entry.at)]
    return found


def send(mail: Mail, server: ReportSettings) -> None:
    """Hand the mail to the server. TLS always, but for a server on this very machine.

    Raises:
        CannotSend: with the host, what it said, and what to do.
    """
    if server.smtp is None:
        raise CannotSend("no mail server is set.", where="report.smtp", fix='Add smtp = "smtps://smtp.example.org".')
    host = urlsplit(server.smtp).hostname or ""
    password = _password(server, host) if server.user else ""
    try:
        with _connected(server) as connection:
            if server.user:
                _login(connection, server.user, password)
            connection.sendmail(mail.sender, [mail.recipient], mail.payload)
    except (OSError, smtplib.SMTPException) as error:
        raise _explained(error, mail, server) from error


def _login(connection: smtplib.SMTP, user: str, password: str) -> None:
    try:
        connection.login(user, password)
    except smtplib.SMTPServerDisconnected as error:  # how some servers answer one wrong password too many
        raise smtplib.SMTPAuthenticationError(421, b"it hung up") from error


def _connected(server: ReportSettings) -> smtplib.SMTP:
    url = urlsplit(server.smtp or "")
    host = url.hostname or ""
    security = server.security or ("tls" if url.scheme == "smtps" else "starttls")
    local = is_loopback(host)
    if security == "none" and not local:
        raise CannotSend("unencrypted mail goes to this machine only.", where=host, fix='Set security = "starttls".')
    trust = ssl.create_default_context()
    if security == "tls":
        return smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT, context=trust)
    connection = smtplib.SMTP(host, url.port or (25 if local else 587), timeout=TIMEOUT)
    try:
        connection.ehlo()
        plain = security == "none" or (local and server.security is None and not connection.has_extn("starttls"))
        if not plain:
            connection.starttls(context=trust)
            connection.ehlo()
    except BaseException:
        connection.close()
        raise
    return connection


def _password(server: ReportSettings, host: str) -> str:
    """The first line of what the password command prints."""
    command = server.password_command
    if not command:
        raise CannotSend(
            "there is a user but no password.", where=host, fix='Add password_command = "pass show mail".'
        )
    try:
        return from_command(command, host)
    except NeedsLogin as error:
        raise CannotSend(error.what, where=host, fix=error.fix) from error


# The first kind that fits: what happened, and what to do. {said} is what the server answered.
_TROUBLES: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        smtplib.SMTPAuthenticationError,
        "the login of {user} was refused{said}.",
        "Check user and password_command; some providers want an app password.",
    ),
    (
        smtplib.SMTPSenderRefused,
        "the sender {sender} was refused{said}.",
        "Set report.from to an address that this login may send as.",
    ),
    (smtplib.SMTPRecipientsRefused, "the recipient {recipient} was refused{said}.", "Check report.to."),
    (
        smtplib.SMTPNotSupportedError,
        "it offers no encryption by STARTTLS, or no login{said}.",
        'Try "smtps://" in report.smtp, or another port.',
    ),
    (
        smtplib.SMTPServerDisconnected,
        "it hung up in the middle of the talk.",
        'Is the port right for the kind of TLS? "smtps://" is TLS from the start, "smtp://" turns to it.',
    ),
    (smtplib.SMTPResponseException, "it would not take the mail{said}.", "It is tried again."),
    (
        ssl.SSLCertVerificationError,
        "its certificate is not trusted ({error}).",
        "Does the name in report.smtp stand in the certificate?",
    ),
    (
        ssl.SSLError,
        "TLS could not be agreed on ({error}).",
        'Is the port right? "smtps://" is TLS from the start, "smtp://" turns to it.',
    ),
    (socket.gaierror, "there is no host of this name.", "Check report.smtp, and whether this machine is online."),
    (TimeoutError, "it did not answer in time.", "Is the port open from here? It is tried again."),
    (ConnectionRefusedError, "nothing listens on that port.", "Check the port in report.smtp."),
    (Exception, "the mail could not be handed over ({error}).", "It is tried again."),
)


def _explained(error: Exception, mail: Mail, server: ReportSettings) -> CannotSend:
    what, fix = next((what, fix) for kind, what, fix in _TROUBLES if isinstance(error, kind))
    code, answer = getattr(error, "smtp_code", None), getattr(error, "smtp_error", b"")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()), (None, b""))
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    said = f': "{code} {" ".join(text.split())[:200]}"' if code else ""
    url = urlsplit(server.smtp or "")
    where = f"{url.hostname}:{url.port}" if url.port else f"{url.hostname}"
    details = {"user": server.user, "sender": mail.sender, "recipient": mail.recipient, "said": said, "error": error}
    return CannotSend(what.format(**details), where=where, fix=fix)
