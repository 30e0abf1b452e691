"""Observations, labels and people -> interactions: the design's table "What counts", row by row.

An interaction is one person and one occurrence. `docs/what-counts.md` has the table with its reasons, and
`tests/rules/test_interactions.py` a test for each row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import blake2b
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

from connectors.observations import Event, Message
from rules.copies import Occurrence, moment
from rules.identity import Identities
from rules.lists import is_list_mail, is_tagged, lists_of
from rules.meaning import Channel, Decision, Direction, Evidence, Interaction, Owner, Person, Traffic
from rules.meetings import Names, table
from rules.organisations import domain_of, is_free_mail, organisation_of, within
from rules.owners import Own
from rules.threads import Threads, heading

CC = 0.4  # a copy is contact, but less than being written to
CALLED = 0.5  # a phone system's notice: a call was made, perhaps only to the machine
UNNAMED = 0.3  # a blind copy, or an address of the owner's that nobody knows yet


@dataclass(frozen=True, slots=True)
class InteractionSettings:
    """`small_circle`: others at a small meeting. `now`: what ends after it is planned (None: nothing is).
    `large`: others from which a meeting is a crowd whatever its labels say."""

    small_circle: int = 4
    large: int = 20
    now: datetime | None = None


def extract(
    occurrences: Iterable[Occurrence],
    decisions: Iterable[Decision],
    identities: Identities,
    owner: Owner,
    settings: InteractionSettings | None = None,
) -> tuple[list[Interaction], list[Traffic]]:
    """All interactions and organisation traffic, each in order of time.

    Args:
        occurrences: in order of time, as `rules.copies.fold` gives them.
        decisions: one for each, in the same order.
        identities: from `rules.identity.resolve` over the same occurrences.
        owner: for zone and own domains; the addresses are those of `identities`.
        settings: see `InteractionSettings`.
    """
    desk = _Desk(identities, owner, settings or InteractionSettings())
    for occurrence, decision in zip(occurrences, decisions, strict=True):
        desk.take(occurrence, decision)
    return desk.interactions, desk.traffic


def interaction_id(occurrence: str, address: str) -> str:
    """A stable digest of the occurrence and the address that took part (a merge does not change it)."""
    return blake2b(f"{occurrence}\x1f{address}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def week_of(day: date) -> str:
    """The ISO week of a local day: "2026-W03"."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


@dataclass(frozen=True, slots=True)
class _Case:
    """One occurrence to judge."""

    occurrence: Occurrence
    decision: Decision
    at: datetime


@dataclass(slots=True)
class _Correspondent:
    """Somebody whom one mail ties to the owner. `share`: 1 for To, less for copies; `via`: through whom."""

    person: Person
    address: str
    share: float
    via: str | None


@dataclass(frozen=True, slots=True)
class _Letter:
    """What later mail needs to know of an earlier one."""

    thread: str
    at: datetime
    direction: Direction
    to: Mapping[str, str]  # person -> interaction id


