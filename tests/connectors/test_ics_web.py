"""A calendar at an address: the contract over a real server, what it costs, and what is said when none comes."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.connector import Batch, Connector, ConnectorError, NeedsLogin, Throttled, Unreachable
from connectors.ics.connector import IcsConnector
from connectors.options import IcsOptions
from connectors.patience import Patience
from tests.connectors.contract import FIRST, NOW, ConnectorContract, Held, World, listed, run, titles
from tests.connectors.worlds import PAGE, WrittenCalendar, calendar, event
from tests.fakes.certificate import write_certificate
from tests.fakes.clock import Clock
from tests.fakes.logs import all_logged
from tests.fakes.published import PATH, Published, publishing
from tests.fakes.wire import Response

SECRET = "CANARYTOKEN"
WEEKLY = "RRULE:FREQ=WEEKLY\r\n"


class WebWorld(WrittenCalendar):
    """A calendar at an address, over http to this machine."""

    live = True

    def __init__(self, published: Published, **options: object) -> None:
        super().__init__()
        self.published = published
        self.options = options
        self.clock = Clock(NOW)
        self.write()

    def connector(self) -> Connector:
        options = IcsOptions.model_validate({"name": "home", "endpoint": self.published.url, **self.options})
        return IcsConnector(options, patience=Patience(self.clock))

    def write(self) -> None:
        self.published.content = self.content()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("calendar-certificate"))


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebWorld]:
    monkeypatch.setattr("connectors.ics.connector.BATCH", PAGE)
    published = Published()
    with publishing(published):
        yield WebWorld(published)


class TestIcsAddress(ConnectorContract):
    @pytest.fixture
    def world(self, web: WebWorld) -> World:
        return web


class TestIcsAddressEncrypted(ConnectorContract):
    @pytest.fixture
    def world(self, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
        monkeypatch.setattr("connectors.ics.connector.BATCH", PAGE)
        published = Published(marks=("last-modified",), packed=True)
        with publishing(published, certificate):
            yield WebWorld(published, ca_file=certificate / "ca.pem")


# What it costs


def test_an_unchanged_calendar_costs_one_short_answer(web: WebWorld) -> None:
    web.entries[0] = event(0, extra=WEEKLY)
    web.add(range(1, 45))
    held = Held()
    first = run(web, held)
    assert sum(batch.cost.requests for batch in first) == 1
    assert sum(batch.cost.bytes for batch in first) == len(web.published.content)
    (again,) = run(web, held, now=NOW + timedelta(hours=11))
    assert web.published.answers == [200, 304]
    assert (again.cost.requests, again.cost.bytes) == (1, 0)
    assert again.unchanged == len(held.kept)
    assert again.covered[-1].end == NOW + timedelta(hours=11)


def test_without_series_the_days_change_nothing(web: WebWorld) -> None:
    web.add(range(10))
    held = Held()
    for day in range(5):
        run(web, held, now=NOW + timedelta(days=day))
    assert web.published.answers == [200, 304, 304, 304, 304]


def test_a_series_grows_with_the_days(web: WebWorld) -> None:
    web.entries[0] = event(0, extra=WEEKLY)
    web.write()
    held = Held()
    run(web, held)
    before = len(held.kept)
    run(web, held, now=NOW + timedelta(days=7))
    assert len(held.kept) == before + 1
    assert web.published.answers == [200, 200]


def test_an_entry_behind_the_horizon_comes_into_sight(web: WebWorld) -> None:
    far = int((NOW + timedelta(days=95) - FIRST) / timedelta(hours=3))
    web.add([far])
    held = Held()
    run(web, held)
    assert not held.titles()
    run(web, held, now=NOW + timedelta(days=10))
    assert held.titles() == titles([far])


def test_a_server_without_marks_is_read_whole_and_stores_nothing_anew(web: WebWorld) -> None:
    web.published.marks = ()
    web.add(range(10))
    held = Held()
    run(web, held)
    (again,) = run(web, held)
    assert web.published.answers == [200, 200]
    assert not again.items
    assert again.unchanged == 10


def test_another_address_is_not_asked_by_the_marks_of_the_first(web: WebWorld) -> None:
    web.add(range(3))
    held = Held()
    run(web, held)
    web.published.led["/other.ics"] = web.published.url
    web.options = {"endpoint": f"{web.published.base}/other.ics"}
    run(web, held)
    assert not any("if-none-match" in request.headers for request in web.published.log)
    assert held.titles() == titles(range(3))


def test_a_calendar_that_was_cut_off_removes_nothing_and_is_read_again(web: WebWorld) -> None:
    web.add(range(10))
    held = Held()
    run(web, held)
    whole, web.published.content = web.published.content, web.published.content[:600]
    batches = run(web, held)
    assert not any(batch.removed or batch.covered for batch in batches)
    web.published.marks = ("etag",)
    run(web, held)
    web.published.content = whole
    run(web, held)
    assert held.titles() == titles(range(10))
    assert web.published.answers == [200, 200, 200, 200]


# What is said when no calendar comes

PAGE_OF_A_LOGIN = b"<!DOCTYPE html><html><body>Sign in to continue</body></html>"


@pytest.mark.parametrize(
    ("response", "error", "said"),
    [
        (Response(401, b""), NeedsLogin, "asks for a login (401). Add user and password_command, or token_command."),
        (Response(403, b""), NeedsLogin, "refuses to show it (403). Copy the calendar's address anew"),
        (Response(404, b""), Unreachable, "has nothing at this address (404). Copy the calendar's address anew"),
        (Response(410, b""), Unreachable, "has nothing at this address (410)."),
        (Response(500, b""), Unreachable, "fails with 500. It is tried again at the next sync."),
        (Response(502, b"<html>"), Unreachable, "fails with 502."),
        (Response(cut=True), Unreachable, "does not answer (RemoteProtocolError)."),
        (Response(200, PAGE_OF_A_LOGIN), Unreachable, "shows a web page instead of a calendar"),
        (Response(200, b"{}", {"content-type": "text/html"}), Unreachable, "shows a web page instead of a calendar"),
        (Response(200, b"{}"), Unreachable, "sends is no calendar."),
        (Response(200, b" "), Unreachable, "answers with nothing at all."),
        (Response(204, b""), Unreachable, "answers with 204, which is no calendar."),
        (Response(304, b""), Unreachable, "answers with 304, which is no calendar."),
        (
            Response(200, b"no gzip at all", {"content-encoding": "gzip"}),
            Unreachable,
            "does not answer (DecodingError).",
        ),
    ],
)
def test_what_comes_is_no_calendar(web: WebWorld, response: Response, error: type[ConnectorError], said: str) -> None:
    web.published.odd = [response] * 3
    with pytest.raises(error) as raised:
        run(web, Held())
    assert said in str(raised.value)
    assert raised.value.fix
    assert str(raised.value).startswith("home: ")
    assert SECRET not in repr(raised.value)
    assert PATH not in repr(raised.value)


@pytest.mark.parametrize(("status", "after", "wait"), [(429, "120", 120.0), (429, None, 900.0), (503, "77", 77.0)])
def test_a_server_that_asks_for_patience_gets_it(web: WebWorld, status: int, after: str | None, wait: float) -> None:
    web.published.odd = [Response(status, b"", {"retry-after": after} if after else {})]
    with pytest.raises(Throttled) as raised:
        run(web, Held())
    assert raised.value.retry_after == wait
    assert web.published.answers == [status]


def test_a_bad_moment_is_waited_for(web: WebWorld) -> None:
    web.add(range(3))
    web.published.odd = [Response(500, b""), Response(cut=True)]
    held = Held()
    run(web, held)
    assert held.titles() == titles(range(3))
    assert web.clock.monotonic() > 0


def test_a_calendar_too_large_is_not_read_to_its_end(web: WebWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.ics.web.STREAM_LIMIT", 1 << 20)
    web.published.content = calendar(*(event(0) for _ in range(10_000)))
    web.published.packed = True  # 3 MB, and next to nothing on the line
    with pytest.raises(ConnectorError, match="larger than 1 MB"):
        run(web, Held())


def test_a_calendar_that_trickles_is_left(web: WebWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    web.add(range(3))
    passed = count(0.0, 121.0)
    monkeypatch.setattr(web.clock, "monotonic", lambda: next(passed))
    with pytest.raises(Unreachable, match="takes longer than 120 seconds"):
        run(web, Held())


BAD_DAYS = [
    Response(500), Response(cut=True), Response(429), Response(401), Response(404), Response(200, PAGE_OF_A_LOGIN),
    Response(200, calendar(event(7))[:200]), Response(200, b"BEGIN:VCALENDAR\r\n"), Response(304), Response(204),
]  # fmt: skip


deeds = st.sampled_from(["add", "change", "remove", "move", "day"])


@given(st.lists(st.tuples(deeds, st.none() | st.sampled_from(BAD_DAYS)), max_size=12))
@settings(max_examples=15)
def test_on_whatever_days_the_ledger_ends_with_what_is_published(drawn: list[tuple[str, Response | None]]) -> None:
    """No bad answer removes anything, and none is taken for the calendar."""
    published = Published()
    with publishing(published):
        web, held, now, wanted = WebWorld(published), Held(), NOW, {}
        for number, (deed, answer) in enumerate(drawn):
            there = sorted(web.entries)
            if deed == "add" or not there:
                web.add([number])
                wanted[number] = f"item {number}"
            elif deed == "change":
                web.change(there[0])
                wanted[there[0]] = f"item {there[0]} changed"
            elif deed == "remove":
                web.remove(there[-1])
                del wanted[there[-1]]
            elif deed == "move":
                web.move(there[0])
            else:
                now += timedelta(days=1)
            before = held.titles()
            published.odd = [answer] * 3 if answer else []
            if answer is None:
                run(web, held, now=now)
                assert held.titles() == Counter(wanted.values())
            else:
                with suppress(ConnectorError):
                    run(web, held, now=now)
                assert not before - held.titles(), "a bad answer removes nothing"
                assert not any(batch.end > now for batch in held.covered)
        published.odd = []
        run(web, held, now=now)
        assert held.titles() == Counter(wanted.values())


# Logins


def test_a_password_is_asked_of_its_command(web: WebWorld) -> None:
    web.published.wants = f"Basic {base64.b64encode(b'mara:s3cret').decode()}"
    web.add(range(3))
    with pytest.raises(NeedsLogin, match="Add user and password_command"):
        run(web, Held())
    web.options = {"user": "mara", "password_command": "echo wrong"}
    with pytest.raises(NeedsLogin, match="this command prints the password: echo wrong"):
        run(web, Held())
    web.options = {"user": "mara", "password_command": "echo s3cret"}
    held = Held()
    run(web, held)
    assert held.titles() == titles(range(3))


def test_a_token_goes_to_the_named_server_alone(web: WebWorld) -> None:
    web.published.wants = "Bearer t0ken"
    web.add(range(3))
    web.options = {"token_command": "echo t0ken"}
    other = Published(content=web.published.content)
    with publishing(other):
        web.published.led[PATH] = other.url.replace("http://", "https://")
        with pytest.raises(Unreachable, match="a network that is not public"):
            run(web, Held())
        assert not other.log, "another server of this machine is not to be reached from the web"
    web.published.led[PATH] = f"{web.published.base}/there"
    web.published.led["/there"] = PATH
    web.published.odd = []
    with pytest.raises(Unreachable, match="leads on and on"):
        run(web, Held())
    assert all(request.headers["authorization"] == "Bearer t0ken" for request in web.published.log)


# Secrets


def test_the_address_stands_in_no_log_no_error_and_no_batch(web: WebWorld) -> None:
    lines: list[str] = []
    held, said = Held(), []
    web.add(range(3))
    with all_logged(lines.append):
        batches: list[Batch] = run(web, held)
        for response in (
            Response(401),
            Response(500),
            Response(200, PAGE_OF_A_LOGIN),
            Response(429),
            Response(cut=True),
        ):
            web.published.odd = [response] * 3
            with pytest.raises(ConnectorError) as raised:
                run(web, held)
            said.append(f"{raised.value} {raised.value!r}")
        web.published.odd = []
        connector = web.connector()
        said += [repr(connector.sources()), repr(connector.hosts()), repr(list(connector.listing("calendar", NOW)))]
    assert len(said) == 8
    assert not [text for text in (*lines, *said, repr(batches), str(held.cursor)) if SECRET in text]


def test_doctor_hears_of_every_host(web: WebWorld) -> None:
    assert web.connector().hosts() == ("127.0.0.1",)
    web.published.led[PATH] = "https://calendars.example.invalid/x.ics"
    assert web.connector().hosts() == ("127.0.0.1",), "what cannot be asked is not contacted"


def test_listing_is_a_request_of_its_own(web: WebWorld) -> None:
    web.add(range(3))
    held = Held()
    run(web, held)
    assert listed(web).keys() == held.kept.keys()
    assert "if-none-match" not in web.published.log[-1].headers
