"""Logging in at Google: in the browser, without one, by service account, by command; and what ends a login."""

from __future__ import annotations

import json
import logging
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import HTTPRedirectHandler, build_opener, urlopen

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.connector import ConnectorError, NeedsLogin, Throttled
from connectors.google import access, login
from connectors.google.gmail import GmailConnector
from connectors.options import GmailOptions, GoogleAccountOptions, GoogleCalendarOptions
from connectors.patience import Patience
from connectors.secrets import Forgetful
from tests.connectors.contract import NOW, Held
from tests.fakes.clock import Clock
from tests.fakes.faults import FaultPlan
from tests.fakes.google.calendar import FakeCalendar
from tests.fakes.google.gmail import METADATA, headers_of
from tests.fakes.google.login import CALENDAR_SCOPES
from tests.fakes.google.server import FakeGoogle
from tests.fakes.mailbox import Mail
from tests.fakes.wire import serving
from tests.google.door import Door, gmail_options, patience, transports


class Desk:
    """The owner's machine: a fake Google on loopback, the client's file, the place for secrets."""

    def __init__(self, url: str, fake: FakeGoogle, folder: Path) -> None:
        self.url, self.fake, self.folder = url, fake, folder
        self.secrets = Forgetful()
        client = {"client_id": fake.client_id, "client_secret": fake.client_secret, "token_uri": f"{url}/token"}
        (folder / "client.json").write_text(json.dumps({"installed": {**client, "auth_uri": f"{url}/auth"}}))

    def options(self, kind: type[GoogleAccountOptions] = GmailOptions, **more: Any) -> Any:
        given: dict[str, Any] = {"name": "work", "client_file": self.folder / "client.json", "endpoint": self.url}
        return kind(**given | more)

    def log_in(self, browser: Callable[[str], object] | None = None, **more: Any) -> str:
        return login.log_in(self.options(), self.secrets, browser=browser or follow, **more)

    def connector(self, **more: Any) -> GmailConnector:
        return GmailConnector(self.options(**more), self.secrets, patience=Patience(clock=self.fake.clock, seed=1))

    def sync(self, **more: Any) -> int:
        held, connector = Held(), self.connector(**more)
        try:
            for batch in connector.batches("mail", None, held, NOW):
                held.write(batch)
        finally:
            connector.close()
        return len(held.kept)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    fake = FakeGoogle(clock=Clock(NOW))
    for number in range(3):
        at = NOW - timedelta(hours=number + 1)
        headers = headers_of("Anna <anna@y.example>", "mara@x.example", f"No {number}", at, f"{number}@y.example")
        fake.mailbox.deliver(Mail(f"m{number}", f"t{number}", at, headers, frozenset({"INBOX"})))
    with serving(fake.handle) as url:
        yield Desk(url, fake, tmp_path)


def follow(url: str) -> None:
    """A browser: the owner clicks Allow and is sent back to the loopback address."""
    threading.Thread(target=lambda: urlopen(url, timeout=10).read(), daemon=True).start()


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def where_it_leads(url: str) -> str:
    """The address of the page that does not load, as the owner copies it."""
    try:
        build_opener(_Stay).open(url, timeout=10)
    except OSError as answer:
        return str(answer.headers["location"])  # type: ignore[attr-defined]
    raise AssertionError("no redirect")


# Ways in


def test_in_the_browser(desk: Desk) -> None:
    assert "is logged in" in desk.log_in()
    assert desk.sync() == 3
    info = json.loads(desk.secrets.get("work") or "")
    assert info["scopes"] == [METADATA]
    asked = next(request for request in desk.fake.requests if request.path == "/auth")
    assert asked.one("access_type") == "offline"
    assert asked.one("code_challenge_method") == "S256"
    assert asked.one("scope") == METADATA


@pytest.mark.parametrize("part", ["address", "query", "code"])
def test_without_a_browser_the_address_is_pasted(desk: Desk, part: str) -> None:
    told: list[str] = []

    def ask(_: str) -> str:
        url = next(line for line in told[0].splitlines() if line.startswith("http"))
        back = where_it_leads(url)
        code = back.partition("code=")[2].partition("&")[0].replace("%2F", "/")
        return {"address": f"  {back} ", "query": back.partition("?")[2], "code": code}[part]

    assert "is logged in" in login.log_in(desk.options(), desk.secrets, tell=told.append, ask=ask)
    assert desk.sync() == 3


def test_calendar_asks_for_its_own_scopes(desk: Desk) -> None:
    desk.fake.calendar = FakeCalendar(desk.fake.mailbox)
    login.log_in(desk.options(GoogleCalendarOptions), desk.secrets, browser=follow)
    asked = next(request for request in desk.fake.requests if request.path == "/auth")
    assert set((asked.one("scope") or "").split()) == set(CALENDAR_SCOPES)


def test_cancel_on_the_consent_page(desk: Desk) -> None:
    desk.fake.denied = True
    with pytest.raises(ConnectorError, match="access_denied"):
        desk.log_in()
    assert desk.secrets.get("work") is None


