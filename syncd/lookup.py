"""Who is meant by what somebody typed: an address, an id or a name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from rules.meaning import Owner, Person
from rules.people.census import PLACEHOLDERS
from rules.people.owners import Own
from rules.texts.organisations import domain_of
from syncd.config import Config
from syncd.config.likeness import nearest
from syncd.ledger import Ledger
from syncd.report.answers import code

SHOWN = 12


class NobodyMeant(Exception):
    """No person, or more than one, or the owner is meant; the text says who could be."""


class Acquaintances:
    """Everybody that a command may speak of, as the ledger's meaning has them; it must be up to date."""

    def __init__(self, ledger: Ledger, config: Config) -> None:
        self._ledger = ledger
        self._people = ledger.meaning.people()
        given = frozenset(config.owner.addresses)
        self._owner = Owner(given, name=config.owner.name)
        self._found = frozenset(ledger.meaning.owner_addresses()) - given

    def person(self, text: str) -> Person:
        """As `find_person`; whose mail counts for a firm and not for a person is told apart from a stranger."""
        try:
            return find_person(self._people, text, self._owner, self._found)
        except NobodyMeant:
            wanted = text.strip().casefold()
            if "@" not in wanted or all(note.address != wanted for note in self._ledger.meaning.traffic()):
                raise
            raise NobodyMeant(_of_a_firm(wanted)) from None

    def flagged(self, text: str) -> Person:
        """As `person`, but the four characters that stand beside somebody in the report will do too."""
        codes = text.upper()
        coded = [one for one in self._people if any(code(name) == codes for name in (one.id, *one.addresses))]
        return coded[0] if len(coded) == 1 else self.person(text)


def find_person(
    people: Iterable[Person], text: str, owner: Owner | None = None, found_of_owner: Collection[str] = ()
) -> Person:
    """The one person that `text` means: by address or id, by name, by a part of the name.

    Args:
        people: all that are known.
        text: what was typed.
        owner: who is told apart from a stranger, by address or name.
        found_of_owner: the owner's addresses that no config names.

    Raises:
        NobodyMeant: nobody, several, or the owner; the message says who could be meant.
    """
    everyone = list(people)
    wanted = " ".join(text.casefold().split())
    if not wanted:
        raise NobodyMeant("Say who is meant: an address, or a name. See who there is with: syncd people")
    for found in (
        [person for person in everyone if wanted == person.id.casefold() or wanted in person.addresses],
        [person for person in everyone if person.name and person.name.casefold() == wanted],
        [person for person in everyone if wanted in _searched(person)],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise NobodyMeant(f'"{text}" could be any of these; say which by the address:\n{_listed(found)}')
    if owner is not None and (said := _own(wanted, owner, found_of_owner)):
        raise NobodyMeant(f'"{text}" is you: {said} See whom you deal with: syncd people')
    raise NobodyMeant(_unknown(text, everyone))


def _own(wanted: str, owner: Owner, found: Collection[str]) -> str | None:
    """How the owner is meant; None if not."""
    if wanted in Own(owner.addresses):
        return "the config names the address as yours."
    if wanted in Own(found):
        other = f'[[person]] addresses = ["{wanted}"]'
        return f"your mail shows the address as yours. If it is not, add {other} to the config."
    name = (owner.name or "").casefold()
    return "the config says that this is your name." if wanted in {name, *name.split()} else None


def _of_a_firm(address: str) -> str:
    line = f'[[person]] addresses = ["{address}"]'
    return (
        f'"{address}" is taken for a machine or for a mailbox that several share: what it sends counts as business '
        f"with {domain_of(address)}, and as nobody's word. If one person writes from it, add {line} to the config."
    )


def _searched(person: Person) -> str:
    return f"{person.name or ''} {' '.join(person.addresses)}".casefold()


def _unknown(text: str, everyone: Sequence[Person]) -> str:
    if not everyone:
        return "Nobody is known yet. Run: syncd sync"
    names = [name for one in everyone for name in (one.name, *one.addresses) if name and not _placeholder(name)]
    words = [word for name in names if "@" not in name for word in name.split()]
    guess = nearest(text, [*words, *names])
    hint = f'Did you mean "{guess}"?' if guess else "See who there is with: syncd people"
    return f'Nobody is called "{text}". {hint}'


def _placeholder(name: str) -> bool:
    return "@" in name and name.partition("@")[0] in PLACEHOLDERS


def _listed(found: Sequence[Person]) -> str:
    lines = [f"  {person.id}  {person.name or ''}".rstrip() for person in found[:SHOWN]]
    more = len(found) - SHOWN
    return "\n".join(lines + ([f"  … and {more} more"] if more > 0 else []))
