"""Gmail's history as it is forgotten at bad moments, and its labels as places."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import CursorExpired
from connectors.google.mail import etag_of, interesting, labels_in, places_of
from syncd.config.reading import parse
from syncd.interpret import interpret
from syncd.ledger import Ledger
from syncd.sync import sync
from tests.connectors.contract import NOW, Held, run, titles
from tests.fakes.google.discovery import Json, Refused
from tests.fakes.google.gmail import headers_of
from tests.fakes.mailbox import Mail
from tests.fakes.wire import Request
from tests.google.test_gmail_contract import GmailWorld

EXPIRED = Refused(404, "notFound", "Requested entity was not found.")


def forgetting(world: GmailWorld, *calls: int) -> list[str | None]:
    """Let these calls of history.list (1 for the first) find it forgotten; answers the page tokens asked for."""
    inner, seen = world.fake.gmail._history_list, list[str | None]()

    def answer(path: dict[str, str], request: Request) -> Json:
        seen.append(request.one("pageToken"))
        if len(seen) in calls:
            raise EXPIRED
        return inner(path, request)

    world.fake.gmail._history_list = answer  # type: ignore[method-assign]
    return seen


def test_a_history_that_is_forgotten_in_the_middle_of_paging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.google.gmail.PAGE", 3)
    world, held = GmailWorld(), Held()
    world.add(range(5))
    run(world, held)
    world.add(range(5, 20))
    world.remove(1)
    seen = forgetting(world, 3)
    with pytest.raises(CursorExpired):
        run(world, held)
    assert seen[-1] is not None
    held.cursor = None
    run(world, held)
    assert held.titles() == titles([0, *range(2, 20)])


def test_a_history_that_expires_during_the_first_listing_lists_again() -> None:
    """Three hours of quota, and Gmail keeps its history "sometimes hours": the first sync is no error for that."""
    world, held = GmailWorld(), Held()
    world.add(range(30))
    forgetting(world, 1)
    batches = run(world, held)
    assert held.titles() == titles(range(30))
    assert sum(len(batch.items) for batch in batches) == 30, "what has come is not fetched again"
    world.add([30])
    run(world, held)
    assert held.titles() == titles(range(31))


def test_a_history_that_is_always_forgotten_ends_in_an_error_at_last() -> None:
    world, held = GmailWorld(), Held()
    world.add(range(3))
    forgetting(world, *range(1, 100))
    with pytest.raises(CursorExpired):
        run(world, held)
    assert held.titles() == titles(range(3)), "and what was listed stands"


# Labels


@pytest.mark.parametrize(
    ("label", "place", "role"),
    [
        ("INBOX", "Inbox", "inbox"),
        ("SENT", "Sent", "sent"),
        ("DRAFT", "Draft", "drafts"),
        ("SPAM", "Spam", "junk"),
        ("TRASH", "Trash", "trash"),
        ("CHAT", "Chat", "chats"),
        ("Label_1", "Customers", None),
        ("UNREAD", "Archive", "archive"),
        ("CATEGORY_PROMOTIONS", "Archive", "archive"),
    ],
)
def test_labels_tell_apart_what_is_no_mail_to_count(label: str, place: str, role: str | None) -> None:
    world, held = GmailWorld(), Held()
    world.add([1])
    world.fake.mailbox.place(world._numbers[1], {label})
    (item,) = [item for batch in run(world, held) for item in batch.items]
    assert [(one.name, one.role) for one in item.places] == [(place, role)]


def test_labels_that_stand_in_an_etag_are_read_back() -> None:
    lines: list[dict[str, Any]] = [
        {"id": "INBOX", "name": "INBOX", "type": "system"},
        {"id": "Label_1", "name": "Rome, 2026: trip", "type": "user"},
        {"id": "UNREAD", "name": "UNREAD", "type": "system"},
    ]
    labels = {line["id"]: place for line in lines if (place := interesting(line))}
    etag = etag_of(["UNREAD", "Label_1", "INBOX"], labels)
    assert labels_in(etag) == ("INBOX", "Label_1")
    assert [place.name for place in places_of(labels_in(etag), labels)] == ["Inbox", "Rome, 2026: trip"]
    assert labels_in(etag_of([], labels)) == ()


# Aliases


def test_the_owners_other_addresses_are_found_in_sent_mail(tmp_path: Path) -> None:
    """`sendAs.list` is beyond the metadata scope; the From of what was sent tells as much."""
    world = GmailWorld()
    for number, sender in enumerate(
        ["Mara Visser <mara.visser@gmail.example>"] * 3 + ["Mara <mara@old-firm.example>"]
    ):
        at = NOW - timedelta(days=number + 1)
        headers = headers_of(sender, "anna@nordkai.example", "Hello", at, f"{number}@x.example")
        world.fake.mailbox.deliver(Mail(f"s{number}", f"t{number}", at, headers, frozenset({"SENT"})))
    world.add(range(5))
    config = parse(
        '[owner]\nname = "Mara Visser"\naddresses = ["mara@visser-advies.example"]\ntimezone = "Europe/Amsterdam"\n'
        '[[account]]\nname = "gmail"\nkind = "gmail"\n',
        tmp_path / "syncd.toml",
    )
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        assert sync(ledger, config.account, now=NOW, open_connector=lambda _: world.connector()).ok
        interpret(ledger, config, now=NOW)
        assert "mara.visser@gmail.example" in ledger.meaning.owner_addresses()
        assert "anna@nordkai.example" not in ledger.meaning.owner_addresses()
