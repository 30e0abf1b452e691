"""What it all leads to: the report, and how it would have been."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.failures import USAGE, Failed
from syncd.cli.people import DAY
from syncd.cli.screen import Format, FormatOption, note, progress, say, show
from syncd.cli.workplace import workplace


class ReportFormat(StrEnum):
    """The forms of the report."""

    HTML = "html"
    TEXT = "text"
    JSON = "json"
    EML = "eml"


def report(
    context: typer.Context,
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=DAY, help="As it was on this day.")] = None,
    form: Annotated[
        ReportFormat, typer.Option("--format", "-f", help="html, text, json or eml.")
    ] = ReportFormat.TEXT,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; stdout without it.")] = None,
) -> None:
    """Make the report: who is drifting, why, and what would help."""
    from syncd.files import write_private
    from syncd.report import written
    from syncd.reports import make_report

    place = workplace(context)
    with place.meaning() as ledger, progress("Looking back") as tell:
        text = written(make_report(ledger, place.config, as_of.date() if as_of else None, progress=tell), form.value)
    if output is None:
        say(text.rstrip("\n"))
    else:
        write_private(output, [text.rstrip("\n")])
        note(f"{output}")


def backtest(
    context: typer.Context,
    since: Annotated[datetime, typer.Option("--from", formats=DAY, help="The first day.")],
    until: Annotated[datetime, typer.Option("--to", formats=DAY, help="The last day.")],
    form: Annotated[Format, FormatOption] = Format.TABLE,
) -> None:
    """Replay the past under today's rules and config: every change of a status, week by week."""
    from syncd.assess import backtest as replay
    from syncd.rows import change_rows

    if since > until:
        raise Failed(f"--from {since:%Y-%m-%d} is later than --to {until:%Y-%m-%d}.", USAGE)
    place = workplace(context)
    with place.meaning() as ledger:
        rows = change_rows(ledger.meaning.people(), replay(ledger, place.config, since.date(), until.date()))
        show(rows, form, ("week", "person", "status", "also", "probability"), "No status changed in that time.")
