"""`syncd config …`: check, show and change the config file."""

from __future__ import annotations

from typing import Annotated

import typer

from syncd.cli.help import GroupedCommands, PlainCommand
from syncd.cli.screen import note, say
from syncd.cli.workplace import workplace

app = typer.Typer(
    help="Check, show and change the config file.", cls=GroupedCommands, no_args_is_help=True, rich_markup_mode=None
)


@app.command(cls=PlainCommand)
def check(context: typer.Context) -> None:
    """Name every problem of the config file, and of the rule files that it names."""
    from rules.engine.ruleset import load
    from syncd.config.warnings import warnings

    place = workplace(context)
    config = place.config
    load(config.rules)
    for warning in warnings(config):
        note(f"Warning: {warning}")
    say(f"{place.file} is fine.")


@app.command(cls=PlainCommand)
def show(context: typer.Context) -> None:
    """Print the config that is in force, defaults included, secrets left out."""
    from syncd.config.effective import effective

    say(effective(workplace(context).config).rstrip())


@app.command(cls=PlainCommand)
def schema() -> None:
    """Print the JSON schema, for editors."""
    import json

    from syncd.config import Config

    say(json.dumps(Config.model_json_schema(), indent=2))


@app.command("set", cls=PlainCommand, context_settings={"ignore_unknown_options": True})  # -1 is a value
def set_(
    context: typer.Context,
    key: Annotated[
        str,
        typer.Argument(metavar="KEY", help="As report.hour, account[work].path or person[ilse@nordkai.example].key."),
    ],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The new value; text needs no quotes.")],
) -> None:
    """Change one key; comments stay, and a file that would not be accepted is never written."""
    from syncd.config.editing import set_key

    say(set_key(workplace(context).file, key, value))
