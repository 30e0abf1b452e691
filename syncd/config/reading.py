"""A TOML text -> `Config`, or all its problems."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from connectors.options import AccountOptions
from rules.engine import ruleset
from syncd.config.complaints import explain
from syncd.config.contradictions import contradictions
from syncd.config.lines import find_lines, line_of
from syncd.config.model import Config
from syncd.config.places import ledger_url
from syncd.config.problems import ConfigProblems, Problem, dotted

_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)\Z")
_GENERAL_ADVICE = "Text stands in quotes, lists in [brackets], and each key only once."
_ADVICE = {
    "illegal character '\\n'": "A closing quote is missing on this line.",
    "hex value": "In double quotes \\ begins a code: write the path with / or in 'single quotes'.",
    "unescaped '\\'": "In double quotes \\ begins a code: write the path with / or in 'single quotes'.",
    "overwrite a value": "The key stands twice in this table: remove one of them.",
    "twice": "The table stands twice: make them one, or write [[double brackets]] for several of a kind.",
    "expected ']' at the end of a table": "Close the bracket.",
    "invalid value": "Put text into quotes.",
}
_RELATIVE_SQLITE = re.compile(r"(sqlite:///)(?!/)([^?]+)(.*)\Z", re.DOTALL)


def load(path: Path) -> Config:
    """The config in the file at `path`; relative paths in it are relative to its folder.

    Raises:
        ConfigProblems: it cannot be read or used; all its problems at once.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigProblems(path, [Problem("", "no such file", f"Run: syncd --config {path} init")]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigProblems(path, [Problem("", "is not UTF-8", "Save the file as UTF-8.", line)]) from None
    except OSError as error:
        raise ConfigProblems(path, [Problem("", f"cannot be read: {error.strerror}")]) from None
    return parse(text, path)


def parse(text: str, path: Path) -> Config:
    """As `load`, for a text that stands or shall stand in the file at `path`."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigProblems(path, [_syntax_problem(error, text)]) from None
    lines = find_lines(text)
    problems = [Problem(dotted(at), what, fix, line_of(at, lines)) for at, what, fix in contradictions(raw)]
    config = None
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        problems += [explain(detail, raw, lines) for detail in _innermost(error.errors())]
    if config is not None and config.rule:
        problems += [
            Problem(f"rule {one.rule}", one.what, one.fix, one.line) for one in ruleset.problems_in(text, path)
        ]
    if config is None or problems:
        raise ConfigProblems(path, problems)
    if "database" not in config.model_fields_set:
        config = config.model_copy(update={"database": ledger_url(path)})
    return _beside(config, path.absolute())


def _innermost(errors: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Without the complaint that a list is too short where that is only because its entries are wrong."""
    for error in errors:
        depth = len(error["loc"])
        nested = any(other["loc"][:depth] == error["loc"] for other in errors if len(other["loc"]) > depth)
        if not (error["type"] == "too_short" and nested):
            yield error


def _syntax_problem(error: tomllib.TOMLDecodeError, text: str) -> Problem:
    what = str(error)
    position = _POSITION.search(what)
    what = f"no valid TOML: {what[:1].lower()}{what[1:]}"
    fix = next((advice for words, advice in _ADVICE.items() if words in what.lower()), _GENERAL_ADVICE)
    if position is None:
        return Problem("", what.replace(" (at end of document)", ""), fix, len(text.splitlines()))
    return Problem("", _POSITION.sub("", what), fix, int(position[1]), int(position[2]))


def _beside(config: Config, file: Path) -> Config:
    """`config` with every relative path taken from the folder of its `file`, which itself may hold rules."""
    folder = file.parent
    return config.model_copy(
        update={
            "database": _RELATIVE_SQLITE.sub(
                lambda m: f"{m[1]}{_absolute(Path(m[2]), folder)}{m[3]}", config.database
            ),
            "rules": (*(_absolute(path, folder) for path in config.rules), *([file] if config.rule else [])),
            "account": tuple(_account_beside(account, folder) for account in config.account),
        }
    )


def _account_beside(account: AccountOptions, folder: Path) -> AccountOptions:
    values = ((name, getattr(account, name)) for name in type(account).model_fields)
    return account.model_copy(update={name: _resolved(value, folder) for name, value in values})


def _resolved(value: Any, folder: Path) -> Any:
    if isinstance(value, Path):
        return _absolute(value, folder)
    if isinstance(value, tuple):
        return tuple(_resolved(entry, folder) for entry in value)
    return value


def _absolute(path: Path, folder: Path) -> Path:
    return folder / path.expanduser()
