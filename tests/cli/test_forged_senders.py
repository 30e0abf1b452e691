"""Mail in somebody's name, as the owner's server found out: no contact, no business, and nobody's new address."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.cli.small_desk import ILSE, ME, START, Desk, mail

FAILED = "Authentication-Results: mx.visser.example; spf=fail; dkim=none; dmarc=fail header.from=nordkai.example\n"
CLAIMED = "Authentication-Results: mx.visser.example; dmarc=pass header.from=nordkai.example\n"
THIEF = "ilse.private@evil.example"


def forge(desk: Desk, header: str, sender: str = ILSE, to: str = ME, subject: str = "Lunch again soon?") -> None:
    """Ten mails at the end of the mailbox, with the header that the server put on top."""
    box = desk.folder / "mail.mbox"
    letters = []
    for number in range(10):
        envelope, _, letter = mail(900 + number, sender, to, subject, START + timedelta(days=150 + number)).partition(
            "\n"
        )
        letters.append(f"{envelope}\n{header}{letter}")
    box.write_text(box.read_text() + "".join(letters))


def contacts(desk: Desk, address: str = ILSE) -> int:
    assert desk.ask("sync").code == 0
    lines = [json.loads(line) for line in desk.ask("interactions", "--format", "jsonl").out.splitlines()]
    return sum(line["person"] == address and line["channel"] == "email" for line in lines)


def trust(desk: Desk, server: str = "mx.visser.example") -> None:
    text = desk.config.read_text()
    desk.config.write_text(text.replace("[owner]\n", f'[owner]\nauthserv_ids = ["{server}"]\n', 1))


@pytest.mark.parametrize(
    ("header", "server", "counted"),
    [
        (FAILED, "MX.visser.example", 40),
        (FAILED, "mx.other.example", 50),
        (FAILED, None, 50),
        ("", "mx.visser.example", 50),
        (FAILED + CLAIMED, "mx.visser.example", 40),
        (CLAIMED.replace("visser", "evil") + FAILED, "mx.visser.example", 50),
    ],
)
def test_a_forged_sender_is_nobody(desk: Desk, header: str, server: str | None, counted: int) -> None:
    if server:
        trust(desk, server)
    forge(desk, header)
    assert contacts(desk) == counted


def test_what_is_written_in_the_owners_name_is_not_the_owners(desk: Desk) -> None:
    trust(desk)
    forge(desk, FAILED, sender=f"Mara <{ME}>", to=THIEF)
    assert contacts(desk, THIEF) == 0
    assert contacts(desk) == 40


def test_a_new_address_told_by_a_forger_is_not_believed(desk: Desk) -> None:
    trust(desk)
    forge(desk, FAILED, subject="My new email address", to=f"{ME}, {THIEF}")
    assert contacts(desk) == 40
    people = [json.loads(line) for line in desk.ask("people", "--format", "jsonl").out.splitlines()]
    assert not any(THIEF in person["addresses"] for person in people)


def test_naming_a_server_rereads_what_is_there(desk: Desk) -> None:
    forge(desk, FAILED)
    assert contacts(desk) == 50
    trust(desk)
    assert contacts(desk) == 40


def test_what_is_no_name_of_a_server(desk: Desk) -> None:
    trust(desk, "mx.visser.example; dmarc=fail")
    told = desk.ask("config", "check")
    assert told.code == 78
    assert "is no name of a server" in told.out + told.err


def test_status_says_how_many_are_left_out(desk: Desk) -> None:
    forge(desk, FAILED)
    assert contacts(desk) == 50
    assert "counted for nobody" not in desk.ask("status").err
    trust(desk)
    assert "10 mails are counted for nobody: your server found a sender that is not whom they name" in " ".join(
        desk.ask("status").err.split()
    )
