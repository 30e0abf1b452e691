"""The fake Microsoft: throttling, faults and `$batch` round the mail and calendar services; the login is Entra's."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from tests.fakes.clock import Clock
from tests.fakes.faults import Fault, FaultPlan
from tests.fakes.mailbox import Mailbox
from tests.fakes.microsoft.calendar import CalendarService
from tests.fakes.microsoft.entra import CALENDAR, MAIL, Entra
from tests.fakes.microsoft.graph import Json, MailService, Refused
from tests.fakes.wire import Request, Response


@dataclass
class FakeMicrosoft:
    """One owner's Microsoft account.

    Attributes:
        base: how the server calls itself in nextLinks (its own URL when served over a socket).
        at_once: requests that a mailbox bears at the same time; `per_window`: in any 10 minutes.
        log: every request: (fake seconds, path, status, bytes, thread name).
        counted: requests as Microsoft counts them, the parts of a batch each as one.
        before: called with every request before it is answered: what changes while a client reads.
        inside: called while a request of Graph's is under way.
    """

    clock: Clock = field(default_factory=Clock)
    mailbox: Mailbox = field(default_factory=Mailbox)
    faults: FaultPlan = field(default_factory=FaultPlan)
    base: str = "https://graph.microsoft.com"
    at_once: int = 4
    per_window: int = 10_000
    latency: float = 0.05
    retry_as_date: bool = False
    retry_seconds: int = 2
    before: Callable[[Request], None] | None = None
    inside: Callable[[], None] | None = None
    log: list[tuple[float, str, int, int, str]] = field(default_factory=list)
    counted: int = 0
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mail = MailService(self.mailbox)
        self.calendar = CalendarService(self.mailbox)
        self.entra = Entra(self.clock, self.mailbox.address)
        self._spent: deque[float] = deque()
        self._inside = 0
        self._most_inside = 0
        self._lock = threading.Lock()
        self._given: dict[tuple[str, str], list[Json]] = {}

    @property
    def most_at_once(self) -> int:
        """The highest number of requests that were under way at the same time."""
        return self._most_inside

    def handle(self, request: Request) -> Response:
        """Any request: Entra or Graph."""
        self.requests.append(request)
        if self.before is not None:
            self.before(request)
        self.clock.sleep(self.latency)
        if Entra.is_asked(request):
            return self._entra(request)
        with self._lock:
            self._inside += 1
            self._most_inside = max(self._most_inside, self._inside)
            crowded = self._inside > self.at_once
        try:
            if self.inside is not None:
                self.inside()
            response = self._batch(request) if request.path == "/v1.0/$batch" else self._answer(request, crowded)
        finally:
            with self._lock:
                self._inside -= 1
        self._note(request, response)
        return response

    def _entra(self, request: Request) -> Response:
        fault = self.faults.draw(f"{request.method} {request.path}", (Fault.CUT, Fault.INTERNAL, Fault.SLOW))
        if fault is Fault.SLOW:
            self.clock.sleep(20)
        if fault is Fault.CUT:
            response = Response(cut=True)
        elif fault is Fault.INTERNAL:
            response = Response(500, b"<html>Service unavailable</html>")
        else:
            response = self.entra.handle(request)
        self._note(request, response)
        return response

    def _note(self, request: Request, response: Response) -> None:
        self.counted += request.path != "/v1.0/$batch"
        status = 0 if response.cut else response.status
        thread = threading.current_thread().name
        self.log.append((self.clock.monotonic(), request.path, status, len(response.body), thread))

    # Graph

    def _batch(self, request: Request) -> Response:
        fault = self.faults.draw(request.path, (*_REFUSALS, Fault.CUT))
        if fault is Fault.CUT:
            return Response(cut=True)
        try:
            self._refuse(fault)
        except Refused as refused:
            return _error(refused)
        parts = request.json()["requests"]
        if len(parts) > 20:
            return _error(Refused(400, "BadRequest", "Number of requests in batch exceeds the limit of 20."))
        self.counted += len(parts)
        answers = []
        for part in reversed(parts):  # in no order that one may rely on
            headers = {"authorization": request.headers.get("authorization", ""), **part.get("headers", {})}
            inner = Request.of(part["method"], f"/v1.0{part['url']}", headers)
            response = self._answer(inner, crowded=False, in_batch=True)
            body = json.loads(response.body or b"null")
            answers.append({"id": part["id"], "status": response.status, "headers": response.headers, "body": body})
        return Response.of({"responses": answers})

    def _answer(self, request: Request, crowded: bool, *, in_batch: bool = False) -> Response:
        fault = self.faults.draw(f"{request.method} {request.path}", _possible(request, in_batch=in_batch))
        if fault is Fault.CUT and self.faults.happened[fault] % 2:
            return Response(cut=True)
        try:
            self._refuse(fault)
            scopes = self._scopes(request)
            self._throttle(crowded)
            answer = self._route(request, scopes)
        except Refused as refused:
            return _error(refused)
        whole = Response.of(self._linked(self._strange(fault, request, answer), request))
        return replace(whole, cut=fault is Fault.CUT)  # every other line breaks on the way back

    def _refuse(self, fault: Fault | None) -> None:
        if fault is Fault.SLOW:
            self.clock.sleep(20)
        if fault is Fault.TOO_MANY:
            raise Refused(429, "TooManyRequests", "Please retry again later.", self._patience(self.retry_seconds))
        if fault is Fault.UNAVAILABLE:
            raise Refused(503, "serviceNotAvailable", "The service is temporarily unavailable.", self._patience(1))
        if fault is Fault.INTERNAL:
            raise Refused(500, "generalException", "General exception while processing.")
        if fault is Fault.UNAUTHORIZED:
            raise Refused(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        if fault is Fault.GONE:
            raise Refused(410, "syncStateNotFound", "The sync state generation is not found. Resync is required.")

    def _patience(self, seconds: int) -> str:
        if not self.retry_as_date:
            return str(seconds)
        from datetime import timedelta
        from email.utils import format_datetime

        return format_datetime(self.clock.now + timedelta(seconds=seconds), usegmt=True)

    def _scopes(self, request: Request) -> frozenset[str]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        scopes = self.entra.scopes_of(token)
        if scopes is None:
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
        """An empty page with a next one; lines of the response before given again, in front or behind.

        https://learn.microsoft.com/graph/delta-query-overview: the same change may appear in subsequent responses,
        and an item anywhere in a sequence of pages, so an old line may stand behind the new one. But a request
        without a token tells what exists then: no chain repeats what was said before its first request.
        """
        if "value" not in answer or "/delta" not in request.path:
            return answer
        token = {key: value for key, value in request.query if key in _TOKENS}
        if fault is Fault.EMPTY_PAGE:
            return {"value": [], "@odata.nextLink": ("same", token)}
        lines = answer["value"]
        for key in {"@odata.nextLink", "@odata.deltaLink"} & answer.keys():
            self._given[request.path, _named(answer[key][1])] = lines
        if fault is Fault.REPEATED_PAGE:
            again = self._given.get((request.path, _named(token)), [])[-3:]
            behind = self.faults.happened[fault] % 2
            return {**answer, "value": [*lines, *again] if behind else [*again, *lines]}
        return answer

    def _linked(self, answer: Json, request: Request) -> Json:
        """Links as whole URLs, opaque to the client."""
        linked = dict(answer)
        for key in ("@odata.nextLink", "@odata.deltaLink"):
            if key in linked:
                _, changed = linked[key]
                kept = {name: value for name, value in request.query if name not in _TOKENS}
                if "Token" not in key and "delta" in request.path and "calendarView" in request.path and changed:
                    kept = {}
                linked[key] = f"{self.base}{request.raw_path}?{urlencode({**kept, **changed}, safe='$|')}"
        return linked


_TOKENS = ("$skiptoken", "$deltatoken")
_REFUSALS = (Fault.UNAUTHORIZED, Fault.TOO_MANY, Fault.INTERNAL, Fault.UNAVAILABLE, Fault.SLOW)


def _possible(request: Request, *, in_batch: bool) -> tuple[Fault, ...]:
    """The faults that make sense for a request."""
    kinds = _REFUSALS if in_batch else (*_REFUSALS, Fault.CUT)
    if "/delta" not in request.path:
        return kinds
    token = request.one("$skiptoken") or request.one("$deltatoken")
    return (*kinds, Fault.EMPTY_PAGE, *((Fault.GONE, Fault.REPEATED_PAGE) if token else ()))


def _named(token: Mapping[str, str]) -> str:
    """A token of a chain, as a key."""
    return "".join(token.values())


def _error(refused: Refused) -> Response:
    headers = {"retry-after": refused.retry_after} if refused.retry_after else {}
    body = {"error": {"code": refused.code, "message": refused.message, "innerError": {"request-id": "r-1"}}}
    return Response.of(body, refused.status, headers)
