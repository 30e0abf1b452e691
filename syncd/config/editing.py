"""Changes one key of a config file and leaves the rest of the text, comments included, as it is."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from syncd.config.likeness import did_you_mean
from syncd.config.problems import ConfigProblems, Problem
from syncd.config.reading import load, parse

_PART = re.compile(r"\.?([\w-]+)(?:\[([^\]]*)\])?")


def set_key(file: Path, path: str, value: str) -> str:
    """Set `path` (as `report.hour`, `account[2].name`, `account[old mail].path`, `person[ilse@x.org].key`).

    `value` is read as TOML where it is TOML, else as text. The file is replaced in one step and only by a text that
    is a valid config. Returns the new line.

    Raises:
        ConfigProblems: the file has problems already, the path leads nowhere, or the result would have problems.
    """
    load(file)
    document = tomlkit.parse(file.read_text("utf-8-sig"))
    table, key = _find(document, path, file)
    new = _value(value)
    table[key] = new
    text = tomlkit.dumps(document)
    parse(text, file)
    replace(file, text)
    return f"{path} = {new.as_string()}"


def replace(file: Path, text: str) -> None:
    """Write `text` in place of `file` in one step, so that no reader ever sees half of it. Follows symlinks."""
    target = file.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = target.stat().st_mode & 0o7777 if target.exists() else 0o600
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _value(text: str) -> Any:
    try:
        return tomlkit.value(text)
    except (TOMLKitError, ValueError):
        return tomlkit.string(text)


def _find(document: Any, path: str, file: Path) -> tuple[Any, str]:
    parts = _PART.findall(path)
    if (
        "".join(f".{name}[{index}]" if index else f".{name}" for name, index in parts).lstrip(".") != path
        or not parts
    ):
        raise ConfigProblems(file, [Problem(path, "is no path to a key", "Write it like report.hour.")])
    table = document
    for name, index in parts[:-1]:
        if name not in table and not index:
            table[name] = tomlkit.table()
        table = table.get(name, [])
        if index:
            table = _entry(table, name, index, path, file)
        if not isinstance(table, dict):
            fix = f'Which one? Write {name}[1] or {name}["its name"].'
            raise ConfigProblems(file, [Problem(path, "leads into a list", fix)])
    if parts[-1][1]:
        raise ConfigProblems(file, [Problem(path, "is a whole table", "Name one of its keys.")])
    return table, parts[-1][0]


def _entry(entries: Sequence[Any], name: str, index: str, path: str, file: Path) -> Any:
    if index.isdigit() and 0 < int(index) <= len(entries):
        return entries[int(index) - 1]
    wanted = index.strip("\"'").casefold()
    for entry in entries:
        if wanted in _names(entry):
            return entry
    known = [known for entry in entries for known in _names(entry)]
    fix = did_you_mean(wanted, known) or f"The file has {len(entries)} of [[{name}]]."
    raise ConfigProblems(file, [Problem(path, f'has no [[{name}]] "{index}"', fix)])


def _names(entry: Any) -> list[str]:
    listed = [entry.get("name"), entry.get("domain"), *entry.get("addresses", [])]
    return [str(name).casefold() for name in listed if isinstance(name, str)]
