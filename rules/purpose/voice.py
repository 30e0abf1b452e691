"""The voice of the learned weights: what a mail's words and clues say together of its purpose, and why.

Subjects, people and ways of writing repeat, and what they weigh depends on nothing else, so it is worked out once
and remembered for all mail and all owners, in memories of a fixed size.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from math import exp
from operator import itemgetter

import msgspec

from rules.meaning import PURPOSES, Evidence, Purpose
from rules.purpose.clues import Clues
from rules.purpose.sentences import because
from rules.purpose.weights import Scores, Weights, learned, words_of

SHOWN = 8  # reasons given for one observation
REMEMBERED = 4_096  # subjects, groups of clues, whole mails; then the memory starts afresh

Part = tuple[float, Evidence]
"""One reason behind its size: how far apart it drives the labels."""
Clue = tuple[Scores, Part]
"""What a clue adds, and how that is told."""


class Weighed(msgspec.Struct, frozen=True, gc=False):
    """What a group of clues or the words of a subject add to each label, and the strongest parts of it."""

    relational: float
    working: float
    transactional: float
    parts: tuple[Part, ...]


class Heard(msgspec.Struct, frozen=True, gc=False):
    """What a mail says by itself: log-odds with the prior, the purpose that they make, the strongest reasons, and
    the size below which a further one is not told."""

    scores: Scores
    purpose: Purpose
    reasons: tuple[Part, ...]
    least: float


class Voice:
    """What these weights say of mail, remembered."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._mails: dict[Clues, Heard] = {}
        self._clues: dict[str, Clue] = {}
        self._groups: dict[tuple[str, ...], Weighed] = {}
        self._words: dict[tuple[str, ...], Weighed] = {}

    def hear(self, found: Clues) -> Heard:
        """What a mail of these clues says by itself."""
        known = self._mails.get(found)
        if known is None:
            if len(self._mails) >= REMEMBERED:
                self._mails.clear()
            known = self._mails[found] = self._together(found)
        return known

    def _together(self, found: Clues) -> Heard:
        relational = working = transactional = 0.0
        strongest: list[Part] = []
        for weighed in (self._of_words(found.words), *[self._of_group(group) for group in found.groups if group]):
            relational += weighed.relational
            working += weighed.working
            transactional += weighed.transactional
            strongest += weighed.parts
        one, two, three = self.weights.clues["prior"]
        scores = one + relational, two + working, three + transactional
        strongest.sort(key=_size, reverse=True)
        del strongest[SHOWN:]
        least = strongest[-1][0] if len(strongest) >= SHOWN else 0.0
        return Heard(scores, shares(*scores), tuple(strongest), least)

    def _of_group(self, group: tuple[str, ...]) -> Weighed:
        weighed = self._groups.get(group)
        if weighed is None:
            if len(self._groups) >= REMEMBERED:
                self._groups.clear()
            weighed = self._groups[group] = self._of_clues(group)
        return weighed

    def _of_clues(self, group: Iterable[str]) -> Weighed:
        """As `weigh`, of clues: they are few, and each is put into words once."""
        relational = working = transactional = 0.0
        table, known, parts = self.weights.clues, self._clues, []
        for name in group:
            if name not in known:
                if name not in table:
                    continue
                scores = table[name]
                known[name] = (scores, (max(scores) - min(scores), evidence(name, scores)))
            (one, two, three), part = known[name]
            relational += one
            working += two
            transactional += three
            parts.append(part)
        parts.sort(key=_size, reverse=True)
        return Weighed(relational, working, transactional, tuple(parts[:SHOWN]))

    def _of_words(self, words: tuple[str, ...]) -> Weighed:
        weighed = self._words.get(words)
        if weighed is None:
            if len(self._words) >= REMEMBERED:
                self._words.clear()
            weighed = self._words[words] = weigh(words_of(words, self.weights).items(), "word ")
        return weighed


@cache
def learned_voice() -> Voice:
    """The voice of the weights that ship."""
    return Voice(learned())


_size = itemgetter(0)
_RELATIONAL, _WORKING, _TRANSACTIONAL = PURPOSES


def weigh(parts: Iterable[tuple[str, Scores]], kind: str = "") -> Weighed:
    """The sum of the parts, and those that weigh most, `kind` before the names of them."""
    relational = working = transactional = 0.0
    sized = []
    for name, scores in parts:
        one, two, three = scores
        relational += one
        working += two
        transactional += three
        if not name.endswith("prior"):
            sized.append((max(one, two, three) - min(one, two, three), name, scores))
    sized.sort(key=_size, reverse=True)
    strongest = [(size, evidence(kind + name, scores)) for size, name, scores in sized[:SHOWN]]
    return Weighed(relational, working, transactional, tuple(strongest))


def shares(one: float, two: float, three: float) -> Purpose:
    """The probabilities of three log-odds."""
    top = max(one, two, three)
    relational, working, transactional = exp(one - top), exp(two - top), exp(three - top)
    total = relational + working + transactional
    return Purpose(relational / total, working / total, transactional / total)


def evidence(name: str, scores: Scores) -> Evidence:
    """One part as evidence for the label that it speaks for: its log-odds against the mean of the other two."""
    label, weight = _spoken(*scores)
    return Evidence("purpose: " + name, because(name), label, weight)


def passing(name: str, scores: Scores) -> Evidence:
    """The same for what changes with every mail: histories give a few thousand reasons, told again and again."""
    return _told(name, *_spoken(*scores))


def _spoken(one: float, two: float, three: float) -> tuple[str, float]:
    if one >= two:
        label, best = (_RELATIONAL, one) if one >= three else (_TRANSACTIONAL, three)
    else:
        label, best = (_WORKING, two) if two >= three else (_TRANSACTIONAL, three)
    return label, round(best - (one + two + three - best) / 2, 3)


@lru_cache(maxsize=16384)
def _told(name: str, label: str, weight: float) -> Evidence:
    return Evidence("purpose: " + name, because(name), label, weight)
