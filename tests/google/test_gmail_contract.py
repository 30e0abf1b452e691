"""Gmail under the contract of all connectors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from connectors.connector import ConnectorError, NeedsLogin
from connectors.google.gmail import GmailConnector
from connectors.secrets import Forgetful
from tests.connectors.contract import CANARY, FIRST, NOW, ConnectorContract, Held, World, moment, run, titles
from tests.fakes.clock import Clock
from tests.fakes.google.server import FakeGoogle
from tests.fakes.mailbox import Mail
from tests.google.door import gmail_options, patience, transports


class GmailWorld:
    """A Gmail mailbox; a mail that is changed is another mail, as in Gmail nothing can be edited but drafts."""

    source = "mail"
    live = True

    def __init__(self) -> None:
        self.fake = FakeGoogle(clock=Clock(NOW), labels={"Label_1": "Customers"})
        self._numbers: dict[int, str] = {}

    def connector(self) -> GmailConnector:
        options = gmail_options()
        return GmailConnector(
            options, Forgetful(), transports=transports(self.fake, options), patience=patience(self.fake)
        )

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._deliver(number, f"item {number}")

    def _deliver(self, number: int, subject: str) -> None:
        at = moment(number)
        id_ = f"{number:08x}{len(self.fake.mailbox.changes):04x}"
        self._numbers[number] = id_
        headers = (
            ("From", "Anna Berg <anna@nordkai.example>"),
            ("To", "mara@visser-advies.example"),
            ("Subject", subject),
            ("Date", format_datetime(at)),
            ("Message-ID", f"<{id_}@nordkai.example>"),
        )
        mail = Mail(id_, f"t{number}", at, headers, frozenset({"INBOX"}), body=CANARY)
        self.fake.mailbox.deliver(mail)

    def change(self, number: int) -> None:
        self.remove(number)
        self._deliver(number, f"item {number} changed")

    def remove(self, number: int) -> None:
        self.fake.mailbox.delete(self._numbers[number])

    def move(self, number: int) -> str:
        self.fake.mailbox.place(self._numbers[number], {"Label_1"})
        return "Customers"

    def spoil(self) -> None:
        """Gmail hands headers over one by one: there is no item that cannot be read."""


class TestGmail(ConnectorContract):
    SPOILS = False

    @pytest.fixture
    def world(self) -> World:
        return GmailWorld()

    def test_covers_what_was_listed_completely(self, full: Any) -> None:
        """Newest first, so the covered time grows backwards batch by batch."""
        held = Held()
        batches = run(full, held)
        starts = [batch.covered[0].start for batch in batches if batch.covered]
        assert starts == sorted(starts, reverse=True)
        assert starts[-1] == moment(0)
        assert {batch.covered[0].end for batch in batches if batch.covered} == {NOW}

    def test_no_body_comes_out(self, full: Any) -> None:
        held = Held()
        for batch in run(full, held):
            assert CANARY not in repr(batch)
        assert held.observations
        assert not full.fake.gmail.may_have_sent_body
        assert not full.fake.gmail.may_have_sent_snippet


def test_expired_history_reconciles_and_fetches_nothing_again() -> None:
    world, held = GmailWorld(), Held()
    world.add(range(30))
    run(world, held)
    world.remove(3)
    world.move(4)
    world.add([30])
    world.fake.gmail.forgotten_before = world.fake.mailbox.number
    from connectors.connector import CursorExpired

    with pytest.raises(CursorExpired):
        run(world, held)
    held.cursor = None
    before = len(world.fake.log)
    run(world, held)
    assert held.titles() == titles([*range(3), *range(4, 31)])
    fetched = [
        name for _, name, _, status in world.fake.log[before:] if name.endswith(("messages.get", "threads.get"))
    ]
    assert len(fetched) == 1, "only the new message is fetched"
    assert "Customers" in {place for places in held.places.values() for place in places}


def test_flags_are_no_changes() -> None:
    world, held = GmailWorld(), Held()
    world.add(range(5))
    run(world, held)
    for id_ in list(world.fake.mailbox.mails):
        world.fake.mailbox.flag(id_, {"STARRED"})
    assert not any(batch.items or batch.removed for batch in run(world, held))


def test_a_first_sync_that_is_killed_goes_on_where_it_was() -> None:
    """Peers' users: 41 % of an inbox missing after an interrupted first sync, while the status said healthy."""
    world, held = GmailWorld(), Held()
    world.add(range(400))
    run(world, held, batches=2)
    assert 0 < len(held.kept) < 400
    world.add([400])
    run(world, held)
    assert held.titles() == titles(range(401))
    got = [name for _, name, _, status in world.fake.log if name.endswith("threads.get") and status == 200]
    assert len(got) <= 102, "what the ledger has is not fetched twice"


