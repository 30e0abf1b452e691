"""What can be wrong with a rule that has the right shape: what it is, what to write, and at which key."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import re2

from rules.engine.fields import EVENT_FIELDS, FLAGS, LABELS, MESSAGE_FIELDS, NUMBERS, is_field
from rules.texts.folding import fold

if TYPE_CHECKING:
    from rules.engine.ruleset import Rule

HEAVIEST = 20.0  # log-odds: nothing that a rule knows is surer than one in half a billion

_options = re2.Options()
_options.log_errors = False
_options.case_sensitive = False


def faults(rule: Rule) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a rule that has the right shape: what, fix, key."""
    kind = rule.kind
    if kind not in LABELS:
        yield f"on = {kind!r} is no kind of observation", 'Write on = "event" or on = "message".', "on"
        return
    if not rule.name or not rule.because:
        yield "name and because must not be empty", "Say in one sentence what the rule has seen.", "because"
    yield from _evidence_faults(rule, LABELS[kind])
    yield from _field_faults(rule, kind)
    for key, flags in (("has", rule.when.has), ("lacks", rule.when.lacks)):
        for flag in flags:
            if flag not in FLAGS:
                yield f"when.{key}: {flag!r} is unknown", f"Known are: {', '.join(FLAGS)}.", f"when.{key}"
    for key, numbers in (("min", rule.when.min), ("max", rule.when.max)):
        for number in numbers:
            if number not in NUMBERS:
                yield f"when.{key}: {number!r} is unknown", f"Known are: {', '.join(NUMBERS)}.", f"when.{key}"


def pattern_faults(rule: Rule) -> Iterator[tuple[str, str, str]]:
    for key, patterns in (
        ("patterns", rule.patterns),
        ("unless", rule.unless),
        ("match", tuple(rule.match.values())),
    ):
        for pattern in patterns:
            try:
                re2.compile(fold(pattern), _options)
            except re2.error as error:
                reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
                reason = reason.partition(":")[0]
                yield f"pattern {pattern!r} is no RE2 pattern: {reason}", "RE2 has no look-around, no \\1.", key


def _evidence_faults(rule: Rule, labels: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    if not rule.evidence:
        yield "gives no evidence", f"Add evidence = {{ LABEL = 2.0 }}; labels are {', '.join(labels)}.", "evidence"
    for label, weight in rule.evidence.items():
        if label not in labels:
            yield f"evidence for {label!r}, which is no label", f"Labels are {', '.join(labels)}.", "evidence"
        if not math.isfinite(weight) or abs(weight) > HEAVIEST:
            yield f"evidence {label} = {weight} is out of range", f"Stay within ±{HEAVIEST:g}.", "evidence"


def _field_faults(rule: Rule, kind: str) -> Iterator[tuple[str, str, str]]:
    for key, fields in (("fields", rule.fields), ("match", tuple(rule.match))):
        for field in fields:
            if not is_field(kind, field):
                known = MESSAGE_FIELDS if kind == "message" else EVENT_FIELDS
                names = ", ".join(known) + (", header.NAME" if kind == "message" else "")
                yield (
                    f"{field!r} is no field of {'an' if kind == 'event' else 'a'} {kind}",
                    f"Fields are {names}.",
                    key,
                )
    if bool(rule.fields) != bool(rule.patterns):
        yield "fields and patterns belong together", "Name both, or neither.", "fields"
    if rule.unless and not rule.fields:
        yield "unless needs fields", "Name the fields that it looks at.", "unless"
    if not (rule.fields or rule.match or rule.when.asks):
        yield "would fire on everything", "Add patterns or a condition under when.", "name"
