"""What a ledger must hold of one source, worked out from the outside at each sync and from nothing else.

The rules of `docs/what-counts.md` and `docs/privacy.md` stand here a second time, in the plainest form: the product's
own code is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.connector import Span
from connectors.observations import Address, Event, Message, Observation
from tests.sync.outside import DAWN, Outside, changed

Placed = tuple[str, datetime, datetime | None]
Revised = tuple[datetime, Observation]
_STILL = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Terms:
    """What the owner wants at a moment: private things or not, who is forgotten, for how long what is kept."""

    now: datetime
    parser: int = 1
    private: bool = False
    forgotten: tuple[Address, ...] = ()
    words: timedelta | None = None
    everything: timedelta | None = None

    def kept(self, thing: Observation, places: Iterable[str]) -> tuple[str, Observation | None]:
        """The state an item gets when it is read, and what of it may stay."""
        hidden = isinstance(thing, Event) and thing.visibility == "private"
        if (hidden or "Private" in places) and not self.private:
            busy = _busy(thing) if isinstance(thing, Event) else None
            return ("expired", None) if busy and self.aged(busy) is None else ("private", busy)
        known = self.without_forgotten(thing)
        if known is None:
            return "forgotten", None
        young = self.aged(known)
        return ("expired", None) if young is None else ("held", young)

    def aged(self, thing: Observation) -> Observation | None:
        at = thing.date if isinstance(thing, Message) else thing.end
        assert at is not None
        if self.everything is not None and at < self.now - self.everything:
            return None
        if self.words is not None and at < self.now - self.words:
            return changed(thing, subject=None) if isinstance(thing, Message) else changed(thing, title=None)
        return thing

    def without_forgotten(self, thing: Observation) -> Observation | None:
        gone = {one.address for one in self.forgotten}
        if isinstance(thing, Message):
            if thing.from_ and thing.from_.address in gone:
                return None
            to = tuple(one for one in thing.to or () if one.address not in gone)
            if to != thing.to and not to:
                return None
            return changed(thing, to=to, subject=self._nameless(thing.subject))
        guests = tuple(one for one in thing.attendees or () if one.address not in gone)
        organizer = None if thing.organizer and thing.organizer.address in gone else thing.organizer
        named = (guests, organizer) != (thing.attendees or (), thing.organizer)
        if named and len(guests) <= 1:
            return None
        count = thing.attendee_count and thing.attendee_count - len(thing.attendees or ()) + len(guests)
        fewer = {"attendees": guests, "attendee_count": count} if thing.attendees is not None else {}
        return changed(thing, organizer=organizer, title=self._nameless(thing.title), **fewer)

    def _nameless(self, text: str | None) -> str | None:
        for one in self.forgotten:
            if text and one.name and " " in one.name:
                text = text.replace(one.name, "…")
        return text


def _busy(event: Event) -> Event:
    return Event(
        event.id, event.uid, start=event.start, end=event.end, original_start=event.original_start,
        status=event.status, visibility=event.visibility,
    )  # fmt: skip


@dataclass
class History:
    """One item as the syncs saw it. `etag` is that of the last look, readable or not."""

    etag: str = ""
    state: str = ""
    parser: int = 0
    revisions: list[Revised] = field(default_factory=list)
    placements: list[Placed] = field(default_factory=list)
    present: bool = False
    telling: set[str] = field(default_factory=set)  # where it lay last, Trash aside

    def look(self, terms: Terms, observation: Observation, places: list[str]) -> None:
        """It was read: what it says and where it lies."""
        self.state, kept = terms.kept(observation, places)
        if self.state in {"forgotten", "expired"}:
            return self.erase()
        newest = self.revisions[-1:]
        same = [one for _, one in newest] == [kept]
        if self.state == "private":
            self.revisions = newest if same else [] if kept is None else [(terms.now, kept)]
        elif not same and kept is not None:
            self.revisions.append((terms.now, kept))
        return self.lie(terms.now, places)

    def lie(self, now: datetime, places: list[str]) -> None:
        standing = {place for place, _, until in self.placements if until is None}
        self.placements = [
            (place, since, now if until is None and place not in places else until)
            for place, since, until in self.placements
        ]
        self.placements += [(place, now, None) for place in places if place not in standing]
        if set(places) - {"Trash"}:
            self.telling = set(places) - {"Trash"}

    def erase(self) -> None:
        self.revisions, self.placements, self.telling = [], [], set()

    def forget(self, terms: Terms) -> None:
        self._clean("forgotten", [(at, terms.without_forgotten(one)) for at, one in self.revisions])

    def expire(self, terms: Terms) -> None:
        self._clean("expired", [(at, terms.aged(one)) for at, one in self.revisions])

    def _clean(self, state: str, revisions: list[tuple[datetime, Observation | None]]) -> None:
        """The newest word decides whether anything stays."""
        if revisions and revisions[-1][1] is None:
            self.state = state
            return self.erase()
        self.revisions = [(at, one) for at, one in revisions if one is not None]
        return None

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


def counts(copies: Sequence[History]) -> bool:
    """Whether the copies of one thing in one account count. A mail that lies, or lay last, in Junk alone does not,
    wherever it lay before; a copy in the Trash says nothing beside another."""
    if isinstance(copies[0].revisions[-1][1], Event):
        return any(one.stands() for one in copies)
    lay = []
    for one in copies:
        ends = [until or _STILL for place, _, until in one.placements if place != "Trash"]
        if ends:
            lay.append((max(ends), one.stands()))
    return not lay or any(stands for end, stands in lay if end == max(lay)[0])


@dataclass
class Expected:
    """All items of one source, and the time that it covers."""

    items: dict[str, History] = field(default_factory=dict)
    private: bool = False  # at the last sync
    covered_until: datetime = DAWN
    kept_from: datetime = DAWN

    def sync(self, outside: Outside, terms: Terms) -> None:
        for native, thing in outside.things.items():
            known = self.items.setdefault(native, History())
            if known.present and known.etag == thing.etag and not self._again(known, terms):
                continue
            known.etag, known.present = thing.etag, True
            if native in outside.unreadable:
                known.state, known.parser = "quarantined", terms.parser
            else:
                known.look(terms, thing.observation, [place.name for place in thing.places])
        for native, known in self.items.items():
            if native not in outside.things and known.present:
                known.present = False
                if native not in outside.beyond:
                    known.lie(terms.now, [])
        self.private, self.covered_until = terms.private, terms.now
        outside.returned.clear()

    def _again(self, known: History, terms: Terms) -> bool:
        """Whether it is read again though it did not change."""
        if known.state == "quarantined" and known.parser != terms.parser:
            return True
        return self.private != terms.private and (self.private or known.state == "private")

    def forget(self, terms: Terms) -> None:
        for known in self.items.values():
            known.forget(terms)

    def expire(self, terms: Terms) -> None:
        for known in self.items.values():
            known.expire(terms)
        if terms.everything is not None and self.covered_until > DAWN:
            self.kept_from = max(self.kept_from, terms.now - terms.everything)

    def readable(self) -> dict[str, History]:
        return {native: known for native, known in self.items.items() if known.revisions}

    def spans(self) -> tuple[Span, ...]:
        return (Span(self.kept_from, self.covered_until),) if self.kept_from < self.covered_until else ()
