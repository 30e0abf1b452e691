"""The one contract between the outside world and the ledger.

Glossary
    account    one login at one provider (or one path on disk); it has one or more sources
    source     a mailbox folder set or a calendar that is synced with a cursor of its own
    item       one thing that a source lists, under a native id that stays while the item stays
    native id  the source's own name for an item, unique within the source: a file's unique part, a UID, an id
    etag       changes whenever the item's content or places change; equal etag means nothing to read
    place      a folder, label or calendar that holds the item
    batch      what one step brought: items, removals, the time now covered, and the cursor that is true after it
    cursor     where a source stands, opaque to all but its connector; JSON text with a live and a backfill part
    known      what the ledger holds of the source already, so that nothing is fetched twice
    covered    a span of time of which everything has been listed: unseen inside it means silent, outside unknown

The sync engine writes a batch and its cursor in one transaction. So a connector may be killed at any instant: it
starts again from the last cursor, and what it yields again changes nothing. It takes the cursor that the server
promises *before* it lists, so nothing that arrives meanwhile is missed. It works newest first.

A connector extracts and does not judge: it never decides what a link, a name or a folder means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from connectors.observations import Observation

# Grows when a reader learns to read more: what an older one gave up on (quarantined items) is then read again.
PARSER_VERSION = 1


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, label or calendar. `role`, where the source says it itself: inbox, sent, drafts, junk, trash,
    archive, all, chats; None where only the name could tell (rules judge names)."""

    name: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One listed thing, new or changed. `observation` None: only its places changed, keep what the ledger has."""

    native_id: str
    etag: str
    places: tuple[Place, ...]
    observation: Observation | None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An item that could not be read. It is kept with its reason and tried again after a parser upgrade."""

    native_id: str
    etag: str
    reason: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Time completely listed, `start` inclusive, `end` exclusive, both aware (UTC)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Cost:
    """What the step cost the other side. `bytes` read from disk or wire."""

    requests: int = 0
    bytes: int = 0
    quota_units: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """One step: facts, and the cursor that is true once they are written.

    `listed` counts everything that the step looked at: new and changed items, unchanged ones, quarantined ones.
    `removed` are native ids that the source no longer holds. `ended` are native ids whose item left the sync
    window or the source's reach: that is no removal. `total`: how many items the source has, if it told.
    """

    items: tuple[Item, ...] = ()
    removed: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    unchanged: int = 0
    covered: tuple[Span, ...] = ()
    cursor: str | None = None
    total: int | None = None
    cost: Cost = field(default_factory=Cost)

    @property
    def listed(self) -> int:
        return len(self.items) + self.unchanged + len(self.quarantined)


@dataclass(frozen=True, slots=True)
class Source:
    """A source as its account offers it. `name` is unique within the account and stays: "mail", a calendar's id.
    `observes`: "message" or "event". `live`: it goes on growing; a file that was exported once is not live."""

    name: str
    observes: str
    live: bool = True
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of an independent listing, for `syncd verify`. `etag` None where a listing cannot know it."""

    native_id: str
    etag: str | None = None


class Known(Protocol):
    """What the ledger holds of one source, read-only."""

    def etags(self) -> Mapping[str, str]:
        """Native id to etag of every item that the source still held at the last sync, quarantined ones too."""
        ...

    def observation(self, native_id: str) -> Observation | None:
        """The newest revision the ledger holds, for sources that send sparse changes."""
        ...


class Connector(Protocol):
    """One account. Constructed from its config by `connectors.registry`; cheap until a method is called."""

    def sources(self) -> Sequence[Source]:
        """The account's sources, in the order in which they are best read."""
        ...

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:
        """Bring `source` from `cursor` (None: from nothing) to the present, newest first, in small batches.

        With cursor None and a non-empty `known` this is a reconciliation: list all, yield what differs, and name
        what is gone in `removed`. Ends when live part and backfill are complete.

        Raises:
            ConnectorError: one of the family below. What was yielded before stands.
        """
        ...

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:
        """Everything the source holds, by a way of its own that shares no code with `batches` where it can."""
        ...

    def hosts(self) -> Sequence[str]:
        """Every host that this account contacts, for `syncd doctor`."""
        ...

    def close(self) -> None: ...


class Actionable(Exception):
    """Something a person can act on: `what` happened, `where`, and as `fix` what to do next, a sentence or a
    command."""

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.fix = what, where, fix

    def __str__(self) -> str:
        return f"{self.happened} {self.fix}".rstrip()

    @property
    def happened(self) -> str:
        """Where and what, for whoever shows the fix apart."""
        return f"{self.where}: {self.what}" if self.where else self.what


class ConnectorError(Actionable):
    """An account cannot be read, or an item of it."""


class CursorExpired(ConnectorError):
    """The source no longer knows the cursor. The engine lists again and reconciles; it never wipes first."""


class NeedsLogin(ConnectorError):
    """The account must be logged in again; every other account goes on."""


class Throttled(ConnectorError):
    """The other side asks for patience. `retry_after` in seconds."""

    def __init__(self, what: str, *, retry_after: float, where: str = "", fix: str = "") -> None:
        super().__init__(what, where=where, fix=fix)
        self.retry_after = retry_after


class Unreachable(ConnectorError):
    """The path or host does not answer. Tried again at the next sync."""


class BadItem(ConnectorError):
    """One item cannot be read; it is quarantined with this reason and the cursor moves on."""
