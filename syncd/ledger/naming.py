r"""Names that others gave, as text that every database takes and that gives the name back.

PostgreSQL refuses NUL, both refuse lone surrogates, and PostgreSQL's index has room for 2,700 bytes. An item must be
found again under exactly the name its source calls it, so such a name is not cleaned but escaped: `a\0b` stands as
`%esc:a%0000;b`. A name that is too long stands as its beginning and a digest, which does not give it back.
"""

from __future__ import annotations

import re
from hashlib import blake2b

MARK = "%esc:"
SHORTENED = "%cut:"
LIMIT = 600  # characters, of four bytes at most
_REFUSED = re.compile("[\0\ud800-\udfff]")
_ESCAPED = re.compile("[\0\ud800-\udfff%]")
_ESCAPE = re.compile("%([0-9a-f]{4});")


def escaped(text: str) -> str:
    """The text, or what stands for it where a database would refuse it. `original` gives it back."""
    if not text.startswith((MARK, SHORTENED)) and not _REFUSED.search(text):
        return text
    return MARK + _ESCAPED.sub(lambda found: f"%{ord(found.group()):04x};", text)


def stored(name: str) -> str:
    """The name of an item or a source as it stands in the ledger."""
    text = escaped(name)
    if len(text) <= LIMIT:
        return text
    return f"{SHORTENED}{text[: LIMIT // 2]}~{blake2b(text.encode(), digest_size=16).hexdigest()}"


def spoken(account: str, source: str) -> str:
    """A source as it is called to people: `work/Team calendar`, or once what both would say."""
    return account if source in {"", account} else f"{account}/{source}"


def original(text: str) -> str | None:
    """What was escaped; None where only a beginning is known."""
    if not text.startswith("%"):
        return text
    if text.startswith(SHORTENED):
        return None
    if not text.startswith(MARK):
        return text
    return _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text[len(MARK) :])


def plain(text: str) -> str:
    """A text to be read, not to be found again: what a database would refuse is replaced."""
    return _REFUSED.sub(lambda found: "" if found.group() == "\0" else "\ufffd", text)
