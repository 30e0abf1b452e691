"""Access to Google: what ends a login, other ways to a token, and that no token is logged."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.connector import NeedsLogin, Throttled
from connectors.google import access, login
from connectors.google.gmail import GmailConnector
from connectors.options import GmailOptions, GoogleCalendarOptions
from connectors.secrets import Forgetful
from tests.connectors.contract import NOW, Held
from tests.fakes.clock import Clock
from tests.fakes.faults import FaultPlan
from tests.fakes.google.gmail import METADATA
from tests.fakes.google.login import CALENDAR_SCOPES, SECRET
from tests.fakes.google.server import FakeGoogle
from tests.fakes.logs import all_logged
from tests.fakes.mailbox import Mail
from tests.google.desk import Desk
from tests.google.door import Door, gmail_options, patience, transports


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
    with pytest.raises(NeedsLogin, match="permission is missing or was taken back") as told:
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


def key_file(desk: Desk) -> Path:
    """A service account's, and Google knows its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    desk.fake.service_key = key.public_key()
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


@pytest.mark.parametrize("why", ["another user", "no delegation", "nobody", "no key", "another key"])
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
    if why == "another key":
        old = more["service_account_file"].read_text()
        more["service_account_file"] = key_file(desk)
        more["service_account_file"].write_text(old)
    with pytest.raises(NeedsLogin) as told:
        desk.sync(**more)
    wanted = {"nobody": "user =", "no key": "service_account_file", "another key": "a new key"}.get(why, "delegation")
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


def test_no_token_in_any_log(desk: Desk) -> None:
    lines: list[str] = []
    with all_logged(lines.append):
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
    for secret in ("ya29.", "1//", SECRET, "not-a-secret", basic):
        assert secret not in text, [line for line in lines if secret in line][:3]


def test_the_door_is_the_transport_of_the_other_tests() -> None:
    """They skip the sockets, not the answers."""
    fake = FakeGoogle()
    status, _ = Door(fake).request("https://oauth2.googleapis.com/token", "POST", "grant_type=refresh_token")
    assert status["status"] == "401"
