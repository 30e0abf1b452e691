"""Calls to Microsoft Graph: one client per account, at most four at once, with Retry-After and errors in our words.

Immutable ids are asked for on every request: an id that changes with the folder would make every move a loss.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec

from connectors.connector import ConnectorError, Cost, NeedsLogin, Unreachable
from connectors.microsoft.login import GRAPH, Tokens
from connectors.options import MicrosoftAccountOptions
from connectors.patience import Again, Budget, Interrupted, Patience, Turnstile, Turnstiles, retry_after
from connectors.trust import trusted

Json = dict[str, Any]
T = TypeVar("T")

AT_ONCE = 4
PER_WINDOW, WINDOW = 10_000, 600.0
"""What an app may ask of a mailbox: 4 requests at once, 10,000 in 10 minutes; refused ones count."""

IN_A_BATCH = 20
PAGE = 200
TIMEOUT = 60.0


def _prefer() -> str:
    return f'IdType="ImmutableId", odata.maxpagesize={PAGE}'


class Missing(ConnectorError):
    """The thing that was asked for is not there (404)."""


class Gone(ConnectorError):
    """The delta token is not good any more (410, or the code says so)."""


class Unaccepted(Again):
    """The access token was refused; the next attempt has another one."""


class Graph:
    """One account's client; threads may share it.

    Args:
        turnstiles: shared with the other accounts of the process, as some may be of the same mailbox.
        transport: replaces the network in tests.
    """

    def __init__(
        self,
        options: MicrosoftAccountOptions,
        tokens: Tokens,
        patience: Patience,
        turnstiles: Turnstiles | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._account, self._tokens, self.patience = options.name, tokens, patience
        self.root = f"{options.endpoint or GRAPH}/v1.0"
        self.me = f"{self.root}/users/{options.user}" if options.certificate and options.user else f"{self.root}/me"
        self._options, self._transport = options, transport
        self._turnstiles = turnstiles or Turnstiles()
        self._client: httpx.Client | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._requests = self._bytes = self._units = 0

    def close(self) -> None:
        """Whoever is still waiting in a thread asks nothing more."""
        self._closed = True
        if self._client is not None:
            self._client.close()
            self._client = None

    def cost(self) -> Cost:
        """What has been spent since the last call of this."""
        with self._lock:
            cost = Cost(self._requests, self._bytes, self._units)
            self._requests = self._bytes = self._units = 0
        return cost

    def get(self, url: str, params: Mapping[str, str] | None = None) -> Json:
        """The answer to a GET; `url` whole (as in a link of Graph's own) or below the owner.

        Raises:
            Missing, Gone: as the server says.
            NeedsLogin, Throttled, Unreachable, ConnectorError: see `connectors.connector`.
        """
        whole = self._own(url) if "://" in url else f"{self.me}{url}"
        return self._patiently(lambda: self._once("GET", whole, params=params))

    def pages(self, url: str, params: Mapping[str, str] | None = None) -> Iterator[Json]:
        """Page after page, for as long as there is a next one; an empty page may have one."""
        page = self.get(url, params)
        yield page
        while "@odata.nextLink" in page:
            page = self.get(page["@odata.nextLink"])
            yield page

    def get_all(self, paths: Sequence[str]) -> list[Json | None]:
        """Answers to many small requests, 20 in a round trip; None for what is missing. Throttled parts are asked
        for again, alone of those that succeeded."""
        answers: dict[int, Json | None] = {}
        for first in range(0, len(paths), IN_A_BATCH):
            waiting = list(range(first, min(first + IN_A_BATCH, len(paths))))

            def once(waiting: list[int] = waiting) -> None:
                self._batch(paths, waiting, answers)

            self._patiently(once)
        return [answers[index] for index in range(len(paths))]

    def _patiently(self, do: Callable[[], T]) -> T:
        """As `Patience.call`; a token that is refused again and again is a matter of the login, not of the line."""
        try:
            return self.patience.call(do, self._account)
        except Unreachable as error:
            if isinstance(error.__cause__, Unaccepted):
                raise self._tokens.not_accepted() from error
            raise

    def _batch(self, paths: Sequence[str], waiting: list[int], answers: dict[int, Json | None]) -> None:
        """Ask for all that are waiting; what was answered is taken out of them."""
        below = urlsplit(self.me).path.removeprefix(urlsplit(self.root).path)
        headers = {"Prefer": _prefer()}
        requests = [
            {"id": str(index), "method": "GET", "url": f"{below}{paths[index]}", "headers": headers}
            for index in waiting
        ]
        token = self._token()
        told = self._once("POST", f"{self.root}/$batch", body={"requests": requests}, units=len(waiting))
        again: Again | None = None
        for part in told.get("responses", ()):
            index, status, body = int(part["id"]), int(part["status"]), part.get("body") or {}
            try:
                self._sorted(status, body, {k.lower(): str(v) for k, v in (part.get("headers") or {}).items()}, token)
            except Missing:
                answers[index] = None
            except Again as refused:
                again = max(again or refused, refused, key=lambda one: one.after or 0.0)
                continue
            else:
                answers[index] = body
            waiting.remove(index)
        if waiting:
            raise again or Again("Microsoft left parts of a batch unanswered")

    def _once(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Json | None = None,
        units: int = 1,
    ) -> Json:
        """One request. `units`: what it counts against the mailbox's limit, in which every part of a batch counts."""
        token = self._token()
        with self._turnstile.passing(units):
            headers = {"Authorization": f"Bearer {token}", "Prefer": _prefer()}
            try:
                response = self._http.request(method, url, params=params, json=body, headers=headers)
            except httpx.HTTPError as error:
                raise self._broken(error) from error
        with self._lock:
            self._requests += 1
            self._units += units
            self._bytes += response.num_bytes_downloaded or len(response.content)
        status = response.status_code
        try:
            answer = msgspec.json.decode(response.content) if response.content else {}
        except msgspec.DecodeError as error:
            if status < 400:
                raise Again(f"Microsoft's answer was cut off ({status})") from error
            answer = {}  # gateways on the way refuse in HTML
        answer = answer if isinstance(answer, dict) else {}
        self._sorted(status, answer, dict(response.headers), token)
        return answer

    @cached_property
    def _turnstile(self) -> Turnstile:
        """Known once there is a token, as only the login knows whose mailbox it is."""
        clock = self.patience.clock
        mailbox = f"{self.root} {self._tokens.mailbox()}"
        return self._turnstiles.of(mailbox, lambda: Turnstile(AT_ONCE, Budget(PER_WINDOW, WINDOW, clock)))

    def _token(self, *, refused: str | None = None) -> str:
        """As `Tokens.get`, but a login server that does not answer is waited for like any other."""
        try:
            return self._tokens.get(refused=refused)
        except Unreachable as error:
            raise Again(error.what.rstrip(".")) from error

    @property
    def _http(self) -> httpx.Client:
        with self._lock:
            if self._closed:
                raise Interrupted
            if self._client is None:
                verify = trusted(self._options.ca_file, self._account) if self._transport is None else True
                self._client = httpx.Client(timeout=TIMEOUT, verify=verify, transport=self._transport)
            return self._client

    def _own(self, link: str) -> str:
        """A link of the server's, on the account's own host: the token goes to no other, and behind a proxy the
        server does not know by which name it was called."""
        return urlunsplit((*urlsplit(self.root)[:2], *urlsplit(link)[2:]))

    def _broken(self, error: httpx.HTTPError) -> Exception:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            fix = "If it is a private server, name its certificate under ca_file."
            return ConnectorError(f"the server's certificate is not trusted: {error}.", where=self._account, fix=fix)
        return Again(f"Microsoft does not answer ({type(error).__name__})")

    def _sorted(self, status: int, answer: Json, headers: Mapping[str, str], token: str) -> None:
        """Nothing for success; raises what a refusal means."""
        if status < 400:
            return
        told = answer.get("error")
        told = told if isinstance(told, dict) else {"message": told}
        code, message = str(told.get("code") or ""), str(told.get("message") or "").rstrip(".")
        after = retry_after(headers.get("retry-after"), self.patience.clock.now)
        if status == 410 or "syncstate" in code.lower() or code.lower() == "resyncrequired":
            raise Gone(f"Microsoft no longer knows the changes since then ({code}).", where=self._account)
        if status == 404:
            raise Missing(f"Microsoft finds nothing there: {message} ({code}).", where=self._account)
        if status == 401:
            self._token(refused=token)
            raise Unaccepted("Microsoft does not accept the access token")
        if status == 429:
            raise Again("Microsoft asks for patience", after=after, throttled=True)
        if status in {424, 408} or status >= 500:
            raise Again(f"Microsoft fails with {status}", after=after)
        if status == 403:
            raise NeedsLogin(f"Microsoft refuses: {message} ({code}).", where=self._account, fix=self._way_in(code))
        raise ConnectorError(
            f"Microsoft does not understand the request ({status}, {code}): {message}.", where=self._account
        )

    def _way_in(self, code: str) -> str:
        if code == "ErrorAccountSuspend":
            return "Open the mailbox in a browser and do what it asks for; syncd goes on by itself afterwards."
        if self._options.certificate:
            return "The administrator has to grant the app this mailbox: docs/microsoft.md, “Access by certificate”."
        return f'Run: syncd login "{self._account}" and accept.'
