"""A one-time listener on this machine, to which Google's page sends the browser back (RFC 8252, 7.3)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from urllib.parse import parse_qs, urlsplit

ALLOWED = "syncd has Google's answer. You can close this page and go back to the terminal."
REFUSED = "Access was not allowed. You can close this page; the terminal says what to do."


@dataclass
class Loopback:
    """`address`: where the browser is to be sent back to. `state`: what the answer must repeat; anything else that
    knocks (a browser asks for an icon, opens lines in advance and leaves them silent) is not the answer."""

    address: str
    state: str = ""
    _answers: SimpleQueue[str] = field(default_factory=SimpleQueue)

    def wait(self, seconds: float) -> str | None:
        """The address that the browser was sent back to, code and all; None if nobody came."""
        try:
            return self._answers.get(timeout=seconds)
        except Empty:
            return None

    def take(self, path: str) -> str | None:
        """What to show for a request; None: it is not the answer."""
        query = parse_qs(urlsplit(path).query)
        if not self.state or query.get("state") != [self.state]:
            return None
        self._answers.put(self.address.rstrip("/") + path)
        return ALLOWED if "code" in query else REFUSED


@contextmanager
def listening() -> Iterator[Loopback]:
    """A listener on a free port of 127.0.0.1."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = loopback.take(self.path)
            body = (page or "Nothing here.").encode()
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The request line holds the code."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    loopback = Loopback(f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
