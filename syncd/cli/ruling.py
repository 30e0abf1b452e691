"""`syncd rules …`: check your own rules, try them on observations, list what is in force."""

from __future__ import annotations

import gc
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.failures import FOUND
from syncd.cli.help import GroupedCommands, PlainCommand
from syncd.cli.screen import Format, FormatOption, note, say, show
from syncd.cli.workplace import workplace


class Decisions(StrEnum):
    """The forms of `rules try`."""

    JSONL = "jsonl"


app = typer.Typer(
    help="Check, try and list the rules.", cls=GroupedCommands, no_args_is_help=True, rich_markup_mode=None
)


@app.command(cls=PlainCommand)
def check(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Rule files; without any, those of the config.")
    ] = None,
) -> None:
    """Name every problem of rule files, and whether their own examples hold."""
    from rules.engine.ruleset import RuleProblems, load
    from rules.labels.proving import check as prove

    paths = files or list(workplace(context).config.rules)
    problems = [problem for path in paths for problem in prove(path)]
    if problems:
        raise RuleProblems(problems)
    rules = load(paths)
    say(f"{len(rules.rules)} rules are fine.")


@app.command("list", cls=PlainCommand)
def list_(context: typer.Context, form: Annotated[Format, FormatOption] = Format.TABLE) -> None:
    """List the rules that are in force, your own last."""
    from rules.engine.ruleset import load

    place = workplace(context)
    rules = load(place.config.rules if place.file.exists() else ())
    rows = [
        {"name": rule.name, "on": rule.kind, "because": rule.because, "evidence": rule.evidence} for rule in rules
    ]
    show(rows, form, ("name", "on", "because"))


@app.command("try", cls=PlainCommand)
def try_(
    me: Annotated[
        list[str], typer.Option("--me", metavar="ADDRESS", help="An address of the owner; may stand several times.")
    ],
    form: Annotated[Decisions, typer.Option("--format", "-f", help="jsonl, the only one.")] = Decisions.JSONL,
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", metavar="FILE", help="Rule files beside the built-in packs.")
    ] = None,
) -> None:
    """Judge observations, one JSON object a line on stdin: one decision a line, in the same order."""
    from rules.labels.trial import try_lines

    del form
    gc.disable()  # what is judged holds no circles, and this process ends with the last line
    bad = 0
    for answer in try_lines(sys.stdin.buffer, me=me, rules=rules or ()):
        if answer.problem is not None:
            bad += 1
            note(f"line {answer.line}: {answer.problem}")
        else:
            say(answer.decision)
    if bad:
        raise typer.Exit(FOUND)
