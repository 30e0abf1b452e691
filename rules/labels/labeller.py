"""The Labeller: observations in order of time to decisions, each with its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from operator import itemgetter
from typing import Any, Protocol

import msgspec

from connectors.observations import Event, Message, Observation
from rules.collector import uncollected
from rules.context import Context
from rules.engine.matching import Matcher, matcher
from rules.engine.ruleset import RuleSet
from rules.engine.weighing import Weighed, sized, softmax
from rules.labels import automation, channel, traits
from rules.meaning import PURPOSES, Channel, Decision, Evidence, Owner, Purpose
from rules.purpose.bygones import Bygones
from rules.purpose.model import PurposeModel
from rules.texts.organisations import is_free_mail

PRIOR = {"event": (-1.6, 0.6, -1.6), "message": (-0.9, 0.5, 0.0)}
AUTOMATED_PRIOR = -1.2
CROWD_PRIOR = -3.0
STANDING_PRIOR = -2.5
EVIDENCE_KEPT = 12
AT_ONCE = 1_000  # observations that are prepared together


class PurposeJudge(Protocol):
    """What says what a mail or meeting was for; `rules.purpose.model.PurposeModel` is one."""

    def judge(
        self, observation: Observation, hits: Sequence[Evidence], context: Context
    ) -> tuple[Purpose, tuple[Evidence, ...]]: ...


class ByRules:
    """Purpose from the evidence of rules alone: softmax of the log-odds over a prior."""

    def judge(
        self, observation: Observation, hits: Sequence[Evidence], context: Context
    ) -> tuple[Purpose, tuple[Evidence, ...]]:
        del context
        prior = PRIOR["event" if isinstance(observation, Event) else "message"]
        scores = dict(zip(PURPOSES, prior, strict=True))
        for evidence in hits:
            scores[evidence.for_] += evidence.weight
        return Purpose(**softmax(scores)), tuple(hits)


class Trace(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a mail adds to the past of those that follow: whether the owner wrote it and whether it named the owner's
    house, whose histories it belongs to, which personal topics it speaks of, what it was for by itself."""

    owner_wrote: bool
    to_home: bool
    parties: tuple[tuple[str, str], ...]
    personal: tuple[str, ...]
    by_itself: tuple[float, float, float]


