"""Mail -> interactions and organisation traffic: the upper half of the design's table "What counts"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt
from typing import Any

import msgspec

from connectors.observations import Message
from rules.interactions.calendar_mail import is_echo, is_invitation
from rules.interactions.ground import Case, Ground, interaction_id
from rules.meaning import RETURNED, Channel, Direction, Evidence, Interaction, Person
from rules.occurrences.threads import Threads, heading
from rules.texts.lists import is_list_mail, is_tagged, lists_of
from rules.texts.organisations import domain_of, within

CC = 0.4  # a copy is contact, but less than being written to
CALLED = 0.5  # a phone system's notice: a call was made, perhaps only to the machine
UNNAMED = 0.3  # a blind copy, or an address of the owner's that nobody knows yet


@dataclass(slots=True)
class _Correspondent:
    """Somebody whom one mail ties to the owner. `share`: 1 for To, less for copies; `via`: through whom."""

    person: Person
    address: str
    share: float
    via: str | None


class _Letter(msgspec.Struct, frozen=True, gc=False):
    """What later mail needs to know of an earlier one."""

    thread: str
    at: datetime
    direction: Direction
    to: tuple[tuple[str, str], ...]  # person, interaction id


@dataclass(slots=True)
class _Circle:
    """A mailing list as seen so far: who writes there (person -> address), and whether the owner does."""

    members: dict[str, str]
    owner_writes: bool = False

    def is_small(self, size: int) -> bool:
        return 0 < len(self.members) <= size


Remembered = tuple[Threads[_Letter], dict[str, _Circle]]


class Correspondence:
    """Takes mail in order of time; what comes of it goes to the ground."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._threads: Threads[_Letter] = Threads()
        self._circles: dict[str, _Circle] = {}

    @property
    def memory(self) -> Remembered:
        """What is remembered of the mail so far."""
        return self._threads, self._circles

    @memory.setter
    def memory(self, memory: Remembered) -> None:
        self._threads, self._circles = memory

    def take(self, case: Case, message: Message) -> None:
        """Judge one mail that stands."""
        ground = self._ground
        writer = message.from_.address if message.from_ else None
        if writer is None or is_invitation(message):
            return
        sender = message.sender.address if message.sender else None
        if writer in ground.own:
            if not case.decision.automated:
                self._written(case, message, sender)
        elif sender in ground.own:
            # Through a shared mailbox of the house the owner wrote it; in a person's name, that person did.
            if ground.who.is_role(writer) and within(domain_of(writer), ground.home):
                self._written(case, message, None)
        elif case.decision.channel is Channel.PHONE:
            self._call_notice(case, message, writer)
        elif case.decision.automated or ground.who.is_role(writer):
            self._returned(case, message)
            # Traffic, but for what merely echoes (bounces, absences), and newsletters.
            if not (
                case.decision.crowd
                or "list-id" in (message.headers or {})
                or is_echo(message, writer, case.decision.evidence)
            ):
                ground.note(writer, Direction.IN, case)
        else:
            self._received(case, message, writer, sender)

    def _returned(self, case: Case, message: Message) -> None:
        """A delivery report that names whom it did not reach. No contact, but something to know of them."""
        named = (message.headers or {}).get("x-failed-recipients", "")
        for address in dict.fromkeys(part.strip().strip("<>").lower() for part in named.split(",")):
            person, _ = self._ground.person(address)
            if person is None:
                continue
            self._ground.interactions.append(
                self._heard(
                    case,
                    person,
                    address,
                    channel=Channel.NONE,
                    confidence=1.0,
                    took_place=0.0,
                    evidence=(Evidence(RETURNED, "mail to this address came back", "ended", 4.0),),
                )
            )

    def _heard(self, case: Case, person: Person, address: str, **more: Any) -> Interaction:
        """What a mail to the owner says of somebody who need not have written it."""
        return Interaction(
            id=interaction_id(case.occurrence.id, address),
            person=person.id,
            address=address,
            at=case.at.astimezone(UTC),
            local=self._ground.local(case.at),
            direction=Direction.IN,
            purpose=case.decision.purpose,
            account=case.occurrence.accounts[0],
            observation=case.occurrence.id,
            **more,
        )

    def _written(self, case: Case, message: Message, sender: str | None) -> None:
        reached = _recipients(message)
        lists = self._lists(message, reached)
        for key in lists:
            circle = self._circles.setdefault(key, _Circle({}))
            circle.owner_writes = True
            if circle.is_small(self._ground.settings.small_circle):
                for member in circle.members.values():
                    reached.setdefault(member, 1.0)
        via = sender if sender and sender not in self._ground.own and not self._ground.who.is_role(sender) else None
        people: dict[str, _Correspondent] = {}
        for address, share in reached.items():
            person, helper = self._ground.person(address)
            if person is None:
                if self._ground.who.is_role(address):
                    self._ground.note(address, Direction.OUT, case)
                continue
            held = people.get(person.id)
            if held is None or (held.share, held.via is None) < (share, helper is None):
                people[person.id] = _Correspondent(person, address, share, helper)
        for one in people.values():
            one.via = via or one.via
        if people:
            many = max(len(people), sum(address not in self._ground.own for address in reached) - len(lists))
            self._letters(case, message, Direction.OUT, list(people.values()), many)

    def _received(self, case: Case, message: Message, writer: str, sender: str | None) -> None:
        person, helper = self._ground.person(writer)
        reached = _recipients(message)
        share = max((part for address, part in reached.items() if address in self._ground.own), default=0.0)
        lists = self._lists(message, reached)
        for key in lists:
            circle = self._circles.setdefault(key, _Circle({}))
            if person is not None:
                circle.members.setdefault(person.id, writer)
            if not share and circle.owner_writes and circle.is_small(self._ground.settings.small_circle):
                share = 1.0
        if not share and self._is_blind_copy(case, message, reached):
            share = UNNAMED
        if not share or person is None:
            return
        via = sender if sender and sender != writer and not lists and not self._ground.who.is_role(sender) else None
        self._letters(
            case, message, Direction.IN, [_Correspondent(person, writer, share, via or helper)], max(1, len(reached))
        )

    def _call_notice(self, case: Case, message: Message, writer: str) -> None:
        """A phone system tells of a call: contact by phone with whom it names, or in whose name it writes. Whether
        the two spoke, or only a machine was spoken to, it seldom says."""
        person = self._ground.person(writer)[0]
        address = (
            writer if person is not None else next(iter(self._ground.names.in_title(message.subject or "")), None)
        )
        person = person or (self._ground.person(address)[0] if address else None)
        if person is None or address is None:
            return
        decision = case.decision
        self._ground.add(
            self._heard(
                case,
                person,
                address,
                channel=Channel.PHONE,
                confidence=decision.confidence,
                took_place=CALLED,
                also_in=case.occurrence.accounts[1:],
                planned=self._ground.is_planned(case.at),
                title=message.subject,
                evidence=decision.evidence,
            ),
            person,
        )

    def _is_blind_copy(self, case: Case, message: Message, reached: Mapping[str, float]) -> bool:
        """Whether a mail that names no address of the owner's was meant for the owner all the same: not what came
        through a list or to a desk, and not what a delegate sent to others from here and so lies in Sent."""
        if "sent" in case.occurrence.roles or is_list_mail(message) or is_tagged(message.subject):
            return False
        return not self._is_shared(reached) and self._ground.who.lists.isdisjoint(reached)

    def _is_shared(self, reached: Mapping[str, float]) -> bool:
        """Whether the mail went to a desk of the owner's house: then only being named counts."""
        return any(
            self._ground.who.is_role(address) and within(domain_of(address), self._ground.home) for address in reached
        )

    def _letters(
        self, case: Case, message: Message, direction: Direction, people: Sequence[_Correspondent], many: int
    ) -> None:
        """The interactions of one mail; `many`: how many people it went to."""
        answered = self._threads.answered(message, case.at)
        thread = answered.thread if answered else _root(message, case.occurrence.id)
        decision, settings = case.decision, self._ground.settings
        crowd = decision.crowd or message.truncated or not (message.to or message.cc or message.bcc)
        common: dict[str, Any] = {
            "at": case.at.astimezone(UTC),
            "local": self._ground.local(case.at),
            "channel": Channel.EMAIL,
            "confidence": decision.confidence
            if decision.channel is Channel.EMAIL
            else 1 - decision.automated_probability,
            "direction": direction,
            "purpose": decision.purpose,
            "took_place": 1.0,
            "account": case.occurrence.accounts[0],
            "also_in": case.occurrence.accounts[1:],
            "small": 0.0 if crowd or many > settings.small_circle else 1.0,
            "crowd": crowd,
            "planned": self._ground.is_planned(case.at),
            "thread": thread,
            "starts": answered is None and not message.in_reply_to and not heading(message.subject or "").answers,
            "introduces": len(people) > 1 and direction is Direction.OUT and introduction(message, people),
            "title": message.subject,
            "observation": case.occurrence.id,
            "evidence": decision.evidence,
        }
        made: dict[str, str] = {}
        asked = dict(answered.to) if answered and answered.direction is not direction else {}
        for one in people:
            answers = asked.get(one.person.id)
            made[one.person.id] = own = interaction_id(case.occurrence.id, one.address)
            self._ground.add(
                Interaction(
                    **common,
                    id=own,
                    person=one.person.id,
                    address=one.address,
                    weight=round(one.share / sqrt(many), 4),
                    via=one.via,
                    answers=answers,
                    answer_hours=_hours(answered.at, case.at) if answered and answers else None,
                ),
                one.person,
            )
        self._threads.take(message, case.at, _Letter(thread, case.at, direction, tuple(made.items())))

    def _lists(self, message: Message, reached: Mapping[str, float]) -> list[str]:
        known = self._ground.who.lists
        found = lists_of(message)
        if not found and known.isdisjoint(reached):
            return []
        return sorted({*found, *(address for address in reached if address in known)})


def _recipients(message: Message) -> dict[str, float]:
    """Every address that a mail names, with 1 for To and less for copies."""
    reached: dict[str, float] = {}
    for group, share in ((message.bcc, CC), (message.cc, CC), (message.to, 1.0)):
        for one in group or ():
            if one.address:
                reached[one.address] = share
    return reached


def _hours(earlier: datetime, later: datetime) -> float:
    return round((later - earlier).total_seconds() / 3600, 3)


def _root(message: Message, own: str) -> str:
    if message.thread:
        return message.thread
    if message.references:
        return message.references[0]
    return message.in_reply_to or message.message_id or own


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
