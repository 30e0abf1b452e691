"""How Gmail's quota is spent: plans, batches, prices, parts that fail."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import Item
from connectors.google.fetching import Errand, Fetcher, Found
from connectors.google.gmail import GmailConnector
from connectors.options import GmailOptions
from connectors.secrets import Forgetful
from tests.connectors.contract import NOW, Held
from tests.fakes.clock import Clock
from tests.fakes.google.discovery import Json, Refused
from tests.fakes.google.gmail import PRICES, headers_of
from tests.fakes.google.server import FakeGoogle
from tests.fakes.mailbox import Mail
from tests.fakes.wire import Request
from tests.google.door import Door, gmail_options, patience, transports

GET, THREAD = "gmail.users.messages.get", "gmail.users.threads.get"


def mailbox(*threads: int) -> FakeGoogle:
    """A mailbox with threads of so many messages, the first the newest."""
    fake = FakeGoogle(clock=Clock(NOW))
    at = NOW
    for number, size in enumerate(threads):
        for place in range(size):
            at -= timedelta(hours=1)
            id_ = f"m{number:03}x{place:03}"
            headers = headers_of("Anna <anna@y.example>", "mara@x.example", id_, at, f"{id_}@y.example")
            fake.mailbox.deliver(Mail(id_, f"t{number}", at, headers, frozenset({"INBOX"})))
    return fake


def first_sync(fake: FakeGoogle, held: Held | None = None, **options: Any) -> list[Item]:
    chosen = gmail_options(**options)
    connector = GmailConnector(chosen, Forgetful(), transports=transports(fake, chosen), patience=patience(fake))
    return [item for batch in connector.batches("mail", None, held or Held(), NOW) for item in batch.items]


def asked(fake: FakeGoogle, name: str, *statuses: int) -> int:
    return sum(one == name and (not statuses or status in statuses) for _, one, _, status in fake.log)


def answering(fake: FakeGoogle, method: str, refuse: Callable[[str, int], Refused | None]) -> None:
    """Let the fake refuse calls of a method: `refuse` gets the id that is asked for and how often it was."""
    name, times = f"_{method}", Counter[str]()
    inner = getattr(fake.gmail, name)

    def answer(path: dict[str, str], request: Request) -> Json:
        key = path.get("id", "")
        times[key] += 1
        if refused := refuse(key, times[key]):
            raise refused
        answered: Json = inner(path, request)
        return answered

    setattr(fake.gmail, name, answer)


# Plans


@given(sizes=st.lists(st.integers(1, 12), max_size=40), get=st.integers(1, 50), thread=st.integers(1, 100))
def test_no_plan_is_cheaper(sizes: Sequence[int], get: int, thread: int) -> None:
    """Every wanted message once, at the least that its thread can cost."""
    options = GmailOptions(name="x", get_units=get, thread_units=thread)
    fetcher = Fetcher(None, options, {}, NOW)  # type: ignore[arg-type] # a plan asks nobody
    wanted = [Found(f"{number}-{place}", str(number)) for number, size in enumerate(sizes) for place in range(size)]
    plan = fetcher.plan(wanted)
    assert sorted(id_ for errand in plan for id_ in errand.wanted) == sorted(one.id for one in wanted)
    spent = sum(thread if errand.message is None else get for errand in plan)
    assert spent == sum(min(get * size, thread) for size in sizes)


def test_whole_threads_from_three_messages_on_and_newest_first() -> None:
    fetcher = Fetcher(None, gmail_options(), {}, NOW)  # type: ignore[arg-type]
    wanted = [
        Found("a1", "a"),
        Found("b1", "b"),
        Found("c1", "c"),
        Found("a2", "a"),
        Found("c2", "c"),
        Found("c3", "c"),
    ]
    assert fetcher.plan(wanted) == [
        Errand("a", "a1", frozenset({"a1"})),
        Errand("a", "a2", frozenset({"a2"})),
        Errand("b", "b1", frozenset({"b1"})),
        Errand("c", None, frozenset({"c1", "c2", "c3"})),
    ]


def test_of_a_thread_only_what_is_lacking_is_paid_for() -> None:
    """Nine of ten messages of the thread are in the ledger: one message, not the thread."""
    fake, held = mailbox(10), Held()
    held.kept = {f"m000x{place:03}": "INBOX" for place in range(1, 10)}
    items = first_sync(fake, held)
    assert [item.native_id for item in items if item.observation] == ["m000x000"]
    assert (asked(fake, GET), asked(fake, THREAD)) == (1, 0)


def test_prices_and_limits_of_older_projects() -> None:
    """Threads cost twice a message there too, but three times as many units fit into a minute."""
    minutes = []
    for units, get, thread in ((6_000, 20, 40), (15_000, 5, 10)):
        fake = mailbox(*[1] * 900, *[3] * 100)
        fake.per_minute = units
        fake.gmail.prices = {**PRICES, GET: get, THREAD: thread}
        items = first_sync(fake, units_per_minute=units, get_units=get, thread_units=thread)
        assert len(items) == 1_200
        assert asked(fake, GET) == 900
        assert asked(fake, THREAD) == 100
        assert not any(status == 403 for _, _, _, status in fake.log)
        minutes.append(fake.clock.monotonic() / 60)
    assert minutes[0] > 3
    assert minutes[1] < 1


def test_never_more_than_the_minute_allows() -> None:
    fake = mailbox(*[1] * 700)
    assert len(first_sync(fake)) == 700
    assert {status for _, _, _, status in fake.log} == {200}, "nothing was refused, because nothing was too fast"
    spent = [(at, units) for at, _, units, _ in fake.log]
    assert max(sum(units for at, units in spent if start <= at < start + 60) for start, _ in spent) <= 6_000


def test_batches_have_at_most_fifty_parts() -> None:
    fake = mailbox(*[1] * 120)
    first_sync(fake)
    sizes = [request.body.count(b"Content-ID:") for request in fake.requests if request.path.startswith("/batch")]
    assert sizes == [50, 50, 20]


# Parts that fail


def test_one_throttled_part_is_asked_for_again_alone() -> None:
    fake = mailbox(*[1] * 30)
    slow_down = Refused(429, "rateLimitExceeded", "Too many concurrent requests for user.")
    answering(fake, "messages_get", lambda id_, times: slow_down if id_ == "m007x000" and times < 3 else None)
    began = fake.clock.monotonic()
    assert len(first_sync(fake)) == 30
    assert asked(fake, GET) == 32
    assert asked(fake, GET, 429) == 2
    assert fake.clock.monotonic() - began >= 4, "each answer asked for two seconds of patience"


def test_a_part_that_fails_is_asked_for_again_and_one_that_is_gone_is_not() -> None:
    fake = mailbox(*[1] * 10, 3)
    failed = Refused(503, "backendError", "Backend Error")
    gone = Refused(404, "notFound", "Requested entity was not found.")
    answering(fake, "messages_get", lambda id_, times: failed if id_ == "m001x000" and times == 1 else None)
    answering(fake, "threads_get", lambda _, times: gone if times == 1 else None)
    assert len(first_sync(fake)) == 10
    assert asked(fake, GET) == 11
    assert asked(fake, THREAD) == 1


def test_a_token_that_ended_costs_each_part_one_refusal() -> None:
    """The client library sends refused parts again by itself: with a new token, or it would be for nothing."""
    fake = mailbox(*[1] * 40)
    listing = fake.gmail._messages_list

    def expire(path: dict[str, str], request: Request) -> Json:
        fake.access.clear()
        return listing(path, request)

    fake.gmail._messages_list = expire  # type: ignore[method-assign]
    assert len(first_sync(fake)) == 40
    assert asked(fake, GET, 401) == 40
    assert asked(fake, GET, 200) == 40
    assert sum(request.path == "/token" for request in fake.requests) == 2


# Threads


def test_every_thread_has_a_transport_of_its_own() -> None:
    """httplib2 gives threads that share one each other's answers."""
    fake = mailbox(*[1] * 8)
    doors: dict[int, set[Door]] = {}
    held_open = threading.Barrier(4)

    class Watched(Door):
        def request(self, uri: str, *given: Any, **more: Any) -> Any:
            doors.setdefault(threading.get_ident(), set()).add(self)
            return super().request(uri, *given, **more)

    options = gmail_options()
    made = transports(fake, options)
    made._plain = lambda: Watched(fake)
    connector = GmailConnector(options, Forgetful(), transports=made, patience=patience(fake))
    connector.sources()
    found: list[str] = []

    def read(number: int) -> None:
        held_open.wait(10)
        messages = connector._service.collection("users.messages")
        request = messages.get(userId="me", id=f"m{number:03}x000", format="metadata", fields="id")
        found.append(connector._execute(request, 20, "messages.get")["id"])

    workers = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert sorted(found) == [f"m{number:03}x000" for number in range(4)]
    api = [door for used in doors.values() for door in used]
    assert len(doors) == 5
    assert len(set(api)) == len(api), "no door was used by two threads"


