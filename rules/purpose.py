"""What a mail or a meeting was for: relational, working or transactional, as calibrated probabilities.

Three voices add up as log-odds: the hand-written rules that fired, weights learned from labelled mail
(`vocabulary/weights.tsv`, made by `bench/train_purpose.py`), and what is known so far of these two people, their
thread and the owner. Every one of them can be shown as evidence.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, log, sqrt

from connectors.observations import Event, Message, Observation
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
USUAL = (0.26, 0.41, 0.33)  # shares in mail that persons write: what a history is compared with
HALF = 2.0  # mails after which a history weighs half of what an endless one would

Scores = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds per label: of each clue, of each word itself, of each word's meaning (which falls with the number
    of words, see `spread`), and of each history per unit of its own log-odds."""

    clues: Mapping[str, Scores]
    words: Mapping[str, Scores]
    meanings: Mapping[str, tuple[float, float, float, float]]
    histories: Mapping[str, Scores]


@cache
def learned() -> Weights:
    """The weights that ship, from `vocabulary/weights.tsv`: kind, name, three weights (and the word's size)."""
    kinds: dict[str, dict[str, tuple[float, ...]]] = {"clue": {}, "word": {}, "meaning": {}, "history": {}}
    for line in (VOCABULARY / "weights.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("# "):
            kind, name, *numbers = line.split("\t")
            kinds[kind][name] = tuple(float(number) for number in numbers)
    return Weights(kinds["clue"], kinds["word"], kinds["meaning"], kinds["history"])  # type: ignore[arg-type]


def terms(found: Clues, weights: Weights) -> Iterator[tuple[str, Scores]]:
    """What each clue and word adds, named "clue …" or "word …"."""
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


def history(sums: Sequence[float]) -> Scores:
    """Log-odds of each label in a history against its usual share, shrunk where the history is short."""
    total = sum(sums) + HALF
    return tuple(log((part + HALF * usual) / total / usual) for part, usual in zip(sums, USUAL, strict=True))  # type: ignore[return-value]


class PurposeModel:
    """Judges observations of one owner, in order of time, with the context as it stood before each."""

    def __init__(self, rules: RuleSet, owner: Owner, weights: Weights | None = None) -> None:
        del rules  # their evidence comes with each observation
        self._own = owner.addresses
        self._domains = owner.own_domains or frozenset(
            registrable(domain_of(address)) for address in owner.addresses if not is_free_mail(domain_of(address))
        )
        self._weights = weights or learned()

    def judge(
        self, observation: Observation, hits: Sequence[Evidence], context: Context
    ) -> tuple[Purpose, tuple[Evidence, ...]]:
        """The purpose of an observation and its strongest reasons; `hits` are what the rules say of its purpose."""
        if isinstance(observation, Event):
            parts = list(occasion(observation))
        else:
            parts = list(self._message(observation, context))
        return conclude(parts, hits)

    def _message(self, message: Message, context: Context) -> Iterator[tuple[str, Scores]]:
        found = clues(message, self._own, self._domains)
        yield "prior", self._weights.clues["prior"]
        yield from terms(found, self._weights)


def conclude(parts: Iterable[tuple[str, Scores]], hits: Sequence[Evidence]) -> tuple[Purpose, tuple[Evidence, ...]]:
    """Softmax of the sums, and the parts that weigh most, as evidence."""
    sums = [0.0, 0.0, 0.0]
    gathered: dict[str, Scores] = {}
    for name, scores in parts:
        sums[0] += scores[0]
        sums[1] += scores[1]
        sums[2] += scores[2]
        known = gathered.get(name)
        gathered[name] = (
            scores if known is None else (known[0] + scores[0], known[1] + scores[1], known[2] + scores[2])
        )
    for hit in hits:
        sums[LABELS.index(hit.for_)] += hit.weight
    top = max(sums)
    relational, working, transactional = (exp(one - top) for one in sums)
    total = relational + working + transactional
    purpose = Purpose(relational / total, working / total, transactional / total)
    gathered.pop("prior", None)
    strongest = heapq.nlargest(SHOWN, gathered.items(), key=lambda item: max(item[1]) - min(item[1]))
    return purpose, (*hits, *(evidence(name, scores) for name, scores in strongest))


def evidence(name: str, scores: Scores) -> Evidence:
    """One part as evidence for the label that it speaks for: its log-odds against the mean of the other two."""
    best = max(range(3), key=lambda label: scores[label])
    weight = scores[best] - (sum(scores) - scores[best]) / 2
    return Evidence("purpose: " + name, because(name), LABELS[best], round(weight, 3))
