"""The owner's word: contacts that no mailbox shows, answers to flags, and what is to be forgotten or taken along."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.days import Day
from syncd.cli.failures import USAGE, Failed
from syncd.cli.people import PersonArgument
from syncd.cli.screen import OutputOption, check_output, note, say
from syncd.cli.workplace import Workplace, workplace

_CONTACTS = {"phone": "a phone call", "in_person": "a meeting in person", "video": "a video call"}


def log(
    context: typer.Context,
    person: Annotated[str, PersonArgument],
    day: Annotated[Day | None, typer.Argument(metavar="DATE", parser=Day, help="Today unless given.")] = None,
    phone: Annotated[bool, typer.Option("--phone", help="You spoke by phone.")] = False,
    in_person: Annotated[bool, typer.Option("--in-person", help="You met.")] = False,
    video: Annotated[bool, typer.Option("--video", help="You spoke by video.")] = False,
) -> None:
    """Log a contact that syncd cannot see: a mobile call, a coffee, a chat at a fair."""
    from syncd.lookup import Acquaintances
    from syncd.telling import log_contact

    chosen = [name for name, wanted in {"phone": phone, "in_person": in_person, "video": video}.items() if wanted]
    if len(chosen) != 1:
        raise Failed("How did you meet? Say one of --phone, --in-person, --video.", USAGE)
    place = workplace(context)
    with place.meaning() as ledger:
        found = Acquaintances(ledger, place.config).person(person)
        on = place.day(day) or place.today
        log_contact(ledger, found, chosen[0], on, now=datetime.now(UTC), today=place.today)
    say(f"Logged: {_CONTACTS[chosen[0]]} with {found.name or found.id} on {on}.")


def answer(
    context: typer.Context,
    flag: Annotated[str, typer.Argument(metavar="FLAG", help="The code in the report, or the person.")],
    word: Annotated[str, typer.Argument(metavar="right|wrong|snooze|ended", help="What you say to it.")],
    until: Annotated[
        Day | None, typer.Option(parser=Day, metavar="DATE", help="Snooze until this day; 8 weeks else.")
    ] = None,
) -> None:
    """Answer a flag: right, wrong, snooze it for a while, or the relationship has ended."""
    from syncd.lookup import Acquaintances
    from syncd.report.answers import FLAG_WORDS
    from syncd.telling import answer as tell
    from syncd.telling import is_flagged

    if word not in FLAG_WORDS:
        raise Failed(f'"{word}" is no answer. Say one of: {", ".join(FLAG_WORDS)}.', USAGE)
    place = workplace(context)
    with place.meaning() as ledger:
        found = Acquaintances(ledger, place.config).flagged(flag)
        day = place.day(until)
        now = datetime.now(UTC)
        flagged = partial(is_flagged, ledger, place.config, found, now=now)
        say(tell(ledger, found, word, until=day, now=now, today=place.today, flagged=flagged))


def forget(
    context: typer.Context,
    person: Annotated[
        str | None, typer.Argument(metavar="PERSON", help="An address, or a name if only one person has it.")
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(
            "--account", metavar="ACCOUNT[/SOURCE]", help="Delete what an account that left the config has shown."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase somebody for good, and keep them out; or delete what an account showed. There is no way back."""
    if (person is None) == (account is None):
        raise Failed("Who is to be forgotten? Name a person, or an account with --account.", USAGE)
    place = workplace(context)
    if person is not None:
        _forget_person(place, person, yes=yes)
    elif account is not None:
        _forget_account(place, account, yes=yes)


def _forget_person(place: Workplace, person: str, *, yes: bool) -> None:
    from syncd.forgetting import forget as erase
    from syncd.lookup import Acquaintances

    with place.meaning() as ledger:
        found = Acquaintances(ledger, place.config).person(person)
        addresses = ", ".join(found.addresses)
        who = f"{found.name} ({addresses})" if found.name and found.name != addresses else addresses
        _confirm(f"Erase {who} for good?", yes=yes)
        erased = erase(ledger, found.addresses, datetime.now(UTC), names=[found.name] if found.name else [])
    say(f"Erased {erased.items} items whole and their traces in {erased.changed} more.")
    note("If the config still names this person, remove the entry there too.")


def _forget_account(place: Workplace, account: str, *, yes: bool) -> None:
    """What is still read would only come back; so would a source that its account still offers."""
    from syncd import leftovers

    with place.ledger() as ledger:
        chosen = leftovers.chosen(ledger, account)
        if not chosen:
            raise Failed(f'Nothing is kept of an account "{account}". See what there is with: syncd status')
        if any(leftovers.standing(state, place.config) == leftovers.IN_USE for state in chosen):
            raise Failed(f'"{account}" is still read. Take it out of the config first, then run this again.')
        _confirm(f"Delete all that {account} has shown?", yes=yes)
        count = leftovers.delete(ledger, chosen)
    say(f"Deleted {count:,} items of {len(chosen)} source{'' if len(chosen) == 1 else 's'}.")


def _confirm(question: str, *, yes: bool) -> None:
    try:
        if yes or typer.confirm(question, err=True):
            return
    except typer.Abort:  # nobody is there to answer
        raise Failed("\nNothing was erased. Where nobody can answer, say --yes.") from None
    raise Failed("Nothing was erased.")


def export(
    context: typer.Context,
    person: Annotated[
        str | None,
        typer.Option(
            "--person",
            metavar="PERSON",
            help="Everything that is held about this person; others are counted, not named.",
        ),
    ] = None,
    output: Annotated[Path | None, OutputOption] = None,
) -> None:
    """Write everything that is kept as JSON lines, to take along or to hand over."""
    import json

    from syncd import archive
    from syncd.files import write_private
    from syncd.lookup import Acquaintances

    check_output(output)
    place = workplace(context)
    with place.ledger() if person is None else place.meaning() as ledger:
        if person is None:
            lines = archive.export(ledger)
        else:
            found = Acquaintances(ledger, place.config).person(person)
            lines = (json.dumps(row, ensure_ascii=False) for row in archive.person(ledger, found.addresses))
        if output is None:
            for line in lines:
                say(line)
        else:
            write_private(output, lines)
            note(f"{output}")


def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `syncd export` wrote, or a copy of the journal.")
    ],
) -> None:
    """Put an archive into a new ledger, or a copy of the journal back into this one."""
    from syncd import archive

    with workplace(context).ledger() as ledger, file.open(encoding="utf-8") as lines:
        if file.name.endswith(".journal.jsonl") or ".journal." in file.name:
            say(f"{ledger.journal.restore(file):,} entries of the journal taken over.")
            return
        counts = archive.restore(ledger, lines)
    say(f"Taken over: {', '.join(f'{count:,} {name}' for name, count in counts.items())}.")
