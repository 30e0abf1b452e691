"""Rule sets: the built-in packs and the owner's own rules, one TOML form, read by the same code.

A rule looks at fields of an observation and adds evidence, in log-odds, for or against labels. `docs/rules.md` is
the reference of the form. Later files override earlier rules of the same name; a file with problems is refused as
a whole, with every problem named at once.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from rules.collector import uncollected
from rules.engine.faults import faults, pattern_faults
from rules.engine.fields import LABELS, is_field

PACKS = Path(__file__).parents[1] / "packs"


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Conditions on structure; all must hold. A number or flag that is unknown holds for neither side."""

    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    min: dict[str, float] = {}
    max: dict[str, float] = {}

    @property
    def asks(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.has or self.lacks or self.min or self.max)


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as it stands in a file. Patterns are RE2, upper and lower case and accents do not matter."""

    name: str
    because: str
    evidence: dict[str, float]
    on: str | None = None
    fields: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    match: dict[str, str] = {}
    when: When = When()
    provider: str | None = None
    group: str | None = None
    examples: tuple[Any, ...] = ()
    counter_examples: tuple[Any, ...] = ()

    @property
    def kind(self) -> str:
        """Which observations it looks at: "event" or "message"."""
        if self.on is not None:
            return self.on
        named = (*self.fields, *self.match)
        return "message" if named and all(is_field("message", field) for field in named) else "event"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in which line of which rule file, and what to do about it."""

    file: str
    line: int
    rule: str
    what: str
    fix: str

    def __str__(self) -> str:
        rule = f"rule {self.rule}: " if self.rule else ""
        line = f":{self.line}" if self.line else ""  # what concerns the whole file has none
        return f"{self.file}{line}: {rule}{self.what}. {self.fix}"


class RuleProblems(Exception):
    """Every problem of the rule files, in order of files and lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules by name in order of loading, where each stands, and a digest that changes whenever a rule does."""

    rules: Mapping[str, Rule]
    origins: Mapping[str, str]
    overridden: Mapping[str, tuple[str, ...]]
    digest: str

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())

    def __len__(self) -> int:
        return len(self.rules)

    def of_kind(self, kind: str) -> tuple[Rule, ...]:
        """The rules that look at observations of this kind, "event" or "message"."""
        return tuple(rule for rule in self if rule.kind == kind)


def load(paths: Sequence[Path] = ()) -> RuleSet:
    """The built-in packs, then the owner's files in the given order.

    Raises:
        RuleProblems: some file cannot be read or some rule is wrong; all problems of all files are in it.
    """
    return _together([*_packs(), *((path, *_read(path, None)) for path in paths)])


def check(path: Path) -> tuple[Problem, ...]:
    """All problems of one rule file; empty when it is good."""
    return tuple(_read(path, None)[1])


def problems_in(text: str, path: Path) -> tuple[Problem, ...]:
    """As `check`, for a text that stands or shall stand in the file at `path`."""
    return tuple(_read(path, text)[1])


def reload(old: RuleSet, paths: Sequence[Path]) -> tuple[RuleSet, tuple[Problem, ...]]:
    """The new rule set, or the old one and the problems that keep it in force."""
    try:
        new = load(paths)
    except RuleProblems as error:
        return old, error.problems
    return (old if new.digest == old.digest else new), ()


def assemble(files: Sequence[tuple[Path, str | None]]) -> RuleSet:
    """A rule set of these files only; a text beside the path stands for the file's content.

    Raises:
        RuleProblems: as `load`.
    """
    return _together([(path, *_read(path, text)) for path, text in files])


_File = tuple[Path, list[Rule], list[Problem]]


@cache
@uncollected()
def _packs() -> tuple[_File, ...]:
    """The packs that ship, read once. Their patterns are not compiled to see whether they can be: tests have."""
    return tuple((path, *_read(path, None, proven=True)) for path in sorted(PACKS.glob("*.toml")))


def _together(files: Iterable[_File]) -> RuleSet:
    rules: dict[str, Rule] = {}
    origins: dict[str, str] = {}
    overridden: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for path, found, wrong in files:
        problems.extend(wrong)
        for rule in found:
            if rule.name in rules:
                overridden[rule.name] = (*overridden.get(rule.name, ()), origins[rule.name])
            rules[rule.name] = rule
            origins[rule.name] = str(path)
    if problems:
        raise RuleProblems(problems)
    digest = hashlib.sha256(msgspec.json.encode(list(rules.values()), order="deterministic")).hexdigest()
    return RuleSet(rules, origins, overridden, digest)


