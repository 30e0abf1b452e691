"""Facts to meaning, pure: copies are folded, labelled, given to persons, and become interactions.

Every pass looks only back in time. So what is understood up to a day does not change when later facts arrive, and a
walk that has come to a moment can be gone on with from there, with what it remembered then (`Memories`).
"""

from __future__ import annotations

import pickle
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from connectors.observations import Event, Message
from rules.interactions.extraction import Extraction, interaction_id
from rules.labels.authenticity import is_forged
from rules.labels.automation import is_role_address
from rules.labels.findings import Finder
from rules.labels.labeller import AT_ONCE
from rules.meaning import Channel, Decision, Direction, Evidence, Interaction, Merge, Owner, Person, Purpose, Traffic
from rules.occurrences.copies import Copy, Occurrence, moment
from rules.occurrences.gathering import fold
from rules.people import owners
from rules.people.circle import Trades, assign
from rules.people.identity import Identities, Resolver, Suggestion
from syncd.ledger.findings import Findings
from syncd.ledger.journal import Entry
from syncd.ledger.meaning import Interpretation
from syncd.terms import Terms

T = TypeVar("T")
Progress = Callable[[int, int | None], object]
Labels = Mapping[int, Decision]

NOTHING_KEPT: Labels = MappingProxyType({})
_LOGGED_HOUR = time(12)  # a contact logged by hand has a day, no hour
NEVER = datetime.min.replace(tzinfo=UTC)


def packed(memory: object) -> bytes:
    """As few bytes, for this process alone: they are never written down."""
    return zlib.compress(pickle.dumps(memory, pickle.HIGHEST_PROTOCOL), 1)


def unpacked(memory: bytes) -> Any:
    """A copy of what was packed."""
    return pickle.loads(zlib.decompress(memory))  # noqa: S301 - of our own making, in this process


class Departed(Exception):
    """What was said of the time before is not what would be said now: it has to be read anew. `whose`: the addresses
    of which somebody else is known now, if that is why. `at`: the first moment of which something is said that was
    not."""

    def __init__(self, whose: Iterable[str] = (), at: datetime | None = None) -> None:
        self.whose = frozenset(whose)
        self.at = at
        super().__init__(", ".join(sorted(self.whose)))


@dataclass(frozen=True, slots=True)
class Memories:
    """What was remembered when a walk had come to a moment.

    Attributes:
        at: nothing from this moment on is in it, and all before.
        passes: what each pass remembered, as bytes: every walk that goes on from here needs a copy of its own.
        own: the owner's addresses that the passes went by.
        seen: every address met before, with all that is asked of who it is.
    """

    at: datetime
    passes: Mapping[str, bytes]
    own: frozenset[str]
    seen: Mapping[str, object]


def understand(
    copies: Iterable[Copy],
    terms: Terms,
    kept: Labels = NOTHING_KEPT,
    found: Findings | None = None,
    *,
    now: datetime,
    until: date | None = None,
    progress: Progress | None = None,
) -> Interpretation:
    """All that the rules say of the facts.

    Args:
        kept: by item, labels given before retention took the words that they were given for.
        found: what was found before; where it still stands it is taken over. What is found now is put there.
        until: the last day, in the owner's zone, that may be known: what ended later is left out.
    """
    return Walk(terms, kept, found, now=now, until=until, progress=progress).go(known(copies, terms, until))


def known(copies: Iterable[Copy], terms: Terms, until: date | None = None) -> list[Occurrence]:
    """What the copies tell of, in order of time, without what is forged or ended after a day."""
    zone = ZoneInfo(terms.owner.timezone)
    occurrences = fold(copies, timezone=terms.owner.timezone)
    if until is not None:
        end = datetime.combine(until + timedelta(days=1), time(), zone)
        occurrences = [occurrence for occurrence in occurrences if _over(occurrence, end, zone)]
    if terms.authserv_ids:  # before anything is learned from them: not even whose new address they tell of
        occurrences = [occurrence for occurrence in occurrences if not _forged(occurrence, terms.authserv_ids)]
    return occurrences


def before(occurrences: Sequence[Occurrence], at: datetime, zone: ZoneInfo) -> int:
    """How many of the occurrences, which are in order of time, began before a moment."""
    return bisect_left(occurrences, at, key=lambda one: moment(one.observation, zone) or NEVER)


