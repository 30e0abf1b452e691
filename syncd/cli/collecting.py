"""Facts: bring them in, prove that none is missing, and say how the accounts stand."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from syncd.cli.failures import FOUND
from syncd.cli.screen import Format, FormatOption, note, progress, say_json, show
from syncd.cli.workplace import workplace


class Stats(StrEnum):
    """How `sync` reports what it did."""

    JSON = "json"


_NO_ACCOUNT = "No account to read. Add one to the config."
_SYNCED = ("account", "source", "listed", "stored", "unchanged", "removed", "quarantined", "seconds")
_STANDING = ("account", "source", "held", "quarantined", "last_complete_sync", "trouble")
_COMPARED = ("account", "source", "listed", "held", "left_out", "missing", "extra", "changed", "damaged")


def sync(
    context: typer.Context,
    accounts: Annotated[list[str] | None, typer.Argument(metavar="ACCOUNT", help="Only these accounts.")] = None,
    stats: Annotated[Stats | None, typer.Option("--stats", help="json: the figures of every source.")] = None,
    accept_removals: Annotated[
        list[str] | None,
        typer.Option(
            "--accept-removals", metavar="SOURCE", help="Believe that this source is really that empty now."
        ),
    ] = None,
) -> None:
    """Read what is new in every account."""
    from syncd.logins import opener
    from syncd.rows import sync_rows, sync_troubles
    from syncd.sync import sync as read
    from syncd.upkeep import retention_of

    place = workplace(context)
    place.check_accounts(accounts or ())
    with place.ledger() as ledger, progress("Reading") as bar:
        place.check_sources(ledger, accept_removals or ())
        result = read(
            ledger,
            place.config.account,
            now=datetime.now(UTC),
            open_connector=opener(place.config),
            only=accounts or None,
            accept_removals=accept_removals or (),
            retention=retention_of(place.config),
            progress=lambda source, done, total: bar(done, total, source),
        )
    if stats is Stats.JSON:
        say_json(result.as_json())
    else:
        nothing = "Nothing to read was found. Run: syncd doctor" if place.config.account else _NO_ACCOUNT
        show(sync_rows(result), Format.TABLE, _SYNCED, nothing)
    for trouble in sync_troubles(result):
        note(trouble)
    if not result.ok:
        raise typer.Exit(FOUND)


def run(context: typer.Context) -> None:
    """Keep going: sync, follow the config, send the weekly report. What the systemd unit runs."""
    from syncd.daemon import serve

    place = workplace(context)
    raise typer.Exit(serve(place.file))


def status(context: typer.Context, form: Annotated[Format, FormatOption] = Format.TABLE) -> None:
    """Say how every account stands: when it was last read, what it holds, what is wrong."""
    from syncd import forgeries, leftovers
    from syncd.rows import status_rows

    place = workplace(context)
    with place.ledger() as ledger:
        rows = status_rows(ledger, place.config)
        kept = [*leftovers.notes(ledger, place.config), *forgeries.notes(ledger, place.config)]
    # Apart: what is no longer read is no trouble, but its figures are part of everything that is said.
    shown = [row for row in rows if row["standing"] == leftovers.IN_USE] if form is Format.TABLE else rows
    show(shown, form, _STANDING, "Nothing synced.")
    for line in kept:
        note(line)
    if any(row["trouble"] for row in rows):
        raise typer.Exit(FOUND)


def verify(
    context: typer.Context,
    accounts: Annotated[list[str] | None, typer.Argument(metavar="ACCOUNT", help="Only these accounts.")] = None,
    quarantined: Annotated[bool, typer.Option("--quarantined", help="List what could not be read, and why.")] = False,
    form: Annotated[Format, FormatOption] = Format.TABLE,
) -> None:
    """Compare the ledger with a fresh listing of every source, made by a way of its own."""
    from syncd.logins import opener
    from syncd.rows import quarantine_rows, verdict_notes, verdict_rows
    from syncd.verify import verify as compare

    place = workplace(context)
    place.check_accounts(accounts or ())
    with place.ledger() as ledger:
        if quarantined:
            rows = list(quarantine_rows(ledger, accounts or ()))
            show(rows, form, ("source", "item", "reason"), "Everything could be read.")
            return
        verdict = compare(
            ledger,
            place.config.account,
            now=datetime.now(UTC),
            open_connector=opener(place.config),
            only=accounts or None,
        )
    show(verdict_rows(verdict), form, _COMPARED, "No account to compare. Add one to the config.")
    for line in verdict_notes(verdict):
        note(line)
    if not verdict.clean:
        raise typer.Exit(FOUND)
