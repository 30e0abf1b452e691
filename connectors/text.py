"""What every text that came from outside passes before it goes any further.

A name or a subject may hold NUL (PostgreSQL refuses it), lone surrogates (SQLite refuses them), controls that move a
terminal's cursor, or marks that turn the direction of the line so that it reads as something else.
"""

from __future__ import annotations

import unicodedata

SUBJECT_LIMIT = 1_000
NAME_LIMIT = 300

# Direction marks, embeddings, isolates; soft hyphen, zero-width space, word joiner, byte order mark. The joiners
# U+200C and U+200D stay: Persian and emoji need them.
_INVISIBLE = "\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_TABLE: dict[int, str] = dict.fromkeys(map(ord, _INVISIBLE), "")
_TABLE.update(dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029), " "))
_TABLE[0] = ""
_TABLE.update(dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))


def clean_text(text: str, limit: int = SUBJECT_LIMIT) -> str:
    """`text` as one line that any database, terminal and page can hold, of at most `limit` characters.

    Controls become spaces, marks of direction and invisible characters go, lone surrogates become U+FFFD, runs of
    white space shrink to one space, and what can be composed is (NFC).
    """
    if text.isascii() and text.isprintable() and len(text) <= limit and "  " not in text:
        return text.strip()  # nearly all
    if len(text) > limit * 4:  # what the table removes must not push out what it keeps, within reason
        text = text[: limit * 4]
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_TABLE))
    elif not text.isprintable():
        text = text.translate(_TABLE)
    if "  " in text or text[:1].isspace() or text[-1:].isspace():
        text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit].rstrip()
