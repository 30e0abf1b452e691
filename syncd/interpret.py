"""Facts to meaning: copies are folded, labelled, given to persons, and become interactions.

`understand` is the whole way as one pure function; `interpret` runs it when facts, rules, config or the journal have
changed since the ledger's meaning was made, and writes the difference. Because every part looks only back in time,
what is understood up to a day does not change when later facts arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from hashlib import blake2b
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from connectors.observations import Event, Message
from rules import owners, ruleset
from rules.authenticity import is_forged
from rules.automation import is_role_address
from rules.circle import assign
from rules.collector import uncollected
from rules.copies import Copy, Occurrence, fold, moment
from rules.findings import Finder, edition
from rules.identity import DomainWord, Identities, PersonWord, Suggestion, resolve
from rules.interactions import InteractionSettings, extract, interaction_id
from rules.labels import AT_ONCE
from rules.meaning import Channel, Decision, Direction, Evidence, Interaction, Merge, Owner, Purpose
from rules.ruleset import RuleSet
from syncd import __version__
from syncd.config import Config
from syncd.ledger import Ledger
from syncd.ledger.findings import Findings
from syncd.ledger.journal import Entry
from syncd.ledger.meaning import Changes, Interpretation, MadeBy

T = TypeVar("T")
Progress = Callable[[int, int | None], object]

_MEANT = ("logged", "merged", "parted")  # the journal's entries that say what happened and who is whom
_LOGGED_HOUR = time(12)  # a contact logged by hand has a day, no hour


@dataclass(frozen=True, slots=True)
class Terms:
    """What an interpretation goes by, beside the facts: the owner, the owner's words, the rules, what is small, whose
    word on senders is believed (see `rules.authenticity`), and the contacts that the owner `logged`."""

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


def interpret(
    ledger: Ledger,
    config: Config,
    *,
    rules: RuleSet | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Changes:
    """Bring the ledger's meaning up to date; does nothing where nothing changed.

    Args:
        rules: the rule set in force; without it the packs and the config's rule files are read.
        now: what ends after it is planned, not past.
        progress: told how many observations were labelled, of how many.

    Raises:
        RuleProblems: a rule file is wrong; the meaning stays as it was.
    """
    now = now or datetime.now(UTC)
    rules = rules or ruleset.load(config.rules)
    journal = ledger.journal.entries(_MEANT)
    by = f"{__version__}:{edition()}:{rules.digest}"
    made_by = MadeBy(ledger.facts.version(), by, _digest(config, journal))
    if made_by == ledger.meaning.made_by() and not _came_to_pass(ledger, now):
        return Changes()
    terms = Terms.of(config, rules, journal)
    kept = ledger.facts.kept_labels()
    found = Findings(ledger)
    with uncollected():
        meaning = understand(ledger.facts.copies(), terms, kept, found, now=now, progress=progress)
        return ledger.meaning.write(meaning, made_by, now, found)


def understand(
    copies: Iterable[Copy],
    terms: Terms,
    kept: Mapping[int, Decision] = MappingProxyType({}),
    found: Findings | None = None,
    *,
    now: datetime,
    until: date | None = None,
    progress: Progress | None = None,
) -> Interpretation:
    """All that the rules say of the facts; pure.

    Args:
        kept: by item, labels given before retention took the words that they were given for.
        found: what was found before; where it still stands it is taken over. What is found now is put there.
        until: the last day, in the owner's zone, that may be known: what ended later is left out.
    """
    zone = ZoneInfo(terms.owner.timezone)
    occurrences = fold(copies, timezone=terms.owner.timezone)
    if until is not None:
        end = datetime.combine(until + timedelta(days=1), time(), zone)
        occurrences = [occurrence for occurrence in occurrences if _over(occurrence, end, zone)]
    if terms.authserv_ids:  # before anything is learned from them: not even whose new address they tell of
        occurrences = [occurrence for occurrence in occurrences if not _forged(occurrence, terms.authserv_ids)]
    role = partial(is_role_address, rules=terms.rules)
    taken = [address for word in terms.words if isinstance(word, PersonWord) for address in word.addresses]
    traces = owners.read(occurrences)
    own = owners.find(traces, terms.owner, is_role=role, taken=taken)
    owner = replace(terms.owner, addresses=frozenset(own))
    decisions = list(_labelled(occurrences, Finder(terms.rules, owner), found, zone, progress))
    if kept:
        decisions = [_kept(one, decision, kept) for one, decision in zip(occurrences, decisions, strict=True)]
    identities = resolve(occurrences, decisions, terms.owner, terms.words, is_role=role, traces=traces)
    settings = replace(terms.settings, now=now)
    interactions, traffic = extract(_emptied(occurrences), _emptied(decisions), identities, owner, settings)
    interactions += _logged(terms.logged, identities, zone, until)
    interactions.sort(key=lambda interaction: (interaction.at, interaction.id))
    return Interpretation(
        people=assign(identities.people, interactions, traffic, owner),
        merges=identities.merges,
        suggestions=[_suggested(one) for one in identities.suggestions],
        owner_addresses=sorted(identities.owner_addresses),
        interactions=interactions,
        traffic=traffic,
    )


def _emptied(values: list[T]) -> Iterator[T]:
    """The values one by one, each taken out of the list: what has been read need not stay."""
    values.reverse()
    while values:
        yield values.pop()


def _kept(occurrence: Occurrence, decision: Decision, kept: Mapping[int, Decision]) -> Decision:
    """The label that was kept, where every copy has lost the words that it was given for."""
    labels = [kept[item] for item in occurrence.items if item in kept]
    return msgspec.structs.replace(labels[0], id=decision.id) if len(labels) == len(occurrence.items) else decision


def _suggested(suggestion: Suggestion) -> Merge:
    """A merge that waits for the owner's word: known since no day."""
    evidence = Evidence("identity.suggestion", suggestion.because, "same", suggestion.weight)
    return Merge(date.max, suggestion.one, suggestion.other, (evidence,))