def test_a_box_that_was_not_ticked(desk: Desk) -> None:
    desk.fake.allowed = frozenset({CALENDAR_SCOPES[0]})
    with pytest.raises(ConnectorError, match="not everything was allowed") as told:
        login.log_in(desk.options(GoogleCalendarOptions), desk.secrets, browser=follow)
    assert "tick every box" in told.value.fix
    assert desk.secrets.get("work") is None


def test_a_code_is_good_once(desk: Desk) -> None:
    with pytest.raises(ConnectorError, match="did not accept the answer"):
        login.log_in(desk.options(), desk.secrets, tell=lambda _: None, ask=lambda _: "4/used")


def test_an_answer_to_another_question_is_refused(desk: Desk) -> None:
    """Somebody else's address pasted here would log the owner into another mailbox."""
    with pytest.raises(ConnectorError, match="the answer to another login"):
        login.log_in(
            desk.options(),
            desk.secrets,
            tell=lambda _: None,
            ask=lambda _: "http://127.0.0.1:1/?code=4/x&state=theirs",
        )


def test_without_a_client_one_is_led_to_the_docs(desk: Desk) -> None:
    with pytest.raises(ConnectorError) as told:
        login.log_in(desk.options(client_file=None), desk.secrets, browser=follow)
    assert "docs/google.md" in told.value.fix
    (desk.folder / "client.json").write_text('{"web": {}}')
    with pytest.raises(ConnectorError, match="Desktop app"):
        desk.log_in()
    with pytest.raises(ConnectorError, match="cannot be read"):
        login.log_in(desk.options(client_file=desk.folder / "none.json"), desk.secrets, browser=follow)


def test_nobody_has_logged_in_yet(desk: Desk) -> None:
    with pytest.raises(NeedsLogin) as told:
        desk.sync()
    assert told.value.fix == 'Run: syncd login "work"'


# What ends a login


def test_access_tokens_are_renewed_and_kept(desk: Desk) -> None:
    desk.log_in()
    desk.sync()
    before = json.loads(desk.secrets.get("work") or "")["token"]
    desk.fake.clock.pass_time(hours=2)  # the server's clock: to us the token still looks good
    assert desk.sync() == 3
    after = json.loads(desk.secrets.get("work") or "")
    assert after["token"] != before
    assert after["refresh_token"]


def test_revocation_says_what_to_type(desk: Desk) -> None:
    desk.log_in()
    connector = desk.connector()
    list(connector.batches("mail", None, Held(), NOW))
    for grant in desk.fake.grants.values():
        grant.revoked = True
    with pytest.raises(NeedsLogin, match="no longer accepts the login") as told:
        list(connector.batches("mail", None, Held(), NOW))
    connector.close()
    assert 'syncd login "work"' in told.value.fix
    with pytest.raises(NeedsLogin, match="no longer accepts the login"):
        desk.sync()
    desk.log_in()
    assert desk.sync() == 3


def test_in_testing_a_login_ends_after_a_week_and_says_so_before(desk: Desk) -> None:
    desk.fake.testing = True
    desk.log_in()
    ends = login.ends(desk.options(), desk.secrets)
    assert ends is not None
    assert timedelta(days=6) < ends - datetime.now(UTC) < timedelta(days=8)
    assert desk.sync() == 3
    assert login.ends(desk.options(), desk.secrets) == ends, "a renewed token does not forget it"
    desk.fake.clock.pass_time(days=8)
    with pytest.raises(NeedsLogin) as told:
        desk.sync()
    assert "every week" in told.value.fix


def test_a_login_in_production_has_no_end(desk: Desk) -> None:
    desk.log_in()
    assert login.ends(desk.options(), desk.secrets) is None


def test_scopes_that_were_taken_back(desk: Desk) -> None:
    desk.log_in()
    for grant in desk.fake.grants.values():
        grant.scopes = frozenset({CALENDAR_SCOPES[0]})
    with pytest.raises(NeedsLogin, match="does not allow getProfile") as told:
        desk.sync()
    assert 'syncd login "work"' in told.value.fix


def test_a_login_for_another_kind_does_not_do(desk: Desk) -> None:
    desk.log_in()
    with pytest.raises(NeedsLogin, match="does not cover"):
        access.credentials_of(desk.options(GoogleCalendarOptions), desk.secrets)


def test_one_new_token_is_enough_for_a_batch_of_refused_parts() -> None:
    fake = FakeGoogle(clock=Clock(NOW))
    for number in range(40):
        at = NOW - timedelta(hours=number + 1)
        fake.mailbox.deliver(Mail(f"m{number}", f"t{number}", at, (), frozenset({"INBOX"})))
    options = gmail_options()
    connector = GmailConnector(options, Forgetful(), transports=transports(fake, options), patience=patience(fake))
    batches = connector.batches("mail", None, Held(), NOW)
    users = fake.gmail._messages_list

    def expire(*given: Any) -> Any:
        answer = users(*given)
        fake.access.clear()  # every token is refused from here on
        return answer

    fake.gmail._messages_list = expire  # type: ignore[method-assign,assignment]
    count = sum(len(batch.items) for batch in batches)
    assert count == 40
    assert sum(request.path == "/token" for request in fake.requests) == 2


