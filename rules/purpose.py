"""What a mail or a meeting was for: relational, working or transactional, as calibrated probabilities.

Three voices add up as log-odds: the hand-written rules that fired, weights learned from labelled mail
(`vocabulary/weights.tsv`, made by `bench/train_purpose.py`), and what earlier mail of this person, firm and owner
was for (`rules.bygones`). Every one of them can be shown as evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import chain
from math import exp, sqrt
from operator import itemgetter

import msgspec

from connectors.observations import Event, Message, Observation
from rules.bygones import Bygones
from rules.clues import Clues, clues
from rules.context import Context
from rules.meaning import Evidence, Owner, Purpose
from rules.occasions import occasion, title_words
from rules.organisations import domain_of, is_free_mail, registrable
from rules.purpose_words import because
from rules.ruleset import RuleSet
from rules.subjects import VOCABULARY, spelled_out

LABELS = ("relational", "working", "transactional")
TITLE_WORDS = 0.5  # how much of what a word weighs on mail it weighs in the title of a meeting
SHOWN = 8  # reasons given for one observation
REMEMBERED = 4_096  # subjects and groups of clues; then the memory starts afresh
MAILS_REMEMBERED = 4_096  # whole mails: answers look like what they answer

Scores = tuple[float, float, float]
Part = tuple[float, str, Scores]


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
    """Rows of a name and its numbers; read column by column, as they are many and a service wants to start."""
    names, *columns = zip(*[row.split("\t") for row in rows], strict=True)
    return dict(zip(names, zip(*[map(float, column) for column in columns], strict=True), strict=True))


class Weighed(msgspec.Struct, frozen=True, gc=False):
    """What a group of clues or the words of a subject add to each label, and the strongest parts of it: the size,
    the name and the scores of each."""

    relational: float
    working: float
    transactional: float
    parts: tuple[Part, ...]


class _Mail(msgspec.Struct, frozen=True, gc=False):
    """What a mail says by itself: log-odds with the prior, the purpose that they make, the strongest reasons behind
    their sizes, and the size below which a further one is not told."""

    scores: Scores
    purpose: Purpose
    reasons: tuple[tuple[float, Evidence], ...]
    least: float


def words_of(words: Sequence[str], weights: Weights) -> dict[str, Scores]:
    """What each word adds: by itself and by its meaning, which weighs less the more words stand beside it."""
    once = dict.fromkeys(spelled_out(words, weights.known))
    meant = {word: weights.meanings[word] for word in once if word in weights.meanings}
    spread = 1 / sqrt(1 + sum([meaning[3] for meaning in meant.values()]))
    found: dict[str, Scores] = {}
    for word in once:
        scores = weights.words.get(word, _NOTHING)
        if word in meant:
            one, two, three = scores
            relational, working, transactional, _ = meant[word]
            scores = (one + relational * spread, two + working * spread, three + transactional * spread)
        if scores != _NOTHING:
            found["word " + word] = scores
    return found


_NOTHING: Scores = (0.0, 0.0, 0.0)


def title_parts(event: Event, weights: Weights) -> Iterator[tuple[str, Scores]]:
    """What each word of a meeting's title adds: a share of what it adds to mail, and what it says in titles."""
    words = spelled_out(title_words(event), weights.known)
    said = words_of(words, weights)
    if weights.titles:
        yield "title prior", weights.titles["#prior"]
    for name in dict.fromkeys((*said, *(f"word {word}" for word in words))):
        on_mail, in_titles = said.get(name, _NOTHING), weights.titles.get(name[5:], _NOTHING)
        one, two, three = [TITLE_WORDS * a + b for a, b in zip(on_mail, in_titles, strict=True)]
        if (one, two, three) != _NOTHING:
            yield f"title {name[5:]}", (one, two, three)


