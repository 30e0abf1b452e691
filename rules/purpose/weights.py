"""The learned weights of purpose (`vocabulary/weights.tsv`, made by `bench/train_purpose.py`), and what words add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from math import sqrt

import msgspec

from rules.collector import uncollected
from rules.texts.subjects import VOCABULARY, spelled_out

Scores = tuple[float, float, float]
"""What something adds to each of `rules.meaning.PURPOSES`, as log-odds."""

NOTHING: Scores = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds per label: of each clue, of each word itself, of each word's meaning (its fourth number is its size:
    the more words, the less each says). `histories`: how much a history counts, and after how many mails by half.
    `known`: all words of the vocabulary, those that weigh nothing among them; a long word that is not among them is
    taken for what stands inside it. `titles`: what a word adds in the title of a meeting."""

    clues: Mapping[str, Scores]
    words: Mapping[str, Scores]
    meanings: Mapping[str, tuple[float, float, float, float]]
    histories: Mapping[str, tuple[float, float]]
    known: frozenset[str] = frozenset()
    titles: Mapping[str, Scores] = field(default_factory=dict)


@cache
@uncollected()
def learned() -> Weights:
    """The weights that ship, from `vocabulary/weights.tsv`: a kind, a name and numbers in each line."""
    kinds: dict[str, list[str]] = {"clue": [], "word": [], "meaning": [], "history": [], "title": [], "neutral": []}
    for line in (VOCABULARY / "weights.tsv").read_text("utf-8").splitlines()[1:]:
        kind, _, row = line.partition("\t")
        kinds[kind].append(row)
    neutral = " ".join(kinds.pop("neutral")).split()
    clue, word, meaning, history, title = [_table(rows) for rows in kinds.values()]
    known = frozenset(chain(neutral, word, meaning))
    return Weights(clue, word, meaning, history, known, title)  # type: ignore[arg-type]


def _table(rows: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Rows of a name and as many numbers each. They are many and a service wants to start: nothing reads numbers as
    fast as a reader of JSON."""
    names, numbers = zip(*[row.split("\t", 1) for row in rows], strict=True)
    read = msgspec.json.decode("[" + ",".join(numbers).replace("\t", ",") + "]", type=list[float])
    width = len(read) // len(rows)
    return dict(zip(names, zip(*[read[column::width] for column in range(width)], strict=True), strict=True))


def words_of(words: Sequence[str], weights: Weights) -> dict[str, Scores]:
    """What each word adds, by the word: by itself and by its meaning, which weighs less the more words stand beside
    it. Words that add nothing are left out."""
    plain, meanings = weights.words, weights.meanings
    once = dict.fromkeys(spelled_out(words, weights.known))
    meant = [meanings.get(word) for word in once]
    spread = 1 / sqrt(1 + sum([meaning[3] for meaning in meant if meaning is not None]))
    found: dict[str, Scores] = {}
    for word, meaning in zip(once, meant, strict=True):
        scores = plain.get(word, NOTHING)
        if meaning is not None:
            one, two, three = scores
            relational, working, transactional, _ = meaning
            scores = (one + relational * spread, two + working * spread, three + transactional * spread)
        if scores != NOTHING:
            found[word] = scores
    return found
