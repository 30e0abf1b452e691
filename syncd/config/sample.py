"""The sample config: every key with its description, commented out unless a value was given. What several kinds of
account share is explained with the first of them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from syncd.config.complaints import written
from syncd.config.keys import Key, Table, tables

_FOR_TESTS = "memory"  # a kind of account that nobody has mail in
_HEAD = """\
# syncd reads the metadata of your mail and calendars and tells you once a week which relationships are
# turning into mere business. Lines that begin with # are explanations or keys that are not set;
# what several kinds of account share is explained with the first of them.
# Check this file with: syncd config check
"""


def sample(values: Mapping[str, Mapping[str, Any]], accounts: Sequence[Mapping[str, Any]] = ()) -> str:
    """A config file with `values` (by table: {"owner": {"name": …}}, "" for the top) and `accounts` filled in."""
    parts = [_HEAD]
    remaining = list(accounts)
    told: set[str] = set()
    for table in tables():
        if table.header != "[[account]]":
            parts.append(_block(table, values.get(table.header.strip("[]"), {})))
            continue
        kind = next(key.example for key in table.keys if key.name == "kind")
        mine = [account for account in remaining if account["kind"] == kind]
        if mine or kind != _FOR_TESTS:
            parts.extend(_block(table, account, told) for account in mine or [{}])
    return "\n".join(parts)


def _block(table: Table, values: Mapping[str, Any], told: set[str] | None = None) -> str:
    """A table with its keys; what stands in `told` is not explained again, and what is explained is added to it."""
    told = set() if told is None else told
    optional = table.header.startswith("[[") and not values
    lines = list(_comment(table.description))
    if table.header:
        lines.append(f"# {table.header}" if optional else table.header)
    for key in table.keys:
        lines += [] if key.description in told else _comment(key.description, indent="#   ")
        told.add(key.description)
        lines.append(_line(key, values))
    return "\n".join(lines) + "\n"


def _line(key: Key, values: Mapping[str, Any]) -> str:
    if values.get(key.name) is not None:
        return f"{key.name} = {written(values[key.name])}"
    shown = key.example if key.example is not None else key.default
    return f"# {key.name} = {written(shown)}" if shown is not None else f"# {key.name} ="


def _comment(text: str, indent: str = "# ") -> list[str]:
    return textwrap.wrap(text, 110, initial_indent=indent, subsequent_indent=indent)
