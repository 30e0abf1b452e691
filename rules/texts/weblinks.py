"""Links as rules see them: taken out of text, wrappers opened, written as `host/path`.

Wrappers that are known by name are opened by `connectors.wrappers`; others by their form, as the wrapped link mostly
stands inside the wrapper's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import parse_qs, unquote

from connectors import wrappers

LONGEST = 4096

_URL = re.compile(r"""(?:https?|[a-z][a-z0-9.+-]{2,20}(?=://))://[^\s<>"'\]|]+|\b(?:tel|sip|sips|conf|skype|callto|im|facetime|facetime-audio|msteams|h323):[^\s<>"'\],;|]+""", re.IGNORECASE)  # fmt: skip  # noqa: E501
_BARE = re.compile(
    r"(?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}[a-z]{2,12}/[^\s<>\"'\]|]+", re.IGNORECASE
)
_TARGETS = ("url", "u", "q", "a", "target", "redirect", "redirecturl", "redirect_url", "dest", "destination", "link", "to")  # fmt: skip  # noqa: E501
_NESTED = re.compile(r"https?(?::|%3a)(?:/|%2f)+.+", re.IGNORECASE)


def find(text: str) -> Iterator[str]:
    """Every link that stands in the text, as written, those without a scheme included."""
    if "/" not in text and ":" not in text and "%" not in text:
        return
    text = wrappers.decoded(text)
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
    text = wrappers.decoded(text)
    return _BARE.sub(" ", _URL.sub(" ", text))


@lru_cache(maxsize=20_000)
def normal(link: str) -> str:
    """The link that is meant, as `host/path` (`scheme://host/path` unless http), query kept, host in lower case.

    Opens known wrappers, and others by their form: a target in the query or in the path. What is no link comes back
    as it is.
    """
    link = link[:LONGEST].strip().strip("<>\"'")
    if link.lower().startswith(("http%3a", "https%3a")):
        link = unquote(link)
    for _ in range(wrappers.DEEPEST):
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
    known = wrappers.inner(link)
    if known is not None:
        return known
    parts = wrappers.split(link)
    if parts is None:
        return None
    nested = _NESTED.search(parts.path)
    if nested:
        return unquote(nested.group() + (f"?{parts.query}" if parts.query else ""))
    return _in_query(parts.query) if parts.query else None


def _in_query(text: str) -> str | None:
    try:
        query = {key.lower(): values[0] for key, values in parse_qs(text, max_num_fields=50).items()}
    except ValueError:  # more fields than a wrapper has
        return None
    targets = [query.get(key, "") for key in _TARGETS]
    return next((target for target in targets if target.lower().startswith(("http://", "https://"))), None)
