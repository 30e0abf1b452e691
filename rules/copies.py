"""Which stored copies are one message or one event, whatever order they came in, and whether it counts at all.

The ledger hands over `Copy` values: one per item of a source, with every revision and placement it ever had. What
comes back are `Occurrence` values: one per mail that was exchanged or meeting that was on the calendar. Nothing is
merged for good: the grouping is worked out anew from the copies, so it can always be undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.observations import Observation


@dataclass(frozen=True, slots=True)
class Placement:
    """A folder or calendar that held the copy, since when and until when (None: still) as syncs saw it."""

    place: str
    role: str | None
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """The observation as it was first seen at `seen_at`."""

    seen_at: datetime
    observation: Observation


@dataclass(frozen=True, slots=True)
class Copy:
    """One item of one source. `revisions` oldest first, never empty; `item` is the ledger's number of it."""

    item: int
    account: str
    source: str
    revisions: tuple[Revision, ...]
    placements: tuple[Placement, ...]

    @property
    def newest(self) -> Observation:
        return self.revisions[-1].observation


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One exchange or meeting: the observation that speaks for all its copies, its `folders` the union of theirs.

    `id` is a digest of what makes it itself, not of which copy came first. `stands` False: it must not count (only
    ever in Junk or Drafts, deleted or cancelled before its end, …) and `why_not` says so in plain words.
    """

    id: str
    observation: Observation
    accounts: tuple[str, ...]
    items: tuple[int, ...]
    stands: bool = True
    why_not: str | None = None
