"""What a ledger must hold of one source, worked out from the outside at each sync and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from connectors.observations import Event, Observation
from tests.sync.outside import Outside

Placed = tuple[str, datetime, datetime | None]


@dataclass
class History:
    """One item as the syncs saw it. `etag` is that of the last look, readable or not."""

    etag: str
    readable: bool = True
    revisions: list[tuple[datetime, Observation]] = field(default_factory=list)
    placements: list[Placed] = field(default_factory=list)
    present: bool = True
    telling: set[str] = field(default_factory=set)  # where it lay last, Trash aside

    def look(self, now: datetime, observation: Observation, places: list[str]) -> None:
        """It was read: what it says and where it lies."""
        self.present = self.readable = True
        if "Private" in places:
            self.revisions.clear()
        elif not self.revisions or self.revisions[-1][1] != observation:
            self.revisions.append((now, observation))
        self.lie(now, places)

    def lie(self, now: datetime, places: list[str]) -> None:
        standing = {place for place, _, until in self.placements if until is None}
        self.placements = [
            (place, since, now if until is None and place not in places else until)
            for place, since, until in self.placements
        ]
        self.placements += [(place, now, None) for place in places if place not in standing]
        if set(places) - {"Trash"}:
            self.telling = set(places) - {"Trash"}

    # The design's table

    def stands(self) -> bool:
        """Whether it counts: mail unless it lay in Junk last; an event unless it went or was cancelled too soon."""
        observation = self.revisions[-1][1]
        if not isinstance(observation, Event):
            return "Junk" not in self.telling or bool(self.telling & {"INBOX", "Sent"})
        agreed, since = self._agreed()
        if agreed is None or agreed.end is None or (since is not None and since < agreed.end):
            return False
        gone = [until for _, _, until in self.placements if until is not None]
        return any(until is None for _, _, until in self.placements) or max(gone) >= agreed.end

    def _agreed(self) -> tuple[Event | None, datetime | None]:
        """The event before it was cancelled, and when that was seen, if it was."""
        since = None
        for seen, event in reversed(self.revisions):
            assert isinstance(event, Event)
            if event.status != "cancelled":
                return event, since
            since = seen
        return None, since


@dataclass
class Expected:
    """All items of one source."""

    items: dict[str, History] = field(default_factory=dict)

    def sync(self, outside: Outside, now: datetime, *, reread: bool) -> None:
        """`reread`: a newer parser reads again what an older one could not."""
        for native, thing in outside.things.items():
            known = self.items.setdefault(native, History(""))
            bad = not known.readable and reread
            if known.present and known.etag == thing.etag and not bad:
                continue
            known.etag = thing.etag
            places = [place.name for place in thing.places]
            if native in outside.unreadable:
                known.present, known.readable = True, False
            else:
                known.look(now, thing.observation, places)
        for native, known in self.items.items():
            if native not in outside.things and known.present:
                known.present = False
                known.lie(now, [])

    def readable(self) -> dict[str, History]:
        return {native: known for native, known in self.items.items() if known.revisions}
