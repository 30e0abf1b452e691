"""The fake Microsoft: Entra's doors, throttling, faults and `$batch` round the mail and calendar services."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

from tests.fakes.clock import Clock
from tests.fakes.faults import Fault, FaultPlan
from tests.fakes.mailbox import Mailbox
from tests.fakes.microsoft.calendar import CalendarService
from tests.fakes.microsoft.graph import Json, MailService, Refused
from tests.fakes.wire import Request, Response

MAIL = "Mail.ReadBasic"
CALENDAR = "Calendars.ReadBasic"
_FOR_EVER = 10.0**12


@dataclass
class FakeMicrosoft:
    """One owner's Microsoft account.

    Attributes:
        base: how the server calls itself in nextLinks (its own URL when served over a socket).
        at_once: requests that a mailbox bears at the same time; `per_window`: in any 10 minutes.
        log: every request: (fake seconds, path, status, bytes, thread name).
        before: called with every request before it is answered: what changes while a client reads.
        consent: "granted", "admin" (an administrator must approve) or "conditional" (a compliant device is needed).
    """

    clock: Clock = field(default_factory=Clock)
    mailbox: Mailbox = field(default_factory=Mailbox)
    faults: FaultPlan = field(default_factory=FaultPlan)
    base: str = "https://graph.microsoft.com"
    at_once: int = 4
    per_window: int = 10_000
    latency: float = 0.05
    client_id: str = "11111111-2222-3333-4444-555555555555"
    tenant: str = "t1"
    consent: str = "granted"
    retry_as_date: bool = False
    retry_seconds: int = 2
    before: Callable[[Request], None] | None = None
    log: list[tuple[float, str, int, int, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mail = MailService(self.mailbox)
        self.calendar = CalendarService(self.mailbox)
        self.refresh: dict[str, frozenset[str]] = {}
        self.access: dict[str, tuple[frozenset[str], float]] = {}
        self.revoked: set[str] = set()
        self._codes: dict[str, tuple[frozenset[str], str | None]] = {}
        self._device: dict[str, int] = {}
        self._spent: deque[float] = deque()
        self._inside = 0
        self._most_inside = 0
        self._lock = threading.Lock()
        self._issued = 0
        self._last_page: dict[str, list[Json]] = {}

    @property
    def most_at_once(self) -> int:
        """The highest number of requests that were under way at the same time."""
        return self._most_inside

    def token_for(self, scopes: Sequence[str] = (MAIL, CALENDAR)) -> str:
        """An access token, good for an hour."""
        self._issued += 1
        token = f"at-{self._issued}"
        self.access[token] = (frozenset(scopes), self.clock.monotonic() + 3600)
        return token

    def handle(self, request: Request) -> Response:
        """Any request: Entra or Graph."""
        self.requests.append(request)
        if self.before is not None:
            self.before(request)
        self.clock.sleep(self.latency)
        if request.path.endswith("/discovery/instance"):
            host = "login.microsoftonline.com"
            alias = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
            found = f"{self.base}/{self.tenant}/v2.0/.well-known/openid-configuration"
            return Response.of({"tenant_discovery_endpoint": found, "metadata": [alias]})
        if "/oauth2/v2.0/" in request.path or request.path.endswith("/.well-known/openid-configuration"):
            return self._entra(request)
        with self._lock:
            self._inside += 1
            self._most_inside = max(self._most_inside, self._inside)
            crowded = self._inside > self.at_once
        try:
            response = self._batch(request) if request.path == "/v1.0/$batch" else self._answer(request, crowded)
        finally:
            with self._lock:
                self._inside -= 1
        size = len(response.body)
        self.log.append(
            (self.clock.monotonic(), request.path, response.status, size, threading.current_thread().name)
        )
        return response

    # Entra

    def _entra(self, request: Request) -> Response:
        root = f"{self.base}/{request.path.split('/')[1]}"
        if request.path.endswith("openid-configuration"):
            at = f"{root}/oauth2/v2.0"
            return Response.of(
                {
                    "issuer": f"{root}/v2.0",
                    "authorization_endpoint": f"{at}/authorize",
                    "token_endpoint": f"{at}/token",
                    "device_authorization_endpoint": f"{at}/devicecode",
                    "jwks_uri": f"{root}/discovery/v2.0/keys",
                }
            )
        if request.path.endswith("/authorize"):
            return self._authorize(request)
        form = {key: values[-1] for key, values in parse_qs(request.body.decode()).items()}
        if form.get("client_id") != self.client_id:
            return _oauth("invalid_client", "AADSTS700016: Application was not found in the directory.", 700016, 401)
        if request.path.endswith("/devicecode"):
            self._issued += 1
            code = f"dc-{self._issued}"
            self._device[code] = 0
            told = {"user_code": "ABCD-1234", "verification_uri": "https://microsoft.com/devicelogin"}
            return Response.of({"device_code": code, **told, "expires_in": 900, "interval": 1, "message": "Sign in."})
        return self._token(form)

    def _refused_consent(self) -> Response | None:
        if self.consent == "admin":
            return _oauth("invalid_grant", "AADSTS90094: The grant requires admin permission.", 90094, 400)
        if self.consent == "conditional":
            text = "AADSTS53003: Access has been blocked by Conditional Access policies."
            return _oauth("invalid_grant", text, 53003, 400)
        return None

    def _authorize(self, request: Request) -> Response:
        back = request.one("redirect_uri") or ""
        if not re.match(r"http://localhost(:\d+)?", back):
            return Response.of({"error": "invalid_request", "error_description": "AADSTS50011: redirect URI"}, 400)
        if request.one("code_challenge_method") != "S256":
            return Response.of({"error": "invalid_request", "error_description": "AADSTS9002325: PKCE required"}, 400)
        self._issued += 1
        code = f"code-{self._issued}"
        scopes = frozenset((request.one("scope") or "").split())
        self._codes[code] = (scopes, request.one("nonce"))
        query = urlencode({"code": code, "state": request.one("state") or "", "client_info": _encoded(_INFO)})
        return Response(302, headers={"location": f"{back}{'&' if '?' in back else '?'}{query}"})

    def _token(self, form: dict[str, str]) -> Response:
        refused = self._refused_consent()
        if refused is not None:
            return refused
        kind = form.get("grant_type", "")
        scopes = frozenset(form.get("scope", "").split())
        if kind.endswith("device_code"):
            self._device[form["device_code"]] += 1
            if self._device[form["device_code"]] < 2:
                return _oauth("authorization_pending", "AADSTS70016: pending", 70016, 400)
        elif kind == "authorization_code":
            if form.get("code") not in self._codes or "code_verifier" not in form:
                return _oauth("invalid_grant", "AADSTS70008: The code has expired.", 70008, 400)
            scopes, nonce = self._codes.pop(form["code"])
            form["nonce"] = nonce or ""
        elif kind == "refresh_token":
            if form["refresh_token"] not in self.refresh or form["refresh_token"] in self.revoked:
                return _oauth("invalid_grant", "AADSTS50173: The grant has been revoked.", 50173, 400)
            scopes = self.refresh[form["refresh_token"]]
        elif kind != "client_credentials" or "client_assertion" not in form:
            return _oauth("unsupported_grant_type", "AADSTS70003", 70003, 400)
        return self._tokens(kind, scopes, form)

    def _tokens(self, kind: str, scopes: frozenset[str], form: dict[str, str]) -> Response:
        plain = [scope.rpartition("/")[2] for scope in scopes]
        if kind == "client_credentials":
            plain = [MAIL, CALENDAR]
        answer: Json = {"token_type": "Bearer", "expires_in": 3600, "scope": " ".join(sorted(scopes))}
        answer["access_token"] = self.token_for(plain)
        if kind != "client_credentials":
            self._issued += 1
            token = f"rt-{self._issued}"
            self.refresh[token] = scopes
            now = int(self.clock.now.timestamp())
            claims = {
                "iss": f"{self.base}/{self.tenant}/v2.0",
                "aud": form["client_id"],
                "iat": now,
                "exp": now + 3600,
            }
            claims |= {"oid": "o1", "tid": "t1", "sub": "s1", "preferred_username": self.mailbox.address}
            claims |= {"nonce": form["nonce"]} if form.get("nonce") else {}
            answer |= {"refresh_token": token, "client_info": _encoded(_INFO)}
            answer["id_token"] = f"{_encoded({'alg': 'none'})}.{_encoded(claims)}."
        return Response.of(answer)

    # Graph

    def _batch(self, request: Request) -> Response:
        parts = request.json()["requests"]
        if len(parts) > 20:
            return _error(Refused(400, "BadRequest", "Number of requests in batch exceeds the limit of 20."))
        answers = []
        for part in reversed(parts):  # in no order that one may rely on
            headers = {"authorization": request.headers.get("authorization", ""), **part.get("headers", {})}
            inner = Request.of(part["method"], f"/v1.0{part['url']}", headers)
            response = self._answer(inner, crowded=False)
            body = json.loads(response.body or b"null")
            answers.append({"id": part["id"], "status": response.status, "headers": response.headers, "body": body})
        return Response.of({"responses": answers})

    def _answer(self, request: Request, crowded: bool) -> Response:
        fault = self.faults.draw(f"{request.method} {request.path}")
        if fault is Fault.CUT:
            return Response(cut=True)
        try:
            self._refuse(fault, request)
            scopes = self._scopes(request)
            self._throttle(crowded)
            answer = self._route(request, scopes)
        except Refused as refused:
            return _error(refused)
        return Response.of(self._linked(self._strange(fault, request, answer), request))

    def _refuse(self, fault: Fault | None, request: Request) -> None:
        if fault is Fault.SLOW:
            self.clock.sleep(20)
        if fault in {Fault.TOO_MANY, Fault.FORBIDDEN_RATE}:
            raise Refused(429, "TooManyRequests", "Please retry again later.", self._patience(self.retry_seconds))
        if fault is Fault.UNAVAILABLE:
            raise Refused(503, "serviceNotAvailable", "The service is temporarily unavailable.", self._patience(1))
        if fault is Fault.INTERNAL:
            raise Refused(500, "generalException", "General exception while processing.")
        if fault is Fault.UNAUTHORIZED:
            raise Refused(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        if fault is Fault.GONE and (request.one("$skiptoken") or request.one("$deltatoken")):
            raise Refused(410, "syncStateNotFound", "The sync state generation is not found. Resync is required.")

    def _patience(self, seconds: int) -> str:
        if not self.retry_as_date:
            return str(seconds)
        from datetime import timedelta
        from email.utils import format_datetime

        return format_datetime(self.clock.now + timedelta(seconds=seconds), usegmt=True)

    def _scopes(self, request: Request) -> frozenset[str]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        scopes, until = self.access.get(token, (frozenset(), 0.0))
        if until <= self.clock.monotonic():
            raise Refused(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        return scopes

    def _throttle(self, crowded: bool) -> None:
        if crowded:
            raise Refused(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", "1")
        now = self.clock.monotonic()
        with self._lock:
            while self._spent and self._spent[0] <= now - 600:
                self._spent.popleft()
            self._spent.append(now)  # refused requests count too
            if len(self._spent) > self.per_window:
                wait = int(self._spent[len(self._spent) - self.per_window] + 600 - now) + 1
                raise Refused(429, "ApplicationThrottled", "Too many requests in 10 minutes.", self._patience(wait))

    def _route(self, request: Request, scopes: frozenset[str]) -> Json:
        path = re.sub(r"^/v1\.0/(me|users/[^/]+)", "", request.path)
        owner = re.match(r"^/v1\.0/users/([^/]+)", request.path)
        if owner and owner[1].lower() != self.mailbox.address:
            raise Refused(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        for pattern, scope, answer in self._routes():
            found = re.fullmatch(pattern, path)
            if found and request.method == "GET":
                if scope and scope not in scopes:
                    raise Refused(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
                return answer(*found.groups(), request)
        raise Refused(400, "BadRequest", f"Resource not found for the segment '{path}'.")

    def _routes(self) -> tuple[tuple[str, str | None, Callable[..., Json]], ...]:
        mail, calendar = self.mail, self.calendar
        one = r"([^/]+)"
        return (
            ("", None, self._me),
            ("/mailFolders", MAIL, lambda request: mail.list_folders(None, request)),
            (f"/mailFolders/{one}", MAIL, mail.get_folder),
            (f"/mailFolders/{one}/childFolders", MAIL, mail.list_folders),
            (f"/mailFolders/{one}/messages", MAIL, mail.list_messages),
            (f"/mailFolders/{one}/messages/delta", MAIL, mail.delta),
            ("/messages", MAIL, lambda request: mail.list_messages(None, request)),
            (f"/messages/{one}", MAIL, mail.get_message),
            ("/calendars", CALENDAR, calendar.list_calendars),
            ("/calendarView/delta", CALENDAR, lambda request: calendar.delta(None, request)),
            (f"/calendars/{one}/calendarView/delta", CALENDAR, calendar.delta),
            (f"/events/{one}", CALENDAR, calendar.get_event),
            (f"/calendars/{one}/calendarView", CALENDAR, calendar.list_view),
            (f"/calendars/{one}/events/{one}/instances", CALENDAR, calendar.instances),
            (f"/calendars/{one}/events/{one}", CALENDAR, lambda _, id_, request: calendar.get_event(id_, request)),
        )

    def _me(self, request: Request) -> Json:
        return {"mail": self.mailbox.address, "userPrincipalName": self.mailbox.address, "id": "o1"}

    def _strange(self, fault: Fault | None, request: Request, answer: Json) -> Json:
        """An empty page with a next one; items given before given again."""
        if "value" not in answer or "/delta" not in request.path:
            return answer
        if fault is Fault.EMPTY_PAGE and not request.one("$skiptoken") and not request.one("$deltatoken"):
            return {"value": [], "@odata.nextLink": ("same", {})}
        if fault is Fault.REPEATED_PAGE:
            before = self._last_page.get(request.path, [])
            answer = {**answer, "value": [line for line in before[-3:] if "@removed" not in line] + answer["value"]}
        self._last_page[request.path] = answer["value"]
        return answer

    def _linked(self, answer: Json, request: Request) -> Json:
        """Links as whole URLs, opaque to the client."""
        linked = dict(answer)
        for key in ("@odata.nextLink", "@odata.deltaLink"):
            if key in linked:
                _, changed = linked[key]
                kept = {name: value for name, value in request.query if name not in {"$skiptoken", "$deltatoken"}}
                if "Token" not in key and "delta" in request.path and "calendarView" in request.path and changed:
                    kept = {}
                linked[key] = f"{self.base}{request.raw_path}?{urlencode({**kept, **changed}, safe='$|')}"
        return linked


_INFO = {"uid": "o1", "utid": "t1"}


def _encoded(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _oauth(error: str, text: str, code: int, status: int) -> Response:
    return Response.of({"error": error, "error_description": text, "error_codes": [code]}, status)


def _error(refused: Refused) -> Response:
    headers = {"retry-after": refused.retry_after} if refused.retry_after else {}
    body = {"error": {"code": refused.code, "message": refused.message, "innerError": {"request-id": "r-1"}}}
    return Response.of(body, refused.status, headers)
