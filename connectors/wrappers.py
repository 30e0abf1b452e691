"""Links that mail scanners, calendars and chat programs wrapped in links of their own, opened again.

What a gateway did to a link on its way is transport, as the encoding of a subject is: pure text, nobody is asked.
So connectors open links with this as they read them, and rules those that stand in titles and locations.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

LINK = re.compile(r"\b(?:https?|zoommtg|msteams|facetime|facetime-audio|webex|skype|callto|gotomeeting):(?://)?[^\s<>\"'`|\\^{}]+", re.IGNORECASE)  # fmt: skip  # noqa: E501
"""A link as it stands in a text."""
_ENCODED = re.compile(r"(?<![\w=/?&-])https?%3a%2f%2f[^\s<>\"']+", re.IGNORECASE)
DEEPEST = 5  # wrappers inside wrappers; nobody honest goes further

# Host ending -> the parameter that holds the true link.
_WRAPPERS = {
    "safelinks.protection.outlook.com": ("url",),
    "statics.teams.cdn.office.net": ("url",),
    "safelink.emails.azure.net": ("destination",),
    "google.com": ("q", "url"),
    "l.facebook.com": ("u",),
    "lm.facebook.com": ("u",),
    "linkedin.com": ("url",),
    "slack-redir.net": ("url",),
    "linkprotect.cudasvc.com": ("a",),
    "clicktime.symantec.com": ("u",),
    "deref-mail.com": ("redirectUrl",),
    "deref-gmx.net": ("redirectUrl",),
    "deref-web.de": ("redirectUrl",),
    "urldefense.proofpoint.com": ("u",),
    "urldefense.com": ("u",),
    "exclaimer.net": ("url",),
    "youtube.com": ("q",),
    "secure-web.cisco.com": (),
    "protection.sophos.com": ("u",),
    "mimecast.com": ("domain",),
    "mimecastprotect.com": ("domain",),
}  # fmt: skip
_REDIRECT_PATHS = {"google.com": "/url", "linkedin.com": "/redir", "youtube.com": "/redirect"}
_V3 = re.compile(r"/v3/__(?P<url>.+?)__;(?:(?P<characters>[\w=-]*)!)?", re.DOTALL)
_RUNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def decoded(text: str) -> str:
    """The text with links that stand percent-encoded in it made plain; those inside other links stay."""
    return _ENCODED.sub(lambda hit: unquote(hit.group()), text) if "%" in text else text


def unwrapped(link: str) -> str:
    """The link inside the wrappers that are known, or `link` itself."""
    for _ in range(DEEPEST):
        within = inner(link)
        if within is None:
            return link
        link = within
    return link


def inner(link: str) -> str | None:
    """The link inside a wrapper that is known, one layer deep, or None where this is none."""
    parts = split(link)
    if parts is None:
        return None
    host = (parts.hostname or "").lower()
    wrapper = next((name for name in _WRAPPERS if host == name or host.endswith("." + name)), None)
    if wrapper is None or not parts.path.startswith(_REDIRECT_PATHS.get(wrapper, "")):
        return None
    if wrapper.startswith("urldefense"):
        return _proofpoint(parts)
    if wrapper == "secure-web.cisco.com":
        return _as_link(unquote(parts.path.rpartition("/")[2]))
    query = parse_qs(parts.query, max_num_fields=50) if parts.query.count("&") < 50 else {}
    for name in _WRAPPERS[wrapper]:
        if name in query:
            return _value(query[name][0], wrapper)
    return None


def _value(value: str, wrapper: str) -> str | None:
    if wrapper.startswith("mimecast"):  # only the host is told
        return f"https://{value}/" if re.fullmatch(r"[\w.-]{3,255}", value, re.ASCII) else None
    if wrapper == "protection.sophos.com":
        try:
            value = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
        except (binascii.Error, ValueError):
            return None
    return _as_link(value)


def _as_link(value: str) -> str | None:
    return value if LINK.match(value) else None


def _proofpoint(parts: SplitResult) -> str | None:
    """Three generations: plain, with `-` for `%` and `_` for `/`, and with characters replaced by `*`."""
    match = _V3.search(parts.geturl())
    if match:
        return _as_link(_filled(match["url"], match["characters"] or ""))
    query = parse_qs(parts.query, max_num_fields=50) if parts.query.count("&") < 50 else {}
    coded = query.get("u", [""])[0]
    if parts.path.startswith("/v2"):
        coded = coded.replace("-", "%").replace("_", "/")
    return _as_link(unquote(coded))


def _filled(url: str, characters: str) -> str:
    """`*` stands for the next of the encoded characters, `**X` for a run of them whose length X says."""
    url = re.sub(r"^(https?):/(?!/)", r"\1://", url)
    try:
        text = base64.urlsafe_b64decode(characters + "=" * (-len(characters) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return url
    position = 0

    def fill(match: re.Match[str]) -> str:
        nonlocal position
        length = _RUNS.index(match.group(1)) + 2 if match.group(1) else 1
        piece = text[position : position + length]
        position += length
        return piece

    return re.sub(r"\*(?:\*([\w-]))?", fill, url)


def split(link: str) -> SplitResult | None:
    """The parts of a link, or None where it is none."""
    try:
        return urlsplit(link)
    except ValueError:
        return None
