"""Addresses of servers that somebody wrote down: which are safe to talk to, and what of them may be shown."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

# A scheme that carries passwords or metadata in the clear may only be spoken to this machine.
PLAIN_SCHEMES = frozenset({"http", "imap"})


def address_shown(url: str) -> str:
    """The scheme and the host of an address whose path is a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"


def checked_endpoint(url: str, schemes: frozenset[str]) -> str:
    """`url` without a trailing slash if it is safe to talk to.

    Raises:
        ValueError: no such scheme here, no host, a password inside, or an unencrypted scheme to another machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in schemes:
        raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in sorted(schemes, reverse=True))}")
    if not parts.hostname:
        raise ValueError("must name a host")
    if parts.username or parts.password:
        raise ValueError(
            "must not hold a login: a password comes from `password_command`, a token from `token_command`"
        )
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("must have a number as its port") from None
    if parts.scheme in PLAIN_SCHEMES and not is_loopback(parts.hostname):
        raise ValueError(f"sends everything readable. Write {parts.scheme}s://{parts.hostname}")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine by itself. Names are not resolved: DNS could say anything."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