def _over(occurrence: Occurrence, end: datetime, zone: ZoneInfo) -> bool:
    """Whether it had ended by `end`. What has no time at all is nowhere and is left out."""
    observation = occurrence.observation
    at = moment(observation, zone)
    if isinstance(observation, Event) and observation.end is not None:
        at = observation.end if observation.end.tzinfo else observation.end.replace(tzinfo=zone)
    return at is not None and at <= end


def _forged(occurrence: Occurrence, servers: frozenset[str]) -> bool:
    observation = occurrence.observation
    if not isinstance(observation, Message) or "sent" in occurrence.roles:  # what lies in Sent was sent from here
        return False
    return is_forged(observation, servers)


def _labelled(
    occurrences: Sequence[Occurrence],
    finder: Finder,
    found: Findings | None,
    zone: ZoneInfo,
    progress: Progress | None,
) -> Iterator[Decision]:
    for first in range(0, len(occurrences), AT_ONCE):
        if progress is not None:
            progress(first, len(occurrences))
        some = [(one, moment(one.observation, zone)) for one in occurrences[first : first + AT_ONCE]]
        taken = [None if found is None else found.take(at, one.id) for one, at in some]
        finder.prepare([one.observation for (one, _), known in zip(some, taken, strict=True) if known is None])
        for (one, at), known in zip(some, taken, strict=True):
            finding = finder.find(one.observation, None if known is None else known.finding)
            if found is not None:
                found.put(at, finding, known)
            yield finding.decision


def _logged(
    entries: Iterable[Entry], identities: Identities, zone: ZoneInfo, until: date | None
) -> Iterator[Interaction]:
    """Contacts that the owner logged by hand: they count as met, for whatever they were."""
    for entry in entries:
        day = date.fromisoformat(entry.data["on"])
        person = identities.by_address.get(entry.subject)
        if person is None or (until is not None and day > until):
            continue
        because = "you logged it yourself"
        # The entry's number may change when a journal is imported; when and what was logged does not.
        what = "\x1f".join((entry.data["on"], entry.data["channel"], entry.at.astimezone(UTC).isoformat()))
        yield Interaction(
            id=interaction_id(f"logged:{what}", entry.subject),
            person=person.id,
            address=entry.subject,
            at=datetime.combine(day, _LOGGED_HOUR, zone).astimezone(UTC),
            local=day,
            channel=Channel(entry.data["channel"]),
            confidence=1.0,
            direction=Direction.BOTH,
            purpose=Purpose(0.9, 0.08, 0.02),
            took_place=1.0,
            account="journal",
            evidence=(Evidence("owner.logged", because, entry.data["channel"], 10.0),),
        )


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


def _digest(config: Config, journal: Sequence[Entry]) -> str:
    """What of the config and the journal decides the meaning; the rest may change without a rebuild."""
    settled = config.model_dump_json(include={"owner", "person", "domain", "meetings"})
    return blake2b(settled.encode() + msgspec.json.encode(journal), digest_size=16).hexdigest()


def _came_to_pass(ledger: Ledger, now: datetime) -> bool:
    """Whether something that was planned when the meaning was made is past by now."""
    made = ledger.meaning.made()
    if made is None:
        return True
    recent = ledger.meaning.interactions(since=made.at - timedelta(days=1), until=now)
    return any(one.planned and one.at + timedelta(minutes=one.minutes) <= now for one in recent)
