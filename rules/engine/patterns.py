"""Which patterns occur in a text: a few RE2 sets per field, and memories of what they said.

A text that was seen before costs a look-up, a new one three passes over it, however many patterns there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import re2

from rules.texts.folding import fold

REMEMBERED = 10_000  # texts per field; then the memory starts afresh
LONGEST = 2_000  # characters of a field that are looked at
FEW = 40  # patterns of a field that one automaton may hold

_options = re2.Options()
_options.log_errors = False
_options.case_sensitive = False
_options.max_mem = 256 << 20  # the automaton of a whole pack; RE2 would else give up on it without a word


class Field:
    """All patterns that look at one field."""

    def __init__(self) -> None:
        self.patterns: dict[str, int] = {}
        self.memory: dict[str, int] = {}
        self._sets: list[tuple[Callable[[bytes], Sequence[int] | None], list[int]]] = []

    def compile(self) -> None:
        """Make the automata, one for each kind of pattern where there are many."""
        kinds: dict[str, list[str]] = {}
        for pattern in self.patterns:
            kinds.setdefault(_kind(pattern) if len(self.patterns) > FEW else "", []).append(pattern)
        for patterns in kinds.values():
            one = re2.Set.SearchSet(_options)
            for pattern in patterns:
                one.Add(fold(pattern))
            one.Compile()
            self._sets.append((one.Match, [1 << self.patterns[pattern] for pattern in patterns]))

    def hits(self, text: str) -> int:
        known = self.memory.get(text)
        if known is None:
            if len(self.memory) >= REMEMBERED:
                self.memory.clear()
            folded = fold(text[:LONGEST]).encode("utf-8", "replace")
            known = 0
            for match, bits in self._sets:
                for number in match(folded) or ():
                    known |= bits[number]
            self.memory[text] = known
        return known


def _kind(pattern: str) -> str:
    """Which patterns are searched together. An automaton has a state for every way in which its patterns may stand
    half done at once. Those that begin anywhere or wait long for their end are half done nearly always, those at the
    beginning of a text only there; apart from the others they cost a few states, among them as many times all."""
    if pattern.startswith("^"):
        return "at the beginning"
    return "loose" if _LOOSE.search(pattern) else "words"


_LOOSE = re.compile(r"^(?:\\b|\(\?:)*(?:\\[Sd\[$(]|[\[!])|\.[{*+]|\[\^|\\S|\\W[{*+]")
