"""What an interpretation goes by beside the facts: the owner's words, from the config and from the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import msgspec

from rules.engine.ruleset import RuleSet
from rules.interactions.extraction import InteractionSettings
from rules.meaning import Owner
from rules.people.identity import DomainWord, PersonWord
from syncd.config import Config
from syncd.ledger.journal import Entry

MEANT = ("logged", "merged", "parted")  # the journal's entries that say what happened and who is whom


@dataclass(frozen=True, slots=True)
class Terms:
    """The owner, the owner's words, the rules, what is small, whose word on senders is believed (see
    `rules.labels.authenticity`), and the contacts that the owner `logged`."""

    owner: Owner
    words: tuple[PersonWord | DomainWord, ...]
    rules: RuleSet
    settings: InteractionSettings
    authserv_ids: frozenset[str] = frozenset()
    logged: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, config: Config, rules: RuleSet, journal: Sequence[Entry] = ()) -> Terms:
        pairs = _pairs(journal)
        mine = _claimed(config.owner.addresses, pairs)
        owner = Owner(
            addresses=mine,
            own_domains=frozenset(config.owner.own_domains),
            name=config.owner.name,
            timezone=config.owner.timezone,
        )
        words = (*_from_config(config), *_from_journal(pairs, mine))
        settings = InteractionSettings(small_circle=config.meetings.small_circle)
        logged = tuple(entry for entry in journal if entry.kind == "logged")
        return cls(owner, words, rules, settings, frozenset(config.owner.authserv_ids), logged)


def _from_config(config: Config) -> Iterator[PersonWord | DomainWord]:
    for person in config.person:
        yield PersonWord(
            addresses=person.addresses,
            name=person.name,
            circle=person.circle,
            key=person.key,
            renews=person.renews,
            ignore=person.ignore,
            not_same=person.not_same,
            every_days=person.every_days,
            prefers=person.channel,
            assistants=person.assistants,
            role=person.role,
        )
    for domain in config.domain:
        yield DomainWord(
            domain.domain,
            circle=domain.circle,
            ignore=domain.ignore,
            every_days=domain.every_days,
            prefers=domain.channel,
            role=domain.role,
        )


def _pairs(journal: Iterable[Entry]) -> list[Entry]:
    """Merges that the owner confirmed or undid by an answer; the newest word on a pair is the one that counts."""
    pairs: dict[frozenset[str], Entry] = {}
    for entry in journal:
        if entry.kind in {"merged", "parted"}:
            pairs[frozenset((entry.subject, entry.data["other"]))] = entry
    return list(pairs.values())


def _claimed(addresses: Iterable[str], pairs: Iterable[Entry]) -> frozenset[str]:
    """The owner's addresses: those of the config, and those of which the owner answered that they are theirs."""
    declared = frozenset(addresses)
    found = set(declared)
    for entry in pairs:
        both = {entry.subject, entry.data["other"]}
        if entry.kind == "merged" and not both.isdisjoint(declared):
            found |= both
    return frozenset(found)


def _from_journal(pairs: Iterable[Entry], mine: frozenset[str]) -> Iterator[PersonWord]:
    """What the owner answered of two addresses. Of the owner's own nobody is made."""
    for entry in pairs:
        other = entry.data["other"]
        strangers = tuple(address for address in (entry.subject, other) if address not in mine)
        if len(strangers) < 2:
            if strangers and entry.kind == "parted":
                yield PersonWord(addresses=strangers)  # somebody else, and not to be asked after again
        elif entry.kind == "merged":
            yield PersonWord(addresses=(entry.subject, other))
        else:
            yield PersonWord(addresses=(entry.subject,), not_same=(other,))


def digest(config: Config, journal: Sequence[Entry]) -> str:
    """What of the config and the journal decides the meaning; the rest may change without a rebuild."""
    settled = config.model_dump_json(include={"owner", "person", "domain", "meetings"})
    return blake2b(settled.encode() + msgspec.json.encode(journal), digest_size=16).hexdigest()