def _read(path: Path, text: str | None, *, proven: bool = False) -> tuple[list[Rule], list[Problem]]:
    try:
        text = path.read_text("utf-8") if text is None else text
        raw = tomllib.loads(text)
    except OSError as error:
        fix = "Correct the path or make the file readable."
        return [], [Problem(str(path), 0, "", f"cannot be read: {error.strerror}", fix)]
    except UnicodeDecodeError:
        return [], [Problem(str(path), 0, "", "is not UTF-8 text", "Save it as UTF-8.")]
    except tomllib.TOMLDecodeError as error:
        return [], [Problem(str(path), _line_of(str(error)), "", f"is not TOML: {error}", "Correct the line.")]
    reader = _Reader(str(path), text, proven=proven)
    return reader.rules(raw), reader.problems


def _line_of(error: str) -> int:
    _, _, rest = error.partition("at line ")
    digits = rest.partition(",")[0]
    return int(digits) if digits.isdigit() else 0


class _Reader:
    """Reads the rules of one file and keeps every problem, so that they are told at once. Patterns that are proven
    are not compiled once more."""

    def __init__(self, file: str, text: str, *, proven: bool = False) -> None:
        self.file, self.lines, self.proven = file, text.splitlines(), proven
        self.starts = [n for n, line in enumerate(self.lines, 1) if line.replace(" ", "").startswith("[[rule]]")]
        if not self.starts:  # rules of one line each
            self.starts = [n for n, line in enumerate(self.lines, 1) if line.lstrip().startswith("{")]
        self.problems: list[Problem] = []

    def rules(self, raw: dict[str, Any]) -> list[Rule]:
        is_config = "owner" in raw  # syncd's own config may hold rules too; who reads it knows its other keys
        for key in () if is_config else raw.keys() - {"rule", "about"}:
            self._problem(-1, "", f"unknown key {key!r}", "A rule file has `about` and `[[rule]]` tables only.", key)
        tables = raw.get("rule", [])
        if not isinstance(tables, list):
            self._problem(-1, "", "`rule` is not a list of tables", "Write [[rule]] with two brackets.", "rule")
            return []
        found = [self._rule(index, table) for index, table in enumerate(tables)]
        rules = [rule for rule in found if rule is not None]
        names = [rule.name for rule in rules]
        for index, rule in enumerate(found):
            if rule is not None and names.count(rule.name) > 1:
                self._problem(index, rule.name, "the name stands twice in this file", "Rename one of them.", "name")
        return rules

    def _rule(self, index: int, table: Any) -> Rule | None:
        name = str(table.get("name", "")) if isinstance(table, dict) else ""
        try:
            rule = msgspec.convert(table, Rule)
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at `$.")
            key = where.rstrip("`").partition("[")[0] or what.partition("`")[2].partition("`")[0]
            place = where.rstrip("`")
            what = what.replace("Object missing required field", "has no").replace(
                "Object contains unknown field", "has an unknown"
            )
            self._problem(index, name, f"{place}: {what}" if place else what, "See docs/rules.md.", key)
            return None
        found = chain(faults(rule), () if self.proven or rule.kind not in LABELS else pattern_faults(rule))
        for what, fix, key in found:
            self._problem(index, name, what, fix, key)
        return rule

    def _problem(self, index: int, rule: str, what: str, fix: str, key: str) -> None:
        self.problems.append(Problem(self.file, self._line(index, key), rule, what, fix))

    def _line(self, index: int, key: str) -> int:
        """The line of `key` in the rule's table, or of the table's head."""
        start = self.starts[index] if 0 <= index < len(self.starts) else 1
        end = self.starts[index + 1] if 0 <= index + 1 < len(self.starts) else len(self.lines) + 1
        names = (key, key.partition(".")[0], key.rpartition(".")[2]) if key else ("[[rule]]",)
        for number in range(start, end):
            if self.lines[number - 1].lstrip(' "').startswith(names):
                return number
        return start
