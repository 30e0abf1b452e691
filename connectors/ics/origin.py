"""Where iCalendar streams lie, seen alike: `files` on disk, `web` at an address of the web."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from connectors.connector import Cost


@dataclass(frozen=True, slots=True)
class File:
    """One stream. `name`: its path below the folder, "" for one by itself. `stamp` changes whenever it is written,
    which was at `written`, POSIX time. `bad`: why it cannot be read. `cost`: what reading it took."""

    name: str
    stamp: str
    written: float
    data: bytes | None
    bad: str | None = None
    cost: Cost = field(default_factory=Cost)


@dataclass(frozen=True, slots=True)
class Look:
    """What lies there now. `state`: of all streams together, opaque. `files` None: nothing is to be read, as the
    state is the one that was known. `cost`: of looking, without what reading the files will take."""

    state: str
    files: Iterator[File] | None
    cost: Cost = field(default_factory=Cost)


class Origin(Protocol):
    """One place. For messages, without anything secret: `where` it is, and how to `fix` that no calendar is found
    there. `growing`: whoever keeps the streams goes on keeping them, whatever the config says."""

    @property
    def title(self) -> str:
        """What the place is called."""
        ...

    @property
    def calendar(self) -> str:
        """What a calendar is called that does not say its name."""
        ...

    @property
    def where(self) -> str: ...

    @property
    def fix(self) -> str: ...

    @property
    def growing(self) -> bool: ...

    def look(self, state: str, *, anyway: bool) -> Look:
        """What lies there, if it is not what it was at `state`; with `anyway` even then."""
        ...

    def streams(self) -> Iterator[tuple[str, bytes | None]]:
        """Name and content of every stream, looked for once more, by a way of its own where there is one; None for
        what is too large."""
        ...

    def hosts(self) -> tuple[str, ...]:
        """Every host that is contacted."""
        ...

    def close(self) -> None: ...
