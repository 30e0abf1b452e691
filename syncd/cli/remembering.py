"""The owner's word: contacts that no mailbox shows, answers to flags, and what is to be forgotten or taken along."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.failures import USAGE, Failed
from syncd.cli.people import DAY, PersonArgument
from syncd.cli.screen import note, say
from syncd.cli.workplace import workplace


def log(
    context: typer.Context,
    person: Annotated[str, PersonArgument],
    day: Annotated[datetime | None, typer.Argument(metavar="[DATE]", formats=DAY, help="Today unless given.")] = None,
    phone: Annotated[bool, typer.Option("--phone", help="You spoke by phone.")] = False,
    in_person: Annotated[bool, typer.Option("--in-person", help="You met.")] = False,
    video: Annotated[bool, typer.Option("--video", help="You spoke by video.")] = False,
) -> None:
    """Log a contact that syncd cannot see: a mobile call, a coffee, a chat at a fair."""
    from syncd.lookup import find_person
    from syncd.telling import log_contact

    chosen = [name for name, wanted in {"phone": phone, "in_person": in_person, "video": video}.items() if wanted]
    if len(chosen) != 1:
        raise Failed("How did you meet? Say one of --phone, --in-person, --video.", USAGE)
    place = workplace(context)
    with place.meaning() as ledger:
        found = find_person(ledger.meaning.people(), person)
        on = day.date() if day else place.today
        log_contact(ledger, found, chosen[0], on, now=datetime.now(UTC), today=place.today)
    say(f"Logged: {chosen[0].replace('_', ' ')} with {found.name or found.id} on {on}.")


def answer(
    context: typer.Context,
    flag: Annotated[str, typer.Argument(metavar="FLAG", help="The code in the report, or the person.")],
    word: Annotated[str, typer.Argument(metavar="right|wrong|snooze|ended", help="What you say to it.")],
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="Snooze until this day; 8 weeks else.")] = None,
) -> None:
    """Answer a flag: right, wrong, snooze it for a while, or the relationship has ended."""
    from syncd.lookup import find_flag
    from syncd.telling import answer as tell

    place = workplace(context)
    with place.meaning() as ledger:
        found = find_flag(ledger.meaning.people(), flag)
        day = until.date() if until else None
        say(tell(ledger, found, word, until=day, now=datetime.now(UTC), today=place.today))


def forget(
    context: typer.Context,
    person: Annotated[str, PersonArgument],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase somebody for good, and keep them out. There is no way back."""
    from syncd.forgetting import forget as erase
    from syncd.lookup import find_person

    place = workplace(context)
    with place.meaning() as ledger:
        found = find_person(ledger.meaning.people(), person)
        addresses = ", ".join(found.addresses)
        if not yes and not typer.confirm(f"Erase {found.name or found.id} ({addresses}) for good?", err=True):
            raise Failed("Nothing was erased.")
        erased = erase(ledger, found.addresses, datetime.now(UTC), names=[found.name] if found.name else [])
    say(f"Erased {erased.items} items whole and their traces in {erased.changed} more.")
    note("If the config still names this person, remove the entry there too.")


def export(
    context: typer.Context,
    person: Annotated[str | None, typer.Option("--person", help="Only what is kept about this person.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; stdout without it.")] = None,
) -> None:
    """Write everything that is kept as JSON lines: to look at, or to take along."""
    from syncd.export import lines
    from syncd.files import write_private
    from syncd.lookup import find_person

    place = workplace(context)
    with place.meaning() as ledger:
        who = None if person is None else find_person(ledger.meaning.people(), person)
        if output is None:
            for line in lines(ledger, place.config, who):
                say(line)
        else:
            count = write_private(output, lines(ledger, place.config, who))
            note(f"{count} lines in {output}")


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What `syncd export` wrote.")],
) -> None:
    """Take over the journal of an export: your answers and the contacts you logged."""
    from syncd.export import take_over

    with workplace(context).ledger() as ledger:
        say(f"{take_over(ledger, file)} entries taken over.")
