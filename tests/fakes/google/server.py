"""The fake Google: login, quota, faults and batches round Gmail and Calendar.

In process by `FakeGoogle.handle`, or over a loopback socket by `tests.fakes.wire.serving(fake.handle)`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from email.message import Message
from email.parser import BytesParser
from typing import Protocol
from urllib.parse import parse_qs, urlencode

from tests.fakes.clock import Clock
from tests.fakes.faults import Fault, FaultPlan
from tests.fakes.google.discovery import Json, Refused, api, masked
from tests.fakes.google.gmail import METADATA, PRICES, Gmail
from tests.fakes.mailbox import Mailbox
from tests.fakes.wire import Request, Response

CALENDAR_SCOPES = (
    "https://www.googleapis.com/auth/calendar.events.readonly",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
)
_PERMANENT = 10.0**12
_WEEK = 7 * 24 * 3600
_AGAIN = "again~"
"""Begins the page token that an empty page gives: what it left out comes with the next one."""


class CalendarService(Protocol):
    """What the server needs of a fake calendar."""

    def answer(self, method: str, path: dict[str, str], request: Request, scopes: frozenset[str]) -> Json: ...


@dataclass
class Grant:
    """A refresh token and what it may do. `expires`: fake seconds after which it is forgotten (7 days in Testing)."""

    scopes: frozenset[str]
    expires: float = _PERMANENT
    revoked: bool = False
    challenge: str = ""  # of PKCE


@dataclass
class FakeGoogle:
    """One owner's Google account.

    Attributes:
        per_minute: units (Gmail) or requests (Calendar) a user may spend in any 60 seconds.
        log: every request that reached the service: (fake seconds, method id, units, status).
    """

    clock: Clock = field(default_factory=Clock)
    mailbox: Mailbox = field(default_factory=Mailbox)
    faults: FaultPlan = field(default_factory=FaultPlan)
    per_minute: int = 6000
    calendar_per_minute: int = 600
    latency: float = 0.05
    calendar: CalendarService | None = None
    client_id: str = "client-1.apps.googleusercontent.com"
    client_secret: str = "not-a-secret"
    labels: dict[str, str] = field(default_factory=dict)
    log: list[tuple[float, str, int, int]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    allowed: frozenset[str] | None = None  # the boxes that the owner ticks on the consent page; None: all
    denied: bool = False  # the owner clicks Cancel
    testing: bool = False  # the consent screen is in "Testing": a login ends after seven days
    delegated: frozenset[str] = frozenset((METADATA, *CALENDAR_SCOPES))  # what a service account may ask for

    def __post_init__(self) -> None:
        self.gmail = Gmail(self.mailbox, self.labels)
        self.grants: dict[str, Grant] = {}
        self.access: dict[str, tuple[str, float]] = {}  # access token -> (refresh token, when it expires)
        self._codes: dict[str, Grant] = {}
        self._spent: dict[str, deque[tuple[float, int]]] = {"gmail": deque(), "calendar": deque()}
        self._last_page: dict[str, Json] = {}
        self._issued = 0

    # Login

    def grant(self, scopes: Sequence[str] = (METADATA, *CALENDAR_SCOPES), *, expires: float = _PERMANENT) -> str:
        """A refresh token, as after a login."""
        self._issued += 1
        token = f"1//refresh-{self._issued}"
        self.grants[token] = Grant(frozenset(scopes), expires)
        return token

    def token_for(self, refresh: str) -> str:
        """A fresh access token, good for an hour."""
        self._issued += 1
        token = f"ya29.access-{self._issued}"
        self.access[token] = (refresh, self.clock.monotonic() + 3600)
        return token

    def handle(self, request: Request) -> Response:
        """Any request: token endpoint, consent page, API call or batch."""
        self.clock.sleep(self.latency)
        self.requests.append(request)
        if request.path in {"/token", "/oauth2/token", "/o/oauth2/token"}:
            return self._token(request)
        if request.path in {"/auth", "/o/oauth2/auth", "/o/oauth2/v2/auth"}:
            return self._consent(request)
        if request.path == "/revoke":
            return Response.of({})
        if re.fullmatch(r"/batch(/(gmail/v1|calendar/v3))?", request.path):
            return self._batch(request)
        return self._single(request)

    def _token(self, request: Request) -> Response:
        form = {key: values[-1] for key, values in parse_qs(request.body.decode()).items()}
        kind = form.get("grant_type", "")
        if kind == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return self._delegated(form)
        if self._client(request, form) != (self.client_id, self.client_secret):
            return Response.of({"error": "invalid_client", "error_description": "Unauthorized"}, 401)
        if kind == "authorization_code" and form.get("code") in self._codes:
            granted = self._codes.pop(form["code"])
            answer = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if granted.challenge != base64.urlsafe_b64encode(answer).decode().rstrip("="):
                return Response.of({"error": "invalid_grant", "error_description": "Invalid code verifier."}, 400)
            self._issued += 1
            refresh = f"1//refresh-{self._issued}"
            more: Json = {"refresh_token": refresh}
            if self.testing:
                granted.expires = self.clock.monotonic() + _WEEK
                more["refresh_token_expires_in"] = _WEEK - 1
            self.grants[refresh] = granted
            return self._tokens(refresh, more)
        refresh = form.get("refresh_token", "")
        known = self.grants.get(refresh)
        if kind != "refresh_token" or known is None or known.revoked or known.expires <= self.clock.monotonic():
            text = "Token has been expired or revoked."
            return Response.of({"error": "invalid_grant", "error_description": text}, 400)
        return self._tokens(refresh, {})

    @staticmethod
    def _client(request: Request, form: Json) -> tuple[str, str]:
        """Id and secret, in the body or as Basic credentials: either is good (RFC 6749, 2.3.1)."""
        basic = request.headers.get("authorization", "").removeprefix("Basic ")
        if basic:
            name, _, secret = base64.b64decode(basic).decode().partition(":")
            return name, secret
        return form.get("client_id", ""), form.get("client_secret", "")

    def _tokens(self, refresh: str, more: Json) -> Response:
        scope = " ".join(sorted(self.grants[refresh].scopes))
        body = {"access_token": self.token_for(refresh), "expires_in": 3599, "scope": scope, "token_type": "Bearer"}
        return Response.of(body | more)

    def _delegated(self, form: Json) -> Response:
        """A service account that acts for the owner: `sub` must be the owner, `aud` the vendor's own address."""
        claims = json.loads(base64.urlsafe_b64decode(form["assertion"].split(".")[1] + "=="))
        asked = frozenset(claims["scope"].split())
        if claims.get("aud") != "https://oauth2.googleapis.com/token":
            return Response.of({"error": "invalid_grant", "error_description": "Invalid JWT: wrong audience."}, 400)
        if claims.get("sub") != self.mailbox.address or not asked <= self.delegated:
            text = "Client is unauthorized to retrieve access tokens using this method, or not for this user."
            return Response.of({"error": "unauthorized_client", "error_description": text}, 401)
        refresh = self.grant(sorted(asked))
        return self._tokens(refresh, {})

    def _consent(self, request: Request) -> Response:
        """The owner clicks Allow: the browser is sent back to the loopback address with a code."""
        self._issued += 1
        code = f"4/code-{self._issued}"
        asked = frozenset((request.one("scope") or "").split())
        back = request.one("redirect_uri") or ""
        if not re.match(r"http://(127\.0\.0\.1|localhost):\d+", back) or request.one("client_id") != self.client_id:
            return Response.of({"error": "redirect_uri_mismatch"}, 400)
        if self.denied:
            query = {"error": "access_denied", "state": request.one("state") or ""}
            return Response(302, headers={"location": f"{back}?{urlencode(query)}"})
        granted = asked if self.allowed is None else asked & self.allowed
        self._codes[code] = Grant(granted, challenge=request.one("code_challenge") or "")
        query = {"code": code, "state": request.one("state") or "", "scope": " ".join(sorted(granted))}
        return Response(302, headers={"location": f"{back}?{urlencode(query)}"})

    # API

    def _scopes(self, request: Request) -> frozenset[str]:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        refresh, until = self.access.get(bearer, ("", 0.0))
        grant = self.grants.get(refresh)
        if grant is None or grant.revoked or until <= self.clock.monotonic():
            raise Refused(401, "authError", "Invalid Credentials")
        return grant.scopes

    def _batch(self, request: Request) -> Response:
        if self.faults.draw("batch", (Fault.CUT,)) is Fault.CUT:
            return Response(cut=True)
        content = request.headers.get("content-type", "")
        whole = BytesParser().parsebytes(b"Content-Type: " + content.encode() + b"\r\n\r\n" + request.body)
        parts = whole.get_payload()
        if not isinstance(parts, list) or len(parts) > 100:
            return _error(Refused(400, "badRequest", "The batch request has more than 100 parts."))
        answers = []
        for part in parts:
            assert isinstance(part, Message)
            inner = str(part.get_payload()).encode()
            line, _, rest = inner.partition(b"\n")
            verb, url, _ = line.decode().split(" ", 2)
            head = BytesParser().parsebytes(rest)
            headers = {**{k: v for k, v in request.headers.items() if k == "authorization"}, **dict(head.items())}
            answers.append((part["Content-ID"], self._single(Request.of(verb, url, headers), in_batch=True)))
        return Response(200, *_multipart(answers))

    def _single(self, request: Request, *, in_batch: bool = False) -> Response:
        service = "calendar" if request.path.startswith("/calendar/") else "gmail"
        if not request.path.startswith(("/gmail/v1/", "/calendar/v3/")):
            return _error(Refused(404, "notFound", "Not Found"))
        document = api("gmail.v1" if service == "gmail" else "calendar.v3")
        name = units = None
        try:
            method, path = document.match(request)
            name = method["id"]
            units = PRICES.get(name, 0) if service == "gmail" else 1
            fault = self.faults.draw(f"{name} {request.path}", _possible(in_batch=in_batch))
            if fault is Fault.CUT:
                self.log.append((self.clock.monotonic(), name, 0, 0))
                return Response(cut=True)
            self._refuse(fault)
            scopes = self._scopes(request)
            document.check(method, path, request, scopes)
            self._spend(service, units)
            backend = self.gmail if service == "gmail" else self.calendar
            assert backend is not None
            if fault is Fault.GONE:
                self._expire(name, request)
            answer = backend.answer(name, path, _where_it_was(request), scopes)
            document.validate(method, answer)
            answer = self._strange_page(fault, name, request, answer)
            self.log.append((self.clock.monotonic(), name, units, 200))
            return Response.of(masked(answer, request.one("fields")))
        except Refused as refused:
            self.log.append((self.clock.monotonic(), name or request.path, 0, refused.status))
            return _error(refused, gmail=service == "gmail")

    def _refuse(self, fault: Fault | None) -> None:
        if fault is Fault.SLOW:
            self.clock.sleep(20)
        refusals = {
            Fault.UNAUTHORIZED: (401, "authError", "Invalid Credentials"),
            Fault.FORBIDDEN_RATE: (403, "userRateLimitExceeded", "User Rate Limit Exceeded"),
            Fault.TOO_MANY: (429, "rateLimitExceeded", "Too many concurrent requests for user."),
            Fault.INTERNAL: (500, "backendError", "Backend Error"),
            Fault.UNAVAILABLE: (503, "backendError", "Backend Error"),
        }
        if fault in refusals:
            raise Refused(*refusals[fault])

    def _expire(self, name: str, request: Request) -> None:
        """An expired cursor, in the words of the service that is asked."""
        if name == "gmail.users.history.list":
            raise Refused(404, "notFound", "Requested entity was not found.")
        if name == "calendar.events.list" and request.one("syncToken"):
            raise Refused(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")

    def _strange_page(self, fault: Fault | None, name: str, request: Request, answer: Json) -> Json:
        """An empty page that has a next one; a page that repeats items of the page before."""
        items = next((key for key in ("messages", "history", "items", "threads") if key in answer), None)
        if items is None or not name.endswith(".list"):
            return answer
        if fault is Fault.EMPTY_PAGE and answer[items]:
            kept = {key: value for key, value in answer.items() if key not in {"nextSyncToken", items}}
            empty: Json = {"items": []} if items == "items" else {}  # Gmail leaves out what is empty
            return {**kept, **empty, "nextPageToken": f"{_AGAIN}{request.one('pageToken') or ''}"}
        if fault is Fault.REPEATED_PAGE and request.one("pageToken") and name in self._last_page:
            answer = {**answer, items: self._last_page[name].get(items, [])[-3:] + answer[items]}
        self._last_page[name] = answer
        return answer

    def _spend(self, service: str, units: int) -> None:
        """Refuse what would go over the user's minute."""
        spent, now = self._spent[service], self.clock.monotonic()
        while spent and spent[0][0] <= now - 60:
            spent.popleft()
        limit = self.per_minute if service == "gmail" else self.calendar_per_minute
        if sum(cost for _, cost in spent) + units > limit:
            raise Refused(
                403, "rateLimitExceeded", "Quota exceeded for quota metric 'Queries' and limit 'per minute'."
            )
        spent.append((now, units))


def _where_it_was(request: Request) -> Request:
    """The request for a page that came empty before."""
    token = request.one("pageToken") or ""
    if not token.startswith(_AGAIN):
        return request
    others = tuple((key, value) for key, value in request.query if key != "pageToken")
    token = token.removeprefix(_AGAIN)
    return replace(request, query=(*others, ("pageToken", token)) if token else others)


def _possible(*, in_batch: bool) -> tuple[Fault, ...]:
    whole = (Fault.CUT,)
    parts = tuple(fault for fault in Fault if fault not in whole)
    return parts if in_batch else (*parts, *whole)


_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def _error(refused: Refused, *, gmail: bool = False) -> Response:
    """An error in the shape that Google's pages show."""
    domain = "usageLimits" if "Limit" in refused.reason or "quota" in refused.reason.lower() else "global"
    one = {"domain": domain, "reason": refused.reason, "message": refused.message}
    error: Json = {"errors": [one], "code": refused.status, "message": refused.message}
    if gmail and refused.status in _STATUS:
        error["status"] = _STATUS[refused.status]
    if refused.reason == "insufficientPermissions":  # as it was seen: without a list
        del error["errors"]
    body = {"error": error}
    headers = {"retry-after": "2"} if refused.status == 429 else {}
    return Response.of(body, refused.status, headers)


def _multipart(answers: Sequence[tuple[str, Response]]) -> tuple[bytes, dict[str, str]]:
    boundary = "batch_fake"
    lines = []
    for content_id, response in answers:
        headers = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
        lines.append(
            f"--{boundary}\r\nContent-Type: application/http\r\n"
            f"Content-ID: <response-{content_id.strip('<>')}>\r\n\r\n"
            f"HTTP/1.1 {response.status} OK\r\n{headers}Content-Length: {len(response.body)}\r\n\r\n"
            f"{response.body.decode()}\r\n"
        )
    lines.append(f"--{boundary}--\r\n")
    return "".join(lines).encode(), {"content-type": f"multipart/mixed; boundary={boundary}"}
