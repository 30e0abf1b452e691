"""The fake Google's logins and faults: what it refuses there, and that no fault is counted that nobody met."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.faults import Fault, FaultPlan
from tests.fakes.google.gmail import FULL, METADATA
from tests.fakes.wire import Request
from tests.google.test_fake_google import GMAIL, Client


def token(client: Client, **form: str) -> tuple[int, str]:
    """Status, and the error or "good", of the token endpoint."""
    form = {"client_id": client.fake.client_id, "client_secret": client.fake.client_secret, **form}
    response = client.fake.handle(Request.of("POST", "https://oauth2.googleapis.com/token", {}, urlencode(form)))
    return response.status, json.loads(response.body).get("error", "good")


def code_of(client: Client, **more: str) -> str:
    """A code from the consent page, asked for with the verifier "v"."""
    challenge = urlsafe_b64encode(sha256(b"v").digest()).decode().rstrip("=")
    query = {"client_id": client.fake.client_id, "redirect_uri": "http://127.0.0.1:1/", "scope": METADATA}
    query |= {"state": "s", "code_challenge": challenge, **more}
    response = client.fake.handle(Request.of("GET", f"https://accounts.google.com/o/oauth2/auth?{urlencode(query)}"))
    return parse_qs(urlsplit(response.headers.get("location", "")).query).get("code", [""])[0]


def test_a_code_is_good_once_and_for_its_verifier() -> None:
    client = Client()
    code = code_of(client)
    form = {"grant_type": "authorization_code", "redirect_uri": "http://127.0.0.1:1/"}
    assert token(client, **form, code=code, code_verifier="another") == (400, "invalid_grant")
    assert token(client, **form, code=code, code_verifier="v") == (400, "invalid_grant"), "it was used up"
    code = code_of(client)
    assert token(client, **form, code=code, code_verifier="v") == (200, "good")
    assert token(client, **form, code=code, code_verifier="v") == (400, "invalid_grant")


def test_a_consent_page_sends_nobody_elsewhere() -> None:
    client = Client()
    assert code_of(client)
    assert not code_of(client, redirect_uri="https://evil.example/")
    assert not code_of(client, client_id="another")


@pytest.mark.parametrize(
    ("form", "refused"),
    [
        ({}, (200, "good")),
        ({"client_secret": "guess"}, (401, "invalid_client")),
        ({"refresh_token": "1//made-up"}, (400, "invalid_grant")),
        ({"grant_type": "password"}, (400, "invalid_grant")),
    ],
)
def test_refresh_tokens(form: dict[str, str], refused: tuple[int, str]) -> None:
    client = Client()
    assert token(client, **{"grant_type": "refresh_token", "refresh_token": client.refresh, **form}) == refused


def test_refresh_tokens_end_by_revocation_and_after_a_week_in_testing() -> None:
    client = Client()
    week = client.fake.grant([METADATA], expires=client.fake.clock.monotonic() + 7 * 24 * 3600)
    form = {"grant_type": "refresh_token"}
    assert token(client, **form, refresh_token=week) == (200, "good")
    client.fake.clock.pass_time(days=7)
    assert token(client, **form, refresh_token=week) == (400, "invalid_grant")
    assert token(client, **form, refresh_token=client.refresh) == (200, "good")
    client.fake.grants[client.refresh].revoked = True
    assert token(client, **form, refresh_token=client.refresh) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("claims", "refused"),
    [
        ({}, (200, "good")),
        ({"aud": "http://127.0.0.1/token"}, (400, "invalid_grant")),
        ({"sub": "ben@z.example"}, (401, "unauthorized_client")),
        ({"scope": FULL}, (401, "unauthorized_client")),
    ],
)
def test_delegation(claims: dict[str, str], refused: tuple[int, str]) -> None:
    """The audience is Google's own address, whatever the address that was asked."""
    client = Client()
    told = {"aud": "https://oauth2.googleapis.com/token", "sub": client.fake.mailbox.address, "scope": METADATA}
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kind = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    signed = jwt.encode(told | claims, key, "RS256")
    assert token(client, grant_type=kind, assertion=signed) == (400, "invalid_grant"), "nobody knows the key"
    client.fake.service_key = key.public_key()
    assert token(client, grant_type=kind, assertion=signed) == refused
    other = jwt.encode(told | claims, rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256")
    assert token(client, grant_type=kind, assertion=other) == (400, "invalid_grant")


# Trouble


def test_history_pages_chain_and_may_expire_between() -> None:
    client = Client()
    for number in range(5):
        client.fake.mailbox.place(f"m{number}", {"Label_1"})
    first = client.get(f"{GMAIL}/history?startHistoryId=1010&maxResults=2")[1]
    more = f"{GMAIL}/history?startHistoryId=1010&maxResults=2&pageToken={first['nextPageToken']}"
    second = client.get(more)[1]
    ids = [int(record["id"]) for page in (first, second) for record in page["history"]]
    assert ids == sorted(set(ids))
    assert len(ids) == 4
    client.fake.gmail.forgotten_before = client.fake.mailbox.number
    assert client.refusal(more) == (404, "notFound")


def test_a_line_breaks_before_the_work_is_done_and_after() -> None:
    client = Client()
    client.fake.faults = FaultPlan(rate=1.0, kinds=(Fault.CUT,), in_a_row=10)
    headers = {"authorization": f"Bearer {client.token}"}
    for _ in range(2):
        assert client.fake.handle(Request.of("GET", f"https://x{GMAIL}/profile", headers)).cut
    assert [(units, status) for _, _, units, status in client.fake.log] == [(0, 0), (1, 200)]


@pytest.mark.parametrize("kind", list(Fault))
def test_a_fault_that_cannot_happen_is_not_counted(kind: Fault) -> None:
    """Ten thousand faults are ten thousand that somebody met."""
    client = Client()
    client.fake.faults = FaultPlan(rate=1.0, kinds=(kind,), in_a_row=10)
    headers = {"authorization": f"Bearer {client.token}"}
    before = client.fake.clock.now
    response = client.fake.handle(Request.of("GET", f"https://x{GMAIL}/profile", headers))
    slow = client.fake.clock.now - before > timedelta(seconds=10)
    assert client.fake.faults.total == (response.cut or response.status != 200 or slow)
