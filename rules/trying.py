"""The work behind `syncd rules try`: observations as lines of JSON in, decisions as lines of JSON out, in order.

Nothing is stored and nothing but the rules is read. The lines serve each other as context: each decision knows
what stands earlier in time, wherever in the input it stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from connectors.observations import Event, Observation, from_json
from rules.labels import Labeller
from rules.meaning import Decision, Owner
from rules.ruleset import RuleSet


class BadLine(ValueError):
    """A line that is no observation: its number (from 1) and why."""

    def __init__(self, number: int, reason: str) -> None:
        self.number, self.reason = number, reason
        super().__init__(f"line {number}: {reason}. Each line is one observation as docs/formats.md describes it.")


class _Reason(msgspec.Struct, frozen=True, rename={"for_": "for"}):
    rule: str
    because: str
    for_: str
    weight: float


class _Line(msgspec.Struct, frozen=True):
    id: str
    channel: str
    confidence: float
    conference_provider: str | None
    automated: bool
    automated_probability: float
    crowd: bool
    purpose: dict[str, float]
    standing: bool
    evidence: list[_Reason]


_encoder = msgspec.json.Encoder()


def encode(decision: Decision) -> bytes:
    """The decision as one line of JSON, without the line's end."""
    purpose = decision.purpose
    return _encoder.encode(
        _Line(
            id=decision.id,
            channel=decision.channel.value,
            confidence=round(decision.confidence, 4),
            conference_provider=decision.conference_provider,
            automated=decision.automated,
            automated_probability=round(decision.automated_probability, 4),
            crowd=decision.crowd,
            purpose={
                "relational": round(purpose.relational, 4),
                "working": round(purpose.working, 4),
                "transactional": round(purpose.transactional, 4),
            },
            standing=decision.standing,
            evidence=[_Reason(e.rule, e.because, e.for_, round(e.weight, 3)) for e in decision.evidence],
        )
    )


def try_lines(lines: Iterable[str | bytes], rules: RuleSet, owner: Owner) -> Iterator[bytes]:
    """One JSON decision a line for each JSON observation a line, in the order of the input; blank lines are passed.

    Raises:
        BadLine: a line is no observation. It is raised before the first decision, as all lines are read first:
            what came earlier in time may stand later in the input.
    """
    observations = [_read(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    order = sorted(range(len(observations)), key=lambda index: _when(observations[index]))
    decisions: list[bytes] = [b""] * len(observations)
    labeller = Labeller(rules, owner)
    for index in order:
        decisions[index] = encode(labeller.decide(observations[index]))
    yield from decisions


def _read(number: int, line: str | bytes) -> Observation:
    try:
        return from_json(line)
    except (ValueError, TypeError) as error:
        raise BadLine(number, str(error)) from error


def _when(observation: Observation) -> float:
    """Seconds since 1970; what has no time comes first, as nothing may depend on it having come later."""
    when: datetime | None
    if isinstance(observation, Event):
        when = observation.start
    else:
        when = observation.date or observation.received
    if when is None:
        return float("-inf")
    return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
