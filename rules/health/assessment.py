"""What health says of a person in a week, and what it needs to know to say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from rules.meaning import Coverage, Interaction, Merge, Person, Traffic


class Status(StrEnum):
    """In the order in which they are asked: the first that holds is the status."""

    UNKNOWN = "unknown"
    TOO_LITTLE_HISTORY = "too_little_history"
    ENDED = "ended"
    DRIFTING = "drifting"
    MOVED_DOWN = "moved_down"
    GOING_QUIET = "going_quiet"
    ONE_SIDED = "one_sided"
    NEVER_PERSONAL = "never_personal"
    WATCH = "watch"
    HEALTHY = "healthy"


FLAGS = (Status.DRIFTING, Status.GOING_QUIET, Status.MOVED_DOWN, Status.ONE_SIDED)
"""What the owner is told of as something that goes wrong."""


UNJUDGED = frozenset({Status.UNKNOWN, Status.TOO_LITTLE_HISTORY, Status.ENDED})
"""Of whom nothing is said, one way or the other."""


@dataclass(frozen=True, slots=True)
class DriftSettings:
    """Budgets per 100 relationships and year; see docs/health.md."""

    false_flags: float = 1.0
    moved_down_false_flags: float = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """The owner's word on a flag, from the journal: right, wrong, snooze (until), ended."""

    person: str
    on: date
    word: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class History:
    """All that an assessment may know. `people` as known at the end; `merges` say since when addresses are one
    person, so that any earlier week can be seen as it was known then. Interactions and traffic in order of time.
    `planned`: meetings to come, as the calendar has them at the end."""

    people: Sequence[Person]
    merges: Sequence[Merge]
    interactions: Sequence[Interaction]
    traffic: Sequence[Traffic]
    coverage: Coverage
    answers: Sequence[Answer] = ()
    planned: Sequence[Interaction] = ()


@dataclass(frozen=True, slots=True)
class Facet:
    """A shrunk share with its interval, and the same a year ago. `value` in [0, 1] unless `unit` says otherwise.
    `counted`: of how many it is a share; with 0 it is no more than what was usual before. None where nothing is
    shared out."""

    value: float
    low: float
    high: float
    past: float | None = None
    year_ago: float | None = None
    trend: str = "steady"
    unit: str = "share"
    counted: int | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """A person in one ISO week: the line under "people" in `syncd report --format json`. `renews`: the day on which
    a contract with them ends, once it is near enough to be looked at. `namesake`: where the same name turned up when
    they fell silent, which is why they are `unknown`."""

    person: str
    week: str
    status: Status
    also: tuple[Status, ...]
    since: date | None
    probability: float | None
    evidence: str
    suggestion: str
    health: float | None = None
    facets: Mapping[str, Facet] = field(default_factory=dict)
    slight: bool = False  # what the evidence counts is hardly less than usual: no news for the owner
    renews: date | None = None
    namesake: str | None = None


@dataclass(frozen=True, slots=True)
class Burst:
    """Days of much business mail with others copied in who usually are not, and nothing personal. `back`: the day on
    which personal contact came back, None where it did not."""

    person: str
    first: date
    last: date
    mails: int
    back: date | None = None


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The whole desk in one week. `event` is a sentence when nearly everybody fell quiet at once; `call_first` then
    says whom to call. `bench`: who could be called in a crisis. `key_but_distant`, `close_but_not_key`: whom the
    owner calls key and the data does not show close, and the other way round. `weathered`: bursts of the last year
    after which personal contact came back. `renewals`: whose contract ends soon."""

    week: str
    measures: Mapping[str, Facet] = field(default_factory=dict)
    event: str | None = None
    call_first: tuple[str, ...] = ()
    bench: tuple[str, ...] = ()
    key_but_distant: tuple[str, ...] = ()
    close_but_not_key: tuple[str, ...] = ()
    weathered: tuple[Burst, ...] = ()
    renewals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One line of `syncd backtest`: a status that a person entered in a week."""

    week: str
    person: str
    status: Status
    also: tuple[Status, ...]
    probability: float | None
