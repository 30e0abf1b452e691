"""`docs/configuration.md`, made from the model. `python -m syncd.config.reference` prints it."""

from __future__ import annotations

from collections.abc import Iterator
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
            parts.append(
                "## `[[account]]`\n\nOne for each login, folder or file; what it takes depends on its kind.\n"
            )
            for kind in kinds:
                name = next(key.example for key in kind.keys if key.name == "kind")
                parts += [f'### kind = "{name}"\n', *_section(kind)]
    parts += ["## The whole file\n", f"```toml\n{sample({})}```\n"]
    return "\n".join(parts)


def _section(table: Table) -> Iterator[str]:
    yield f"{table.description}\n"
    rows = ["| key | takes | default | meaning |", "| --- | --- | --- | --- |", *(_row(key) for key in table.keys)]
    yield "\n".join(rows) + "\n"


def _row(key: Key) -> str:
    default = "**required**" if key.required else _code(key.default)
    example = f" Example: {_code(key.example)}." if key.example is not None and key.name != "kind" else ""
    return f"| `{key.name}` | {key.takes} | {default} | {key.description}{example} |".replace("\n", " ")


def _code(value: Any) -> str:
    return "" if value is None or value == () else f"`{written(value)}`"


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201 - this is its output
