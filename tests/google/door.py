"""The fake Google as a transport in process: what httplib2 would send goes straight to the fake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httplib2

from connectors.google.access import Transports
from connectors.google.service import Http
from connectors.options import GmailOptions, GoogleAccountOptions, GoogleCalendarOptions
from connectors.patience import Patience
from connectors.secrets import Forgetful
from tests.fakes.google.server import FakeGoogle
from tests.fakes.wire import Request


class Door:
    """An `httplib2.Http` that ends in a fake."""

    redirect_codes = frozenset[int]()
    timeout = 60

    def __init__(self, fake: FakeGoogle) -> None:
        self._fake = fake

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        response = self._fake.handle(Request.of(method, uri, headers, body))
        if response.cut:
            raise ConnectionResetError("the line was cut")
        answer = httplib2.Response({**response.headers, "status": str(response.status)})
        answer.reason = "OK" if response.status == 200 else "Refused"
        return answer, response.body

    def close(self) -> None:
        """Nothing is open."""


def transports(fake: FakeGoogle, options: GoogleAccountOptions, refresh: str | None = None) -> Transports:
    """A login at the fake, as `syncd login` leaves it."""
    import json

    secrets = Forgetful()
    refresh = refresh or fake.grant()
    scopes = sorted(fake.grants[refresh].scopes)
    info = {"refresh_token": refresh, "client_id": fake.client_id, "client_secret": fake.client_secret}
    info |= {"token_uri": "https://oauth2.googleapis.com/token"}
    secrets.put(options.name, json.dumps({**info, "scopes": scopes}))

    def plain() -> Http:
        return Door(fake)

    return Transports(options, secrets, plain)


def gmail_options(**more: Any) -> GmailOptions:
    return GmailOptions(name="gmail", **more)


def calendar_options(**more: Any) -> GoogleCalendarOptions:
    return GoogleCalendarOptions(name="calendar", **more)


def patience(fake: FakeGoogle) -> Patience:
    return Patience(clock=fake.clock, seed=7)
