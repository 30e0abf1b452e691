"""Every folder under tests/bad_configs is a config that must be refused, with exactly the text beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.registry import KINDS
from syncd.config import ConfigProblems, load

FOLDER = Path(__file__).parents[1] / "bad_configs"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES)
def test_refused_with_every_problem(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER / case)
    with pytest.raises(ConfigProblems) as refused:
        load(Path("syncd.toml"))
    expected = (FOLDER / case / "expected-error").read_text()
    # Kinds come with connectors: what they are called is not what these cases are about.
    assert f"{refused.value}\n" == expected.replace("$KINDS", ", ".join(sorted(KINDS)))


def test_there_are_cases() -> None:
    assert len(CASES) > 25
    for case in CASES:
        assert sorted(path.name for path in (FOLDER / case).iterdir()) == ["expected-error", "syncd.toml"]


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match=r"no such file\. Run: syncd --config .*syncd\.toml init"):
        load(tmp_path / "syncd.toml")


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match="cannot be read"):
        load(tmp_path)
