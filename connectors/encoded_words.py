"""RFC 2047 encoded words (`=?utf-8?q?Gr=C3=BC=C3=9Fe?=`), the broken ones of real mailers included.

The standard library's reader refuses words inside quotes, words that touch their neighbours, and a character cut in
two by the end of a word; all of these are common in the wild.
"""

from __future__ import annotations

import binascii
import codecs
import re
from itertools import groupby

_WORD = re.compile(r"=\?([\w.:+-]{1,40})(?:\*[\w-]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


def decode_words(text: str) -> str:
    """`text` with its encoded words read. What cannot be read stays as it was written. Linear in `text`."""
    if "=?" not in text:
        return text
    pieces: list[tuple[str | None, bytes | str]] = []
    end = 0
    for match in _WORD.finditer(text):
        between = text[end : match.start()]
        if between and not (pieces and pieces[-1][0] and between.isspace()):
            pieces.append((None, between))  # white space between two words is no text
        pieces.append(_word(match))
        end = match.end()
    pieces.append((None, text[end:]))
    return "".join(_joined(charset, [payload for _, payload in run]) for charset, run in groupby(pieces, _charset))


def _charset(piece: tuple[str | None, bytes | str]) -> str | None:
    return piece[0]


def _word(match: re.Match[str]) -> tuple[str | None, bytes | str]:
    charset, encoding, payload = match.groups()
    try:
        codecs.lookup(charset)
        raw = _base64(payload) if encoding in "bB" else _quoted(payload)
    except (LookupError, ValueError):
        return None, match.group()
    return charset.lower(), raw


def _base64(payload: str) -> bytes:
    payload = _NOT_BASE64.sub("", payload)
    payload = payload[: len(payload) - (len(payload) % 4 == 1)]  # a lone last character carries no byte
    return binascii.a2b_base64(payload + "=" * (-len(payload) % 4))


def _quoted(payload: str) -> bytes:
    raw = payload.replace("_", " ").encode("utf-8", "replace")
    return _HEX.sub(lambda match: bytes((int(match.group(1), 16),)), raw)


def _joined(charset: str | None, payloads: list[bytes | str]) -> str:
    """Neighbours of one charset are decoded as one: a character may have been cut in two."""
    if charset is None:
        return "".join(str(payload) for payload in payloads)
    raw = b"".join(payload for payload in payloads if isinstance(payload, bytes))
    try:
        return raw.decode(charset, "replace")
    except (LookupError, ValueError):  # a codec from bytes to bytes (base64, zip) is no charset
        return raw.decode("latin-1")
