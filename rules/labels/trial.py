"""The work behind `syncd rules try`: observations as lines of JSON in, decisions as lines of JSON out, in order.

Nothing is stored and nothing but the rules is read. The lines serve each other as context: each decision knows
what stands earlier in time, wherever in the input it stood.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import msgspec

from connectors.observations import Event, Observation, from_json
from rules.collector import uncollected
from rules.engine.ruleset import RuleSet, load
from rules.labels.labeller import Labeller
from rules.meaning import Channel, Decision, Evidence, Owner, Purpose


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What became of one line: its decision as JSON, or the problem that it is no observation."""

    line: int
    decision: str = ""
    problem: str | None = None


class _Reason(msgspec.Struct, frozen=True, gc=False, rename={"for_": "for"}):
    rule: str
    because: str
    for_: str
    weight: float


class _Line(msgspec.Struct, frozen=True, gc=False):
    id: str
    channel: Channel
    confidence: float
    conference_provider: str | None
    automated: bool
    automated_probability: float
    crowd: bool
    purpose: Purpose
    standing: bool
    evidence: list[msgspec.Raw]


_encoder = msgspec.json.Encoder()


def encode(decision: Decision) -> str:
    """The decision as one line of JSON, without the line's end."""
    purpose = decision.purpose
    line = _Line(
        id=decision.id,
        channel=decision.channel,
        confidence=round(decision.confidence, 4),
        conference_provider=decision.conference_provider,
        automated=decision.automated,
        automated_probability=round(decision.automated_probability, 4),
        crowd=decision.crowd,
        purpose=Purpose(round(purpose.relational, 4), round(purpose.working, 4), round(purpose.transactional, 4)),
        standing=decision.standing,
        evidence=[*map(_reason, decision.evidence)],
    )
    return _encoder.encode(line).decode()


@lru_cache(maxsize=32_768)  # the same reasons are given again and again
def _reason(evidence: Evidence) -> msgspec.Raw:
    reason = _Reason(evidence.rule, evidence.because, evidence.for_, round(evidence.weight, 3))
    return msgspec.Raw(_encoder.encode(reason))


def try_lines(
    lines: Iterable[str | bytes],
    me: Iterable[str],
    rules: RuleSet | Sequence[Path] = (),
) -> Iterator[Answer]:
    """One answer for each line that is not blank, in the order of the input.

    All lines are read before the first is judged: what came earlier in time may stand later in the input. Lines
    that are no observation are answered with their problem, and the others stand.

    Args:
        lines: observations, one JSON object each.
        me: the owner's addresses.
        rules: a rule set, or rule files beside the built-in packs.

    Raises:
        RuleProblems: a rule file is wrong.
    """
    rule_set = rules if isinstance(rules, RuleSet) else load(rules)
    owner = Owner(frozenset(address.strip().lower() for address in me))
    with uncollected(kept=True):
        read = [(number, _read(line, first=number == 1)) for number, line in enumerate(lines, 1) if line.strip()]
        observations = [(number, found) for number, found in read if not isinstance(found, str)]
        observations.sort(key=lambda pair: _when(pair[1]))
        labelled = Labeller(rule_set, owner).label([observation for _, observation in observations])
        decisions = {number: encode(decision) for (number, _), decision in zip(observations, labelled, strict=True)}
    for number, found in read:
        if isinstance(found, str):
            yield Answer(number, problem=found)
        else:
            yield Answer(number, decisions[number])


def _read(line: str | bytes, *, first: bool) -> Observation | str:
    if first:  # programs on Windows begin a file with the mark of its encoding
        line = line.removeprefix("\ufeff") if isinstance(line, str) else line.removeprefix(BOM_UTF8)
    try:
        return from_json(line)
    except (ValueError, TypeError) as error:
        return f"no observation: {error}. See docs/rules.md for the form of a line."
    except RecursionError:
        return "no observation: lists within lists without end. See docs/rules.md for the form of a line."


def _when(observation: Observation) -> float:
    """Seconds since 1970; what has no time comes first, as nothing may depend on it having come later."""
    when: datetime | None
    when = observation.start if isinstance(observation, Event) else observation.date or observation.received
    if when is None:
        return float("-inf")
    return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