def test_a_token_that_is_refused_for_ever_ends_in_words() -> None:
    fake = FakeGoogle(clock=Clock(NOW))
    fake.token_for = lambda refresh: "ya29.refused"  # type: ignore[method-assign]
    options = gmail_options()
    connector = GmailConnector(options, Forgetful(), transports=transports(fake, options), patience=patience(fake))
    with pytest.raises(NeedsLogin, match="does not accept the access token"):
        list(connector.batches("mail", None, Held(), NOW))


# Other ways to a token


def key_file(desk: Desk) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = desk.folder / "service.json"
    told = {"type": "service_account", "client_email": "bot@project.iam.gserviceaccount.com", "private_key_id": "1"}
    file.write_text(
        json.dumps({**told, "private_key": key.private_bytes(*form).decode(), "token_uri": f"{desk.url}/token"})
    )
    return file


def test_a_service_account_acts_for_the_owner(desk: Desk) -> None:
    more: dict[str, Any] = {"service_account_file": key_file(desk), "user": desk.fake.mailbox.address}
    assert desk.sync(**more) == 3
    assert "needs no login" in login.log_in(desk.options(**more), desk.secrets)


@pytest.mark.parametrize("why", ["another user", "no delegation", "nobody", "no key"])
def test_a_service_account_that_may_not(desk: Desk, why: str) -> None:
    more: dict[str, Any] = {"service_account_file": key_file(desk), "user": desk.fake.mailbox.address}
    if why == "another user":
        more["user"] = "ben@z.example"
    if why == "no delegation":
        desk.fake.delegated = frozenset()
    if why == "nobody":
        more["user"] = None
    if why == "no key":
        more["service_account_file"].write_text("{}")
    with pytest.raises(NeedsLogin) as told:
        desk.sync(**more)
    wanted = {"nobody": "user =", "no key": "service_account_file"}.get(why, "delegation")
    assert wanted in told.value.fix
    assert "syncd login" not in told.value.fix


def test_a_command_prints_the_token(desk: Desk) -> None:
    token = desk.fake.token_for(desk.fake.grant([METADATA]))
    file = desk.folder / "token"
    file.write_text(token + "\nsecond line\n")
    assert desk.sync(token_command=f"cat {file}") == 3
    assert "needs no login" in login.log_in(desk.options(token_command="true"), desk.secrets)
    desk.fake.clock.pass_time(hours=2)
    with pytest.raises(NeedsLogin) as told:
        desk.sync(token_command=f"cat {file}")
    assert f"cat {file}" in told.value.fix
    assert token not in str(told.value)


def test_a_command_that_fails(desk: Desk) -> None:
    with pytest.raises(NeedsLogin, match="locked") as told:
        desk.sync(token_command="echo locked >&2; printf ha%s lf; exit 3")
    assert "half" not in str(told.value)


def test_the_hosts_that_are_contacted(desk: Desk) -> None:
    options = GmailOptions(name="x")
    assert access.hosts(options, "gmail.googleapis.com") == (
        "gmail.googleapis.com", "oauth2.googleapis.com", "accounts.google.com",
    )  # fmt: skip
    assert access.hosts(desk.options(), "gmail.googleapis.com") == ("127.0.0.1",)
    by_key = GmailOptions(name="x", service_account_file=key_file(desk), user="a@b.example")
    assert access.hosts(by_key, "gmail.googleapis.com") == ("gmail.googleapis.com", "127.0.0.1")
    assert access.hosts(GmailOptions(name="x", token_command="true"), "gmail.googleapis.com") == (
        "gmail.googleapis.com",
    )


# Logs


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """All that anybody writes at DEBUG, whatever level its logger was left at by default."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, keep = logging.getLogger(), Keep()
    keep.setFormatter(logging.Formatter("%(name)s %(message)s"))
    before = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(keep)
        root.setLevel(before)


def test_no_token_in_any_log(desk: Desk) -> None:
    with everything_logged() as lines:
        logging.getLogger("urllib3").debug("the canary sings")
        desk.log_in()
        desk.fake.faults = FaultPlan(seed=3, rate=0.3)
        desk.sync()
        desk.fake.clock.pass_time(hours=2)
        desk.sync()
        for grant in desk.fake.grants.values():
            grant.revoked = True
        desk.fake.access.clear()
        with pytest.raises((NeedsLogin, Throttled)) as told:
            desk.sync()
        lines.append(str(told.value))
        lines.append(str(told.value.__cause__))
    text = "\n".join(lines)
    assert "the canary sings" in text
    assert desk.fake.faults.total
    basic = b64encode(f"{desk.fake.client_id}:{desk.fake.client_secret}".encode()).decode()
    for secret in ("ya29.", "1//refresh", "4/code", "4%2Fcode", "not-a-secret", basic):
        assert secret not in text, [line for line in lines if secret in line][:3]


def test_the_door_is_the_transport_of_the_other_tests() -> None:
    """They skip the sockets, not the answers."""
    fake = FakeGoogle()
    status, _ = Door(fake).request("https://oauth2.googleapis.com/token", "POST", "grant_type=refresh_token")
    assert status["status"] == "401"
