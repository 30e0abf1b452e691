"""Looking: who there is, what happened with them, and why syncd says what it says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from syncd.cli.days import Day, check_order
from syncd.cli.failures import USAGE, Failed
from syncd.cli.screen import Format, FormatOption, say, show
from syncd.cli.workplace import workplace

PersonArgument = typer.Argument(metavar="PERSON", help="An address, or a name if only one person has it.")
_NOBODY = "Nobody yet. Run: syncd sync"
_CHANNELS = ("in_person", "video", "phone", "email")


def people(
    context: typer.Context,
    suggestions: Annotated[bool, typer.Option("--suggestions", help="Addresses that may be one person.")] = False,
    form: Annotated[Format, FormatOption] = Format.TABLE,
) -> None:
    """List the people you deal with, or which addresses may be one person."""
    from syncd.rows import people_rows, suggestion_rows, suggestion_text

    place = workplace(context)
    with place.meaning() as ledger:
        if suggestions:
            rows = suggestion_rows(ledger, place.config)
            if form is Format.TABLE and rows:  # entries of the config have several lines
                say("\n".join(map(suggestion_text, rows)).rstrip())
            else:
                show(rows, form, (), "No two addresses look alike.")
        else:
            show(
                people_rows(ledger, place.config),
                form,
                ("person", "name", "organisation", "circle", "interactions"),
                _NOBODY,
            )


def interactions(
    context: typer.Context,
    person: Annotated[str | None, typer.Option("--person", metavar="PERSON", help="Only with this person.")] = None,
    since: Annotated[Day | None, typer.Option("--from", parser=Day, metavar="DATE", help="From this day on.")] = None,
    until: Annotated[Day | None, typer.Option("--to", parser=Day, metavar="DATE", help="Up to this day.")] = None,
    channel: Annotated[
        str | None, typer.Option(metavar="CHANNEL", help="Only in_person, video, phone or email.")
    ] = None,
    form: Annotated[Format, FormatOption] = Format.TABLE,
) -> None:
    """List every interaction, oldest first."""
    from syncd.lookup import Acquaintances
    from syncd.rows import interaction_rows

    if channel is not None and channel not in _CHANNELS:
        raise Failed(f'There is no channel "{channel}". Say one of: {", ".join(_CHANNELS)}.', USAGE)
    narrowed = person or since or until or channel
    place = workplace(context)
    days = (place.day(since), place.day(until))
    check_order(*days)
    with place.meaning() as ledger:
        who = None if person is None else Acquaintances(ledger, place.config).person(person).id
        rows = interaction_rows(
            ledger, person=who, days=days, channel=channel, subjects=place.config.privacy.show_subjects
        )
        show(
            rows,
            form,
            ("at", "person", "channel", "direction", "purpose", "title"),
            "There is no such interaction." if narrowed else "No interactions. Run: syncd sync",
        )


def explain(
    context: typer.Context,
    person: Annotated[str, PersonArgument],
    form: Annotated[Format, FormatOption] = Format.TABLE,
) -> None:
    """Say why syncd sees a relationship as it does: status, counts, evidence, rules."""
    from syncd.explain import explanation
    from syncd.lookup import Acquaintances

    place = workplace(context)
    with place.meaning() as ledger:
        found = Acquaintances(ledger, place.config).person(person)
        told = explanation(ledger, place.config, found, now=datetime.now(UTC))
        if form is Format.TABLE:
            say(told.text)
        else:
            show([told.row], form, ())


def story(
    context: typer.Context,
    person: Annotated[str, PersonArgument],
    form: Annotated[Format, FormatOption] = Format.TABLE,
) -> None:
    """Tell a relationship from its beginning: every change of its status, in order."""
    from syncd.explain import story as tell
    from syncd.lookup import Acquaintances

    place = workplace(context)
    with place.meaning() as ledger:
        found = Acquaintances(ledger, place.config).person(person)
        rows = list(tell(ledger, place.config, found, now=datetime.now(UTC)))
        show(rows, form, ("week", "sunday", "said", "also", "probability"), "Nothing to tell yet.")