def meeting_parts(event: Event, weights: Weights) -> Iterator[tuple[str, Scores]]:
    """All that an entry shows of its purpose, by name: the occasion and the words of its title."""
    yield from occasion(event)
    yield from title_parts(event, weights)


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
        self._groups: dict[tuple[str, ...], Weighed] = {}
        self._words: dict[tuple[str, ...], Weighed] = {}
        self._mails: dict[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], _Mail] = {}

    def judge(
        self, observation: Observation, hits: Sequence[Evidence], context: Context
    ) -> tuple[Purpose, tuple[Evidence, ...]]:
        """The purpose of an observation and its strongest reasons; `hits` are what the rules say of its purpose."""
        if isinstance(observation, Message):
            return self._message(observation, hits, context)
        sums = _of_hits(hits)
        weighed = weigh(meeting_parts(observation, self._weights))
        _add(sums, weighed)
        return _shares(*sums), (*hits, *[evidence(name, scores) for _, name, scores in weighed.parts])

    def _message(
        self, message: Message, hits: Sequence[Evidence], context: Context
    ) -> tuple[Purpose, tuple[Evidence, ...]]:
        found = clues(message, self._own, self._domains)
        mail = self._of_mail(found)
        one, two, three = mail.scores
        by_itself = mail.purpose
        if hits:
            by_rules = _of_hits(hits)
            one, two, three = one + by_rules[0], two + by_rules[1], three + by_rules[2]
            by_itself = _shares(one, two, three)
        writer = message.from_.address if message.from_ is not None else None
        least = mail.least
        past = []
        for name, scores in self._bygones.of(found, writer, context):
            relational, working, transactional = scores
            one, two, three = one + relational, two + working, three + transactional
            size = max(scores) - min(scores)
            if size > least:
                past.append((size, _evidence(name, scores)))
        self._bygones.take(by_itself)
        reasons: Sequence[tuple[float, Evidence]] = mail.reasons
        if past:
            reasons = sorted((*reasons, *past), key=_size, reverse=True)[:SHOWN]
        return _shares(one, two, three), (*hits, *[reason for _, reason in reasons])

    def _of_mail(self, found: Clues) -> _Mail:
        """Words and groups of clues together, and the strongest of them as evidence."""
        key = (found.words, found.groups)
        known = self._mails.get(key)
        if known is None:
            if len(self._mails) >= MAILS_REMEMBERED:
                self._mails.clear()
            known = self._mails[key] = self._together(found)
        return known

    def _together(self, found: Clues) -> _Mail:
        weighed = [self._of_words(found.words), *[self._of_group(group) for group in found.groups if group]]
        one, two, three = self._weights.clues["prior"]
        one += sum([part.relational for part in weighed])
        two += sum([part.working for part in weighed])
        three += sum([part.transactional for part in weighed])
        strongest = list(chain.from_iterable([part.parts for part in weighed]))
        strongest.sort(key=_size, reverse=True)
        del strongest[SHOWN:]
        return _Mail(
            scores=(one, two, three),
            purpose=_shares(one, two, three),
            reasons=tuple([(size, evidence(name, scores)) for size, name, scores in strongest]),
            least=strongest[-1][0] if len(strongest) >= SHOWN else 0.0,
        )

    def _of_group(self, group: tuple[str, ...]) -> Weighed:
        weighed = self._groups.get(group)
        if weighed is None:
            if len(self._groups) >= REMEMBERED:
                self._groups.clear()
            table = self._weights.clues
            weighed = self._groups[group] = weigh((name, table[name]) for name in group if name in table)
        return weighed

    def _of_words(self, words: tuple[str, ...]) -> Weighed:
        weighed = self._words.get(words)
        if weighed is None:
            if len(self._words) >= REMEMBERED:
                self._words.clear()
            weighed = self._words[words] = weigh(words_of(words, self._weights).items())
        return weighed


_size = itemgetter(0)


def weigh(parts: Iterable[tuple[str, Scores]]) -> Weighed:
    """The sum of the parts, and those that weigh most."""
    relational = working = transactional = 0.0
    sized = []
    for name, scores in parts:
        one, two, three = scores
        relational += one
        working += two
        transactional += three
        if not name.endswith("prior"):
            sized.append((max(scores) - min(scores), name, scores))
    sized.sort(key=_size, reverse=True)
    return Weighed(relational, working, transactional, tuple(sized[:SHOWN]))


def _of_hits(hits: Sequence[Evidence]) -> list[float]:
    """What rules say, per label."""
    sums = [0.0, 0.0, 0.0]
    for hit in hits:
        sums[LABELS.index(hit.for_)] += hit.weight
    return sums


def _add(sums: list[float], weighed: Weighed) -> None:
    sums[0] += weighed.relational
    sums[1] += weighed.working
    sums[2] += weighed.transactional


def _shares(one: float, two: float, three: float) -> Purpose:
    top = max(one, two, three)
    relational, working, transactional = exp(one - top), exp(two - top), exp(three - top)
    total = relational + working + transactional
    return Purpose(relational / total, working / total, transactional / total)


def _evidence(name: str, scores: Scores) -> Evidence:
    """One part as evidence for the label that it speaks for: its log-odds against the mean of the other two."""
    best = max(scores)
    one, two, three = scores
    weight = best - (one + two + three - best) / 2
    return _reason(name, LABELS[scores.index(best)], round(weight, 3))


@lru_cache(maxsize=16384)  # histories give a few thousand reasons, each kept with thousands of decisions
def _reason(name: str, label: str, weight: float) -> Evidence:
    return Evidence("purpose: " + name, because(name), label, weight)


evidence = lru_cache(maxsize=16384)(_evidence)  # what clues and words say is said again and again
