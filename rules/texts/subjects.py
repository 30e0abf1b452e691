"""Subjects and titles as words, and the topics that words speak of.

Words are folded (`folding`) and in lower case. Numbers, dates and times become signs, so that "#number" of one
invoice is that of any other.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import msgspec

from rules.texts.folding import fold

VOCABULARY = Path(__file__).parents[1] / "vocabulary"
LONGEST = 400  # characters of a subject that are read
REMEMBERED = 16_384  # words; then the memory starts afresh
COMPOUND = 7  # letters from which an unknown word may be a compound
PART = 4  # letters that a word inside a compound has at least

_MARK = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:(fw|fwd|wg|tr|rv|enc|doorst|vl|vb|pd|transf|i)|re|aw|sv|antw|antwort|r|rif|ref|res"
    r"|resp|vs|réf|réponse|rép|antwoord)(?:\s?\[\d+\]|\s?\(\d+\)|\^\d+)?\s?[:：]\s*",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d+(?:[.,:/-]\d+)*|[!?]+|\.{2,}|[$€£]")


class Text(msgspec.Struct, frozen=True, gc=False):
    """A subject or title. `kind`: "new", "answer" or "forward"; `marks`: how many Re: and Fw: it wears;
    `bare` without them; `words` folded and lower, `raw` as written, position for position."""

    kind: str
    marks: int
    bare: str
    words: tuple[str, ...]
    raw: tuple[str, ...]


@lru_cache(maxsize=4096)
def read(text: str) -> Text:
    """The words of a subject or title."""
    text = fold(text[:LONGEST])
    kind, marks = "new", 0
    while (found := _MARK.match(text)) is not None:
        kind = "forward" if found.group(1) or kind == "forward" else "answer"
        marks += 1
        text = text[found.end() :]
    raw = tuple(_TOKEN.findall(text))
    words = tuple([token.lower() if token[0].isalpha() else _sign(token) for token in raw])
    return Text(kind, marks, text.strip(), words, raw)


def _sign(token: str) -> str:
    """What stands for a token that is no word."""
    first = token[0]
    if first.isdigit():
        if ":" in token:
            return "#time"
        return "#date" if "/" in token or "-" in token else "#number"
    if first in "!?":
        return first if len(token) == 1 else first * 2
    if first == ".":
        return "..."
    return "$" if first in "$€£" else token.lower()


def spelled_out(words: Sequence[str], known: frozenset[str]) -> tuple[str, ...]:
    """The words, long unknown ones by the last and the first known word inside them: "Projektbesprechung" as
    "besprechung" and "projekt". German, Dutch and Swedish write as one word what others write as three."""
    if not known or known.issuperset(words):
        return tuple(words)
    spelled: list[str] = []
    for word in words:
        if word in known:
            spelled.append(word)
        else:
            spelled.extend(_parts(word, known))
    return tuple(spelled)


@lru_cache(maxsize=16384)
def _parts(word: str, known: frozenset[str]) -> tuple[str, ...]:
    if len(word) < COMPOUND or not word[0].isalpha():
        return (word,)
    last = next((word[place:] for place in range(2, len(word) - PART + 1) if word[place:] in known), None)
    first = next((word[:place] for place in range(len(word) - 1, PART - 1, -1) if word[:place] in known), None)
    return tuple([part for part in (last, first) if part is not None]) or (word,)


class Topic(msgspec.Struct, frozen=True, gc=False):
    """A topic that a text speaks of, and the word that says so."""

    name: str
    word: str


class Topics:
    """Finds topics in words. Entries are words, `beginning*`, or phrases joined by `_`."""

    def __init__(self, topics: dict[str, dict[str, str]]) -> None:
        self._known: dict[str, tuple[str, ...]] = {}
        self._words: dict[str, tuple[str, ...]] = {}
        self._beginnings: dict[str, list[tuple[str, str]]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for topic, languages in topics.items():
            for entry in " ".join(languages.values()).split():
                self._add(fold(entry).lower(), topic)

    def _add(self, entry: str, topic: str) -> None:
        if "_" in entry:
            phrase = tuple(entry.split("_"))
            self._phrases.setdefault(phrase[0], []).append((phrase, topic))
        elif entry.endswith("*"):
            self._beginnings.setdefault(entry[:3], []).append((entry[:-1], topic))
        elif topic not in (known := self._words.get(entry, ())):
            self._words[entry] = (*known, topic)

    def find(self, words: Sequence[str]) -> list[Topic]:
        """The topics in order of the words; a topic stands once, by its longest phrase or first word."""
        found: dict[str, str] = {}
        known, phrases = self._known, self._phrases
        for position, word in enumerate(words):
            if word in phrases:
                for phrase, topic in phrases[word]:
                    if tuple(words[position : position + len(phrase)]) == phrase:
                        found[topic] = " ".join(phrase)
            spoken = known.get(word)
            for topic in self._of(word) if spoken is None else spoken:
                found.setdefault(topic, word)
        return [Topic(topic, word) for topic, word in found.items()]

    def _of(self, word: str) -> tuple[str, ...]:
        """The topics of a word by itself, from now on remembered."""
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        begun = [topic for beginning, topic in self._beginnings.get(word[:3], ()) if word.startswith(beginning)]
        topics = self._words.get(word, ())
        known = self._known[word] = tuple(dict.fromkeys((*topics, *begun))) if begun else topics
        return known


@cache
def topics() -> Topics:
    """The topics of `vocabulary/topics.toml`."""
    return Topics(tomllib.loads((VOCABULARY / "topics.toml").read_text("utf-8")))
