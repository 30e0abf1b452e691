"""Every rule of every pack proves itself: its examples fire it, its counter-examples do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.engine.fields import EVENT_FIELDS, FLAGS, MESSAGE_FIELDS, NUMBERS
from rules.engine.ruleset import load
from rules.labels.proving import Failure, prove

RULES = load()


@pytest.mark.parametrize("name", list(RULES.rules))
def test_examples_fire_and_counter_examples_do_not(name: str) -> None:
    failures: list[Failure] = list(prove(RULES.rules[name]))
    assert not failures, "\n".join(map(str, failures))


def test_every_rule_has_a_counter_example() -> None:
    bare = [rule.name for rule in RULES if not rule.counter_examples]
    services = [name for name in bare if name.startswith("link.")]
    assert sorted(bare) == sorted(services)


def test_at_least_seventy_five_services() -> None:
    providers = {rule.provider for rule in RULES if rule.name.startswith("link.") and rule.provider}
    assert len(providers) >= 75


def test_the_reference_names_every_field_flag_and_number() -> None:
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
    families = ("subject_", "name_", "address_")
    named = [flag for flag in FLAGS if not flag.startswith(families)]
    missing = [name for name in (*named, *NUMBERS, *EVENT_FIELDS, *MESSAGE_FIELDS) if f"`{name}`" not in text]
    assert not missing
    assert all(f"`{family}*`" in text for family in families)
