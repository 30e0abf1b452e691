"""Requests and answers as a fake server sees them, in process or over a real loopback socket."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """`query` keeps repeated keys in order; `headers` have lower-case names; `path` is decoded."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes = b""
    raw_path: str = ""

    @classmethod
    def of(
        cls, method: str, url: str, headers: Mapping[str, Any] | None = None, body: bytes | str | None = None
    ) -> Request:
        parts = urlsplit(url)
        return cls(
            method,
            unquote(parts.path),
            _query(parts.query),
            {str(name).lower(): str(value) for name, value in (headers or {}).items()},
            body.encode() if isinstance(body, str) else (body or b""),
            parts.path,
        )

    def one(self, key: str) -> str | None:
        """The last value of a query key."""
        return dict(self.query).get(key)

    def json(self) -> Any:
        return json.loads(self.body or b"null")


@lru_cache(maxsize=1024)
def _query(text: str) -> tuple[tuple[str, str], ...]:
    """Long runs ask the same of thousands of ids."""
    return tuple(parse_qsl(text, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """`cut`: the connection breaks instead of an answer; `slow`: seconds of fake time before it comes."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    slow: float = 0.0

    @classmethod
    def of(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        kept = {"content-type": "application/json; charset=UTF-8", **(headers or {})}
        return cls(status, json.dumps(value).encode(), kept)


Handler = Callable[[Request], Response]


@contextmanager
def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A real HTTP server on loopback that answers by `handler`; yields its URL without a trailing slash, with `tls`
    that of localhost."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            request = Request.of(self.command, self.path, dict(self.headers), self.rfile.read(length))
            response = handler(request)
            if response.cut:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815 - names of the base

        def log_message(self, *_: object) -> None:
            """Tests read the fake's own record."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{'http://127.0.0.1' if tls is None else 'https://localhost'}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
