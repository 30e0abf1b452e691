"""A guess at what somebody meant to write."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that looks most like `word`, or None if none does."""
    by_folded = {candidate.casefold(): candidate for candidate in words}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """'Did you mean "…"?' or nothing."""
    guess = nearest(word, words)
    return f'Did you mean "{guess}"?' if guess else ""
