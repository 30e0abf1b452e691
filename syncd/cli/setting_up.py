"""The first minutes: a config, sample data, a login; and the check that all is well."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.days import Day
from syncd.cli.failures import FOUND, Failed
from syncd.cli.screen import Format, FormatOption, note, say, show
from syncd.cli.workplace import workplace


def init(
    context: typer.Context,
    addresses: Annotated[
        list[str] | None, typer.Option("--address", metavar="ADDRESS", help="An address of yours; several times.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Your name.")] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="As Europe/Amsterdam; without it, this machine's.")
    ] = None,
    maildir: Annotated[list[Path] | None, typer.Option(metavar="PATH", help="A Maildir to read.")] = None,
    mbox: Annotated[
        list[Path] | None, typer.Option(metavar="PATH", help="An mbox file or Takeout folder to read.")
    ] = None,
    ics: Annotated[
        list[str] | None, typer.Option(metavar="PATH|URL", help="A calendar to read: file, folder or https address.")
    ] = None,
    non_interactive: Annotated[bool, typer.Option("--non-interactive", help="Ask nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a config that is there.")] = False,
) -> None:
    """Write a first config, with every key explained in it."""
    from syncd.config import find_config
    from syncd.config.first import first_config, kind_of

    file = workplace(context).file
    if file.exists() and not force:
        raise Failed(f"{file} is there already. Change it with: syncd config set, or start over with --force")
    places: dict[str, list[Path | str]] = {
        "maildir": [*(maildir or ())],
        "mbox": [*(mbox or ())],
        "ics": [*(ics or ())],
    }
    if not addresses and not non_interactive:
        addresses = typer.prompt("Your e-mail addresses, separated by spaces", err=True).split()
        name = name or typer.prompt("Your name", default="", show_default=False, err=True)
        question = "A mail folder, mbox file or .ics file to read, or a calendar's address"
        if not any(places.values()) and (place := typer.prompt(question, default="", show_default=False, err=True)):
            places[kind_of(place)].append(place)
    first_config(file, addresses or [], places, name=name or None, timezone=timezone)
    say(f"{file}")
    syncd = "syncd" if file == find_config() else f"syncd --config {file}"
    note(f"Next: {syncd} config check, then {syncd} sync, then {syncd} report")


def login(
    context: typer.Context,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's name in the config.")],
    no_browser: Annotated[bool, typer.Option("--no-browser", help="There is no browser on this machine.")] = False,
) -> None:
    """Log in at the provider of an account."""
    from syncd.logins import log_in

    say(log_in(workplace(context).config, account, browser=not no_browser, tell=note))


def doctor(context: typer.Context, form: Annotated[Format, FormatOption] = Format.TABLE) -> None:
    """Look at everything that could be wrong, and list every host that is ever contacted."""
    from syncd.doctor import examine

    findings = list(examine(workplace(context).file))
    show([finding.row() for finding in findings], form, ("check", "result", "fix"))
    if any(not finding.well for finding in findings):
        raise typer.Exit(FOUND)


def demo(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write; made if missing.")] = Path("demo"),
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="The same seed writes the same bytes.")] = 1,
    until: Annotated[
        Day | None, typer.Option(parser=Day, metavar="DATE", help="The last day; last Sunday unless given.")
    ] = None,
) -> None:
    """Write a believable person's mail and calendar to disk, with a config for it."""
    from syncd.demo import write

    written = write(folder, seed=seed, end=until.on(datetime.now().astimezone().date()) if until else None)
    say(str(written.config))
    note(f"{written.messages:,} messages and {written.entries:,} calendar entries, {written.start} to {written.end}.")
    note(f"Next: syncd --config {written.config} sync, then syncd --config {written.config} report")
