"""Calls to Google's APIs: one service per account, built from the shipped discovery document, with quota, retries and
errors in our words.

The client library ignores `api_endpoint` for batches, so the document itself is rewritten to another endpoint. And
httplib2 is not thread-safe: each thread has its own.
"""

from __future__ import annotations

import importlib.resources
import json
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.connector import ConnectorError, Cost, NeedsLogin, Throttled
from connectors.patience import Again, Budget, Patience, retry_after

Json = dict[str, Any]

TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "concurrentLimitExceeded", "RATE_LIMIT_EXCEEDED"})
OVER = frozenset({"quotaExceeded", "dailyLimitExceeded"})
PARTS = 50
"""Google discourages batches of more than 50 parts."""


class Http(Protocol):
    """What the client library needs of a transport: httplib2's `request`."""

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> tuple[Any, bytes]: ...


class Missing(Exception):
    """The thing that was asked for is not there (404); the caller knows what that means."""


class Gone(Exception):
    """The cursor is not good any more (410)."""


_ABSENT: Mapping[int, type[Exception]] = {404: Missing, 410: Gone}


@dataclass(frozen=True, slots=True)
class Call:
    """A request of the client library, its price in units, and what to call it in messages."""

    request: Any
    units: int
    name: str


class Service:
    """One API of one account.

    Args:
        name: "gmail.v1" or "calendar.v3".
        account: what the owner calls it, for messages.
        transport: makes an authorised transport; called once per thread.
        endpoint: another root than Google's own.
    """

    def __init__(
        self,
        name: str,
        account: str,
        transport: Callable[[], Http],
        *,
        budget: Budget,
        patience: Patience,
        endpoint: str | None = None,
    ) -> None:
        self._name, self._account, self._endpoint = name, account, endpoint
        self._transport, self._budget, self.patience = transport, budget, patience
        self._local = threading.local()
        self._resource: Any = None
        self._lock = threading.Lock()
        self._requests = self._bytes = self._units = 0

    @property
    def resource(self) -> Any:
        """The client library's resource, on which requests are made."""
        if self._resource is None:
            from googleapiclient.discovery import build_from_document

            self._resource = build_from_document(self._document(), http=self._http)
        return self._resource

    def cost(self) -> Cost:
        """What has been spent since the last call of this."""
        with self._lock:
            cost = Cost(self._requests, self._bytes, self._units)
            self._requests = self._bytes = self._units = 0
        return cost

    def execute(self, call: Call) -> Json:
        """The answer to one request.

        Raises:
            Missing, Gone: as the server says.
            NeedsLogin, Throttled, Unreachable, ConnectorError: see `connectors.connector`.
        """

        def once() -> Json:
            self._budget.take(call.units)
            self._count(call.units)
            try:
                answer: Json = call.request.execute(http=self._http, num_retries=0)
            except Exception as error:
                raise self.sorted(error, call.name) from error
            return answer

        return self.patience.call(once, self._account)

    def execute_all(self, calls: Sequence[Call]) -> list[Json | None]:
        """The answers to at most `PARTS` requests in one round trip; None for what is missing.

        Each part that was throttled or failed is asked for again, alone of those that succeeded.
        """
        answers: dict[int, Json | None] = {}
        waiting = list(range(len(calls)))

        def once() -> None:
            nonlocal waiting
            again, waiting = self._batch(calls, waiting, answers)
            if again is not None:
                raise again

        self.patience.call(once, self._account)
        return [answers[index] for index in range(len(calls))]

    def _batch(
        self, calls: Sequence[Call], waiting: list[int], answers: dict[int, Json | None]
    ) -> tuple[Again | None, list[int]]:
        """One round trip; returns why some must be asked again, and which."""
        batch = self.resource.new_batch_http_request()
        failures: dict[int, Exception] = {}

        def told(index: str, answer: Json | None, error: Exception | None) -> None:
            if error is None:
                answers[int(index)] = answer
            else:
                failures[int(index)] = error

        for index in waiting:
            batch.add(calls[index].request, callback=told, request_id=str(index))
        units = sum(calls[index].units for index in waiting)
        self._budget.take(units)
        self._count(units)
        try:
            batch.execute(http=self._http)
        except Exception as error:
            failure = self.sorted(error, "batch")
            if isinstance(failure, Again):
                return failure, [index for index in waiting if index not in answers]
            raise failure from error
        again = None
        left = []
        for index, cause in failures.items():
            meant = self.sorted(cause, calls[index].name)
            if isinstance(meant, Missing):
                answers[index] = None
            elif isinstance(meant, Again):
                again = meant
                left.append(index)
            else:
                raise meant from cause
        return again, sorted(left)

    @property
    def _http(self) -> Http:
        if not hasattr(self._local, "http"):
            self._local.http = _Weighed(self._transport(), self)
        http: Http = self._local.http
        return http

    def _document(self) -> Json:
        """The static discovery document that ships with the client library, pointed at the endpoint."""
        folder = importlib.resources.files("googleapiclient.discovery_cache") / "documents"
        document: Json = json.loads((folder / f"{self._name}.json").read_text())
        if self._endpoint:
            document["rootUrl"] = f"{self._endpoint.rstrip('/')}/"
            document["baseUrl"] = document["rootUrl"] + document["servicePath"]
        document.pop("mtlsRootUrl", None)
        return document

    def _count(self, units: int) -> None:
        with self._lock:
            self._requests += 1
            self._units += units

    def weigh(self, size: int) -> None:
        """Called by the transport for every answer, with its size in bytes."""
        with self._lock:
            self._bytes += size

    def sorted(self, error: Exception, name: str) -> Exception:
        """What a failure means: try again, log in, wait, missing, gone, or a defect."""
        from google.auth import exceptions as auth
        from googleapiclient.errors import HttpError
        from httplib2 import HttpLib2Error

        if isinstance(error, HttpError):
            return self._refusal(error, name)
        if isinstance(error, auth.RefreshError):
            return self._no_login(error)
        if isinstance(error, ssl.SSLCertVerificationError):
            fix = "If it is a private server, name its certificate under ca_file."
            return ConnectorError(f"the server's certificate is not trusted: {error}.", where=self._account, fix=fix)
        if isinstance(error, (auth.TransportError, HttpLib2Error, OSError, TimeoutError)) or "IncompleteRead" in repr(
            error
        ):
            return Again(f"Google does not answer ({type(error).__name__})")
        return error

    def _no_login(self, error: Exception) -> Exception:
        if getattr(error, "retryable", False):
            return Again("Google's login server does not answer")
        said = str(error.args[0]) if error.args else "the login is not good any more"
        return NeedsLogin(
            f"Google no longer accepts the login ({said[:200]}).",
            where=self._account,
            fix=f'Run: syncd login "{self._account}". If this happens every week, see docs/google.md, "every week".',
        )

    def _refusal(self, error: Any, name: str) -> Exception:
        status = int(error.resp.status)
        reason, message = _said(error)
        after = retry_after(error.resp.get("retry-after"), self.patience.clock.now)
        if status in _ABSENT:
            return _ABSENT[status](message)
        if status == 401:
            return Again("Google does not accept the access token") if self._renew() else self._no_login(error)
        if status == 429 or (status == 403 and reason in TOO_FAST):
            return Again("Google asks for patience", after=after, throttled=True)
        if status == 403 and reason in OVER:
            return Throttled(
                "the quota of this day is used up.", retry_after=3600, where=self._account, fix="It goes on tomorrow."
            )
        if status >= 500:
            return Again(f"Google fails with {status}", after=after)
        return self._forbidden(status, name, message)

    def _forbidden(self, status: int, name: str, message: str) -> ConnectorError:
        if status == 403:
            fix = f'Run: syncd login "{self._account}" and tick every box; the scopes are in docs/google.md.'
            return NeedsLogin(f"Google refuses {name}: {message}.", where=self._account, fix=fix)
        return ConnectorError(f"Google does not understand {name} ({status}): {message}.", where=self._account)

    def _renew(self) -> bool:
        """Throw away an access token that was refused; the transport fetches a new one. False if it cannot."""
        renew = getattr(self._http, "renew", None)
        return bool(renew and renew())


class _Weighed:
    """A transport that reports how much came."""

    def __init__(self, inner: Http, service: Service) -> None:
        self._inner, self._service = inner, service
        self.renew = getattr(inner, "renew", None)

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> tuple[Any, bytes]:
        response, content = self._inner.request(uri, method=method, body=body, headers=headers, **more)
        self._service.weigh(len(content))
        return response, content


def _said(error: Any) -> tuple[str, str]:
    """Reason and message of an error answer, in either of Google's shapes."""
    try:
        told = json.loads(error.content)["error"]
    except (ValueError, TypeError, KeyError):
        return "", str(error.resp.reason)
    if not isinstance(told, dict):
        return "", str(told)
    errors = told.get("errors") or [{}]
    return str(errors[0].get("reason") or told.get("status") or ""), str(told.get("message") or "").rstrip(".")
