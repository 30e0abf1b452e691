"""What is wrong with a config file: every problem at once, each with its place, its value and what to write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PathInFile = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `path` as `dotted` writes it, `line` counted from 1 where it is known."""

    path: str
    what: str
    fix: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else ""
        place += f", column {self.column}" if self.column else ""
        parts = [f"{place}: " if place else "", f"{self.path} " if self.path else "", f"{self.what}."]
        return "".join(parts) + (f" {self.fix}" if self.fix else "")


class ConfigProblems(Exception):
    """The config file cannot be used; `problems` has every reason, in the order of the file."""

    def __init__(self, file: Path, problems: Sequence[Problem]) -> None:
        super().__init__(file, problems)
        self.file = file
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.path)))

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{self.file}: {count} problem{'' if count == 1 else 's'}"
        return "\n".join([head, *(f"  {problem}" for problem in self.problems)])


def dotted(path: PathInFile) -> str:
    """`("account", 1, "path")` as people count: `account[2].path`."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def value_at(raw: Mapping[str, Any], path: PathInFile) -> Any:
    """What the file says at `path`, or None."""
    value: Any = raw
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value
