"""The weekly mail against a real SMTP server on loopback: once a week, whatever breaks in between."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from syncd import outbox
from syncd.config.model import Config, ReportSettings
from syncd.ledger import Ledger
from syncd.outbox import CannotSend, Mail, deliver, last_sent, mail_of, send, send_weekly, shown
from syncd.sync import sync
from tests.report.weeks_made_up import AS_OF, WEEK, config, report

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
TO = "mara.visser@visser-advies.example"


class Box:
    """What the server took; `refuse` is said to the next mails instead."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.refuse: str | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        if self.refuse:
            return self.refuse
        self.taken.append(bytes(envelope.original_content))
        return "250 taken"

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def box() -> Box:
    return Box()


def authenticated(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == b"right horse", handled=False)


class AnyPort(Controller):
    """A controller on a port that the system chooses."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def smtp(box: Box) -> Iterator[Controller]:
    controller = AnyPort(
        box,
        hostname="127.0.0.1",
        port=0,
        authenticator=authenticated,
        auth_require_tls=False,
        auth_exclude_mechanism=("LOGIN",),
    )
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def server(smtp: Controller) -> ReportSettings:
    return ReportSettings(to=TO, smtp=f"smtp://127.0.0.1:{smtp.port}")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


@pytest.fixture
def mail() -> Mail:
    return mail_of(report(), config(), NOW)


def test_a_week_is_sent_once_and_arrives_as_it_was_made(
    ledger: Ledger, mail: Mail, server: ReportSettings, box: Box
) -> None:
    assert deliver(ledger.journal, mail, server, NOW) is True
    assert deliver(ledger.journal, mail, server, NOW + timedelta(hours=1)) is False
    (taken,) = box.taken
    arrived = email.message_from_bytes(taken, policy=email.policy.default)
    assert arrived["Message-ID"] == f"<{mail.message_id}>"
    assert "People to think of this week" in arrived.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert last_sent(ledger) == NOW


def test_the_next_week_is_another_mail(ledger: Ledger, server: ReportSettings, mail: Mail, box: Box) -> None:
    later = Mail("2026-W48", mail.sender, mail.recipient, mail.payload, "other@visser-advies.example")
    assert deliver(ledger.journal, mail, server, NOW)
    assert deliver(ledger.journal, later, server, NOW + timedelta(days=7))
    assert len(box.taken) == 2


def test_a_crash_between_claim_and_mark_sends_again_with_the_same_id(
    ledger: Ledger, mail: Mail, server: ReportSettings, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    really = outbox.send

    def sends_and_dies(mail: Mail, server: ReportSettings) -> None:
        really(mail, server)
        raise Killed

    monkeypatch.setattr(outbox, "send", sends_and_dies)
    with pytest.raises(Killed):
        deliver(ledger.journal, mail, server, NOW)
    monkeypatch.setattr(outbox, "send", really)
    assert deliver(ledger.journal, mail, server, NOW + timedelta(minutes=1)) is False, "the claim still holds"
    assert deliver(ledger.journal, mail, server, NOW + timedelta(minutes=15)) is True
    ids = {email.message_from_bytes(taken)["Message-ID"] for taken in box.taken}
    assert len(box.taken) == 2
    assert len(ids) == 1


def test_who_is_killed_every_time_gives_the_week_up_in_the_end(
    ledger: Ledger, mail: Mail, server: ReportSettings, box: Box
) -> None:
    for turn in range(outbox.TRIES):
        at = NOW + timedelta(hours=turn)
        ledger.journal.add("sending", TO, at, week=WEEK, state="claimed")
    assert deliver(ledger.journal, mail, server, NOW + timedelta(days=1)) is False
    assert box.taken == []


def test_a_refusal_frees_the_claim_at_once(ledger: Ledger, mail: Mail, server: ReportSettings, box: Box) -> None:
    box.refuse = "451 4.3.0 try later"
    with pytest.raises(CannotSend, match=r"451 4\.3\.0 try later"):
        deliver(ledger.journal, mail, server, NOW)
    assert last_sent(ledger) is None
    box.refuse = None
    assert deliver(ledger.journal, mail, server, NOW + timedelta(seconds=5)) is True


def test_of_two_that_claim_at_once_one_sends(
    ledger: Ledger, mail: Mail, server: ReportSettings, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ledger.journal.add

    def meanwhile(kind: str, subject: str, at: datetime, **data: Any) -> Any:
        if kind == "sending":
            monkeypatch.setattr(ledger.journal, "add", add)
            assert deliver(ledger.journal, mail, server, NOW) is True
        return add(kind, subject, at, **data)

    monkeypatch.setattr(ledger.journal, "add", meanwhile)
    assert deliver(ledger.journal, mail, server, NOW) is False
    assert len(box.taken) == 1


def test_the_password_comes_from_its_command(server: ReportSettings, mail: Mail, box: Box, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("right horse\nand a second line\n")
    login = server.model_copy(update={"user": "mara", "password_command": f"cat {tmp_path / 'secret'}"})
    send(mail, login)
    assert len(box.taken) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"user": "mara", "password_command": "echo wrong"},
            r"127\.0\.0\.1:\d+: the login of mara was refused: .535 .*app password",
        ),
        ({"user": "mara", "password_command": "echo no key >&2; exit 3"}, 'failed with code 3: "no key".*by hand'),
        ({"user": "mara", "password_command": "true"}, "printed nothing"),
        ({"user": "mara"}, "a user but no password"),
        ({"smtp": "smtp://127.0.0.1:1"}, "127.0.0.1:1: nothing listens on that port. Check the port in report.smtp"),
        ({"smtp": "smtp://no-such-host.invalid"}, "no-such-host.invalid: there is no host of this name"),
        ({"smtp": None}, "report.smtp: no mail server is set"),
        ({"smtp": "smtp://smtp.visser.example", "security": "none"}, "unencrypted mail goes to this machine only"),
        ({"security": "starttls"}, "offers no encryption"),
    ],
)
def test_every_trouble_names_the_host_and_what_to_do(
    server: ReportSettings, mail: Mail, change: dict[str, Any], told: str
) -> None:
    with pytest.raises(CannotSend, match=told) as caught:
        send(mail, server.model_copy(update=change))
    assert caught.value.fix
    assert "wrong" not in str(caught.value)


def test_a_server_that_wants_tls_from_the_start_says_so_in_words(server: ReportSettings, mail: Mail) -> None:
    assert server.smtp
    with pytest.raises(CannotSend, match="smtps://"):
        send(mail, server.model_copy(update={"smtp": server.smtp.replace("smtp:", "smtps:")}))


def test_a_refused_recipient_is_named(server: ReportSettings, mail: Mail) -> None:
    other = Mail(mail.week, mail.sender, "nobody@visser-advies.example", mail.payload, mail.message_id)
    with pytest.raises(CannotSend, match=r"recipient nobody@visser-advies.example was refused.*550.*Check report.to"):
        send(other, server)


def test_what_was_shown_goes_into_the_journal_and_changes_next_weeks_choice(ledger: Ledger) -> None:
    first = report()
    ledger.journal.add_all(shown(first, NOW - timedelta(days=7)))
    again = report(journal=[entry for entry in ledger.journal.entries() if entry.kind != "x"], as_of=AS_OF)
    assert again == first, "the same week made again stays as it was"
    suggested = [entry.subject for entry in ledger.journal.entries("suggested")]
    assert suggested == [card.known.person.id for card in first.cards]


def test_the_weekly_mail_goes_out_for_a_real_mailbox_and_only_once(
    ledger: Ledger, server: ReportSettings, box: Box, tmp_path: Path
) -> None:
    folder = tmp_path / "mail" / ".Sent"
    for home in (tmp_path / "mail", folder):
        for part in ("cur", "new", "tmp"):
            (home / part).mkdir(parents=True, exist_ok=True)
    for number in range(20):
        day = datetime(2026, 6, 1, 9, tzinfo=UTC) + timedelta(weeks=number)
        source = (
            f"From: {TO}\nTo: Ilse <ilse@nordkai.example>\nSubject: Lunch on Friday?\n"
            f"Message-ID: <{number}@visser-advies.example>\nDate: {day:%d %b %Y} 09:00:00 +0000\n\nHello.\n"
        )
        (folder / "cur" / f"{number}.demo:2,S").write_text(source)
    settings = Config.model_validate(
        {
            "owner": {"addresses": [TO], "timezone": "UTC"},
            "account": [{"name": "mail", "kind": "maildir", "path": str(tmp_path / "mail")}],
            "report": {"to": TO, "smtp": server.smtp},
        }
    )
    sync(ledger, settings.account, now=NOW - timedelta(hours=1))
    assert send_weekly(ledger, settings, NOW, NOW) is True
    assert send_weekly(ledger, settings, NOW, NOW + timedelta(minutes=1)) is False
    (taken,) = box.taken
    mail = email.message_from_bytes(taken, policy=email.policy.default)
    assert "nordkai" not in str(mail["Subject"])
    assert last_sent(ledger) == NOW