class Walk:
    """One walk along the time, from its beginning or from where another one's `memories` were kept.

    Attributes:
        kept: what was remembered at each moment of `keep_at`, which are in order of time, once it has gone; but for
            those that are no good places to go on from.
    """

    def __init__(  # noqa: PLR0913 # each is a question of its own
        self,
        terms: Terms,
        labels: Labels = NOTHING_KEPT,
        found: Findings | None = None,
        *,
        now: datetime,
        until: date | None = None,
        progress: Progress | None = None,
        memories: Memories | None = None,
        keep_at: Sequence[datetime] = (),
    ) -> None:
        self.kept: list[Memories] = []
        self._terms, self._labels, self._found = terms, labels, found
        self._now, self._until, self._progress = now, until, progress
        self._memories, self._keep_at = memories, keep_at
        self._zone = ZoneInfo(terms.owner.timezone)
        self._noted: list[dict[str, bytes]] = [{} for _ in keep_at]
        self._firsts: list[int] = []  # how many occurrences began before each

    def go(self, occurrences: list[Occurrence]) -> Interpretation:
        """What is to be said of the occurrences, which are taken out of the list.

        Raises:
            Departed: they change what would be said of the time before.
        """
        terms, memories = self._terms, self._memories
        self._firsts = [before(occurrences, at, self._zone) for at in self._keep_at]
        met = [
            _addresses(occurrences[last:first]) for last, first in zip([0, *self._firsts], self._firsts, strict=False)
        ]
        traces = self._recalled("traces") or owners.Traces()
        role = partial(is_role_address, rules=terms.rules)
        self._stride("traces", iter(occurrences), lambda some: owners.read(some, traces), lambda: traces)
        resolver = Resolver(traces, terms.owner, terms.words, is_role=role)
        own = frozenset(resolver.own)
        if memories is not None and memories.own != own:
            raise Departed
        owner = replace(terms.owner, addresses=own)
        decisions = self._decisions(occurrences, owner)
        resolver.memory = self._recalled("people") or resolver.memory
        pairs = zip(occurrences, decisions, strict=True)
        self._stride("people", pairs, resolver.read, lambda: resolver.memory)
        identities = resolver.identities()
        seen = {} if memories is None else memories.seen
        if others := [one for one, who in _who(identities, seen).items() if who != seen[one]]:
            raise Departed(others)
        interactions, traffic = self._contacts(occurrences, decisions, identities, owner)
        people = self._circles(interactions, traffic, identities, owner)
        for at, passes, addresses in zip(self._keep_at, self._noted, met, strict=True):
            seen = {**seen, **_who(identities, addresses)}
            if not _are_planned(interactions, at):
                self.kept.append(Memories(at, passes, own, seen))
        return Interpretation(
            people=people,
            merges=identities.merges,
            suggestions=[_suggested(one) for one in identities.suggestions],
            owner_addresses=sorted(identities.owner_addresses),
            interactions=interactions,
            traffic=traffic,
        )

    # --- the passes -------------------------------------------------------------------------------------------------

    def _decisions(self, occurrences: Sequence[Occurrence], owner: Owner) -> list[Decision]:
        finder = Finder(self._terms.rules, owner)
        finder.memory = self._recalled("labels") or finder.memory
        decisions: list[Decision] = []
        coming = _labelled(occurrences, finder, self._found, self._zone, self._progress)
        self._stride("labels", coming, decisions.extend, lambda: finder.memory)
        if self._labels:
            pairs = zip(occurrences, decisions, strict=True)
            decisions = [_kept(one, decision, self._labels) for one, decision in pairs]
        return decisions

    def _contacts(
        self,
        occurrences: list[Occurrence],
        decisions: list[Decision],
        identities: Identities,
        owner: Owner,
    ) -> tuple[list[Interaction], list[Traffic]]:
        settings = replace(self._terms.settings, now=self._now)
        extraction = Extraction(identities, owner, settings)
        extraction.memory = self._recalled("contacts") or extraction.memory
        pairs = zip(_emptied(occurrences), _emptied(decisions), strict=True)
        self._stride("contacts", pairs, extraction.take, lambda: extraction.memory)
        interactions = extraction.interactions
        interactions += _logged(self._terms.logged, identities, self._zone, self._until)
        interactions.sort(key=lambda interaction: (interaction.at, interaction.id))
        return interactions, extraction.traffic

    def _circles(
        self, interactions: Sequence[Interaction], traffic: Sequence[Traffic], identities: Identities, owner: Owner
    ) -> list[Person]:
        trades = self._recalled("circles") or Trades()
        some = notes = 0
        for number, at in enumerate(self._keep_at):
            until = bisect_left(interactions, at, key=lambda one: one.at)
            noted = bisect_left(traffic, at, key=lambda one: one.at)
            trades.take(identities.people, interactions[some:until], traffic[notes:noted])
            some, notes = until, noted
            self._note(number, "circles", trades)
        return assign(identities.people, interactions[some:], traffic[notes:], owner, trades=trades)

    def _stride(
        self,
        name: str,
        values: Iterator[T],
        take: Callable[[Iterator[T]], object],
        memory: Callable[[], object],
    ) -> None:
        """A pass over all values; what it remembers on its way is kept."""
        done = 0
        for number, first in enumerate(self._firsts):
            take(islice(values, first - done))
            done = first
            self._note(number, name, memory())
        take(values)

    def _note(self, number: int, name: str, memory: object) -> None:
        self._noted[number][name] = packed(memory)

    def _recalled(self, name: str) -> Any:
        return None if self._memories is None else unpacked(self._memories.passes[name])


