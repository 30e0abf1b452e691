"""What it all leads to: the report, and how it would have been."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.days import Day, check_order
from syncd.cli.screen import Format, FormatOption, OutputOption, check_output, note, progress, say, show
from syncd.cli.workplace import workplace


class ReportFormat(StrEnum):
    """The forms of the report."""

    HTML = "html"
    TEXT = "text"
    JSON = "json"
    EML = "eml"


def report(
    context: typer.Context,
    as_of: Annotated[
        Day | None, typer.Option("--as-of", parser=Day, metavar="DATE", help="As it was on this day.")
    ] = None,
    form: Annotated[
        ReportFormat, typer.Option("--format", "-f", help="html, text, json or eml.")
    ] = ReportFormat.TEXT,
    output: Annotated[Path | None, OutputOption] = None,
) -> None:
    """Make the report: who is drifting, why, and what would help."""
    from syncd.files import write_private
    from syncd.report import written
    from syncd.reports import make_report

    check_output(output)
    place = workplace(context)
    with place.meaning() as ledger, progress("Looking back") as tell:
        text = written(make_report(ledger, place.config, place.day(as_of), progress=tell), form.value)
    if output is None:
        say(text.rstrip("\n"))
    else:
        write_private(output, [text.rstrip("\n")])
        note(f"{output}")


def backtest(
    context: typer.Context,
    since: Annotated[Day, typer.Option("--from", parser=Day, metavar="DATE", help="The first day.")],
    until: Annotated[Day, typer.Option("--to", parser=Day, metavar="DATE", help="The last day.")],
    form: Annotated[Format, FormatOption] = Format.TABLE,
) -> None:
    """Replay the past under today's rules and config: every change of a status, week by week."""
    from syncd.assess import backtest as replay
    from syncd.rows import change_rows

    place = workplace(context)
    first, last = since.on(place.today), until.on(place.today)
    check_order(first, last)
    with place.meaning() as ledger:
        meaning = ledger.meaning
        rows = change_rows(meaning.people(), meaning.merges(), replay(ledger, place.config, first, last))
        show(rows, form, ("week", "person", "status", "also", "probability"), "No status changed in that time.")
