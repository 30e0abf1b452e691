"""Real answers of Google, recorded by others: the fake has their shape, and the connector reads them whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httplib2
import pytest
from googleapiclient.errors import HttpError

from connectors.connector import ConnectorError, NeedsLogin, Throttled
from connectors.google.calendar import _offered
from connectors.google.history import State, replay
from connectors.google.mail import interesting, item_of
from connectors.google.refusals import Gone, Missing, Misunderstood, Refusals, Stale
from connectors.google.series import occurrences, series_of
from connectors.patience import Again
from tests.fakes.clock import Clock
from tests.fakes.google.discovery import Json, Refused, api
from tests.fakes.google.gmail import METADATA
from tests.fakes.google.server import _error
from tests.fakes.wire import Request
from tests.google.diary import CalendarWorld, timed
from tests.google.test_fake_google import CALENDAR, GMAIL, Client

DATA = Path(__file__).parents[2].parent / "shared/data/api"
NOW = datetime(2026, 5, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the recorded answers are not here (../shared/data/api)")


def recorded(folder: str) -> Iterator[tuple[str, str, Json, Json]]:
    """Method, path, request and answer of every exchange that went well."""
    for file in sorted((DATA / "recorded" / folder).glob("*.json")):
        for verb, paths in json.loads(file.read_text())["api"].items():
            for path, exchanges in paths.items():
                for exchange in exchanges if isinstance(exchanges, list) else [exchanges]:
                    if isinstance(exchange.get("response"), dict) and exchange.get("status") == 200:
                        yield verb.upper(), path, exchange.get("request") or {}, exchange["response"]


def reads(folder: str) -> Iterator[tuple[str, Json]]:
    """Method id and answer of the exchanges that read, as the discovery document knows them."""
    document = api("gmail.v1" if folder == "google-mail" else "calendar.v3")
    for verb, path, request, answer in recorded(folder):
        if verb != "GET":
            continue
        query = urlencode(request.get("params") or {}, doseq=True)
        try:
            method, _ = document.match(Request.of(verb, f"https://x{path}?{query}"))
        except Refused:
            continue
        yield method["id"], answer


def everything(value: Any, kind: str) -> Iterator[Json]:
    """Every resource of a kind within an answer: "message", or what events call themselves."""
    if isinstance(value, dict):
        if value.get("kind") == kind or (kind == "message" and "internalDate" in value):
            yield value
        for inner in value.values():
            yield from everything(inner, kind)
    elif isinstance(value, list):
        for inner in value:
            yield from everything(inner, kind)


@pytest.mark.parametrize("folder", ["google-mail", "google-calendar"])
def test_recorded_answers_are_what_the_fake_would_accept_from_itself(folder: str) -> None:
    document = api("gmail.v1" if folder == "google-mail" else "calendar.v3")
    methods = {method["id"]: method for _, _, method in document._methods}
    seen: dict[str, int] = {}
    for name, answer in reads(folder):
        document.validate(methods[name], answer)
        seen[name] = seen.get(name, 0) + 1
    wanted = {
        "google-mail": {"gmail.users.messages.list", "gmail.users.messages.get", "gmail.users.threads.get",
                        "gmail.users.history.list", "gmail.users.labels.list", "gmail.users.getProfile"},
        "google-calendar": {"calendar.events.list", "calendar.events.get", "calendar.calendarList.list"},
    }  # fmt: skip
    assert wanted[folder] <= set(seen)


def _keys(answers: list[Json]) -> set[str]:
    return {key for answer in answers for key in answer}


def test_the_fakes_answers_have_the_keys_of_recorded_ones() -> None:
    """No key that Google does not send, and none missing that a reader might lean on."""
    client = Client()
    real: dict[str, list[Json]] = {}
    for name, answer in reads("google-mail"):
        real.setdefault(name.removeprefix("gmail.users."), []).append(answer)
    client.fake.mailbox.place("m1", {"Label_1"})
    paths = {
        "getProfile": "/profile",
        "messages.list": "/messages?maxResults=2",
        "messages.get": "/messages/m1?format=minimal",
        "threads.list": "/threads?maxResults=1",
        "threads.get": "/threads/t1?format=minimal",
        "labels.list": "/labels",
        "history.list": "/history?startHistoryId=1000",
    }
    for name, path in paths.items():
        _, answer = client.get(f"{GMAIL}{path}")
        assert set(answer) <= _keys(real[name]) | {"nextPageToken"}, name
        assert _keys(real[name]) <= set(answer) | {"nextPageToken", "snippet", "raw", "classificationLabelValues"}, (
            name
        )
    minimal = next(one for one in real["messages.get"] if one.get("payload") == {"partId": ""})
    fake = client.get(f"{GMAIL}/messages/m1?format=minimal")[1]
    assert set(fake) == set(minimal)
    record = next(
        one for one in client.get(f"{GMAIL}/history?startHistoryId=1000")[1]["history"] if "labelsAdded" in one
    )
    there = next(one for one in real["history.list"][0]["history"] if "labelsAdded" in one)
    assert set(record["labelsAdded"][0]) == set(there["labelsAdded"][0])
    assert set(record["labelsAdded"][0]["message"]) == set(there["labelsAdded"][0]["message"])


def test_the_fakes_calendar_has_the_keys_of_the_recorded_one() -> None:
    real: dict[str, list[Json]] = {}
    for name, answer in reads("google-calendar"):
        real.setdefault(name, []).append(answer)
    world = CalendarWorld()
    world.write("one", timed(NOW))
    client = Client()
    client.fake, client.token = world.fake, world.fake.token_for(world.fake.grant())
    page = client.get(CALENDAR)[1]
    assert set(page) <= _keys(real["calendar.events.list"]) | {"nextSyncToken"}
    ours = set(page["items"][0])
    assert ours <= _keys([e for a in real["calendar.events.get"] for e in everything(a, "calendar#event")])
    line = client.get("/calendar/v3/users/me/calendarList")[1]["items"][0]
    assert set(line) <= _keys([one for a in real["calendar.calendarList.list"] for one in a["items"]])


def test_every_recorded_message_is_read() -> None:
    places = {label["id"]: place for name, answer in reads("google-mail") if name.endswith("labels.list")
              for label in answer["labels"] if (place := interesting(label))}  # fmt: skip
    count = 0
    for _, _, _, answer in recorded("google-mail"):
        for resource in everything(answer, "message"):
            item = item_of(resource, places, NOW)
            message = item.observation
            count += 1
            assert message is not None
            assert message.id == resource["id"]
            assert message.thread == resource["threadId"]  # type: ignore[union-attr]
            received = datetime.fromtimestamp(int(resource["internalDate"]) / 1000, UTC)
            assert message.received == received  # type: ignore[union-attr]
            assert len(item.places) == max(1, len(set(resource.get("labelIds", ())) & set(places)))
            headers = {h["name"].lower(): h["value"] for h in resource.get("payload", {}).get("headers", ())}
            if "from" in headers:
                assert message.from_ is not None  # type: ignore[union-attr]
                assert str(message.from_.address) in headers["from"].lower()  # type: ignore[union-attr]
            assert (message.to is not None) == ("to" in headers) or not headers  # type: ignore[union-attr]
            told = repr(message).replace("reply_to", "")
            assert not resource.get("snippet") or resource["snippet"] not in told
    assert count > 20


def test_recorded_labels_are_places_or_none() -> None:
    labels = next(a["labels"] for n, a in reads("google-mail") if n.endswith("labels.list"))
    roles = {label["id"]: place.role for label in labels if (place := interesting(label))}
    assert {key: value for key, value in roles.items() if not key.startswith("Label_")} == {
        "CHAT": "chats", "DRAFT": "drafts", "INBOX": "inbox", "SENT": "sent", "SPAM": "junk", "TRASH": "trash",
    }  # fmt: skip
    own = [place.name for place in map(interesting, labels) if place and place.role is None]
    assert "nango-test" in own


def test_the_recorded_history_is_replayed() -> None:
    states: dict[str, State | None] = {}
    (answer,) = [answer for name, answer in reads("google-mail") if name.endswith("history.list")]
    for record in answer["history"]:
        replay(record, states)
    labels = {id_: state.labels for id_, state in states.items() if state}
    assert labels == {  # the trash was emptied into nothing: both came out of it again
        "19dda5cb6f806160": ("SENT",),
        "19dda5cc10eb51bb": ("UNREAD", "CATEGORY_UPDATES", "INBOX"),
        "19dda58832469c79": ("SENT",),
        "19dda5888dc95981": ("CATEGORY_UPDATES",),
    }


def test_every_recorded_event_is_read() -> None:
    count = 0
    for _, _, _, answer in recorded("google-calendar"):
        for resource in everything(answer, "calendar#event"):
            (series,) = series_of([resource])
            found = occurrences(series, NOW + timedelta(days=90))
            if "recurrence" in resource and resource["status"] != "cancelled":
                assert len(found) > 1
                continue
            count += 1
            (event,) = found
            assert event.title == resource.get("summary")
            assert event.location == resource.get("location")
            assert event.start is not None
            written = resource["start"]
            assert event.all_day == ("date" in written)
            if "dateTime" in written:
                assert event.start == datetime.fromisoformat(written["dateTime"])
            assert event.uid == resource["iCalUID"]
            assert event.event_type == resource["eventType"]
            assert len(event.attendees or ()) == len(resource.get("attendees", ()))
            assert "group.calendar.google.com" not in repr(event.organizer)
            assert event.status == resource["status"]
    assert count > 20


def test_recorded_calendars_have_names_and_owners() -> None:
    lists = [one for name, answer in reads("google-calendar") if name.endswith("calendarList.list")
             for one in answer["items"]]  # fmt: skip
    assert any(_offered(one).called("Primary") for one in lists)
    assert all(_offered(one).called(one["id"]) for one in lists)
    assert not any(_offered(one).own for one in lists if one.get("accessRole") == "reader")
    assert any(_offered(one).own for one in lists)


# Errors


def errors() -> list[Json]:
    lines = (DATA / "errors/errors.jsonl").read_text().splitlines() if DATA.exists() else []
    return [one for one in map(json.loads, lines) if one["api"] in {"gmail", "google_calendar"}]


@pytest.mark.parametrize("told", errors(), ids=lambda one: f"{one['id']}-{one['status']}")
def test_every_recorded_error_means_something(told: Json) -> None:
    clock = Clock(NOW)
    service = Refusals("work", "gmail.v1", clock, lambda _: 'Run: syncd login "work"')
    response = httplib2.Response({**told["headers"], "status": str(told["status"])})
    meant = service.sorted(HttpError(response, json.dumps(told["body"]).encode()), "messages.list")
    reason = (told["body"]["error"].get("errors") or [{}])[0].get("reason", "")
    if told["status"] == 401:
        assert isinstance(meant, Stale)
    elif reason in {"rateLimitExceeded", "userRateLimitExceeded"}:
        assert isinstance(meant, Again)
        assert meant.throttled
    elif reason == "quotaExceeded":
        assert isinstance(meant, Throttled)
    elif told["status"] >= 500:
        assert isinstance(meant, Again)
    elif told["status"] in {404, 410}:
        assert isinstance(meant, {404: Missing, 410: Gone}[told["status"]])
    elif "insufficient authentication scopes" in told["body"]["error"]["message"]:
        assert isinstance(meant, NeedsLogin)
        assert 'syncd login "work"' in meant.fix
    elif told["status"] == 403:
        assert isinstance(meant, ConnectorError)
        assert not isinstance(meant, NeedsLogin)
    else:
        assert isinstance(meant, Misunderstood)


def test_a_closed_mailbox_is_left_alone_until_the_moment_that_gmail_names() -> None:
    told = next(one for one in errors() if "Retry after" in one["body"]["error"]["message"])
    clock = Clock(datetime(2026, 9, 11, 19, 30, tzinfo=UTC))
    service = Refusals("work", "gmail.v1", clock, lambda _: 'Run: syncd login "work"')
    meant = service.sorted(HttpError(httplib2.Response({"status": "403"}), json.dumps(told["body"]).encode()), "x")
    assert isinstance(meant, Again)
    assert meant.after == 1800


def test_the_fakes_errors_have_the_shapes_of_recorded_ones() -> None:
    fakes = {
        ("google_calendar", 401): Refused(401, "authError", "Invalid Credentials"),
        ("google_calendar", 403): Refused(403, "userRateLimitExceeded", "User Rate Limit Exceeded"),
        ("google_calendar", 404): Refused(404, "notFound", "Not Found"),
        ("google_calendar", 410): Refused(410, "fullSyncRequired", "Sync token is no longer valid."),
        ("google_calendar", 429): Refused(429, "rateLimitExceeded", "Rate Limit Exceeded"),
        ("google_calendar", 500): Refused(500, "backendError", "Backend Error"),
        ("gmail", 429): Refused(429, "rateLimitExceeded", "Too many concurrent requests for user."),
        ("gmail", 403): Refused(403, "insufficientPermissions", "Request had insufficient authentication scopes."),
    }
    for (name, status), refused in fakes.items():
        ours = json.loads(_error(refused, gmail=name == "gmail").body)["error"]
        real = [one["body"]["error"] for one in errors() if (one["api"], one["status"]) == (name, status)]
        assert set(ours) in [set(one) for one in real]
        reasons = {(e["domain"], e["reason"]) for one in real for e in one.get("errors", ())}
        told = {(e["domain"], e["reason"]) for e in ours.get("errors", ())}
        assert {reason for _, reason in told} <= {reason for _, reason in reasons}


def test_the_metadata_scope_is_the_one_that_is_asked_for() -> None:
    from connectors.google.access import CALENDAR_SCOPES, GMAIL_SCOPES

    assert GMAIL_SCOPES == (METADATA,)
    assert all(scope.endswith(".readonly") for scope in CALENDAR_SCOPES)
