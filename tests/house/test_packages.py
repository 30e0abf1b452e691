"""What is installed beside us: nothing that takes a name of ours, nothing that differs from what was hashed."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"syncd", "rules", "connectors"}
LOCKS = sorted((ROOT / "locks").glob("*.txt"))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


INSTALLED = {normal(one.metadata["Name"]): one for one in distributions()}
THEIRS = sorted(INSTALLED.keys() - {"syncd"})


def top_level(distribution: Distribution) -> set[str]:
    files = distribution.files or []
    return {file.parts[0].removesuffix(".py") for file in files if file.suffix == ".py" and ".." not in file.parts}


def test_no_dependency_ships_a_name_of_ours() -> None:
    assert len(THEIRS) > 50
    taken = {name: top_level(INSTALLED[name]) & OURS for name in THEIRS}
    assert {name: names for name, names in taken.items() if names} == {}
    names = set().union(*(top_level(INSTALLED[name]) for name in THEIRS))
    assert {"sqlalchemy", "typer", "icalendar"} <= names  # the question was asked of something


@pytest.mark.parametrize("name", THEIRS)
def test_every_installed_file_is_the_one_that_was_hashed(name: str) -> None:
    checked = 0
    for file in INSTALLED[name].files or []:
        if file.hash is None or file.suffix == ".pyc" or file.parts[0] == "..":
            continue  # scripts are written anew for this venv
        digest = hashlib.new(file.hash.mode, Path(str(file.locate())).read_bytes()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == file.hash.value, file
        checked += 1
    assert checked


def pinned(lock: Path) -> list[str]:
    """Each pin with all that belongs to it, comments left out."""
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    return re.split(r"\n(?=\S)", "\n".join(lines).strip())


def test_the_locks_pin_and_hash_everything_and_name_no_index() -> None:
    assert [lock.name for lock in LOCKS] == ["dev.txt", "runtime.txt", "uv.txt"]
    for lock in LOCKS:
        for pin in pinned(lock):
            assert re.match(r"[A-Za-z0-9._-]+(\[[^]]*\])?==\S+ ", pin), pin
            assert "--hash=sha256:" in pin
            assert "://" not in pin


def test_the_dev_lock_agrees_with_the_runtime_lock() -> None:
    pins = re.compile(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)")
    runtime = dict(pins.findall((ROOT / "locks" / "runtime.txt").read_text()))
    dev = dict(pins.findall((ROOT / "locks" / "dev.txt").read_text()))
    assert {name: (version, dev.get(name)) for name, version in runtime.items() if dev.get(name) != version} == {}


def test_every_dependency_is_accounted_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = [re.split(r"[\[><=]", entry)[0] for entry in declared if isinstance(entry, str)]
    page = (ROOT / "docs" / "dependencies.md").read_text()
    assert [name for name in names if f"`{name}`" not in page] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "misc"}
    modules = [path for folder in (*OURS, "tests", "bench") for path in (ROOT / folder).rglob("*.py")]
    assert len(modules) > 100
    assert [path for path in modules if path.stem in nothing] == []