class _Desk:
    def __init__(self, identities: Identities, owner: Owner, settings: InteractionSettings) -> None:
        self.interactions: list[Interaction] = []
        self.traffic: list[Traffic] = []
        self._who = identities
        self._settings = settings
        self._zone = ZoneInfo(owner.timezone)
        self._own = Own(frozenset(identities.owner_addresses) | owner.addresses)
        self._home = owner.own_domains or {
            domain for address in self._own.addresses if not is_free_mail(domain := domain_of(address))
        }
        self._threads: Threads[_Letter] = Threads()
        self._names = Names()
        self._circles: dict[str, _ListCircle] = {}

    def take(self, occurrence: Occurrence, decision: Decision) -> None:
        observation = occurrence.observation
        at = moment(observation, self._zone)
        if at is None:
            return
        case = _Case(occurrence, decision, at)
        if isinstance(observation, Event):
            if occurrence.stands or observation.status == "cancelled":
                self._meeting(case, observation)
        elif occurrence.stands:
            self._mail(case, observation)

    # --- mail -------------------------------------------------------------------------------------------------------

    def _mail(self, case: _Case, message: Message) -> None:
        writer = message.from_.address if message.from_ else None
        if writer is None or is_invitation(message):
            return
        sender = message.sender.address if message.sender else None
        if writer in self._own:
            if not case.decision.automated:
                self._written(case, message, sender)
        elif sender in self._own:
            return  # the owner wrote it in somebody else's name
        elif case.decision.channel is Channel.PHONE:
            self._call_notice(case, message, writer)
        elif case.decision.automated or self._who.is_role(writer):
            self._robot(case, message, writer)
        else:
            self._received(case, message, writer, sender)

    def _written(self, case: _Case, message: Message, sender: str | None) -> None:
        reached = dict(self._recipients(message))
        lists = self._lists(message, reached)
        for key in lists:
            circle = self._circles.setdefault(key, _ListCircle({}))
            circle.owner_writes = True
            if circle.is_small(self._settings.small_circle):
                for member in circle.members.values():
                    reached.setdefault(member, 1.0)
        via = sender if sender and sender not in self._own and not self._who.is_role(sender) else None
        people: dict[str, _Correspondent] = {}
        for address, share in reached.items():
            person, helper = self._person(address)
            if person is None:
                if self._who.is_role(address):
                    self._note(address, Direction.OUT, case)
                continue
            held = people.get(person.id)
            if held is None or (held.share, held.via is None) < (share, helper is None):
                people[person.id] = _Correspondent(person, address, share, helper)
        for one in people.values():
            one.via = via or one.via
        if people:
            many = max(len(people), sum(address not in self._own for address in reached) - len(lists))
            self._letters(case, message, Direction.OUT, list(people.values()), many)

    def _received(self, case: _Case, message: Message, writer: str, sender: str | None) -> None:
        person, helper = self._person(writer)
        reached = dict(self._recipients(message))
        share = max((part for address, part in reached.items() if address in self._own), default=0.0)
        lists = self._lists(message, reached)
        for key in lists:
            circle = self._circles.setdefault(key, _ListCircle({}))
            if person is not None:
                circle.members.setdefault(person.id, writer)
            if not share and circle.owner_writes and circle.is_small(self._settings.small_circle):
                share = 1.0
        if not share and self._is_blind_copy(case, message, reached):
            share = UNNAMED
        if not share or person is None:
            return
        via = sender if sender and sender != writer and not lists and not self._who.is_role(sender) else None
        self._letters(
            case, message, Direction.IN, [_Correspondent(person, writer, share, via or helper)], max(1, len(reached))
        )

    def _call_notice(self, case: _Case, message: Message, writer: str) -> None:
        """A phone system tells of a call: contact by phone with whom it names, or in whose name it writes. Whether
        the two spoke, or only a machine was spoken to, it seldom says."""
        person = self._person(writer)[0]
        address = writer if person is not None else next(iter(self._names.in_title(message.subject or "")), None)
        person = person or (self._person(address)[0] if address else None)
        if person is None or address is None:
            return
        decision = case.decision
        self.interactions.append(
            Interaction(
                id=interaction_id(case.occurrence.id, address),
                person=person.id,
                address=address,
                at=case.at.astimezone(UTC),
                local=case.at.astimezone(self._zone).date(),
                channel=Channel.PHONE,
                confidence=decision.confidence,
                direction=Direction.IN,
                purpose=decision.purpose,
                took_place=CALLED,
                account=case.occurrence.accounts[0],
                planned=self._settings.now is not None and case.at > self._settings.now,
                title=message.subject,
                observation=case.occurrence.id,
                evidence=decision.evidence,
            )
        )

    def _is_blind_copy(self, case: _Case, message: Message, reached: Mapping[str, float]) -> bool:
        """Whether a mail that names no address of the owner's was meant for the owner all the same: not what came
        through a list or to a desk, and not what a delegate sent to others from here and so lies in Sent."""
        if "sent" in case.occurrence.roles or is_list_mail(message) or is_tagged(message.subject):
            return False
        return not self._is_shared(reached) and self._who.lists.isdisjoint(reached)

    def _is_shared(self, reached: Mapping[str, float]) -> bool:
        """Whether the mail went to a desk of the owner's house: then only being named counts."""
        return any(self._who.is_role(address) and within(domain_of(address), self._home) for address in reached)

    def _letters(
        self, case: _Case, message: Message, direction: Direction, people: Sequence[_Correspondent], many: int
    ) -> None:
        """The interactions of one mail; `many`: how many people it went to."""
        answered = self._threads.answered(message, case.at)
        thread = answered.thread if answered else _root(message, case.occurrence.id)
        decision, settings = case.decision, self._settings
        crowd = decision.crowd or message.truncated or not (message.to or message.cc or message.bcc)
        common: dict[str, Any] = {
            "at": case.at.astimezone(UTC),
            "local": case.at.astimezone(self._zone).date(),
            "channel": Channel.EMAIL,
            "confidence": decision.confidence
            if decision.channel is Channel.EMAIL
            else 1 - decision.automated_probability,
            "direction": direction,
            "purpose": decision.purpose,
            "took_place": 1.0,
            "account": case.occurrence.accounts[0],
            "small": 0.0 if crowd or many > settings.small_circle else 1.0,
            "crowd": crowd,
            "planned": settings.now is not None and case.at > settings.now,
            "thread": thread,
            "starts": answered is None and not message.in_reply_to and not heading(message.subject or "").answers,
            "introduces": len(people) > 1 and direction is Direction.OUT and introduction(message, people),
            "title": message.subject,
            "observation": case.occurrence.id,
            "evidence": decision.evidence,
        }
        made: dict[str, str] = {}
        for one in people:
            answers = answered.to.get(one.person.id) if answered and answered.direction is not direction else None
            made[one.person.id] = own = interaction_id(case.occurrence.id, one.address)
            self.interactions.append(
                Interaction(
                    **common,
                    id=own,
                    person=one.person.id,
                    address=one.address,
                    weight=round(one.share / sqrt(many), 4),
                    via=one.via,
                    answers=answers,
                    answer_hours=_hours(answered.at, case.at) if answered and answers else None,
                )
            )
            self._names.learn(one.person.id, one.address, one.person.name)
        self._threads.take(message, case.at, _Letter(thread, case.at, direction, made))

    def _recipients(self, message: Message) -> Iterator[tuple[str, float]]:
        """Every address that a mail names, the best share first."""
        for group, share in ((message.bcc, CC), (message.cc, CC), (message.to, 1.0)):
            for one in group or ():
                if one.address:
                    yield one.address, share

    def _lists(self, message: Message, reached: Iterable[str]) -> list[str]:
        known = self._who.lists
        found = set(lists_of(message.headers)) if message.headers else set()
        found.update(address for address in reached if address in known)
        return sorted(found)

    def _person(self, address: str) -> tuple[Person | None, str | None]:
        """The person behind an address, and the assistant through whom they were reached."""
        principal = self._who.assistants.get(address)
        if principal is not None:
            return self._who.by_address.get(principal), address
        return self._who.by_address.get(address), None

    # --- robots and desks -------------------------------------------------------------------------------------------

    def _robot(self, case: _Case, message: Message, writer: str) -> None:
        """Traffic: mail of a robot or a desk. Not what merely echoes (bounces, absences), nor newsletters."""
        if case.decision.crowd or "list-id" in (message.headers or {}) or is_echo(message, writer):
            return
        self._note(writer, Direction.IN, case)

    def _note(self, address: str, direction: Direction, case: _Case) -> None:
        organisation = organisation_of(address)
        if organisation is None or within(domain_of(address), self._home) or address in self._who.ignored:
            return
        at = case.at
        local = at.astimezone(self._zone).date()
        self.traffic.append(
            Traffic(organisation, at.astimezone(UTC), local, address, direction, case.decision.purpose)
        )

    # --- meetings ---------------------------------------------------------------------------------------------------

    def _meeting(self, case: _Case, event: Event) -> None:
        decision, settings = case.decision, self._settings
        held = table(event, decision.channel, self._own.__contains__, self._names, self._who.lists)
        if decision.channel is Channel.NONE and any(guest.cancelled_by is None for guest in held.guests):
            return
        others = held.others
        crowd = decision.crowd or (others or 0) > settings.large
        end = moment_of_end(event, self._zone) or case.at
        floating = event.start if event.start is not None and event.start.tzinfo is None else None
        common: dict[str, Any] = {
            "at": case.at.astimezone(UTC),
            "local": floating.date() if floating else case.at.astimezone(self._zone).date(),
            "channel": decision.channel,
            "confidence": decision.confidence,
            "direction": Direction.BOTH,
            "purpose": decision.purpose,
            "account": case.occurrence.accounts[0],
            "minutes": 0.0 if event.all_day else max(0.0, (end - case.at).total_seconds() / 60),
            "weight": round(1 / sqrt(max(1, others or 1)), 4),
            "small": _small(others, settings.small_circle, crowd=crowd),
            "crowd": crowd,
            "standing": decision.standing,
            "planned": settings.now is not None and end > settings.now,
            "organised": held.organised,
            "title": event.title,
            "observation": case.occurrence.id,
        }
        seen: set[str] = set()
        for guest in held.guests:
            person, via = self._person(guest.address)
            if person is None or person.id in seen:
                continue
            seen.add(person.id)
            self.interactions.append(
                Interaction(
                    **common,
                    id=interaction_id(case.occurrence.id, guest.address),
                    person=person.id,
                    address=guest.address,
                    took_place=guest.took_place,
                    via=via,
                    response=guest.response,
                    cancelled_by=guest.cancelled_by,
                    evidence=(*decision.evidence, Evidence("meeting.answer", guest.because, "took place", 0.0)),
                )
            )
            self._names.learn(person.id, guest.address, person.name)


