"""The fake Microsoft as transports in process: for httpx, and for msal."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import httpx

from connectors.microsoft.login import AUTHORITY, Tokens, scopes_of
from connectors.options import MicrosoftAccountOptions, OutlookCalendarOptions, OutlookMailOptions
from connectors.patience import Patience
from connectors.secrets import Forgetful, Secrets
from tests.fakes.microsoft.server import FakeMicrosoft
from tests.fakes.wire import Request

CLIENT = "11111111-2222-3333-4444-555555555555"


def transport(fake: FakeMicrosoft) -> httpx.MockTransport:
    """Requests of httpx end in the fake."""

    def handle(request: httpx.Request) -> httpx.Response:
        response = fake.handle(Request.of(request.method, str(request.url), dict(request.headers), request.content))
        if response.cut:
            raise httpx.RemoteProtocolError("the line was cut")
        return httpx.Response(response.status, headers=dict(response.headers), content=response.body)

    return httpx.MockTransport(handle)


class MsalDoor:
    """What msal needs of an HTTP client."""

    def __init__(self, fake: FakeMicrosoft) -> None:
        self._fake = fake

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> _Answer:
        return self._send("GET", str(httpx.URL(url, params=params)), headers, None)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> _Answer:
        body = urlencode(data) if isinstance(data, dict) else data
        return self._send("POST", str(httpx.URL(url, params=params)), headers, body)

    def _send(self, method: str, url: str, headers: Any, body: str | None) -> _Answer:
        response = self._fake.handle(Request.of(method, url, headers, body))
        if response.cut:
            raise ConnectionResetError("the line was cut")
        return _Answer(response.status, response.body.decode(), dict(response.headers))

    def close(self) -> None:
        """Nothing is open."""


class _Answer:
    def __init__(self, status: int, text: str, headers: dict[str, str]) -> None:
        self.status_code, self.text, self.headers = status, text, headers

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise OSError(f"HTTP {self.status_code}: {json.dumps(self.text)[:100]}")


class FixedTokens(Tokens):
    """A login that is there: fresh tokens from the fake whenever one was refused."""

    def __init__(self, fake: FakeMicrosoft, options: MicrosoftAccountOptions) -> None:
        super().__init__(options, Forgetful())
        self._fake = fake
        self._token = fake.entra.token_for()

    def mailbox(self) -> str:
        return self._fake.mailbox.address

    def get(self, *, refused: str | None = None) -> str:
        if refused == self._token:
            self._token = self._fake.entra.token_for()
        return self._token


def log_in(fake: FakeMicrosoft, options: MicrosoftAccountOptions, secrets: Secrets) -> None:
    """What `syncd login` leaves in the secrets."""
    import msal

    scopes = scopes_of(options)
    cache, form = msal.SerializableTokenCache(), {"client_id": str(options.client_id)}
    answer = fake.entra.tokens("authorization_code", frozenset(scopes), form)
    door = f"{AUTHORITY}/{options.tenant}/oauth2/v2.0/token"
    cache.add({**form, "scope": scopes, "token_endpoint": door, "response": answer, "params": {}, "data": {}})
    secrets.put(options.name, cache.serialize())


def mail_options(**more: Any) -> OutlookMailOptions:
    return OutlookMailOptions(**{"name": "outlook", "client_id": CLIENT, **more})


def calendar_options(**more: Any) -> OutlookCalendarOptions:
    return OutlookCalendarOptions(**{"name": "outlook", "client_id": CLIENT, **more})


def patience(fake: FakeMicrosoft) -> Patience:
    return Patience(clock=fake.clock, seed=7)
