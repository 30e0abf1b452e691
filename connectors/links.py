"""Links and phone numbers of a text that itself is not kept. Nothing is judged: what a link means is for rules.

Mail scanners and calendars wrap links in links of their own; known wrappers are opened first. Then only scheme, host
and path stand: queries and fragments hold passwords, names and tracking.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from connectors.text import clean_text

TEXT_LIMIT = 32 * 1024
LINKS_LIMIT = 50
LINK_LIMIT = 500
PHONES_LIMIT = 20

_LINK = re.compile(r"\b(?:https?|zoommtg|msteams|facetime|facetime-audio|webex|skype|callto|gotomeeting):(?://)?[^\s<>\"'`|\\^{}]+", re.IGNORECASE)  # fmt: skip  # noqa: E501
_TEL = re.compile(r"\btel:([+0-9(][0-9().,;*# -]{4,40}[0-9#])", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,4000}>")
_TRAILING = ".,;:!?)]}>*_"
_LABELLED = re.compile(r"(?:\bid|pin|code|passcode|password|kennwort|access|no\.?)\W{0,4}$", re.IGNORECASE)

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
_V3 = re.compile(r"/v3/__(?P<url>.+?)__;(?P<characters>[\w=-]*)!", re.DOTALL)
_RUNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def find_links(text: str) -> tuple[str, ...]:
    """The links in a text or a piece of HTML, unwrapped, as scheme, host and path; each once, in order."""
    found: dict[str, None] = {}
    for match in _LINK.finditer(html.unescape(text[:TEXT_LIMIT])):
        link = reduced(match.group())
        if link:
            found[link] = None
        if len(found) >= LINKS_LIMIT:
            break
    return tuple(found)


def reduced(link: str) -> str | None:
    """Scheme, host and path of the true link behind `link`; None if it is none."""
    parts = _split(unwrapped(link.strip().rstrip(_TRAILING)))
    if parts is None or not parts.scheme:
        return None
    if not parts.netloc:
        return clean_text(f"{parts.scheme}:{parts.path}", LINK_LIMIT)
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    where = f"{host}:{port}" if port and port not in (80, 443) else host
    return clean_text(f"{parts.scheme}://{where}{parts.path}", LINK_LIMIT) if "." in host or host else None


def unwrapped(link: str) -> str:
    """The link inside the wrappers that are known, or `link` itself."""
    for _ in range(5):
        inner = _inner(link)
        if inner is None:
            return link
        link = inner
    return link


def _inner(link: str) -> str | None:
    parts = _split(link)
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
    return value if _LINK.match(value) else None


def _proofpoint(parts: SplitResult) -> str | None:
    """Three generations: plain, with `-` for `%` and `_` for `/`, and with characters replaced by `*`."""
    match = _V3.search(parts.geturl())
    if match:
        return _as_link(_filled(match["url"], match["characters"]))
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


def _split(link: str) -> SplitResult | None:
    try:
        return urlsplit(link)
    except ValueError:
        return None


def find_phones(text: str, region: str | None = None) -> tuple[str, ...]:
    """The phone numbers in a text or a piece of HTML, as written; each once, in order.

    Args:
        text: at most its first 32 KB are looked at.
        region: the country whose national numbers are recognised, as two letters; without it only `+…` ones are.
    """
    from phonenumbers import Leniency, PhoneNumberMatcher

    text = html.unescape(text[:TEXT_LIMIT])
    found = {_written(match.group(1)): None for match in _TEL.finditer(text)}
    plain = _LINK.sub(" ", _TAG.sub(" ", text))
    for match in PhoneNumberMatcher(plain, region, leniency=Leniency.VALID, max_tries=200):
        if not _LABELLED.search(plain[max(match.start - 20, 0) : match.start]):
            found[_written(match.raw_string)] = None
        if len(found) >= PHONES_LIMIT:
            break
    return tuple(found)


def _written(raw: str) -> str:
    return clean_text(raw, 60)


def texts(*parts: str | None) -> Iterator[str]:
    """The parts that say something."""
    return (part for part in parts if part and not part.isspace())