@dataclass(slots=True)
class _ListCircle:
    """A mailing list as seen so far: who writes there (person -> address), and whether the owner does."""

    members: dict[str, str]
    owner_writes: bool = False

    def is_small(self, size: int) -> bool:
        return 0 < len(self.members) <= size


def moment_of_end(event: Event, zone: ZoneInfo) -> datetime | None:
    """The event's end (aware), floating times read in `zone`."""
    if event.end is not None and event.end.tzinfo is None:
        return event.end.replace(tzinfo=zone)
    return event.end


def _small(others: int | None, most: int, *, crowd: bool) -> float:
    """P(the circle was small); an entry that hides its guests may be either."""
    if crowd:
        return 0.0
    return 0.5 if others is None else float(others <= most)


def _hours(earlier: datetime, later: datetime) -> float:
    return round((later - earlier).total_seconds() / 3600, 3)


def _root(message: Message, own: str) -> str:
    if message.thread:
        return message.thread
    if message.references:
        return message.references[0]
    return message.in_reply_to or message.message_id or own


# What calendars put before a title when they mail an answer, in our eight languages.
_ANSWERED = re.compile(
    r"^\s*(?:accepted|declined|tentative(?:ly accepted)?|zugesagt|abgelehnt|mit vorbehalt|angenommen|accept[ée]e?"
    r"|refus[ée]e?|provisoire|aceptad[ao]|rechazad[ao]|provisional|accettat[ao]|rifiutat[ao]|provvisorio|geaccepteerd|geweigerd"
    r"|voorlopig|aceit[eao]|recusad[ao]|provis[óo]rio|accepterat|avb[öo]jt|prelimin[äa]rt?"
    r"|(?:updated )?invitation(?: from [^:]+)?|cancell?ed event|aktualisierte einladung|new time proposed)\s*:",
    re.IGNORECASE,
)
_ECHO = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon)@")


