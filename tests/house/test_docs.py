"""The pages hold: links lead somewhere, commands exist, configs shown in them are accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from connectors.registry import KINDS
from syncd.cli.app import app
from syncd.config import parse

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
OWNER = '[owner]\naddresses = ["mara@visser.example"]\n'
# syncd WORD [WORD], with or without a path before it and a config after it
COMMAND = r"(?<![\w/.-])(?:[\w./]*bin/)?syncd(?: --config \S+)? ([a-z]+)(?: ([a-z]+))?(?=[\s`)\[]|$)"


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"(?m)^#+ (.+)$", page.read_text())
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_pages_exists(page: Path) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    text = re.sub(r"\\\n\s*", "", page.read_text())
    code = [pair for pair in re.findall(COMMAND, text) if pair[0] in commands or f"`syncd {pair[0]}" in text]
    for first, second in code:
        assert first in commands, f"{page.name}: syncd {first}"
        group = getattr(commands[first], "commands", None)
        if group is not None and second:
            assert second in group, f"{page.name}: syncd {first} {second}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_config_in_the_pages_is_accepted(page: Path) -> None:
    for text in re.findall(r"```toml\n\s*(.*?)```", page.read_text(), re.DOTALL):
        shown = "\n".join(line.strip() for line in text.splitlines())
        if "[[rule]]" in shown or not re.search(r"(?m)^\[", shown) or page.name == "configuration.md":
            continue
        whole = shown if "[owner]" in shown else f"{shown}\n{OWNER}" if shown.startswith("rules") else OWNER + shown
        assert parse(whole, ROOT / "syncd.toml").owner.addresses


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if f"({page.name})" not in index]
    assert missing in ([], ["README.md"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_the_tree_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(
        r"(?<![\w/.-])((?:connectors|rules|syncd|bench|tests)/[\w/]+\.(?:py|toml|tsv|sql))", page.read_text()
    )
    assert [name for name in named if name != "syncd/syncd.toml" and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("floor", ["connectors", "rules", "syncd"])
def test_the_map_names_every_module(floor: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page.partition(f"\n`{floor}/`")[2].partition("\n`")[0]
    there = {path.stem for path in (ROOT / floor).glob("*.py")} - {"__init__", "__main__"}
    there |= {f"{path.parent.name}/" for path in (ROOT / floor).glob("*/__init__.py")}
    if floor == "rules":  # whose rooms are named with all that is in them
        there |= {path.stem for path in (ROOT / floor).glob("*/*.py")} - {"__init__"}
    assert there - set(re.findall(r"`([\w/]+)`", table)) == set()


def test_the_first_weeks_questions_are_answered_by_name() -> None:
    titles = anchors(ROOT / "docs" / "first-steps.md")
    for question in (
        "google-login-expires-every-week",
        "device-code-blocked-admin-approval",
        "log-a-mobile-call",
        "why-drifting-we-spoke-on-friday",
        "mute-a-client-until-march",
        "mark-a-client-important-renewal-date",
        "exclude-private-appointments",
        "merge-two-addresses",
        "would-it-have-caught-the-client-i-lost",
        "upgrade-roll-back-move-to-a-new-server",
    ):
        assert question in titles


def test_the_privacy_table_has_every_kind_of_account() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    table = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    named = set(re.findall(r"`(\w+)`", " ".join(table)))
    assert KINDS.keys() - named == set()