# --- who was met, and what is asked of them -------------------------------------------------------------------------


def _addresses(occurrences: Iterable[Occurrence]) -> set[str]:
    """Every address that the passes may ask after."""
    found: set[str | None] = set()
    for occurrence in occurrences:
        one = occurrence.observation
        if isinstance(one, Event):
            found.update(guest.address for guest in one.attendees or ())
            found.add(one.organizer.address if one.organizer else None)
            continue
        for group in (one.to, one.cc, one.bcc, one.reply_to):
            if group:
                found.update([address.address for address in group])
        found.update([address.address for address in (one.from_, one.sender) if address is not None])
        if failed := (one.headers or {}).get("x-failed-recipients"):
            found.update(part.strip().strip("<>").lower() for part in failed.split(","))
    return {address for address in found if address}


def _who(identities: Identities, addresses: Iterable[str]) -> dict[str, object]:
    """Of each address all that `rules.interactions.extraction` and `rules.people.circle` ask of who is who."""
    found: dict[str, object] = {}
    for address in addresses:
        person = identities.by_address.get(identities.assistants.get(address, address))
        whose = None if person is None else (person.id, person.name, person.organisation)
        desk = identities.is_role(address)
        found[address] = (whose, desk, address in identities.lists, address in identities.ignored)
    return found


def _are_planned(interactions: Iterable[Interaction], before: datetime) -> bool:
    """Whether something that began before a moment is not over yet: what is said of it will change by itself."""
    return any(one.planned and one.at < before for one in interactions)


# --- occurrences and their labels -----------------------------------------------------------------------------------


def _emptied(values: list[T]) -> Iterator[T]:
    """The values one by one, each taken out of the list: what has been read need not stay."""
    values.reverse()
    while values:
        yield values.pop()


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


def _kept(occurrence: Occurrence, decision: Decision, kept: Labels) -> Decision:
    """The label that was kept, where every copy has lost the words that it was given for."""
    labels = [kept[item] for item in occurrence.items if item in kept]
    return msgspec.structs.replace(labels[0], id=decision.id) if len(labels) == len(occurrence.items) else decision


def _suggested(suggestion: Suggestion) -> Merge:
    """A merge that waits for the owner's word: known since no day."""
    evidence = Evidence("identity.suggestion", suggestion.because, "same", suggestion.weight)
    return Merge(date.max, suggestion.one, suggestion.other, (evidence,))


# --- contacts that the owner logged by hand -------------------------------------------------------------------------


def logged_id(entry: Entry) -> str:
    """The id of the interaction that the owner logged."""
    # The entry's number may change when a journal is imported; when and what was logged does not.
    what = "\x1f".join((entry.data["on"], entry.data["channel"], entry.at.astimezone(UTC).isoformat()))
    return interaction_id(f"logged:{what}", entry.subject)


def _logged(
    entries: Iterable[Entry], identities: Identities, zone: ZoneInfo, until: date | None
) -> Iterator[Interaction]:
    """They count as met, for whatever they were."""
    for entry in entries:
        day = date.fromisoformat(entry.data["on"])
        person = identities.by_address.get(entry.subject)
        if person is None or (until is not None and day > until):
            continue
        because = "you logged it yourself"
        yield Interaction(
            id=logged_id(entry),
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