class Labeller:
    """Labels observations in order of time. Causal: a decision uses only what stood before it."""

    def __init__(self, rules: RuleSet, owner: Owner, purpose: PurposeJudge | None = None) -> None:
        self._rules = rules
        self._own = owner.addresses
        self._domains = owner.own_domains or frozenset(
            domain
            for domain in (address.rpartition("@")[2] for address in owner.addresses)
            if not is_free_mail(domain)
        )
        self._purpose = purpose or PurposeModel(owner)
        self.context = Context()
        self._last = (False, False)

    @cached_property
    def _events(self) -> Matcher:
        return matcher(self._rules, "event")

    @cached_property
    def _messages(self) -> Matcher:
        return matcher(self._rules, "message")

    def label(self, observations: Iterable[Observation]) -> Iterator[Decision]:
        """Decisions in the order of the observations, which must be the order of time. They are read ahead, so many
        at a time as are prepared together."""
        coming = iter(observations)
        while some := list(islice(coming, AT_ONCE)):
            with uncollected(kept=True):
                self.prepare(some)
                decisions = [self.decide(observation) for observation in some]
            yield from decisions

    def prepare(self, observations: Sequence[Observation]) -> None:
        """Read new subjects one step after another, each for all of them before the next: a processor that does one
        thing again and again is a third faster. Changes no decision: all of it is remembered, nothing taken in."""
        mails = [one for one in observations if isinstance(one, Message) and one.subject]
        new = [one for one in mails if not self._messages.knows("subject", traits.bare(one.subject or ""))]
        for message in new:
            automation.hits(message, self._messages)
        if isinstance(self._purpose, PurposeModel):
            self._purpose.prepare(new)

    @property
    def memory(self) -> tuple[Context, dict[str, Any]]:
        """All that is remembered of the mail so far: with it another one of the same rules and owner goes on."""
        return self.context, self._bygones.memory

    @memory.setter
    def memory(self, memory: tuple[Context, dict[str, Any]]) -> None:
        self.context, self._bygones.memory = memory

    def decide(self, observation: Observation) -> Decision:
        """The decision on one observation, which is then remembered as context for the next."""
        if isinstance(observation, Event):
            return self._event(observation)
        return self._message(observation)

    def recall(self, message: Message, trace: Trace) -> list[tuple[str, Sequence[float]]]:
        """What histories say of a mail that left this trace; it is then decided on, or followed."""
        writer = message.from_.address if message.from_ is not None else None
        return self._bygones.recall(trace.parties, trace.personal, writer, self.context)

    def follow(self, message: Message, trace: Trace, *, automated: bool) -> None:
        """Remember a mail as context for the next, as deciding on it did when it left this trace."""
        self.context.home_seen |= trace.to_home
        self._bygones.take(Purpose(*trace.by_itself))
        self.context.take(message, owner_wrote=trace.owner_wrote, automated=automated)

    def traced(self) -> tuple[Trace, list[tuple[str, Sequence[float]]]]:
        """The trace of the mail last decided on, and what histories said of it."""
        parties, personal, by_itself = self._bygones.taken
        shares = (by_itself.relational, by_itself.working, by_itself.transactional) if by_itself else (0.0, 0.0, 0.0)
        return Trace(*self._last, parties, personal, shares), self._bygones.told

    @property
    def _bygones(self) -> Bygones:
        assert isinstance(self._purpose, PurposeModel)
        return self._purpose.bygones

    def _event(self, event: Event) -> Decision:
        seen = channel.structure(event, self._own, self._domains)
        weighed = self._events.weighed(channel.hits(event, self._events), seen)
        sums = weighed.sums
        met, confidence = channel.decide(sums)
        purpose, reasons = self._purpose.judge(event, weighed.purpose, self.context)
        return Decision(
            id=event.id,
            channel=met,
            confidence=confidence,
            automated=False,
            automated_probability=0.0,
            crowd=sums.get("crowd", 0.0) + CROWD_PRIOR > 0,
            purpose=purpose,
            standing=sums.get("standing", 0.0) + STANDING_PRIOR > 0,
            conference_provider=channel.provider(weighed.fired) if met in (Channel.VIDEO, Channel.PHONE) else None,
            evidence=_strongest(weighed, reasons),
        )

    def _message(self, message: Message) -> Decision:
        seen = automation.structure(message, self._own, self._domains, self.context)
        weighed = self._messages.weighed(automation.hits(message, self._messages), seen)
        sums = weighed.sums
        owner_wrote = seen.has("from_owner")
        self._last = (owner_wrote, seen.has("to_home"))
        self.context.home_seen |= self._last[1]
        probability = automation.logistic(sums.get("automated", 0.0) + AUTOMATED_PRIOR)
        automated = probability >= 0.5
        met, confidence = _mail_channel(sums, probability)
        purpose, reasons = self._purpose.judge(message, weighed.purpose, self.context)
        self.context.take(message, owner_wrote=owner_wrote, automated=automated)
        return Decision(
            id=message.id,
            channel=met,
            confidence=confidence,
            automated=automated,
            automated_probability=probability,
            crowd=sums.get("crowd", 0.0) + CROWD_PRIOR > 0,
            purpose=purpose,
            evidence=_strongest(weighed, reasons),
        )


def _mail_channel(sums: Mapping[str, float], automated: float) -> tuple[Channel, float]:
    """A notice of a call tells of a call; other mail of machines met nobody; the rest is e-mail."""
    if sums.get("phone", 0.0) > 0:
        return Channel.PHONE, automation.logistic(sums["phone"])
    if automated >= 0.5:
        return Channel.NONE, automated
    return Channel.EMAIL, 1 - automated


def _strongest(weighed: Weighed, reasons: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    if len(weighed.other) + len(reasons) <= EVIDENCE_KEPT:
        return weighed.other + reasons
    every = sorted(weighed.sizes + sized(reasons), key=_lightness)
    return tuple([evidence for _, evidence in every[:EVIDENCE_KEPT]])


_lightness = itemgetter(0)
