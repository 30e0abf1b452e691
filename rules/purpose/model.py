"""What a mail or a meeting was for: relational, working or transactional, as calibrated probabilities.

Three voices add up as log-odds: the hand-written rules that fired, weights learned from labelled mail
(`voice`), and what earlier mail of this person, firm and owner was for (`bygones`). Every one of them can be shown as
evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter

from connectors.observations import Event, Message, Observation
from rules.context import Context
from rules.meaning import PURPOSES, Evidence, Owner, Purpose
from rules.purpose.bygones import Bygones
from rules.purpose.clues import clues
from rules.purpose.occasions import occasion, title_words
from rules.purpose.voice import SHOWN, Voice, learned_voice, passing, shares, weigh
from rules.purpose.weights import NOTHING, Scores, Weights, words_of
from rules.texts.organisations import domain_of, is_free_mail, registrable
from rules.texts.subjects import spelled_out

TITLE_WORDS = 0.5  # how much of what a word weighs on mail it weighs in the title of a meeting


def title_parts(event: Event, weights: Weights) -> Iterator[tuple[str, Scores]]:
    """What each word of a meeting's title adds: a share of what it adds to mail, and what it says in titles."""
    words = spelled_out(title_words(event), weights.known)
    said = words_of(words, weights)
    if weights.titles:
        yield "title prior", weights.titles["#prior"]
    for word in dict.fromkeys((*said, *words)):
        on_mail, in_titles = said.get(word, NOTHING), weights.titles.get(word, NOTHING)
        one, two, three = [TITLE_WORDS * a + b for a, b in zip(on_mail, in_titles, strict=True)]
        if (one, two, three) != NOTHING:
            yield f"title {word}", (one, two, three)


def meeting_parts(event: Event, weights: Weights) -> Iterator[tuple[str, Scores]]:
    """All that an entry shows of its purpose, by name: the occasion and the words of its title."""
    yield from occasion(event)
    yield from title_parts(event, weights)


class PurposeModel:
    """Judges observations of one owner, each once and in order of time."""

    def __init__(self, owner: Owner, weights: Weights | None = None) -> None:
        self._own = owner.addresses
        self._domains = owner.own_domains or frozenset(
            registrable(domain_of(address)) for address in owner.addresses if not is_free_mail(domain_of(address))
        )
        self._voice = Voice(weights) if weights is not None else learned_voice()
        self._bygones = Bygones(self._voice.weights.histories)

    @property
    def bygones(self) -> Bygones:
        """What earlier mail was for, as far as it has been judged."""
        return self._bygones

    def judge(
        self, observation: Observation, hits: Sequence[Evidence], context: Context
    ) -> tuple[Purpose, tuple[Evidence, ...]]:
        """The purpose of an observation and its strongest reasons; `hits` are what the rules say of its purpose."""
        if isinstance(observation, Message):
            return self._message(observation, hits, context)
        weighed = weigh(meeting_parts(observation, self._voice.weights))
        one, two, three = _of_hits(hits)
        purpose = shares(one + weighed.relational, two + weighed.working, three + weighed.transactional)
        return purpose, (*hits, *[reason for _, reason in weighed.parts])

    def prepare(self, messages: Sequence[Message]) -> None:
        """Hear what the messages say by themselves; it is remembered until they are judged."""
        for found in [clues(message, self._own, self._domains) for message in messages]:
            self._voice.hear(found)

    def _message(
        self, message: Message, hits: Sequence[Evidence], context: Context
    ) -> tuple[Purpose, tuple[Evidence, ...]]:
        found = clues(message, self._own, self._domains)
        mail = self._voice.hear(found)
        one, two, three = mail.scores
        by_itself = mail.purpose
        if hits:
            by_rules = _of_hits(hits)
            one, two, three = one + by_rules[0], two + by_rules[1], three + by_rules[2]
            by_itself = shares(one, two, three)
        writer = message.from_.address if message.from_ is not None else None
        least = mail.least
        past = []
        for name, scores in self._bygones.of(found, writer, context):
            relational, working, transactional = scores
            one, two, three = one + relational, two + working, three + transactional
            size = max(scores) - min(scores)
            if size > least:
                past.append((size, passing(name, scores)))
        self._bygones.take(by_itself)
        reasons: Sequence[tuple[float, Evidence]] = mail.reasons
        if past:
            reasons = sorted((*reasons, *past), key=_size, reverse=True)[:SHOWN]
        return shares(one, two, three), (*hits, *[reason for _, reason in reasons])


_size = itemgetter(0)


def _of_hits(hits: Sequence[Evidence]) -> list[float]:
    """What rules say, per label."""
    sums = [0.0, 0.0, 0.0]
    for hit in hits:
        sums[PURPOSES.index(hit.for_)] += hit.weight
    return sums
