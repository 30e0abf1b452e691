"""What a command shows: rows as a table on a terminal, as plain text in a pipe, as JSON for machines.

Results go to stdout; progress, notes and errors to stderr, so that a pipe gets nothing but the result.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, Protocol

import typer

from syncd.cli.failures import Failed


class Tell(Protocol):
    """Called as work goes on: how much is done, how much there is (None: unknown), and of what."""

    def __call__(self, done: int, total: int | None = None, what: str = "") -> None: ...


PATIENCE = 2.0  # seconds; what is faster shows no bar


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


FormatOption = typer.Option("--format", "-f", help="table for people, json or jsonl for machines.")
OutputOption = typer.Option("--output", "-o", metavar="FILE", help="A file; stdout without it.")


def check_output(file: Path | None) -> None:
    """Refuse to write into a folder that is not there, or over one, before any work is done: a name may be mistyped.

    Raises:
        Failed: the folder is missing, or the file is a folder.
    """
    if file is None:
        return
    if not (folder := file.expanduser().parent).is_dir():
        raise Failed(f"{file}: there is no folder {folder}. Make it, or correct --output.")
    if file.expanduser().is_dir():
        raise Failed(f"{file} is a folder. Name a file in it with --output.")


def say(text: str = "") -> None:
    """A result, to stdout."""
    try:
        sys.stdout.write(f"{text}\n")
    except BrokenPipeError:
        leave_broken_pipe()


def flush() -> None:
    """Let stdout go out now, while a reader that went away can still be told from a failure."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        leave_broken_pipe()


def leave_broken_pipe() -> NoReturn:
    """The reader went away (`| head`): what it wanted it has. What is still buffered must not complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(0)


def note(text: str) -> None:
    """Something beside the result, to stderr."""
    sys.stderr.write(f"{text}\n")


def say_json(value: Any) -> None:
    """One JSON value on one line of stdout."""
    import msgspec

    say(msgspec.json.encode(value, enc_hook=str).decode())


def show(rows: Iterable[Mapping[str, Any]], form: Format, columns: Sequence[str], empty: str = "") -> None:
    """Rows in the wanted form. Tables show only `columns`; JSON has everything that is in a row."""
    if form is Format.TABLE:
        _table(list(rows), columns, empty)
        return
    if form is Format.JSONL:
        for row in rows:
            say_json(row)
    else:
        import msgspec

        encode = msgspec.json.Encoder(enc_hook=str).encode
        say(msgspec.json.format(encode(list(rows)), indent=2).decode())


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str) -> None:
    if not rows:
        note(empty)
    elif sys.stdout.isatty():
        _rich_table(rows, columns)
    else:
        for row in rows:
            say("\t".join(_cell(row.get(column)) for column in columns))


def _rich_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        numbers = all(isinstance(row.get(column), int | float) for row in rows)
        table.add_column(column.replace("_", " "), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        # Text, not markup: a subject may hold brackets
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    Console().print(table)


def _cell(value: Any) -> str:
    """One line of printable text: what strangers wrote in a subject must not steer the terminal."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_cell(entry)}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_cell(entry) for entry in value)
    return "".join(letter if letter.isprintable() else " " for letter in str(value))


def _silent(done: int, total: int | None = None, what: str = "") -> None:
    """No bar: nobody would see it."""
    del done, total, what


@contextmanager
def progress(title: str, clock: Callable[[], float] = time.monotonic) -> Iterator[Tell]:
    """A bar on stderr for anything longer than two seconds: count, rate and time left. Nothing in a pipe."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(title, total=None, rate="")
    began = clock()

    def tell(done: int, total: int | None = None, what: str = "") -> None:
        elapsed = clock() - began
        if elapsed < PATIENCE:
            return
        rate = f"{done / elapsed:,.0f}/s"
        bar.update(task, description=f"{title} {what}".rstrip(), completed=done, total=total, rate=rate)
        if not bar.live.is_started:
            bar.start()

    try:
        yield tell
    finally:
        bar.stop()
