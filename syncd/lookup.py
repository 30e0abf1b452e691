"""Who is meant by what somebody typed: an address, an id or a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.identity import PLACEHOLDERS
from rules.meaning import Person
from syncd.config.likeness import nearest
from syncd.report.answers import code

SHOWN = 12


class NobodyMeant(Exception):
    """No person, or more than one, is meant; the text says who could be."""


def find_person(people: Iterable[Person], text: str) -> Person:
    """The one person that `text` means: by address or id, by name, by a part of the name.

    Raises:
        NobodyMeant: nobody or several; the message lists who could be meant.
    """
    everyone = list(people)
    wanted = " ".join(text.casefold().split())
    for found in (
        [person for person in everyone if wanted == person.id.casefold() or wanted in person.addresses],
        [person for person in everyone if person.name and person.name.casefold() == wanted],
        [person for person in everyone if wanted and wanted in _searched(person)],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise NobodyMeant(f'"{text}" could be any of these; say which by the address:\n{_listed(found)}')
    raise NobodyMeant(_unknown(text, everyone))


def find_flag(people: Iterable[Person], text: str) -> Person:
    """As `find_person`, but the four characters that stand beside somebody in the report will do too."""
    everyone = list(people)
    coded = [one for one in everyone if any(code(address) == text.upper() for address in (one.id, *one.addresses))]
    return coded[0] if len(coded) == 1 else find_person(everyone, text)


def _searched(person: Person) -> str:
    return f"{person.name or ''} {' '.join(person.addresses)}".casefold()


def _unknown(text: str, everyone: Sequence[Person]) -> str:
    if not everyone:
        return "Nobody is known yet. Run: syncd sync"
    guess = nearest(
        text, [name for one in everyone for name in (one.name, *one.addresses) if name and not _placeholder(name)]
    )
    hint = f'Did you mean "{guess}"?' if guess else "See who there is with: syncd people"
    return f'Nobody is called "{text}". {hint}'


def _placeholder(name: str) -> bool:
    return "@" in name and name.partition("@")[0] in PLACEHOLDERS


def _listed(found: Sequence[Person]) -> str:
    lines = [f"  {person.id}  {person.name or ''}".rstrip() for person in found[:SHOWN]]
    more = len(found) - SHOWN
    return "\n".join(lines + ([f"  … and {more} more"] if more > 0 else []))
