"""Links and phone numbers of a text that itself is not kept. Nothing is judged: what a link means is for rules.

Known wrappers are opened first (`connectors.wrappers`). Then only scheme, host and path stand: queries and fragments
hold passwords, names and tracking.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from connectors.text import clean_text
from connectors.wrappers import LINK, decoded, split, unwrapped

TEXT_LIMIT = 32 * 1024
LINKS_LIMIT = 50
LINK_LIMIT = 500
PHONES_LIMIT = 20

_TEL = re.compile(r"\btel:([+0-9(][0-9().,;*# -]{4,40}[0-9#])", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,4000}>")
_TRAILING = ".,;:!?)]}>*_"
_LABELLED = re.compile(r"(?:\bid|pin|code|passcode|password|kennwort|access|no\.?)\W{0,4}$", re.IGNORECASE)


def find_links(text: str) -> tuple[str, ...]:
    """The links in a text or a piece of HTML, unwrapped, as scheme, host and path; each once, in order."""
    found: dict[str, None] = {}
    for match in LINK.finditer(decoded(html.unescape(text[:TEXT_LIMIT]))):
        link = reduced(match.group())
        if link:
            found[link] = None
        if len(found) >= LINKS_LIMIT:
            break
    return tuple(found)


def reduced(link: str) -> str | None:
    """Scheme, host and path of the true link behind `link`; None if it is none."""
    parts = split(unwrapped(link.strip().rstrip(_TRAILING)))
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


def find_phones(text: str, region: str | None = None) -> tuple[str, ...]:
    """The phone numbers in a text or a piece of HTML, as written; each once, in order.

    Args:
        text: at most its first 32 KB are looked at.
        region: the country whose national numbers are recognised, as two letters; without it only `+…` ones are.
    """
    from phonenumbers import Leniency, PhoneNumberMatcher

    text = html.unescape(text[:TEXT_LIMIT])
    found = {_written(match.group(1)): None for match in _TEL.finditer(text)}
    plain = LINK.sub(" ", _TAG.sub(" ", text))
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
