"""The sample config: every key with its description, commented out unless a value was given."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncd.config.complaints import written
from syncd.config.keys import Key, Table, tables

_HEAD = """\
# syncd reads the metadata of your mail and calendars and tells you once a week which relationships are
# turning into mere business. Lines that begin with # are explanations or keys that are not set.
# Check this file with: syncd config check
"""


def sample(values: Mapping[str, Mapping[str, Any]], accounts: Sequence[Mapping[str, Any]] = ()) -> str:
    """A config file with `values` (by table: {"owner": {"name": …}}, "" for the top) and `accounts` filled in."""
    parts = [_HEAD]
    remaining = list(accounts)
    for table in tables():
        if table.header != "[[account]]":
            parts.append(_block(table, values.get(table.header.strip("[]"), {})))
            continue
        kind = next(key.example for key in table.keys if key.name == "kind")
        mine = [account for account in remaining if account["kind"] == kind]
        parts.extend(_block(table, account) for account in mine or [{}])
    return "\n".join(parts)


def _block(table: Table, values: Mapping[str, Any]) -> str:
    optional = table.header.startswith("[[") and not values
    lines = list(_comment(table.description))
    if table.header:
        lines.append(f"# {table.header}" if optional else table.header)
    for key in table.keys:
        lines += _lines(key, values)
    return "\n".join(lines) + "\n"


def _lines(key: Key, values: Mapping[str, Any]) -> Iterator[str]:
    if key.description:
        yield from _comment(key.description, indent="#   ")
    if values.get(key.name) is not None:
        yield f"{key.name} = {written(values[key.name])}"
        return
    shown = key.example if key.example is not None else key.default
    yield f"# {key.name} = {written(shown)}" if shown is not None else f"# {key.name} ="


def _comment(text: str, indent: str = "# ") -> list[str]:
    return textwrap.wrap(text, 110, initial_indent=indent, subsequent_indent=indent)
