"""The fake Google refuses what Google refuses: a client that is green against it has not been humoured."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.clock import Clock
from tests.fakes.faults import Fault, FaultPlan
from tests.fakes.google.calendar import FakeCalendar
from tests.fakes.google.discovery import Refused, api, masked
from tests.fakes.google.gmail import FULL, METADATA, READONLY, headers_of
from tests.fakes.google.login import CALENDAR_SCOPES
from tests.fakes.google.server import FakeGoogle
from tests.fakes.mailbox import Entry, Mail
from tests.fakes.wire import Request

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
GMAIL, CALENDAR = "/gmail/v1/users/me", "/calendar/v3/calendars/primary/events"
OWNER = "mara@visser-advies.example"


class Client:
    """Sends requests by hand, as a careless program would."""

    def __init__(self, *scopes: str) -> None:
        self.fake = FakeGoogle(clock=Clock(START), labels={"Label_1": "Customers"})
        self.fake.calendar = self.calendar = FakeCalendar(self.fake.mailbox)
        self.refresh = self.fake.grant(scopes or (METADATA, *CALENDAR_SCOPES))
        self.token = self.fake.token_for(self.refresh)
        for number in range(5):
            at = START - timedelta(hours=5 - number)
            headers = headers_of("Anna <anna@y.example>", OWNER, f"No {number}", at, f"{number}@y.example")
            self.fake.mailbox.deliver(Mail(f"m{number}", f"t{number % 2}", at, headers, frozenset({"INBOX"})))
            data = {"id": f"e{number}", "iCalUID": f"e{number}@google.com", "status": "confirmed"}
            self.fake.mailbox.write(Entry(f"e{number}", OWNER, data))

    def get(self, path: str, *, token: str | None = None) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {token or self.token}"}
        response = self.fake.handle(Request.of("GET", f"https://www.googleapis.com{path}", headers))
        return response.status, json.loads(response.body or b"null")

    def refusal(self, path: str) -> tuple[int, str]:
        """Status and reason."""
        status, body = self.get(path)
        error = body.get("error", {})
        return status, error.get("errors", [{"reason": error.get("status")}])[0]["reason"]

    def batch(self, count: int, path: str = f"{GMAIL}/messages/m1?format=minimal&fields=id") -> tuple[int, bytes]:
        part = f"--b\r\nContent-Type: application/http\r\nContent-ID: <x+%d>\r\n\r\nGET {path} HTTP/1.1\r\n\r\n\r\n"
        body = "".join(part % number for number in range(count)) + "--b--"
        headers = {"authorization": f"Bearer {self.token}", "content-type": "multipart/mixed; boundary=b"}
        response = self.fake.handle(Request.of("POST", "https://x/batch/gmail/v1", headers, body))
        return response.status, response.body


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/messages?q=anna", 403),
        ("/messages?q=", 403),
        ("/threads?q=is:unread", 403),
        ("/messages/m1", 403),  # full is the default
        ("/messages/m1?format=full", 403),
        ("/messages/m1?format=raw", 403),
        ("/threads/t1", 403),
        ("/threads/t1?format=full", 403),
        ("/messages/m1?format=everything", 400),
        ("/messages?colour=blue", 400),
        ("/messages?maxResults=5&maxResults=6", 400),
        ("/messages?maxResults=-1", 400),
        ("/messages?maxResults=many", 400),
        ("/messages?includeSpamTrash=yes", 400),
        ("/messages?labelIds=NoSuchLabel", 400),
        ("/messages?pageToken=2", 400),
        ("/messages/m1?format=metadata&fields=id,,threadId", 400),
        ("/messages/nothing?format=metadata", 404),
        ("/history", 400),
        ("/history?startHistoryId=1000&historyTypes=everything", 400),
        ("/history?startHistoryId=999999", 404),
        ("/settings/sendAs", 403),
        ("/drafts", 403),
    ],
)
def test_gmail_refuses(path: str, status: int) -> None:
    assert Client().refusal(f"{GMAIL}{path}")[0] == status


def test_a_wider_scope_beside_it_does_not_lift_what_the_metadata_scope_forbids() -> None:
    assert Client(METADATA, READONLY).refusal(f"{GMAIL}/messages?q=anna")[0] == 403
    assert Client(READONLY).get(f"{GMAIL}/messages/m1")[0] == 200
    assert Client(FULL).get(f"{GMAIL}/messages/m1")[1]["payload"]["body"]


def test_metadata_answers_hold_a_snippet_unless_it_is_masked() -> None:
    """So a client that forgets the mask is found out."""
    client = Client()
    assert "snippet" in client.get(f"{GMAIL}/messages/m1?format=metadata")[1]
    assert client.fake.gmail.may_have_sent_snippet
    assert "body" not in client.get(f"{GMAIL}/messages/m1?format=metadata")[1]["payload"]


def test_other_mailboxes_and_other_apis_are_closed() -> None:
    client = Client()
    assert client.refusal("/gmail/v1/users/ben@z.example/messages")[0] == 403
    assert client.get("/drive/v3/files")[0] == 404
    assert Client(METADATA).refusal(CALENDAR)[0] == 403
    assert Client(*CALENDAR_SCOPES).refusal(f"{GMAIL}/messages")[0] == 403
    assert Client(CALENDAR_SCOPES[0]).refusal("/calendar/v3/users/me/calendarList")[0] == 403


def test_history_is_forgotten_and_counts_what_happened() -> None:
    client = Client()
    start = client.fake.mailbox.number
    client.fake.mailbox.place("m1", {"Label_1"})
    client.fake.mailbox.delete("m2")
    status, body = client.get(f"{GMAIL}/history?startHistoryId={start}")
    assert status == 200
    assert [sorted(set(record) - {"id", "messages"}) for record in body["history"]] == [
        ["labelsAdded", "labelsRemoved"],
        ["messagesDeleted"],
    ]
    only = client.get(f"{GMAIL}/history?startHistoryId={start}&historyTypes=messageDeleted")[1]
    assert len(only["history"]) == 1
    client.fake.gmail.forgotten_before = client.fake.mailbox.number
    assert client.refusal(f"{GMAIL}/history?startHistoryId={start}") == (404, "notFound")


def test_pages_of_messages_chain_and_stay_while_mail_comes() -> None:
    client = Client()
    first = client.get(f"{GMAIL}/messages?maxResults=2")[1]
    at = START + timedelta(hours=1)
    client.fake.mailbox.deliver(Mail("new", "t9", at, (), frozenset({"INBOX"})))
    second = client.get(f"{GMAIL}/messages?maxResults=2&pageToken={first['nextPageToken']}")[1]
    ids = [message["id"] for page in (first, second) for message in page["messages"]]
    assert ids == ["m4", "m3", "m2", "m1"]


def test_spam_and_trash_are_hidden_unless_asked_for() -> None:
    client = Client()
    client.fake.mailbox.place("m1", {"SPAM"})
    assert len(client.get(f"{GMAIL}/messages")[1]["messages"]) == 4
    assert len(client.get(f"{GMAIL}/messages?includeSpamTrash=true")[1]["messages"]) == 5
    assert len(client.get(f"{GMAIL}/messages?labelIds=SPAM")[1]["messages"]) == 1


def test_the_minute_has_6000_units() -> None:
    client = Client()
    answers = [client.get(f"{GMAIL}/threads/t1?format=metadata&fields=id")[0] for _ in range(151)]
    assert answers == [200] * 150 + [403]
    assert client.refusal(f"{GMAIL}/messages/m1?format=minimal&fields=id") == (403, "rateLimitExceeded")
    client.fake.clock.sleep(60)
    assert client.get(f"{GMAIL}/threads/t1?format=metadata&fields=id")[0] == 200


def test_the_calendar_has_600_requests_a_minute() -> None:
    client = Client()
    client.fake.latency = 0.01
    assert [client.get(CALENDAR)[0] for _ in range(601)] == [200] * 600 + [403]


def test_a_batch_has_at_most_100_parts_and_each_costs_its_own() -> None:
    client = Client()
    assert client.batch(101)[0] == 400
    status, body = client.batch(100)
    assert (status, body.count(b"HTTP/1.1 200")) == (200, 100)
    assert sum(units for _, _, units, _ in client.fake.log) == 2000
    client.batch(100)
    status, body = client.batch(100 + 0)
    assert body.count(b"HTTP/1.1 200") == 100
    status, body = client.batch(3)
    assert (status, body.count(b"HTTP/1.1 403")) == (200, 3), "throttled part by part"


def test_access_tokens_last_an_hour_and_end_with_their_grant() -> None:
    client = Client()
    assert client.get(f"{GMAIL}/profile")[0] == 200
    assert client.get(f"{GMAIL}/profile", token="made-up")[0] == 401
    client.fake.clock.sleep(3601)
    assert client.refusal(f"{GMAIL}/profile") == (401, "authError")
    client.token = client.fake.token_for(client.refresh)
    assert client.get(f"{GMAIL}/profile")[0] == 200
    client.fake.grants[client.refresh].revoked = True
    assert client.get(f"{GMAIL}/profile")[0] == 401


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("syncToken={t}&timeMin=2026-01-01T00:00:00Z", 400),
        ("syncToken={t}&timeMax=2026-01-01T00:00:00Z", 400),
        ("syncToken={t}&updatedMin=2026-01-01T00:00:00Z", 400),
        ("syncToken={t}&q=lunch", 400),
        ("syncToken={t}&orderBy=updated", 400),
        ("syncToken={t}&iCalUID=e1%40google.com", 400),
        ("syncToken={t}&privateExtendedProperty=a%3Db", 400),
        ("syncToken={t}&sharedExtendedProperty=a%3Db", 400),
        ("syncToken={t}&showDeleted=false", 400),
        ("syncToken={t}&singleEvents=true", 400),  # the first request did not say so
        ("syncToken=made-up", 400),
        ("pageToken=2", 400),
        ("orderBy=startTime", 400),
        ("timeMin=yesterday", 400),
        ("syncToken={t}&maxResults=2", 200),
        ("syncToken={t}", 200),
    ],
)
def test_sync_tokens_mix_with_little(more: str, status: int) -> None:
    client = Client()
    token = client.get(CALENDAR)[1]["nextSyncToken"]
    assert client.get(f"{CALENDAR}?{more.format(t=token)}")[0] == status


def test_sync_tokens_come_with_the_last_page_only_and_expire() -> None:
    client = Client()
    pages = [client.get(f"{CALENDAR}?maxResults=2")[1]]
    client.fake.mailbox.delete_entry(OWNER, "e4")  # told of by the next sync
    while token := pages[-1].get("nextPageToken"):
        pages.append(client.get(f"{CALENDAR}?maxResults=2&pageToken={token}")[1])
    assert ["nextSyncToken" in page for page in pages] == [False] * (len(pages) - 1) + [True]
    changed = client.get(f"{CALENDAR}?syncToken={pages[-1]['nextSyncToken']}")[1]
    assert changed["items"] == [{"kind": "calendar#event", "id": "e4", "status": "cancelled"}]
    client.calendar.expire_tokens()
    assert client.refusal(f"{CALENDAR}?syncToken={changed['nextSyncToken']}") == (410, "fullSyncRequired")


def test_faults_happen_as_planned_and_equal_seeds_give_equal_faults() -> None:
    def ran(seed: int) -> list[int]:
        client = Client()
        client.fake.faults = FaultPlan(seed=seed, rate=0.5)
        return [client.get(f"{GMAIL}/messages")[0] for _ in range(60)]

    assert ran(1) == ran(1) != ran(2)
    assert {200, 401, 403, 429, 500, 503} <= set(ran(1))


@pytest.mark.parametrize("path", [f"{GMAIL}/messages?maxResults=2", f"{CALENDAR}?maxResults=2"])
def test_what_an_empty_page_left_out_comes_with_the_next(path: str) -> None:
    client = Client()
    client.fake.faults = FaultPlan(rate=1.0, kinds=(Fault.EMPTY_PAGE,), in_a_row=1)
    key = "messages" if "gmail" in path else "items"
    found, token, empty = [], "", 0
    for _ in range(20):
        page = client.get(path + (f"&pageToken={token}" if token else ""))[1]
        empty += not page.get(key)
        found += [one["id"] for one in page.get(key, ())]
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert sorted(found) == [f"{key[0] if key == 'messages' else 'e'}{n}" for n in range(5)]
    assert empty


def test_the_fake_checks_its_own_answers() -> None:
    method, _ = api("gmail.v1").match(Request.of("GET", f"https://x{GMAIL}/profile"))
    api("gmail.v1").validate(method, {"emailAddress": "a@b.example", "historyId": "7"})
    for wrong in ({"mail": "a@b.example"}, {"historyId": 7}, {"historyId": "seven"}):
        with pytest.raises(AssertionError):
            api("gmail.v1").validate(method, wrong)


@pytest.mark.parametrize(
    ("mask", "left"),
    [
        ("a", {"a": 1}),
        ("b(c)", {"b": [{"c": 2}]}),
        ("b/c,a", {"b": [{"c": 2}], "a": 1}),
        ("*", {"a": 1, "b": [{"c": 2, "d": 3}]}),
        ("nothing", {}),
    ],
)
def test_masks_let_through_what_they_name(mask: str, left: Any) -> None:
    assert masked({"a": 1, "b": [{"c": 2, "d": 3}]}, mask) == left


@pytest.mark.parametrize("mask", ["a(", "a)", ",a", "a b"])
def test_masks_that_are_not_well_formed(mask: str) -> None:
    with pytest.raises(Refused):
        masked({}, mask)
