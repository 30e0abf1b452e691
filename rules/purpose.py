"""What a mail or a meeting was for: relational, working or transactional, as calibrated probabilities.

Three voices add up as log-odds: the hand-written rules that fired, weights learned from labelled mail
(`vocabulary/weights.tsv`, made by `bench/train_purpose.py`), and what earlier mail of this person, firm and owner
was for (`rules.bygones`). Every one of them can be shown as evidence.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, sqrt

from connectors.observations import Event, Message, Observation
from rules.bygones import Bygones
from rules.clues import Clues, clues
from rules.context import Context
from rules.meaning import Evidence, Owner, Purpose
from rules.occasions import occasion
from rules.organisations import domain_of, is_free_mail, registrable
from rules.purpose_words import because
from rules.ruleset import RuleSet
from rules.subjects import VOCABULARY

LABELS = ("relational", "working", "transactional")
SHOWN = 8  # reasons given for one observation

Scores = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds per label: of each clue, of each word itself, of each word's meaning (its fourth number is its size:
    the more words, the less each says). `histories`: how much a history counts, and after how many mails by half."""

    clues: Mapping[str, Scores]
    words: Mapping[str, Scores]
    meanings: Mapping[str, tuple[float, float, float, float]]
    histories: Mapping[str, tuple[float, float]]


@cache
def learned() -> Weights:
    """The weights that ship, from `vocabulary/weights.tsv`: a kind, a name and numbers in each line."""
    kinds: dict[str, dict[str, tuple[float, ...]]] = {"clue": {}, "word": {}, "meaning": {}, "history": {}}
    for line in (VOCABULARY / "weights.tsv").read_text("utf-8").splitlines()[1:]:
        kind, name, *numbers = line.split("\t")
        kinds[kind][name] = tuple(map(float, numbers))
    return Weights(kinds["clue"], kinds["word"], kinds["meaning"], kinds["history"])  # type: ignore[arg-type]


def terms(found: Clues, weights: Weights) -> Iterator[tuple[str, Scores]]:
    """What each clue and word adds, by name."""
    table = weights.clues
    for name in found.names:
        scores = table.get(name)
        if scores is not None:
            yield name, scores
    size = 1.0
    meant: list[tuple[str, tuple[float, float, float, float]]] = []
    own = weights.words
    for word in dict.fromkeys(found.words):
        scores = own.get(word)
        if scores is not None:
            yield "word " + word, scores
        meaning = weights.meanings.get(word)
        if meaning is not None:
            meant.append((word, meaning))
            size += meaning[3]
    spread = 1 / sqrt(size)
    for word, (one, two, three, _) in meant:
        yield "word " + word, (one * spread, two * spread, three * spread)


class PurposeModel:
    """Judges observations of one owner, each once and in order of time."""

    def __init__(self, rules: RuleSet, owner: Owner, weights: Weights | None = None) -> None:
        del rules  # what they say comes with each observation
        self._own = owner.addresses
        self._domains = owner.own_domains or frozenset(
            registrable(domain_of(address)) for address in owner.addresses if not is_free_mail(domain_of(address))
        )
        self._weights = weights or learned()
        self._bygones = Bygones(self._weights.histories)

    def judge(
        self, observation: Observation, hits: Sequence[Evidence], context: Context
    ) -> tuple[Purpose, tuple[Evidence, ...]]:
        """The purpose of an observation and its strongest reasons; `hits` are what the rules say of its purpose."""
        sums = [0.0, 0.0, 0.0]
        for hit in hits:
            sums[LABELS.index(hit.for_)] += hit.weight
        if isinstance(observation, Event):
            parts = _gather(occasion(observation), sums)
            return _shares(sums), (*hits, *_strongest(parts))
        return self._message(observation, hits, sums, context)

    def _message(
        self, message: Message, hits: Sequence[Evidence], sums: list[float], context: Context
    ) -> tuple[Purpose, tuple[Evidence, ...]]:
        found = clues(message, self._own, self._domains)
        one, two, three = self._weights.clues["prior"]
        sums[0], sums[1], sums[2] = sums[0] + one, sums[1] + two, sums[2] + three
        parts = _gather(terms(found, self._weights), sums)
        by_itself = _shares(sums)
        writer = message.from_.address if message.from_ is not None else None
        past = self._bygones.of(found, writer, context)
        parts.update(_gather(past, sums))
        self._bygones.take(by_itself)
        return _shares(sums), (*hits, *_strongest(parts))


def _gather(parts: Iterator[tuple[str, Scores]], sums: list[float]) -> dict[str, Scores]:
    """The parts by name, those of one name as one; added to the sums."""
    gathered: dict[str, Scores] = {}
    for name, scores in parts:
        one, two, three = scores
        sums[0] += one
        sums[1] += two
        sums[2] += three
        known = gathered.get(name)
        gathered[name] = scores if known is None else (known[0] + one, known[1] + two, known[2] + three)
    gathered.pop("prior", None)
    return gathered


def _shares(sums: Sequence[float]) -> Purpose:
    top = max(sums)
    relational, working, transactional = (exp(one - top) for one in sums)
    total = relational + working + transactional
    return Purpose(relational / total, working / total, transactional / total)


def _strongest(parts: Mapping[str, Scores]) -> list[Evidence]:
    chosen = heapq.nlargest(SHOWN, parts.items(), key=lambda part: max(part[1]) - min(part[1]))
    return [_evidence(name, scores) for name, scores in chosen]


def _evidence(name: str, scores: Scores) -> Evidence:
    """One part as evidence for the label that it speaks for: its log-odds against the mean of the other two."""
    best = max(range(3), key=scores.__getitem__)
    weight = scores[best] - (sum(scores) - scores[best]) / 2
    return Evidence("purpose: " + name, because(name), LABELS[best], round(weight, 3))
