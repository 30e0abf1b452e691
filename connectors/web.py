"""One document from an address that somebody gave us, within limits, and from nowhere but where it may lie.

An address that came from elsewhere may name a machine that only we can reach, and so may a name that its owner points
there, or a server that leads on. So every name is resolved here, its addresses are looked at one by one, and the
connection goes to an address that was looked at: what the name means a moment later is of no matter. Proxies that the
environment names are not used, as they would resolve the name once more.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import httpx

from connectors.connector import ConnectorError, Unreachable
from connectors.endpoints import is_loopback
from connectors.patience import Again
from connectors.trust import trusted

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[IP]]

REDIRECTS = 5
TIMEOUT = 20.0  # seconds for each step on the line
PATIENCE = 120.0  # seconds for the whole answer
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

for _talkative in ("httpx", "httpcore"):  # they log whole addresses, which may be as good as a password
    logging.getLogger(_talkative).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` is b"" unless `status` is 200. `hosts`: one for each request, the last of which gave the answer, whose
    body took `size` bytes on the line."""

    status: int
    headers: httpx.Headers
    data: bytes
    hosts: tuple[str, ...]
    size: int


class TooLarge(ConnectorError):
    """The document has more bytes than were wanted."""


@dataclass
class Web:
    """Fetches from `address`, on behalf of the account `where`.

    Attributes:
        private: the address's own host may lie in a private network.
        limit: bytes of a document, unpacked.
        resolve: a name and port to addresses; replaced in tests.
    """

    address: str
    where: str
    limit: int
    private: bool = False
    ca_file: Path | None = None
    resolve: Resolve = field(default_factory=lambda: resolved)
    monotonic: Callable[[], float] = time.monotonic

    @property
    def host(self) -> str:
        return self._start.host

    @cached_property
    def _start(self) -> httpx.URL:
        try:
            return httpx.URL(self.address)
        except httpx.InvalidURL as error:
            raise Unreachable(
                "what is given as its address is none.", where=self.where, fix="Copy it anew."
            ) from error

    def fetch(self, headers: Mapping[str, str], login: str | None = None, *, read: bool = True) -> Answer:
        """What stands at the address, or where that leads on to. `login` is sent as Authorization, to the address's
        own server alone. With `read` False only the head is fetched.

        Raises:
            Again: the line broke, or nobody answered.
            Unreachable: the address leads where nothing is to be fetched from, or in circles.
            TooLarge, ConnectorError: see there; the certificate is not trusted.
        """
        url, own = self._start, _door(self._start)
        asked: list[str] = []
        deadline = self.monotonic() + PATIENCE
        route = Route(self._allowed, self.resolve, self._trusted)
        with httpx.Client(transport=route, timeout=TIMEOUT, trust_env=False) as client:
            while True:
                more = {"Authorization": login} if login and _door(url) == own else {}
                asked.append(url.host)
                try:
                    with client.stream("GET", url, headers={**headers, **more}) as response:
                        if not response.has_redirect_location:
                            data = self._read(response, deadline) if read and response.status_code == 200 else b""
                            size = response.num_bytes_downloaded
                            return Answer(response.status_code, response.headers, data, tuple(asked), size)
                        url = self._next(url, response.headers["location"], len(asked))
                except (httpx.HTTPError, httpx.InvalidURL) as error:
                    raise self._broken(error, url) from error

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        return trusted(self.ca_file, self.where)

    def _allowed(self, host: str, port: int, address: IP) -> bool:
        """Where the owner's word does not reach, behind another host or port, only what all can reach anyway."""
        if (host, port) != _door(self._start):
            return is_public(address)
        if is_loopback(host):
            return address.is_loopback
        return is_public(address) or (self.private and is_private(address))

    def _next(self, url: httpx.URL, location: str, asked: int) -> httpx.URL:
        """Where the server leads on to: encrypted, unless it stays on the very machine and port that was named."""
        then = url.join(location)
        if asked > REDIRECTS:
            raise Unreachable("the address leads on and on.", where=self.where, fix="Open it in a browser.")
        if then.scheme != "https" and (then.scheme, _door(then)) != (url.scheme, _door(url)):
            raise Unreachable(
                f"{url.host} leads on to {then.scheme}://{then.host}, which is not encrypted.", where=self.where,
                fix="Copy the calendar's address anew, beginning with https://.",
            )  # fmt: skip
        return then

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self.limit:
                raise TooLarge(f"what comes is larger than {self.limit >> 20} MB.", where=self.where)
            if self.monotonic() > deadline:
                raise Again(f"{response.url.host} takes longer than {PATIENCE:.0f} seconds")
            parts.append(part)
        return b"".join(parts)

    def _broken(self, error: Exception, url: httpx.URL) -> Exception:
        host = url.host
        if isinstance(error, Forbidden):
            own = "If it is a server of yours: private_network = true; on this very machine, call it localhost."
            fix = own if url == self._start else "Ask whoever gave you the address."
            return Unreachable(f"the address leads into {error}.", where=self.where, fix=fix)
        if isinstance(error, Unknown):
            return Again(f"nobody knows the name {host}")
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            fix = "If it is a private server, name its certificate under ca_file."
            return ConnectorError(f"the certificate of {host} is not trusted.", where=self.where, fix=fix)
        return Again(f"{host} does not answer ({type(error).__name__})")


class Forbidden(httpx.ConnectError):
    """None of a host's addresses may be connected to."""


class Unknown(httpx.ConnectError):
    """A host's name has no address."""


class Route(httpx.BaseTransport):
    """Connects to addresses that were looked at. Every request has a connection of its own: one that stands may have
    been made for another name."""

    def __init__(self, allowed: Callable[[str, int, IP], bool], resolve: Resolve, trusted: ssl.SSLContext) -> None:
        self._allowed, self._resolve = allowed, resolve
        self._inner = httpx.HTTPTransport(verify=trusted, limits=httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host, port = _door(request.url)
        found = self._resolve(host, port)
        good = [address for address in found if self._allowed(host, port, address)]
        if not good:
            raise Forbidden(f"a network that is not public: {host} is {', '.join(map(str, found[:3])) or 'nowhere'}")
        for address in good[:-1]:
            try:
                return self._inner.handle_request(_at(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self._inner.handle_request(_at(request, good[-1]))

    def close(self) -> None:
        self._inner.close()


def _door(url: httpx.URL) -> tuple[str, int]:
    return url.host, url.port or (443 if url.scheme == "https" else 80)


def _at(request: httpx.Request, address: IP) -> httpx.Request:
    """The request, sent to this address; Host and the name in the certificate stay those of the name."""
    return httpx.Request(
        request.method, request.url.copy_with(host=str(address)), headers=request.headers, stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )  # fmt: skip


def resolved(host: str, port: int) -> Sequence[IP]:
    """The addresses of a name, by the system.

    Raises:
        Unknown: it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unknown(host) from error
    return [ipaddress.ip_address(str(at[0]).partition("%")[0]) for *_, at in found]


def is_public(address: IP) -> bool:
    """Whether it is an address of the open internet, and not another in disguise."""
    inner = _disguised(address)
    return address.is_global and not address.is_multicast and (inner is None or is_public(inner))


def is_private(address: IP) -> bool:
    """Whether it belongs to a private network: neither this machine nor its link, on which clouds tell secrets."""
    inner = _disguised(address)
    if inner is not None:
        return is_private(inner)
    special = address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
    return address.is_private and not special and not address.is_reserved


def _disguised(address: IP) -> IP | None:
    """The IPv4 address that stands in an IPv6 one."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