def test_recent_weeks_come_first() -> None:
    world, held = GmailWorld(), Held()
    world.add(range(600))
    (batch, *_) = run(world, held, batches=1)
    newest = {observation.id for observation in held.observations.values()}
    assert max(newest) == world._numbers[599]
    (span,) = batch.covered
    assert span.end == NOW
    assert span.start > FIRST + timedelta(days=30)


def test_a_history_of_several_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a week away; the client library's own way to the next page fails on repeated parameters."""
    monkeypatch.setattr("connectors.google.gmail.PAGE", 3)
    world, held = GmailWorld(), Held()
    world.add(range(5))
    run(world, held)
    world.add(range(5, 20))
    run(world, held)
    assert held.titles() == titles(range(20))


def test_a_renamed_and_a_deleted_label_need_no_fetch() -> None:
    world, held = GmailWorld(), Held()
    world.fake.labels["Label_2"] = "Later"
    world.add(range(4))
    world.move(1)
    world.fake.mailbox.place(world._numbers[2], {"Label_2"})
    run(world, held)
    world.fake.labels["Label_1"] = "Clients"
    del world.fake.labels["Label_2"]
    before = len(world.fake.log)
    run(world, held)
    assert [name.rpartition("users.")[2] for _, name, _, _ in world.fake.log[before:]] == [
        "labels.list",
        "history.list",
    ]
    assert held.places[world._numbers[1]] == ("Clients",)
    assert held.places[world._numbers[2]] == ("Archive",)
    assert not any(batch.items for batch in run(world, held))


def test_a_date_in_the_future_covers_nothing_wrong() -> None:
    """A sender's clock says 2038; the mail came yesterday."""
    world = GmailWorld()
    at = NOW - timedelta(days=1)
    headers = (("From", "x@y.example"), ("Date", "Mon, 18 Jan 2038 03:14:07 +0000"), ("Subject", "item 9"))
    world.fake.mailbox.deliver(Mail("f" * 16, "t", at, headers, frozenset({"INBOX"})))
    spans = [span for batch in run(world, Held()) for span in batch.covered]
    assert all(span.start < span.end <= NOW for span in spans)


def test_mail_in_spam_and_trash_is_listed_by_verify() -> None:
    world, held = GmailWorld(), Held()
    world.add(range(3))
    world.fake.mailbox.place(world._numbers[0], {"SPAM"})
    world.fake.mailbox.place(world._numbers[1], {"SPAM", "TRASH"})
    run(world, held)
    assert {line.native_id for line in world.connector().listing("mail", NOW)} == set(held.kept)


def test_an_api_that_is_not_enabled_says_so() -> None:
    """The step that newcomers miss."""
    import httplib2
    from googleapiclient.errors import HttpError

    message = "Gmail API has not been used in project 1 before or it is disabled. Enable it by visiting https://x"
    body = {"error": {"code": 403, "message": message, "errors": [{"reason": "accessNotConfigured"}]}}
    service = GmailWorld().connector()._service._refusals
    meant = service.sorted(HttpError(httplib2.Response({"status": "403"}), json.dumps(body).encode()), "getProfile")
    assert isinstance(meant, ConnectorError)
    assert not isinstance(meant, NeedsLogin)
    assert "not enabled" in meant.what
    assert "docs/google.md" in meant.fix
