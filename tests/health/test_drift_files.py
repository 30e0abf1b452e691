"""Desks written to files for the bench: the same twice, one place for each contact, nothing of what is measured."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bench.drift.files import Writer
from bench.drift.hands import HANDS
from bench.drift.worlds import USUAL, Setting, world

BENCH = Path(__file__).resolve().parents[2] / "bench" / "drift"
GENERATOR = ("files", "hands", "letters", "phrases", "records", "worlds")


@pytest.mark.parametrize("module", GENERATOR)
def test_the_generator_imports_nothing_of_what_it_measures(module: str) -> None:
    tree = ast.parse((BENCH / f"{module}.py").read_text("utf-8"))
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    named |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not [name for name in named if name.partition(".")[0] in {"rules", "syncd", "connectors"}]


@pytest.mark.parametrize("hand", HANDS)
def test_a_desk_is_written_twice_alike_with_every_contact_in_its_place(hand: str, tmp_path: Path) -> None:
    one = world(Setting(people=12, weeks=60, shares=USUAL), 3)
    written = []
    for name in ("a", "b"):
        writer = Writer(one, HANDS[hand], 3)
        writer.write(tmp_path / name)
        mail = sorted(letter.text() for letter in writer.letters)
        written.append((mail, (tmp_path / name / "calendar.ics").read_bytes()))
    assert written[0] == written[1]
    assert set(writer.places.values()) == set(range(len(one.contacts.week)))
