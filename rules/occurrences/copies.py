"""Stored copies of mails and entries, the occurrences behind them, and when those happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from connectors.observations import Event, Observation


class Placement(msgspec.Struct, frozen=True, gc=False):
    """A folder or calendar that held the copy, since when and until when (None: still) as syncs saw it."""

    place: str
    role: str | None
    since: datetime
    until: datetime | None = None


class Revision(msgspec.Struct, frozen=True, gc=False):
    """The observation as it was first seen at `seen_at`."""

    seen_at: datetime
    observation: Observation


class Copy(msgspec.Struct, frozen=True, gc=False):
    """One item of one source. `revisions` oldest first, never empty; `item` is the ledger's number of it."""

    item: int
    account: str
    source: str
    revisions: tuple[Revision, ...]
    placements: tuple[Placement, ...]

    @property
    def newest(self) -> Observation:
        return self.revisions[-1].observation


class Occurrence(msgspec.Struct, frozen=True, gc=False):
    """One exchange or meeting: the observation that speaks for all its copies, its `folders` the union of theirs.

    `id` is a digest of what makes it itself, not of which copy came first, and is the id of `observation` as well.
    `stands` False: it must not count (only ever in Junk or Drafts, deleted or cancelled before its end, …) and
    `why_not` says so in plain words. `roles`: what the folders that held it are for, as `rules.texts.folders` names
    them.
    """

    id: str
    observation: Observation
    accounts: tuple[str, ...]
    items: tuple[int, ...]
    stands: bool = True
    why_not: str | None = None
    roles: frozenset[str] = frozenset()


_CLOCK_ERROR = timedelta(days=1)


def moment(observation: Observation, zone: ZoneInfo) -> datetime | None:
    """When it happened (aware): a mail's date, an event's start; floating times are read in `zone`.

    A mail that claims to have been written more than a day after it was received has a wrong clock: there the
    server's time stands.
    """
    if isinstance(observation, Event):
        return aware(observation.start, zone)
    date, received = aware(observation.date, zone), aware(observation.received, zone)
    if date is None or (received is not None and date > received + _CLOCK_ERROR):
        return received
    return date


def aware(time: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The time with its zone; a naive one (floating, all-day) is that hour in `zone`."""
    return time.replace(tzinfo=zone) if time is not None and time.tzinfo is None else time
