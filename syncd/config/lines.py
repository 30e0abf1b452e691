"""On which line of a TOML text a key stands. tomllib keeps no positions, so the text is looked through for headers
and keys; what cannot be found this way (a key inside an inline table) gets the line of what holds it."""

from __future__ import annotations

import re
from collections import Counter

from syncd.config.problems import PathInFile

_ARRAY = re.compile(r"\s*\[\[\s*([\w.\-\"' ]+?)\s*\]\]")
_TABLE = re.compile(r"\s*\[\s*([\w.\-\"' ]+?)\s*\]\s*(?:#|$)")
_KEY = re.compile(r"\s*([\w.\-\"' ]+?)\s*=")
_QUOTES = re.compile(r"\"\"\"|'''")


def find_lines(text: str) -> dict[PathInFile, int]:
    """Every table and key of `text` with its line, counted from 1."""
    lines: dict[PathInFile, int] = {}
    tables: Counter[str] = Counter()
    here: PathInFile = ()
    inside_text = False
    for number, line in enumerate(text.splitlines(), start=1):
        was_inside_text = inside_text
        inside_text ^= len(_QUOTES.findall(line)) % 2 == 1
        if was_inside_text:
            continue
        if array := _ARRAY.match(line):
            here = (*_parts(array[1]), tables[array[1]])
            tables[array[1]] += 1
        elif table := _TABLE.match(line):
            here = _parts(table[1])
        elif key := _KEY.match(line):
            lines.setdefault((*here, *_parts(key[1])), number)
            continue
        lines.setdefault(here, number)
    return lines


def line_of(path: PathInFile, lines: dict[PathInFile, int]) -> int | None:
    """The line of `path`, or of the nearest thing around it."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
