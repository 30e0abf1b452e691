"""The owner's word, written into the journal."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from rules.meaning import Person
from syncd.ledger import Ledger
from syncd.report.answers import FLAG_WORDS, SNOOZE_WEEKS


class CannotTell(Exception):
    """What was told makes no sense; the message says why and what to say instead."""


def log_contact(ledger: Ledger, person: Person, channel: str, on: date, *, now: datetime, today: date) -> None:
    """Write down a contact that no mailbox shows. `on` and `today` are days in the owner's zone.

    Raises:
        CannotTell: the day has not come yet.
    """
    if on > today:
        raise CannotTell(f"{on} has not come yet. Log a contact once it took place.")
    ledger.journal.add("logged", person.id, now, channel=channel, on=on.isoformat())


def answer(ledger: Ledger, person: Person, word: str, *, until: date | None, now: datetime, today: date) -> str:
    """Write down the owner's word on the flag of a person; returns a sentence that says what it does.

    Raises:
        CannotTell: no such word, or a snooze that ends before it begins.
    """
    if word not in FLAG_WORDS:
        raise CannotTell(f'"{word}" is no answer. Say one of: {", ".join(FLAG_WORDS)}.')
    if until is not None and (word != "snooze" or until <= today):
        raise CannotTell("--until goes with snooze and takes a day to come.")
    if word == "snooze" and until is None:
        until = today + timedelta(weeks=SNOOZE_WEEKS)
    data = {} if until is None else {"until": until.isoformat()}
    ledger.journal.add("answer", person.id, now, word=word, on=today.isoformat(), **data)
    name = person.name or person.id
    return {
        "right": f"Noted: {name} is worth a step.",
        "wrong": f"Noted: that was a false alarm about {name}.",
        "snooze": f"Noted: nothing about {name} until {until}.",
        "ended": f"Noted: the relationship with {name} has ended.",
    }[word]
