"""Rule files: one form for packs and the owner's rules, every problem at once, the good set kept in force."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from connectors.observations import Event
from rules.engine.ruleset import RuleProblems, assemble, check, load, reload
from rules.labels import proving
from rules.labels.labeller import ByRules, Labeller
from rules.meaning import Channel, Owner

GOOD = r"""
[[rule]]
name = "mine.sauna"
because = "we meet in the sauna"
fields = ["title"]
patterns = ['\bsauna\b']
evidence = { in_person = 12.0 }
examples = ["Sauna with Ben"]
counter_examples = ["Budget"]
"""

BAD = """
colour = "red"

[[rule]]
name = "mine.first"
because = "its pattern is broken"
fields = ["title"]
patterns = ['(unclosed']
evidence = { video = 2.0 }

[[rule]]
name = "mine.second"
because = "its label and its flag do not exist"
when = { has = ["sunny"] }
on = "event"
evidence = { by_carrier_pigeon = 2.0 }

[[rule]]
name = "mine.third"
because = "it is misspelt"
feilds = ["title"]
evidence = { video = 2.0 }

[[rule]]
name = "mine.first"
because = "its name is taken, its weight out of range, and it would fire on everything"
on = "event"
evidence = { video = 900 }
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def owner() -> Owner:
    return Owner(frozenset({"me@example.org"}))


def test_the_owners_rule_is_read_and_decides(tmp_path: Path) -> None:
    rules = load([written(tmp_path, "mine.toml", GOOD)])
    event = Event(id="1", title="Sauna", location="https://zoom.us/j/95357819945", attendee_count=2)
    without = Labeller(load(), owner(), ByRules()).decide(event)
    with_rule = Labeller(rules, owner(), ByRules()).decide(event)
    assert without.channel is Channel.VIDEO
    assert with_rule.channel is Channel.IN_PERSON
    assert "mine.sauna" in {evidence.rule for evidence in with_rule.evidence}


def test_every_problem_is_told_at_once_with_its_line_and_a_fix(tmp_path: Path) -> None:
    path = written(tmp_path, "bad.toml", BAD)
    with pytest.raises(RuleProblems) as caught:
        load([path])
    told = {(problem.rule, problem.line) for problem in caught.value.problems}
    lines = BAD.splitlines()
    assert ("", lines.index('colour = "red"') + 1) in told
    assert ("mine.first", lines.index("patterns = ['(unclosed']") + 1) in told
    assert ("mine.second", lines.index('when = { has = ["sunny"] }') + 1) in told
    assert ("mine.second", lines.index("evidence = { by_carrier_pigeon = 2.0 }") + 1) in told
    assert ("mine.third", lines.index('feilds = ["title"]') + 1) in told
    assert any("900" in problem.what for problem in caught.value.problems)
    assert any("twice" in problem.what for problem in caught.value.problems)
    assert any("everything" in problem.what for problem in caught.value.problems)
    assert all(problem.fix and problem.file == str(path) for problem in caught.value.problems)
    assert check(path) == caught.value.problems


def test_problems_of_several_files_are_told_together(tmp_path: Path) -> None:
    one = written(tmp_path, "one.toml", "rule = 3\n")
    two = written(tmp_path, "two.toml", "[[rule]\n")
    with pytest.raises(RuleProblems) as caught:
        load([one, two, tmp_path / "none.toml"])
    assert {Path(problem.file).name for problem in caught.value.problems} == {"one.toml", "two.toml", "none.toml"}


def test_a_later_file_overrides_by_name(tmp_path: Path) -> None:
    first = written(tmp_path, "a.toml", GOOD)
    second = written(tmp_path, "b.toml", GOOD.replace("12.0", "-12.0"))
    rules = load([first, second])
    assert rules.rules["mine.sauna"].evidence == {"in_person": -12.0}
    assert rules.origins["mine.sauna"] == str(second)
    assert rules.overridden["mine.sauna"] == (str(first),)


def test_a_broken_file_keeps_the_old_set(tmp_path: Path) -> None:
    path = written(tmp_path, "mine.toml", GOOD)
    old = load([path])
    path.write_text(GOOD.replace("fields", "feilds"), "utf-8")
    kept, problems = reload(old, [path])
    assert kept is old
    assert problems
    path.write_text(GOOD.replace(r"sauna\b", r"steam\b").replace("Sauna with", "Steam with"), "utf-8")
    new, problems = reload(old, [path])
    assert not problems
    assert new.digest != old.digest
    assert reload(new, [path])[0] is new


def test_the_digest_follows_the_rules_and_not_their_files(tmp_path: Path) -> None:
    one = written(tmp_path, "one.toml", GOOD)
    other = written(tmp_path, "other.toml", "# the same\n" + GOOD)
    assert load([one]).digest == load([other]).digest
    assert load([one]).digest != load().digest


def test_a_hostile_pattern_costs_nothing() -> None:
    """What takes backtracking engines longer than the age of the universe."""
    text = GOOD.replace(r"'\bsauna\b'", "'(a+)+$'").replace('["Sauna with Ben"]', '["aaa"]')
    rules = assemble([(Path("hostile.toml"), text)])
    labeller = Labeller(rules, owner(), ByRules())
    start = time.perf_counter()
    labeller.decide(Event(id="1", title="a" * 1900 + "!", attendee_count=2))
    assert time.perf_counter() - start < 1.0


@pytest.mark.parametrize("pattern", ["(?=look)ahead", "(?<=be)hind", r"(back)\1", "a{1001}"])
def test_what_re2_does_not_know_is_refused_at_load(pattern: str) -> None:
    text = GOOD.replace(r"'\bsauna\b'", f"'{pattern}'")
    with pytest.raises(RuleProblems, match="no RE2 pattern"):
        assemble([(Path("mine.toml"), text)])


def test_an_example_that_does_not_hold_is_a_problem(tmp_path: Path) -> None:
    good = written(tmp_path, "good.toml", GOOD)
    wrong = written(tmp_path, "wrong.toml", GOOD.replace('["Budget"]', '["Sauna budget"]'))
    assert proving.check(good) == ()
    (problem,) = proving.check(wrong)
    assert problem.rule == "mine.sauna"
    assert "Sauna budget" in problem.what
    assert proving.check(written(tmp_path, "bad.toml", BAD)) == check(tmp_path / "bad.toml")
