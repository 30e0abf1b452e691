"""Every rule of every pack proves itself: its examples fire it, its counter-examples do not."""

from __future__ import annotations

import pytest

from rules.proving import Failure, prove
from rules.ruleset import load

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
