"""Links as rules see them: taken out of text, wrappers opened, written as `host/path`.

Mail gateways and chat programs wrap links so that a click passes through them. The wrapped link mostly stands
inside the wrapper's own, so it can be read without asking anybody.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

DEEPEST = 5  # wrappers inside wrappers; nobody honest goes further
LONGEST = 4096

_URL = re.compile(r"""(?:https?|[a-z][a-z0-9.+-]{2,20}(?=://))://[^\s<>"'\]|]+|\b(?:tel|sip|sips|conf|skype|callto|im|facetime|facetime-audio|msteams|h323):[^\s<>"'\],;|]+""", re.IGNORECASE)  # fmt: skip  # noqa: E501
_BARE = re.compile(
    r"(?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}[a-z]{2,12}/[^\s<>\"'\]|]+", re.IGNORECASE
)
_TARGETS = ("url", "u", "q", "a", "target", "redirect", "redirecturl", "redirect_url", "dest", "destination", "link", "to")  # fmt: skip  # noqa: E501
_V3 = re.compile(r"/v3/__(.+?)__;", re.DOTALL)
_ENCODED = re.compile(r"(?<![\w=/?&-])https?%3a%2f%2f[^\s<>\"']+", re.IGNORECASE)
_NESTED = re.compile(r"https?(?::|%3a)(?:/|%2f)+.+", re.IGNORECASE)


def find(text: str) -> Iterator[str]:
    """Every link that stands in the text, as written, those without a scheme included."""
    if "/" not in text and ":" not in text and "%" not in text:
        return
    text = _decoded(text)
    rest = []
    end = 0
    for hit in _URL.finditer(text):
        rest.append(text[end : hit.start()])
        end = hit.end()
        yield hit.group().rstrip(".,;)")
    rest.append(text[end:])
    for part in rest:
        for hit in _BARE.finditer(part):
            yield hit.group().rstrip(".,;)")


def without(text: str) -> str:
    """The text with its links taken out."""
    if "/" not in text and ":" not in text and "%" not in text:
        return text
    text = _decoded(text)
    return _BARE.sub(" ", _URL.sub(" ", text))


def _decoded(text: str) -> str:
    """The text with links that stand percent-encoded in it made plain; those inside other links stay."""
    return _ENCODED.sub(lambda hit: unquote(hit.group()), text) if "%" in text else text


@lru_cache(maxsize=20_000)
def normal(link: str) -> str:
    """The link that is meant, as `host/path` (`scheme://host/path` unless http), query kept, host in lower case.

    Opens wrappers by their form: a target in the query (SafeLinks, Google, Slack and many more), in the path
    (urldefense v3, Cisco), or at least its host (Mimecast's `domain`). What is no link comes back as it is.
    """
    link = link[:LONGEST].strip().strip("<>\"'")
    if link.lower().startswith(("http%3a", "https%3a")):
        link = unquote(link)
    for _ in range(DEEPEST):
        inner = _inside(link)
        if inner is None or inner == link:
            break
        link = inner
    return _plain(link)


def _plain(link: str) -> str:
    scheme, separator, rest = link.partition("://")
    if not separator:
        scheme, colon, rest = link.partition(":")
        if colon and scheme.isalpha() and "/" not in scheme:
            return f"{scheme.lower()}:{rest}"
        scheme, rest = "https", link
    host, slash, path = rest.partition("/")
    host = host.rpartition("@")[2].lower().removeprefix("www.")
    plain = host + slash + path.replace("%2F", "/").replace("%2f", "/")
    return plain if scheme.lower() in ("http", "https") else f"{scheme.lower()}://{plain}"


def _inside(link: str) -> str | None:
    """The link inside a wrapper, or None where this is no wrapper."""
    if "?" not in link and "%" not in link and "__" not in link and link.count("://") < 2:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    host = (parts.netloc or "").lower()
    wrapped = _V3.search(parts.path + (f"?{parts.query}" if parts.query else ""))
    if wrapped and "urldefense" in host:
        return wrapped.group(1).replace("https:/", "https://", 1).replace(":///", "://")
    nested = _NESTED.search(parts.path)
    if nested:
        return unquote(nested.group() + (f"?{parts.query}" if parts.query else ""))
    return _in_query(parts.query, host) if parts.query else None


def _in_query(text: str, host: str) -> str | None:
    query = {key.lower(): values[0] for key, values in parse_qs(text, max_num_fields=50).items()}
    for key in _TARGETS:
        inner = _target(query.get(key, ""), host)
        if inner:
            return inner
    domain = query.get("domain") or (query.get("d") if "sophos" in host else None)
    if domain and ("mimecast" in host or "sophos" in host):
        return f"https://{domain}/"
    return None


def _target(value: str, host: str) -> str | None:
    if value.lower().startswith(("http://", "https://")):
        return value
    if "urldefense" in host and value.lower().startswith(("http-3a", "https-3a")):  # v2 writes % as - and / as _
        return unquote(value.replace("-", "%").replace("_", "/"))
    if "sophos" in host and value:
        try:
            decoded = base64.b64decode(value + "=" * (-len(value) % 4)).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        return decoded if decoded.startswith("http") else None
    return None
