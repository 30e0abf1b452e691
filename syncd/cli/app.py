"""The table of contents of the command line, and the one place where errors become exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from syncd.cli import collecting, configuring, people, remembering, reporting, ruling, service, setting_up
from syncd.cli.failures import DONE, INTERRUPTED, USAGE, known_failure
from syncd.cli.help import GroupedCommands, PlainCommand
from syncd.cli.screen import flush
from syncd.cli.workplace import Workplace

app = typer.Typer(
    name="syncd",
    help="Sees relationships slide toward purely transactional contact, from mail and calendar metadata alone.",
    cls=GroupedCommands,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks print local variables, passwords among them
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

_START, _LOOK, _TELL, _KEEP = "To begin", "To look", "To tell syncd", "To keep it running"

for _group, _commands in {
    _START: (setting_up.init, setting_up.demo, setting_up.login, collecting.sync, collecting.run),
    _LOOK: (
        reporting.report,
        people.people,
        people.interactions,
        people.explain,
        people.story,
        reporting.backtest,
    ),
    _TELL: (remembering.log, remembering.answer, remembering.forget),
    _KEEP: (
        collecting.status,
        setting_up.doctor,
        collecting.verify,
        remembering.export,
        remembering.import_,
    ),
}.items():
    for _command in _commands:
        app.command(_command.__name__.rstrip("_"), cls=PlainCommand, rich_help_panel=_group)(_command)
app.add_typer(ruling.app, name="rules", rich_help_panel=_TELL)
app.add_typer(configuring.app, name="config", rich_help_panel=_TELL)
app.add_typer(service.app, name="service", rich_help_panel=_KEEP)


def _version(wanted: bool) -> None:
    if wanted:
        from syncd import __version__

        typer.echo(f"syncd {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="The config file; else $SYNCD_CONFIG, ~/.config/syncd/, /etc/syncd/."
        ),
    ] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    del version
    context.obj = Workplace(config)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Only bugs leave as exceptions."""
    try:
        code = app(list(arguments), prog_name="syncd", standalone_mode=False)
        flush()
    except TyperException as error:
        what = error.format_message().replace("Value error, ", "")  # pydantic's words, which typer asks
        sys.stderr.write(f"{what}\nTry: {_help_command(error)}\n")
        return USAGE
    except typer.Abort:
        sys.stderr.write("\nStopped.\n")  # on a line of its own: a question may stand there
        return INTERRUPTED
    except typer.Exit as left:
        return left.exit_code
    except Exception as error:
        failure = known_failure(error)
        if failure is None:
            raise
        sys.stderr.write(f"{failure[0]}\n")
        return failure[1]
    return code if isinstance(code, int) else DONE


def _help_command(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'syncd'} --help"