def is_invitation(message: Message) -> bool:
    """Whether a mail is a calendar's: an invitation, an answer to one, a cancellation. The calendar tells of it."""
    headers = message.headers or {}
    if "text/calendar" in headers.get("content-type", "").lower():
        return True
    if "calendarmessage" in headers.get("content-class", "").lower():
        return True
    return message.subject is not None and _marks_calendar(message.subject)


@lru_cache(maxsize=131072)
def _marks_calendar(subject: str) -> bool:
    return _ANSWERED.match(subject) is not None


def is_echo(message: Message, writer: str) -> bool:
    """Whether a robot's mail only reflects a mail of the owner's: a bounce, a receipt, an absence note."""
    headers = message.headers or {}
    if headers.get("auto-submitted", "").lower().startswith("auto-replied"):
        return True
    if (
        "multipart/report" in headers.get("content-type", "").lower()
        or headers.get("return-path", "").strip() == "<>"
    ):
        return True
    return _ECHO.match(writer) is not None


_INTRODUCES = re.compile(
    r"\bintro(?:duction|ducing|s)?\b|<\s?>|\bmeet\b|\bvorstell|\bkennenlern|\bpr[ée]sentation\b|\bmise en relation\b"
    r"|\bpresentaci[óo]n\b|\bpresentazione\b|\bkennismak|\bapresenta[çc]|\bintrodu[cz]|\bintroduktion\b",
    re.IGNORECASE,
)


def introduction(message: Message, people: Sequence[_Correspondent]) -> bool:
    """Whether the owner brings people together who do not share a house ("Anna, meet Ben")."""
    if not 2 <= len(people) <= 4 or not _INTRODUCES.search(message.subject or ""):
        return False
    return len({one.person.organisation or one.person.id for one in people}) > 1
