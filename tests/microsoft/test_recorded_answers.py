"""Real answers of Graph and its documentation: the connector reads them whole, the fake looks like them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import BadItem, ConnectorError, NeedsLogin, Place
from connectors.microsoft.events import event_of
from connectors.microsoft.graph import Gone, Graph, Missing
from connectors.microsoft.messages import item_of
from connectors.observations import Message, decode, encode
from connectors.patience import Again
from tests.fakes.clock import Clock
from tests.fakes.mailbox import Entry
from tests.fakes.microsoft.server import FakeMicrosoft
from tests.fakes.wire import Request
from tests.microsoft.gate import FixedTokens, mail_options, patience, transport
from tests.microsoft.worlds import OutlookCalendarWorld, OutlookWorld

API = Path(__file__).resolve().parents[3] / "shared" / "data" / "api"
pytestmark = pytest.mark.skipif(not API.exists(), reason="../shared/data is not here")
Json = dict[str, Any]
NOW = datetime(2027, 1, 1, tzinfo=UTC)


def nodes(value: Any) -> Iterator[Json]:
    """All objects in it, however deep."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from nodes(one)
    elif isinstance(value, list):
        for one in value:
            yield from nodes(one)


@cache
def everything() -> tuple[Json, ...]:
    found: list[Json] = []
    for file in sorted((API / "recorded" / "outlook").glob("*.json")):
        found.extend(nodes(json.loads(file.read_text("utf-8")).get("api")))
    for line in (API / "graph-docs" / "json_blocks.jsonl").read_text("utf-8").splitlines():
        block = json.loads(line)
        if block["kind"] == "response":
            found.extend(nodes(block["json"]))
    return tuple(found)


def real(value: object) -> bool:
    """Documentation writes "String (timestamp)" where a value would stand."""
    return isinstance(value, str) and value[:2] in {"19", "20"}


def test_every_message_is_read_without_loss() -> None:
    lines = [one for one in everything() if real(one.get("receivedDateTime")) and one.get("id")]
    assert len(lines) >= 15
    for line in lines:
        item = item_of(line, "etag", Place("Inbox", "inbox"), NOW)
        message = item.observation
        assert isinstance(message, Message)
        assert decode(encode(message)) == message
        assert (message.subject or "") == (line.get("subject") or "").strip()
        assert message.received is not None
        writer = (line.get("from") or {}).get("emailAddress", {}).get("address")
        assert (message.from_.address if message.from_ else None) == (writer.lower() if writer else None)
        for theirs, ours in (("toRecipients", message.to), ("ccRecipients", message.cc)):
            assert [one.address for one in ours or ()] == [
                one["emailAddress"]["address"].lower() for one in line.get(theirs) or ()
            ]
        assert (message.message_id or "") == (line.get("internetMessageId") or "").strip("<>")
        assert message.thread == line.get("conversationId")


def test_every_event_is_read_without_loss() -> None:
    lines = [
        one
        for one in everything()
        if one.get("id") and isinstance(one.get("start"), dict) and real(one["start"].get("dateTime"))
        and isinstance(one.get("end"), dict) and one.get("type") != "seriesMaster"
    ]  # fmt: skip
    assert len(lines) >= 15
    for line in lines:
        event = event_of(line, None)
        assert decode(encode(event)) == event
        assert (event.title or "") == (line.get("subject") or "").strip()
        assert event.start is not None
        assert event.end is not None
        assert event.start <= event.end
        place = (line.get("location") or {}).get("displayName")
        assert not place or place in str(event.location)
        if "attendees" in line and not line.get("hideAttendees"):
            assert [one.address for one in event.attendees or ()] == [
                (one["emailAddress"].get("address") or "").lower() or None for one in line["attendees"] or ()
            ]
        if (line.get("organizer") or {}).get("emailAddress", {}).get("address"):
            assert event.organizer is not None
        assert event.uid == (line.get("uid") or line.get("iCalUId"))


def errors() -> list[Json]:
    if not API.exists():
        return []
    lines = map(json.loads, (API / "errors" / "errors.jsonl").read_text("utf-8").splitlines())
    return [line for line in lines if line["api"] == "graph"]


@pytest.mark.parametrize("error", errors(), ids=lambda error: f"{error['id']}-{error['status']}")
def test_every_error_is_understood(error: Json) -> None:
    """Each of them raises what it means, however its body is spelt."""
    fake = FakeMicrosoft(clock=Clock(NOW))
    options = mail_options()
    client = Graph(options, FixedTokens(fake, options), patience(fake), transport=transport(fake))
    code = error["body"]["error"]["code"]
    wanted: type[Exception] = ConnectorError
    if "syncstate" in code.lower() or code == "resyncRequired":
        wanted = Gone
    elif error["status"] in {401, 429}:
        wanted = Again
    elif error["status"] == 404:
        wanted = Missing
    elif error["status"] == 403:
        wanted = NeedsLogin
    headers = {name.lower(): value for name, value in error["headers"].items()}
    with pytest.raises(wanted) as told:
        client._sorted(error["status"], error["body"], headers, "at-0")
    if isinstance(told.value, Again) and "retry-after" in headers:
        assert told.value.after == float(headers["retry-after"])


def test_the_fake_says_its_errors_in_their_shape() -> None:
    told = {json.dumps(sorted(error["body"]["error"])) for error in errors()}
    fake = FakeMicrosoft()
    token = {"authorization": f"Bearer {fake.entra.token_for()}"}
    for path, headers in [
        ("/v1.0/me/mailFolders", {}),
        ("/v1.0/me/messages/none", token),
        ("/v1.0/me/nothing", token),
    ]:
        answer = json.loads(fake.handle(Request.of("GET", f"{fake.base}{path}", headers)).body)
        assert json.dumps(sorted(answer["error"])) in told
        codes = {error["body"]["error"]["code"] for error in errors()} | {"BadRequest"}
        assert answer["error"]["code"] in codes


def test_the_fake_gives_no_field_that_graph_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """And of the same kind, so that what is read from the fake would be read from Graph."""
    mail, calendar = OutlookWorld(monkeypatch), OutlookCalendarWorld(monkeypatch)
    mail.add([1])
    calendar.add([1])
    calendar.fake.mailbox.write(Entry("s", "C-main", {**calendar.fake.mailbox.entries["C-main", "e1"].data}))
    asked = [
        (mail.fake, "/v1.0/me/messages", "receivedDateTime"),
        (mail.fake, "/v1.0/me/mailFolders", "childFolderCount"),
        (calendar.fake, "/v1.0/me/calendars", "canEdit"),
        (calendar.fake, "/v1.0/me/calendars/C-main/events/e1", "showAs"),
    ]
    for fake, path, mark in asked:
        headers = {"authorization": f"Bearer {fake.entra.token_for()}"}
        answer = json.loads(fake.handle(Request.of("GET", f"{fake.base}{path}", headers)).body)
        ours = answer["value"][0] if "value" in answer else answer
        theirs: dict[str, set[type]] = {}
        for one in everything():
            if mark in one:
                for name, value in one.items():
                    theirs.setdefault(name, set()).add(type(value))
        assert set(ours) <= set(theirs) | {"internetMessageHeaders"}, path
        for name, value in ours.items():
            assert type(value) in theirs.get(name, {type(value)}), (path, name)


def test_what_cannot_be_read_says_why() -> None:
    with pytest.raises(BadItem, match="cannot be read"):
        event_of({"id": "x"}, None)
    with pytest.raises(BadItem, match="cannot be read"):
        item_of({"id": "x", "receivedDateTime": "tomorrow"}, "etag", Place("Inbox"), NOW)
