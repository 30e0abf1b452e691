"""What single values must look like. Each check returns the value in its plain form or raises a ValueError whose
text says what is wrong and what to write instead."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from syncd.config.likeness import did_you_mean

# \Z and no `$`, which would let a trailing newline through.
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\[\]]+@(?P<domain>[^\s@<>\"(),:;\\\[\]]+)\Z")
_DOMAIN = re.compile(r"(?:[\w](?:[\w-]*[\w])?\.)*[\w](?:[\w-]*[\w])?\Z")
_DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")


def email_address(value: Any) -> Any:
    """An address in lower case; "Name <address>" is refused, because only the address is meant."""
    if not isinstance(value, str):
        return value
    address = value.strip().lower()
    match = _ADDRESS.match(address)
    if match is None or not _DOMAIN.match(match["domain"]):
        raise ValueError('is no e-mail address. Write it plainly, like "ilse@nordkai.example"')
    return address


def domain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    name = value.strip().lower().rstrip(".")
    if not _DOMAIN.match(name):
        raise ValueError('is no domain. Write it without "@" and "https://", like "nordkai.example"')
    return name


def lowered(value: Any) -> Any:
    """One word in lower case."""
    if not isinstance(value, str):
        return value
    if len(value.split()) != 1 or ";" in value:
        raise ValueError('is no name of a server. Write what stands before the first ";", like "mx.example.org"')
    return value.strip().lower()


def zone_name(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        guess = did_you_mean(value, available_timezones())
        raise ValueError(f"is no time zone. {guess or 'Write an IANA name, like “Europe/Amsterdam”'}") from None


def ledger_url(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in _DATABASES:
        raise ValueError(
            'is no database that syncd knows. Write "sqlite:////folder/ledger.db" or '
            '"postgresql+psycopg://user@host/name"'
        )
    if scheme == "postgresql":
        return f"postgresql+psycopg://{rest}"
    if scheme == "sqlite" and len(rest) < len("/x"):
        raise ValueError('names no file. Write "sqlite:////folder/ledger.db" (four slashes before a full path)')
    return value


def mail_server(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    example = 'Write "smtps://smtp.example.org" or "smtp://smtp.example.org:587"'
    try:
        url = urlsplit(value)
        port_is_valid = url.port is None or url.port > 0
    except ValueError as error:
        raise ValueError(f"is no mail server: {error}. {example}") from None
    if url.scheme not in {"smtp", "smtps"} or not url.hostname or not port_is_valid:
        raise ValueError(f"is no mail server. {example}")
    if url.username or url.password:
        raise ValueError("has a login in the URL. Write it as user and password_command")
    return value
