"""Rules that prove themselves: `examples` must fire the rule, `counter_examples` must not.

A text stands for an observation whose first field of the rule holds it; a table is an observation as `syncd rules
try` reads it, where only the named keys are known. `syncd rules check` and the tests of the packs run this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from connectors.observations import Event, Observation, from_json
from rules.context import Context
from rules.engine import ruleset
from rules.engine.matching import Matcher
from rules.engine.ruleset import Problem, Rule
from rules.labels import automation, channel

OWNER = frozenset({"me@example.org"})


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that does not do what it says."""

    rule: str
    example: Any
    should_fire: bool

    def __str__(self) -> str:
        says = "does not fire on its example" if self.should_fire else "fires on its counter-example"
        return f"rule {self.rule} {says} {self.example!r}"


def prove(rule: Rule) -> Iterator[Failure]:
    """The rule's examples that do not hold. A rule is proven alone, whatever others say."""
    matcher = Matcher([rule])
    for examples, should_fire in ((rule.examples, True), (rule.counter_examples, False)):
        for example in examples:
            if bool(_fires(rule, matcher, example)) != should_fire:
                yield Failure(rule.name, example, should_fire)


def _fires(rule: Rule, matcher: Matcher, example: Any) -> bool:
    observation = observe(rule, example)
    if isinstance(observation, Event):
        return bool(channel.judge(observation, matcher, channel.structure(observation, OWNER, frozenset())))
    seen = automation.structure(observation, OWNER, frozenset(), Context())
    return bool(automation.judge(observation, matcher, seen))


def observe(rule: Rule, example: Any) -> Observation:
    """The observation that an example stands for.

    Raises:
        ValueError: the example is no text and no table of an observation.
    """
    keys: Mapping[str, Any] = example if isinstance(example, Mapping) else _table(rule, str(example))
    return from_json(msgspec.json.encode({"kind": rule.kind, "id": "example", **keys}))


def _table(rule: Rule, text: str) -> dict[str, Any]:
    field = (rule.fields or tuple(rule.match))[0]
    if rule.kind == "message":
        if field.startswith("header."):
            return {"from": "anna@example.org", "headers": {field.removeprefix("header."): text}}
        return {"from": "anna@example.org", "subject": text}
    shapes: dict[str, Any] = {
        "links": {"links": [text]},
        "conference": {"conference": {"provider": text}},
        "calendar": {"folders": [text]},
        "type": {"event_type": text},
        "place": {"location": text},
    }
    return {"title": "Example", "attendee_count": 3, **shapes.get(field, {field: text})}


def check(path: Path) -> tuple[Problem, ...]:
    """All problems of one rule file, and every example of its rules that does not hold."""
    problems = ruleset.check(path)
    if problems:
        return problems
    rules = ruleset.assemble([(path, None)])
    fix = "Correct the example, or the rule."
    return tuple(
        Problem(str(path), 0, failure.rule, str(failure).partition(failure.rule)[2].strip(), fix)
        for rule in rules
        for failure in prove(rule)
    )
