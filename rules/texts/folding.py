r"""Texts and patterns without accents, so that `\\b` works in every Latin script and "Café" is "cafe"."""

from __future__ import annotations

import unicodedata

_SINGLE = str.maketrans(
    {
        "ß": "ss", "ẞ": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
        "đ": "d", "ð": "d", "þ": "th", "ı": "i",
        "’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "‑": "-",
        "\u00a0": " ", "\u202f": " ", "\u200b": "", "\ufeff": "",
    }
)  # fmt: skip


def fold(text: str) -> str:
    """The text with accents removed and typographic quotes and dashes made plain; case stays."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(_SINGLE))
    return "".join(character for character in decomposed if not unicodedata.combining(character))
