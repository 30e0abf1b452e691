"""`docs/configuration.md`, made from the model. `python -m syncd.config.reference` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from syncd.config.complaints import written
from syncd.config.keys import Key, Table, tables
from syncd.config.sample import sample

_INTRODUCTION = """\
# Configuration

<!-- Made from syncd/config/model.py: `python -m syncd.config.reference > docs/configuration.md` -->

One file in [TOML](https://toml.io). syncd looks for it in this order: `--config FILE`, `$SYNCD_CONFIG`,
`~/.config/syncd/syncd.toml`, `/etc/syncd/syncd.toml`. `syncd init` writes a first one.

- Relative paths are relative to the folder of the file; `~` is your home.
- `syncd config check` names every problem at once: the line, the key, its value and what to write. A second entry
  of `[[account]]` is called `account[2]`. Exit code 78 means: the config cannot be used.
- `syncd config show` prints what is in force, passwords left out. `syncd config set report.hour 8` changes one key
  and keeps your comments; it never writes a file that would not be accepted.
- `syncd run` notices a change of the file by itself. A file with problems never replaces the one in force.
- Passwords and tokens never stand in the file: `password_command` and `token_command` are run when one is needed.
"""


def reference() -> str:
    """The whole page as Markdown."""
    kinds = [table for table in tables() if table.header == "[[account]]"]
    others = [table for table in tables() if table.header != "[[account]]"]
    parts = [_INTRODUCTION, "## The keys at the top\n", *_section(others[0])]
    for table in others[1:]:
        parts += [f"## `{table.header}`\n", *_section(table)]
        if table.header == "[owner]":
            parts += ["## `[[account]]`\n", *_accounts(kinds)]
    parts += ["## The whole file\n", f"```toml\n{sample({})}```\n"]
    return "\n".join(parts)


def _accounts(kinds: Sequence[Table]) -> Iterator[str]:
    """What every kind takes, then what each takes beside it."""
    shared = [key for key in kinds[0].keys if all(key.name in {one.name for one in kind.keys} for kind in kinds)]
    what = "One for each login, folder or file. Every kind takes these, and what stands under its name:"
    yield from _section(
        Table("", what, tuple(replace(key, example=None) if key.name == "kind" else key for key in shared))
    )
    names = {key.name for key in shared}
    for kind in kinds:
        name = next(key.example for key in kind.keys if key.name == "kind")
        yield f'### kind = "{name}"\n'
        yield from _section(replace(kind, keys=tuple(key for key in kind.keys if key.name not in names)))


def _section(table: Table) -> Iterator[str]:
    yield f"{table.description}\n"
    if not table.keys:
        return
    rows = ["| key | takes | default | meaning |", "| --- | --- | --- | --- |", *(_row(key) for key in table.keys)]
    yield "\n".join(rows) + "\n"


def _row(key: Key) -> str:
    default = "**required**" if key.required else _code(key.default)
    example = f" Example: {_code(key.example)}." if key.example is not None else ""
    return f"| `{key.name}` | {key.takes} | {default} | {key.description}{example} |".replace("\n", " ")


def _code(value: Any) -> str:
    return "" if value is None or value == () else f"`{written(value)}`"


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201 - this is its output
