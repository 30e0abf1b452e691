"""The owner's word, written into the journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from rules.health.assessment import FLAGS, Status
from rules.meaning import Person
from syncd.assess import assess
from syncd.config import Config
from syncd.ledger import Ledger
from syncd.report.answers import FLAG_WORDS, SNOOZE_WEEKS

_JUDGEMENTS = ("right", "wrong")


class CannotTell(Exception):
    """What was told makes no sense; the message says why and what to say instead."""


def is_flagged(ledger: Ledger, config: Config, person: Person, *, now: datetime) -> bool:
    """Whether there is a flag on a person now, or a report that was sent named one."""
    if any(one.kind in {"flagged", "suggested"} and one.subject == person.id for one in ledger.journal.entries()):
        return True
    week = assess(ledger, config, now=now).week
    found = next((one for one in week.assessments if one.person == person.id), None) if week else None
    return found is not None and not {found.status, *found.also}.isdisjoint((*FLAGS, Status.WATCH))


def log_contact(ledger: Ledger, person: Person, channel: str, on: date, *, now: datetime, today: date) -> None:
    """Write down a contact that no mailbox shows. `on` and `today` are days in the owner's zone.

    Raises:
        CannotTell: the day has not come yet.
    """
    if on > today:
        raise CannotTell(f"{on} has not come yet. Log a contact once it took place.")
    ledger.journal.add("logged", person.id, now, channel=channel, on=on.isoformat())


def answer(
    ledger: Ledger,
    person: Person,
    word: str,
    *,
    until: date | None,
    now: datetime,
    today: date,
    flagged: Callable[[], bool],
) -> str:
    """Write down the owner's word on the flag of a person; returns a sentence that says what it does.

    `flagged` tells whether there is a flag at all; it is asked only for words that judge one.

    Raises:
        CannotTell: no such word, a snooze that ends before it begins, or a judgement on a flag that is not there.
    """
    if word not in FLAG_WORDS:
        raise CannotTell(f'"{word}" is no answer. Say one of: {", ".join(FLAG_WORDS)}.')
    if until is not None and (word != "snooze" or until <= today):
        raise CannotTell("--until goes with snooze and takes a day to come.")
    if word in _JUDGEMENTS and not flagged():
        name = person.name or person.id
        raise CannotTell(f"There is no flag on {name} that could be {word}. See who has one with: syncd report")
    if word == "snooze" and until is None:
        until = today + timedelta(weeks=SNOOZE_WEEKS)
    data = {} if until is None else {"until": until.isoformat()}
    ledger.journal.add("answer", person.id, now, word=word, on=today.isoformat(), **data)
    name = person.name or person.id
    return {
        "right": f"Noted: it is true of {name}. You are not reminded of it for eight weeks.",
        "wrong": f"Noted: a false alarm about {name}. It is not shown again unless something new begins.",
        "snooze": f"Noted: nothing about {name} until {until}.",
        "ended": f"Noted: the relationship with {name} has ended. Nothing more is said of it.",
    }[word]
