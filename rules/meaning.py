"""The words of meaning: what rules say about observations, and what everything after them speaks of.

Probabilities are floats in [0, 1]. Evidence weighs in log-odds (natural logarithm): +2.3 makes its label ten times
as likely as before. Persons are named by `Person.id`, which is one of their addresses and survives rebuilds.

What is made for every observation is a msgspec Struct: those are built ten times as fast as dataclasses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

import msgspec

RETURNED = "mail.returned"
"""The rule that speaks where mail to somebody came back because the address does not exist any more."""


class Channel(StrEnum):
    """How people met. `none`: nobody was met."""

    IN_PERSON = "in_person"
    VIDEO = "video"
    PHONE = "phone"
    EMAIL = "email"
    NONE = "none"


class Direction(StrEnum):
    """Seen from the owner: `in` came from the person, `out` went to them, `both` is a meeting."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class Circle(StrEnum):
    TEAM = "team"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    OTHER = "other"


class Evidence(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """One reason: which rule spoke, why in plain words, for which label, how strongly (log-odds)."""

    rule: str
    because: str
    for_: str
    weight: float


class Purpose(msgspec.Struct, frozen=True, gc=False):
    """What the contact was for; sums to 1."""

    relational: float
    working: float
    transactional: float


PURPOSES = Purpose.__struct_fields__
"""The names of the three, in this order everywhere."""


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What the rules say of one observation: the output line of `syncd rules try`."""

    id: str
    channel: Channel
    confidence: float
    automated: bool
    automated_probability: float
    crowd: bool
    purpose: Purpose
    standing: bool = False
    conference_provider: str | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose account it is. `addresses` and `own_domains` in lower case; `timezone` an IANA name."""

    addresses: frozenset[str]
    own_domains: frozenset[str] = frozenset()
    name: str | None = None
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the owner deals with. `id` is one of `addresses`, the first that the config pins or else chosen
    by the identity rules; `organisation` a registrable domain, None for free-mail users.

    `alike`: one of the addresses, and another that later turned up under the same full name elsewhere, known since a
    day: likely, but not proven to be theirs.

    The rest is the owner's word from the config: `key`, `renews`, a wished rhythm in days, a wished channel, and
    the `role`, in the owner's words.
    """

    id: str
    addresses: tuple[str, ...]
    name: str | None = None
    organisation: str | None = None
    circle: Circle = Circle.OTHER
    circle_evidence: tuple[Evidence, ...] = ()
    merge_evidence: tuple[Evidence, ...] = ()
    key: bool = False
    renews: date | None = None
    every_days: int | None = None
    prefers: Channel | None = None
    role: str | None = None
    alike: tuple[Merge, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    """Two addresses are one person, known since the day `on` (`date.min`: by the owner's word).

    Who is whom on a day D is the union of all merges with `on <= D`: so an assessment as of D never knows more.
    """

    on: date
    one: str
    other: str
    evidence: tuple[Evidence, ...] = ()


class Interaction(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One person, one occurrence: an e-mail in or out, a meeting or call that took place.

    Attributes:
        id: stable digest of observation and person.
        person: `Person.id`.
        address: the address of the person that took part; persons may be merged from several.
        at: aware start (UTC); `minutes` how long, 0 for mail; `local` the owner's wall-clock day of `at`.
        took_place: probability that it did; mail 1.0.
        weight: 1.0 for one-to-one; falls with Cc and with the number of people.
        small: probability that the circle was small (up to 4 others by default).
        standing: a routine series, which is working contact.
        via: the delegate who wrote or sent it, if any.
        thread: what ties a mail to its conversation; `reply_to` the interaction id that it answers, if known.
        starts: it opens a conversation, or the person called the meeting.
        response: the person's answer to an invitation, if any; `organised`: the owner called the meeting.
        also_in: further accounts that hold a copy of it.
    """

    id: str
    person: str
    address: str
    at: datetime
    local: date
    channel: Channel
    confidence: float
    direction: Direction
    purpose: Purpose
    took_place: float
    account: str
    minutes: float = 0.0
    weight: float = 1.0
    small: float = 1.0
    crowd: bool = False
    standing: bool = False
    planned: bool = False
    via: str | None = None
    thread: str | None = None
    starts: bool = False
    answers: str | None = None
    answer_hours: float | None = None
    response: str | None = None
    organised: bool = False
    cancelled_by: Direction | None = None
    introduces: bool = False
    title: str | None = None
    observation: str | None = None
    evidence: tuple[Evidence, ...] = ()
    also_in: tuple[str, ...] = ()

    @property
    def personal(self) -> float:
        """P(took place) x P(small circle) x P(relational): the contact that carries a relationship."""
        if self.standing or self.crowd:
            return 0.0
        return self.took_place * self.small * self.purpose.relational


class Traffic(msgspec.Struct, frozen=True, gc=False):
    """Organisation traffic: robots and role addresses of an organisation. No contact with a person, but evidence
    that business with the organisation goes on."""

    organisation: str
    at: datetime
    local: date
    address: str
    direction: Direction
    purpose: Purpose
    title: str | None = None
    observation: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """What an account showed of a `kind` ("mail" or "calendar") ends on the day `last`, the last one covered."""

    account: str
    kind: str
    last: date


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which days the sources have completely listed, as half-open spans of days in the owner's zone.

    `mail` and `calendar` are None where no such source is configured: that kind is then not expected at all.
    `ended`: the accounts that show nothing more of a kind, while others that were read beside them do.
    """

    mail: tuple[tuple[date, date], ...] | None = None
    calendar: tuple[tuple[date, date], ...] | None = None
    stale: tuple[str, ...] = field(default=())  # sources that ended or fail, each as a sentence
    ended: tuple[Ending, ...] = ()
