"""`syncd service …`: the systemd unit."""

from __future__ import annotations

from typing import Annotated

import typer

from syncd.cli.failures import FOUND
from syncd.cli.help import GroupedCommands, PlainCommand
from syncd.cli.screen import note, say
from syncd.cli.workplace import workplace

app = typer.Typer(
    help="Install, look at and remove the systemd unit.",
    cls=GroupedCommands,
    no_args_is_help=True,
    rich_markup_mode=None,
)
UserOption = typer.Option("--user/--system", help="For you alone (reads your home), or for the whole machine.")


@app.command(cls=PlainCommand)
def install(
    context: typer.Context,
    user: Annotated[bool, UserOption] = True,
    local_servers: Annotated[
        bool, typer.Option("--local-servers", help="System unit: allow servers on this machine, as PostgreSQL.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Install the unit and start it."""
    from syncd.service import install as do

    for line in do(workplace(context).file, user=user, local_servers=local_servers, dry_run=dry_run):
        say(line)


@app.command(cls=PlainCommand)
def uninstall(
    user: Annotated[bool, UserOption] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Stop the unit and remove it. Config and ledger stay."""
    from syncd.service import uninstall as do

    for line in do(user=user, dry_run=dry_run):
        say(line)


@app.command(cls=PlainCommand)
def status(user: Annotated[bool, UserOption] = True) -> None:
    """Say whether the unit runs, and what it last said."""
    from syncd.service import status as ask

    running, text = ask(user=user)
    say(text)
    if not running:
        note("Not running. Start it with: syncd service install")
        raise typer.Exit(FOUND)


@app.command(cls=PlainCommand)
def login(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's name in the config.")],
) -> None:
    """Log in an account of the system service, as the user that it runs under."""
    from syncd.service import login as do

    raise typer.Exit(do(account))
