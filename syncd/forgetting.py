"""Erasing somebody for good: from what was seen, what was made of it, what was said, and every copy of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from connectors.observations import Address, Event, Observation
from rules.occurrences.copies import Copy
from syncd.ledger import Ledger, erasure
from syncd.ledger.erasure import KIND, Erased
from syncd.ledger.forgotten import Forgotten, digest, name_digest, name_words
from syncd.ledger.journal import Saying, insert


def forgotten(ledger: Ledger) -> Forgotten:
    """Who is to be kept out of this ledger."""
    with ledger.read() as connection:
        return erasure.forgotten(connection, ledger.owner_id)


def forget(ledger: Ledger, addresses: Collection[str], now: datetime, *, names: Collection[str] = ()) -> Erased:
    """Erase the person behind `addresses` and keep them out of every later sync.

    Their names are found beside their addresses; `names` adds some. What they wrote, and what concerned nobody
    else, is erased whole; elsewhere their address and their full name are taken out. A kill in between leaves the
    ledger as it was, or erased with only the free pages and copies to clean, which is done when it is opened next.
    """
    wanted = frozenset(address.strip().lower() for address in addresses)
    found = {*names, *_names(ledger, wanted)}
    with ledger.write(durable=True) as connection:
        old = erasure.forgotten(connection, ledger.owner_id)
        known = {digest(old.key, address): "address" for address in wanted}
        known |= {name_digest(old.key, words): "name" for words in map(name_words, found) if words}
        for subject, of in known.items():
            if subject not in old.addresses | old.names:
                insert(connection, ledger.owner_id, Saying(KIND, subject, now, {"of": of}))
        erased = erasure.erase(connection, ledger.owner_id)
    return replace(erased, copies=erasure.finish(ledger))


def _names(ledger: Ledger, addresses: frozenset[str]) -> Iterator[str]:
    """The names that stand beside these addresses, in what was seen and in what was made of it."""
    for address in addresses:
        person = ledger.meaning.person(address)
        if person is not None and person.name:
            yield person.name
    for copy in ledger.facts.copies():
        for revision in copy.revisions:
            for who in named(revision.observation):
                if who.address in addresses and who.name:
                    yield who.name


def named(observation: Observation) -> Iterator[Address]:
    """Everybody whom an observation names."""
    if isinstance(observation, Event):
        yield from (Address(who.address, who.name) for who in observation.attendees or ())
        single = [observation.organizer]
    else:
        lists = (observation.to, observation.cc, observation.bcc, observation.reply_to)
        yield from (who for group in lists for who in group or ())
        single = [observation.from_, observation.sender]
    yield from (who for who in single if who is not None)


def is_named(copy: Copy, addresses: Collection[str]) -> bool:
    """Whether any revision of a copy names one of the addresses."""
    return any(who.address in addresses for revision in copy.revisions for who in named(revision.observation))
