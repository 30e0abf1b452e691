"""A calendar at an address, from the config to the ledger: what it brings, what is said of it, and what never is."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from connectors.ics import web as ics_web
from tests.cli.small_desk import Desk
from tests.connectors.worlds import calendar, event
from tests.fakes.logs import all_logged
from tests.fakes.published import PATH, Published, publishing
from tests.fakes.wire import Response

SECRET = "CANARYTOKEN"


@pytest.fixture
def published(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Published]:
    """The desk's calendar, at an address instead of on disk; nobody waits for a better moment."""
    monkeypatch.setattr(ics_web, "ATTEMPTS", 1)
    served = Published(content=(desk.folder / "calendar.ics").read_bytes())
    (desk.folder / "calendar.ics").unlink()
    with publishing(served) as url:
        desk.config.write_text(desk.config.read_text().replace('path = "calendar.ics"', f'endpoint = "{url}"'))
        yield served


def test_it_is_read_compared_and_told(desk: Desk, published: Published) -> None:
    synced = json.loads(desk.ask("sync", "--stats", "json").out)
    (line,) = [one for one in synced["sources"] if one["account"] == "calendar"]
    assert (line["stored"], line["requests"]) == (10, 1)
    again = json.loads(desk.ask("sync", "--stats", "json").out)
    (line,) = [one for one in again["sources"] if one["account"] == "calendar"]
    assert (line["stored"], line["unchanged"], line["requests"], line["bytes"]) == (0, 10, 1, 0)
    assert published.answers == [200, 304]
    assert desk.ask("verify").code == 0
    assert "Ilse" in desk.ask("people").out


def test_sudden_emptiness_needs_a_second_witness(desk: Desk, published: Published) -> None:
    published.content = calendar(*map(event, range(50)))
    desk.ask("sync")
    assert held(desk) == 50
    published.odd = [Response(200, calendar())]
    told = desk.ask("sync")
    assert told.code == 1
    assert "seem to be gone, but a second listing still has 50 of them; nothing was removed" in told.err
    assert desk.ask("verify").code == 0
    published.content = calendar()
    assert desk.ask("sync").code == 0
    assert held(desk) == 0


def held(desk: Desk) -> int:
    """How many entries the ledger holds of the calendar."""
    rows = [json.loads(line) for line in desk.ask("status", "--format", "jsonl").out.splitlines()]
    (row,) = [row for row in rows if row["source"] == "calendar"]
    return int(row["held"])


# fmt: off
COMMANDS = (
    ("sync",), ("status",), ("status", "--format", "json"), ("doctor",), ("doctor", "--format", "json"), ("verify",),
    ("config", "show"), ("config", "check"), ("login", "calendar"), ("export",), ("report", "--format", "json"),
)
ANSWERS = (
    None, Response(401), Response(404), Response(500), Response(429), Response(200, b"<!doctype html>"),
    Response(302, b"", {"location": "http://elsewhere.example/"}), Response(cut=True),
)
# fmt: on


@pytest.mark.parametrize("response", ANSWERS)
def test_the_address_is_never_shown(desk: Desk, published: Published, response: Response | None) -> None:
    published.odd = [response] * 40 if response else []
    desk.append("[sync]\nevery_minutes = 10\n")
    heard: list[str] = []
    said = []
    before = {name: logging.getLogger(name).level for name in ("syncd", "connectors", "rules", "")}
    with all_logged(heard.append):
        for command in COMMANDS:
            answer = desk.ask(*command)
            said.append(answer.out + answer.err)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)
    assert all(said)
    assert "127.0.0.1" in "".join(said)
    told = [text for text in (*said, *heard) if SECRET in text or PATH in text]
    assert not told, told[0]


def test_doctor_tries_it_and_names_its_hosts(desk: Desk, published: Published) -> None:
    desk.config.chmod(0o644)
    found = [json.loads(line) for line in desk.ask("doctor", "--format", "jsonl").out.splitlines()]
    results = {row["check"]: row for row in found if row["check"] != "config"}
    assert results["account calendar"]["well"]
    assert results["hosts contacted"]["result"] == "127.0.0.1"
    assert [row["fix"] for row in found if "others may read it" in row["result"]] == [f"chmod o-r {desk.config}"]
    desk.config.chmod(0o640)  # as a service has it, whose group may read it
    published.odd = [Response(401)] * 2
    found = [json.loads(line) for line in desk.ask("doctor", "--format", "jsonl").out.splitlines()]
    (told,) = [row for row in found if row["check"] == "account calendar"]
    assert not told["well"]
    assert "asks for a login (401)" in told["result"]
    assert not [row for row in found if "others may read it" in row["result"]]
