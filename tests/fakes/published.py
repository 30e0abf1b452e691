"""A server at which a calendar is published, as providers do it: at an address that is its own password."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from tests.fakes.certificate import server_side
from tests.fakes.wire import Request, Response, serving

PATH = "/calendar/ical/mara/private-CANARYTOKEN/basic.ics"


@dataclass
class Published:
    """What stands there, and who asked for it.

    Attributes:
        marks: the server says by which marks it knows a content (ETag, Last-Modified) and believes them.
        wants: the Authorization that it asks for.
        odd: answers with this instead, for as many times as there are.
        led: paths that lead on to other addresses.
    """

    content: bytes = b""
    marks: tuple[str, ...] = ("etag", "last-modified")
    wants: str | None = None
    packed: bool = False
    odd: list[Response] = field(default_factory=list)
    led: dict[str, str] = field(default_factory=dict)
    log: list[Request] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    base: str = ""

    @property
    def url(self) -> str:
        return f"{self.base}{PATH}"

    def handle(self, request: Request) -> Response:
        self.log.append(request)
        response = self._answer(request)
        self.answers.append(response.status)
        return response

    def _answer(self, request: Request) -> Response:
        if self.odd:
            return self.odd.pop(0)
        if request.path in self.led:
            return Response(302, b"moved", {"location": self.led[request.path]})
        if self.wants and request.headers.get("authorization") != self.wants:
            return Response(401, b"who are you?", {"www-authenticate": "Basic"})
        if request.path != PATH:
            return Response(404, b"<html>not found</html>")
        etag = f'"{blake2b(self.content, digest_size=8).hexdigest()}"'
        told = {"etag": etag, "last-modified": f"Mon, 02 Mar 2026 0{int(etag[1], 16) % 10}:00:00 GMT"}
        told = {name: value for name, value in told.items() if name in self.marks}
        if "etag" in told and request.headers.get("if-none-match") == etag:
            return Response(304, b"", told)
        body = gzip.compress(self.content) if self.packed else self.content
        more = {"content-encoding": "gzip"} if self.packed else {}
        return Response(200, body, {"content-type": "text/calendar; charset=utf-8", **told, **more})


@contextmanager
def publishing(published: Published, certificate: Path | None = None) -> Iterator[str]:
    """Serve it; with `certificate` by https. Yields the calendar's address."""
    with serving(published.handle, server_side(certificate) if certificate else None) as base:
        published.base = base
        yield published.url
