"""Whether a mail's sender was checked and found to be another: what the owner's own server wrote of it.

Anybody can write anything into From, and into a header that says that From is true. So Authentication-Results is
believed only from servers that the owner names, and only the topmost one, which no sender can have put there
(RFC 8601, 5 and 7.1). A failed check blocks; no check, or one of somebody else's, says nothing either way.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from connectors.observations import Message

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*(dmarc|dkim|spf|arc)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)
_NESTED = 8  # comments within comments; more is no server's


def is_forged(message: Message, servers: Collection[str]) -> bool:
    """Whether one of the owner's `servers` (names in lower case) found that it does not come from whom it names.

    DMARC decides where it was asked; else SPF and DKIM must both have failed. A relay that the server trusts (ARC)
    may have changed the mail on its way, which is no forgery.
    """
    header = (message.headers or {}).get("authentication-results")
    if not header or not servers:
        return False
    server, _, rest = _uncommented(header).partition(";")
    words = server.split()  # behind the name a version may stand
    if not words or words[0].strip('"').lower() not in servers:
        return False
    found = _results(rest)
    if "pass" in found.get("arc", ()) or "pass" in found.get("dmarc", ()):
        return False
    if "fail" in found.get("dmarc", ()):
        return True
    spf, dkim = found.get("spf", set()), found.get("dkim", set())
    return spf == {"fail"} and dkim == {"fail"} and "dmarc" not in found


def _results(text: str) -> Mapping[str, set[str]]:
    """Method -> its results; a mail may have several signatures."""
    found: dict[str, set[str]] = {}
    for part in text.split(";"):
        if match := _RESULT.match(part):
            found.setdefault(match[1].lower(), set()).add(match[2].lower())
    return found


def _uncommented(text: str) -> str:
    for _ in range(_NESTED):
        text, count = _COMMENT.subn(" ", text)
        if not count:
            break
    return text
