"""The fake Google: login, quota, faults and batches round Gmail and Calendar.

In process by `FakeGoogle.handle`, or over a loopback socket by `tests.fakes.wire.serving(fake.handle)`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from typing import Protocol

from tests.fakes.faults import Fault, FaultPlan
from tests.fakes.google.discovery import Json, Refused, api, masked
from tests.fakes.google.gmail import Gmail
from tests.fakes.google.login import FakeLogin
from tests.fakes.google.trouble import WITHOUT_PAGES, Trouble, where_it_was
from tests.fakes.wire import Request, Response


class CalendarService(Protocol):
    """What the server needs of a fake calendar."""

    def answer(self, method: str, path: dict[str, str], request: Request, scopes: frozenset[str]) -> Json: ...


@dataclass
class FakeGoogle(FakeLogin):
    """One owner's Google account.

    Attributes:
        per_minute: units (Gmail) or requests (Calendar) a user may spend in any 60 seconds.
        log: every request, each part of a batch by itself: (fake seconds, method id, units, status). Of what was lost
            on the way to the service the status is 0; of what was lost on the way back it is what the service said.
    """

    faults: FaultPlan = field(default_factory=FaultPlan)
    per_minute: int = 6000
    calendar_per_minute: int = 600
    latency: float = 0.05
    calendar: CalendarService | None = None
    labels: dict[str, str] = field(default_factory=dict)
    log: list[tuple[float, str, int, int]] = field(default_factory=list)
    requests: deque[Request] = field(default_factory=lambda: deque(maxlen=20_000))  # the newest

    def __post_init__(self) -> None:
        self.gmail = Gmail(self.mailbox, self.labels)
        self._spent: dict[str, deque[tuple[float, int]]] = {"gmail": deque(), "calendar": deque()}
        self._in_a_minute = {"gmail": 0, "calendar": 0}
        self._trouble = Trouble()

    def handle(self, request: Request) -> Response:
        """Any request: token endpoint, consent page, API call or batch."""
        self.clock.sleep(self.latency)
        self.requests.append(request)
        if request.path in {"/token", "/oauth2/token", "/o/oauth2/token"}:
            return self._cut("token", out_of=WITHOUT_PAGES) or self.token(request)
        if request.path in {"/auth", "/o/oauth2/auth", "/o/oauth2/v2/auth"}:
            return self.consent(request)
        if re.fullmatch(r"/batch(/(gmail/v1|calendar/v3))?", request.path):
            return self._batch(request)
        return self._single(request)

    def _cut(self, what: str, *, out_of: Sequence[Fault] = (Fault.CUT,)) -> Response | None:
        """A broken line. `out_of`: of these only the cut can happen here, as seldom as where all of them can."""
        fault = self.faults.draw(what, out_of)
        if fault is None or fault is Fault.CUT:
            return Response(cut=True) if fault else None
        self.faults.withdraw(fault)
        return None

    @property
    def _cut_on_the_way_back(self) -> bool:
        """Every other line breaks after the work was done and paid for."""
        return self.faults.happened[Fault.CUT] % 2 == 0

    def _batch(self, request: Request) -> Response:
        cut = self._cut("batch", out_of=WITHOUT_PAGES)  # its parts have their own faults
        content = request.headers.get("content-type", "")
        whole = BytesParser().parsebytes(b"Content-Type: " + content.encode() + b"\r\n\r\n" + request.body)
        parts = whole.get_payload()
        if not isinstance(parts, list) or len(parts) > 100:
            return _error(Refused(400, "badRequest", "The batch request has more than 100 parts."))
        if cut and not self._cut_on_the_way_back:
            self.log += [(self.clock.monotonic(), "part of a lost batch", 0, 0)] * len(parts)
            return cut
        answers = []
        for part in parts:
            assert isinstance(part, Message)
            line, *rest = str(part.get_payload()).splitlines()
            verb, url, _ = line.split(" ", 2)
            own = dict(one.split(": ", 1) for one in rest if ": " in one)
            headers = {**{k: v for k, v in request.headers.items() if k == "authorization"}, **own}
            answers.append((part["Content-ID"], self._single(Request.of(verb, url, headers), in_batch=True)))
        return cut or Response(200, *_multipart(answers))

    def _single(self, request: Request, *, in_batch: bool = False) -> Response:
        service = "calendar" if request.path.startswith("/calendar/") else "gmail"
        if not request.path.startswith(("/gmail/v1/", "/calendar/v3/")):
            return _error(Refused(404, "notFound", "Not Found"))
        document = api("gmail.v1" if service == "gmail" else "calendar.v3")
        name = units = None
        try:
            method, path = document.match(request)
            name = method["id"]
            units = self.gmail.prices.get(name, 0) if service == "gmail" else 1
            fault = self._trouble.draw(self.faults, name, request, in_batch=in_batch)
            if fault is Fault.SLOW:
                self.clock.sleep(20)
            if fault is Fault.CUT and not self._cut_on_the_way_back:
                self.log.append((self.clock.monotonic(), name, 0, 0))
                return Response(cut=True)
            self._trouble.refuse(fault, name)
            scopes = self.scopes(request)
            document.check(method, path, request, scopes)
            self._spend(service, units)
            backend = self.gmail if service == "gmail" else self.calendar
            assert backend is not None
            answer = backend.answer(name, path, where_it_was(request), scopes)
            document.validate(method, answer)
            answer = self._trouble.page(self.faults, fault, name, request, answer)
            self.log.append((self.clock.monotonic(), name, units, 200))
            return Response(cut=True) if fault is Fault.CUT else Response.of(masked(answer, request.one("fields")))
        except Refused as refused:
            self.log.append((self.clock.monotonic(), name or request.path, 0, refused.status))
            return _error(refused, gmail=service == "gmail")

    def _spend(self, service: str, units: int) -> None:
        """Refuse what would go over the user's minute."""
        spent, now = self._spent[service], self.clock.monotonic()
        while spent and spent[0][0] <= now - 60:
            self._in_a_minute[service] -= spent.popleft()[1]
        limit = self.per_minute if service == "gmail" else self.calendar_per_minute
        if self._in_a_minute[service] + units > limit:
            raise Refused(
                403, "rateLimitExceeded", "Quota exceeded for quota metric 'Queries' and limit 'per minute'."
            )
        spent.append((now, units))
        self._in_a_minute[service] += units


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
    if gmail and refused.reason == "insufficientPermissions":  # as it was seen: without a list
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