# Time


def test_the_last_weeks_come_within_the_first_minute() -> None:
    """Four messages a day for two years: after 6,000 units the last seven weeks are there."""
    fake = FakeGoogle(clock=Clock(NOW))
    for number in range(2_900):
        at: datetime = NOW - timedelta(hours=6 * number + 1)
        headers = headers_of("Anna <anna@y.example>", "mara@x.example", str(number), at, f"{number}@y.example")
        fake.mailbox.deliver(Mail(f"m{number:05}", f"t{number}", at, headers, frozenset({"INBOX"})))
    options = gmail_options()
    connector = GmailConnector(options, Forgetful(), transports=transports(fake, options), patience=patience(fake))
    reached = NOW
    for batch in connector.batches("mail", None, Held(), NOW):
        if fake.clock.monotonic() > 60:
            break
        reached = min([reached, *(span.start for span in batch.covered)])
    assert NOW - reached > timedelta(weeks=7)


@pytest.mark.parametrize("name", [GET, THREAD])
def test_no_request_names_a_snippet(name: str) -> None:
    """Nothing of a mail's text is received, though Google would send its first line with the headers."""
    fake = mailbox(1, 4)
    first_sync(fake)
    assert asked(fake, name) == 1
    assert not fake.gmail.may_have_sent_snippet
    assert not fake.gmail.may_have_sent_body
    bodies = b"".join(request.body for request in fake.requests)
    assert b"format=metadata" in bodies
    assert b"snippet" not in bodies
