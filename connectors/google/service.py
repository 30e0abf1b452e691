"""Calls to Google's APIs: one service per account, built from the shipped discovery document, with quota, retries and
errors in our words.

The client library ignores `api_endpoint` for batches, so the document itself is rewritten to another endpoint. And
httplib2 is not thread-safe: each thread has its own.
"""

from __future__ import annotations

import importlib.resources
import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from connectors.connector import Cost, Unreachable
from connectors.google.refusals import Missing, Refusals, Stale
from connectors.patience import Again, Budget, Patience

Json = dict[str, Any]
T = TypeVar("T")

# What the client library warns of is sorted here, and told once patience has ended.
logging.getLogger("googleapiclient.http").setLevel(logging.ERROR)

PARTS = 50
"""Google discourages batches of more than 50 parts."""


class Http(Protocol):
    """What the client library needs of a transport: httplib2's `request`."""

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> tuple[Any, bytes]: ...


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
        self._refusals = Refusals(account, name, patience.clock, self._remedy)
        self._local = threading.local()
        self._resource: Any = None
        self._lock = threading.Lock()
        self._open: list[_Weighed] = []
        self._collections: dict[str, Any] = {}
        self._requests = self._bytes = self._units = 0

    @property
    def resource(self) -> Any:
        """The client library's resource, on which requests are made."""
        if self._resource is None:
            from googleapiclient.discovery import build_from_document

            self._resource = build_from_document(self._document(), http=self._http)
        return self._resource

    def collection(self, path: str) -> Any:
        """A part of the resource such as "users.messages", kept: the client library makes each anew, in 20 ms."""
        if path not in self._collections:
            above, _, name = path.rpartition(".")
            self._collections[path] = getattr(self.collection(above) if above else self.resource, name)()
        return self._collections[path]

    def close(self) -> None:
        """Close the connections of every thread."""
        with self._lock:
            for http in self._open:
                http.close()
            self._open.clear()
            self._local = threading.local()

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
            self._spend(call.units)
            try:
                answer: Json = call.request.execute(http=self._http, num_retries=0)
            except Exception as error:
                failure = self._refusals.sorted(error, call.name)
                raise (self._renewed(failure) if isinstance(failure, Stale) else failure) from error
            return answer

        return self._patiently(once)

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

        self._patiently(once)
        return [answers[index] for index in range(len(calls))]

    def _patiently(self, once: Callable[[], T]) -> T:
        try:
            return self.patience.call(once, self._account)
        except Unreachable as error:
            if isinstance(error.__cause__, Stale):  # every new token was refused as well
                raise self._refusals.no_login(error.__cause__) from error
            raise

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
        self._spend(units)
        try:
            batch.execute(http=self._http)
        except KeyError:  # the client library looks for a part that did not come
            return Again("Google's answer is not complete"), [index for index in waiting if index not in answers]
        except Exception as error:
            failure = self._refusals.sorted(error, "batch")
            failure = self._renewed(failure) if isinstance(failure, Stale) else failure
            if isinstance(failure, Again):
                return failure, [index for index in waiting if index not in answers]
            raise failure from error
        return self._parts_that_failed(calls, failures, answers)

    def _parts_that_failed(
        self, calls: Sequence[Call], failures: Mapping[int, Exception], answers: dict[int, Json | None]
    ) -> tuple[Again | None, list[int]]:
        """Which parts to ask for again; the longest wait of all counts, and one new token is enough for all."""
        again: list[Again] = []
        left = []
        for index, cause in failures.items():
            meant = self._refusals.sorted(cause, calls[index].name)
            if isinstance(meant, Missing):
                answers[index] = None
            elif isinstance(meant, Again):
                again.append(meant)
                left.append(index)
            else:
                raise meant from cause
        stale = next((one for one in again if isinstance(one, Stale)), None)
        if stale is not None and not isinstance(renewed := self._renewed(stale), Again):
            raise renewed
        # What is throttled speaks for the rest: a stale token has been seen to.
        return max(again, key=lambda one: (one.throttled, one.after or 0.0), default=None), sorted(left)

    def _renewed(self, stale: Stale) -> Exception:
        """What to do about a refused access token, after a new one has been fetched."""
        renew = getattr(self._http, "renew", None)
        if renew is None:
            return self._refusals.no_login(stale)
        try:
            renew()
        except Exception as error:  # noqa: BLE001 - sorted below
            return self._refusals.sorted(error, "login")
        return stale

    @property
    def _http(self) -> Http:
        if not hasattr(self._local, "http"):
            self._local.http = _Weighed(self._transport(), self)
            with self._lock:
                self._open.append(self._local.http)
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

    def _spend(self, units: int) -> None:
        with self._lock:
            self._units += units

    def count(self, *, requests: int = 0, size: int = 0) -> None:
        """Called by the transport for every request, and for every answer with its size in bytes."""
        with self._lock:
            self._requests += requests
            self._bytes += size

    def _remedy(self, why: str) -> str:
        remedy: Callable[[str], str] | None = getattr(self._http, "remedy", None)
        return remedy(why) if remedy else f'Run: syncd login "{self._account}"'


class _Weighed:
    """A transport that reports what was asked and how much came. `credentials`: the client library looks for them to
    get a new token for the parts of a batch that were refused with 401."""

    def __init__(self, inner: Http, service: Service) -> None:
        self._inner, self._service = inner, service
        self.renew = getattr(inner, "renew", None)
        self.remedy = getattr(inner, "remedy", None)
        if self.renew is not None:
            self.credentials = _Renewable(self.renew)

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> tuple[Any, bytes]:
        self._service.count(requests=1)
        response, content = self._inner.request(uri, method=method, body=body, headers=headers, **more)
        self._service.count(size=len(content))
        return response, content

    def close(self) -> None:
        close = getattr(self._inner, "close", None)
        if close:
            close()


class _Renewable:
    """A login as the client library sees one. Without it the refused parts of a batch would be sent again with the
    token that was refused. The transport writes the token into the head of the batch, which holds for its parts."""

    access_token, access_token_expired = "", False

    def __init__(self, renew: Callable[[], object]) -> None:
        self._renew = renew

    def refresh(self, http: object) -> None:
        del http
        self._renew()

    def apply(self, headers: object) -> None:
        """Nothing of it stands in a part."""
