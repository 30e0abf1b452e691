"""What was found before is taken over where it still stands, and never makes a difference to what is said."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rules
from connectors.observations import Address, Message, Observation
from rules.engine.ruleset import assemble
from rules.labels import findings
from rules.labels.findings import Finder, Finding
from rules.labels.labeller import Labeller
from rules.meaning import Owner
from tests.rules.test_labels_causal import OWNER, RULES, events, messages

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
ME = Address("me@example.org", "Me")
SUBJECTS = ("Lunch on Thursday?", "Re: Lunch on Thursday?", "Order 4711", "Invoice {n}", "Minutes of {n}", "Golf", "")


def find(
    observations: Iterable[Observation], known: Mapping[str, Finding], owner: Owner = OWNER
) -> dict[str, Finding]:
    finder = Finder(RULES, owner)
    return {one.id: finder.find(one, known.get(one.id)) for one in observations}


def labelled(observations: Iterable[Observation], owner: Owner = OWNER) -> list[object]:
    return list(Labeller(RULES, owner).label(observations))


def mails(count: int, seed: int, people: int = 12, firms: int = 5) -> list[Message]:
    """Mail with a few people of a few firms: who write to the owner, and whom the owner writes to."""
    rng = random.Random(seed)
    everybody = [Address(f"p{number}@firm{number % firms}.example", f"Anna {number}") for number in range(people)]
    found = []
    for number in range(count):
        who, subject = rng.choice(everybody), rng.choice(SUBJECTS).format(n=number)
        ways = [(who, (ME,)), (ME, (who,)), (who, (ME, rng.choice(everybody)))]
        sender, to = rng.choice(ways)
        at = START + timedelta(hours=number)
        found.append(Message(id=f"m{number}", message_id=f"m{number}", date=at, subject=subject, from_=sender, to=to))
    return found


streams = st.lists(st.one_of(messages, events), max_size=14, unique_by=lambda one: one.id)


@settings(max_examples=60, deadline=None)
@given(streams, st.lists(st.booleans(), min_size=14, max_size=14), st.lists(st.booleans(), min_size=14, max_size=14))
def test_whatever_came_or_went_the_labels_are_those_made_anew(
    observations: list[Observation], before: list[bool], after: list[bool]
) -> None:
    earlier = [one for one, there in zip(observations, before, strict=False) if there]
    later = [one for one, there in zip(observations, after, strict=False) if there]
    found = find(later, find(earlier, {}))
    assert [one.decision for one in found.values()] == labelled(later)
    assert found == find(later, {})


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 119), st.integers(1, 6))
def test_late_mail_changes_what_a_whole_labelling_changes(seed: int, place: int, late: int) -> None:
    whole = mails(120, seed)
    rng = random.Random(seed)
    missing = {place, *rng.sample(range(120), late)}
    first = find([one for number, one in enumerate(whole) if number not in missing], {})
    found = find(whole, first)
    assert [one.decision for one in found.values()] == labelled(whole)
    corrected = [
        msgspec.structs.replace(one, subject="Thank you!") if one.id == f"m{place}" else one for one in whole
    ]
    again = find(corrected, found)
    assert [one.decision for one in again.values()] == labelled(corrected)


def test_only_those_whom_late_mail_touches_are_read_again() -> None:
    whole = mails(2000, 1, people=100, firms=50)
    late = next(one for one in whole[1500:] if one.from_ != ME and one.to == (ME,))
    known = find([one for one in whole if one is not late], {})
    found = find(whole, known)
    anew = [one for one in whole if found[one.id] is not known.get(one.id)]
    assert late in anew
    assert late.from_ is not None
    firm = str(late.from_.address).partition("@")[2]
    named = {str(a.address).partition("@")[2] for one in anew for a in (one.from_, *(one.to or ())) if a}
    elsewhere = [one for one in anew if firm not in str((one.from_, one.to))]
    assert firm in named
    assert len(anew) < 60
    assert len(elsewhere) < 40, "of others only those at whom the owner's own history turned a digit"


def test_nothing_new_is_read_and_another_owner_or_rule_reads_all_anew() -> None:
    whole = mails(60, 3)
    known = find(whole, {})
    assert all(one is known[key] for key, one in find(whole, known).items())
    other = Owner(frozenset({"me@example.org", "p1@firm1.example"}))
    assert not any(one is known[key] for key, one in find(whole, known, other).items())
    assert [one.decision for one in find(whole, known, other).values()] == labelled(whole, other)
    finder = Finder(assemble([]), OWNER)
    assert not any(finder.find(one, known[one.id]) is known[one.id] for one in whole)


def test_what_is_found_falls_with_every_file_of_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = Path(rules.__file__).parent
    copy = tmp_path / "rules"
    shutil.copytree(whole, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(findings, "__file__", str(copy / Path(findings.__file__).relative_to(whole)))
    read = [path for path in copy.rglob("*") if path.suffix in {".py", ".toml", ".tsv"}]
    assert {path.parent.name for path in read} >= {
        "rules",
        "engine",
        "health",
        "labels",
        "packs",
        "texts",
        "vocabulary",
    }
    before = findings.edition.__wrapped__()
    assert before == findings.edition()
    for path in read:
        text = path.read_bytes()
        path.write_bytes(text + b"\n")
        assert findings.edition.__wrapped__() != before, path
        path.write_bytes(text)
    assert findings.edition.__wrapped__() == before
