"""iCalendar files: one file, a folder in and below which they lie, or an address, as the one source `calendar`.

Each file is cut into groups, one per UID; a group's digest is the etag of its occurrences, so what did not change is
neither parsed nor expanded. Series are expanded again as the horizon, 90 days ahead, moves on by a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from connectors.connector import BadItem, Batch, Cost, Item, Known, Listed, Place, Quarantined, Source, Unreachable
from connectors.icalendar.entries import Reach
from connectors.icalendar.groups import Calendar, Group, cut, value
from connectors.icalendar.recurrence import check
from connectors.ics.files import Files
from connectors.ics.origin import File, Origin
from connectors.options import IcsOptions
from connectors.patience import Patience
from connectors.positions import Extent, read_cursor, write_cursor
from connectors.secrets import Secrets

if TYPE_CHECKING:
    from connectors.icalendar.guard import Guard

BATCH = 1_000
AHEAD = timedelta(days=90)
"""How far ahead of today occurrences are given."""

_SOURCE = "calendar"
_SETTLED = 3_600.0  # seconds without writing
_OCCURRENCES = 500_000  # of one file; more is an attack


class _Position(msgspec.Struct, omit_defaults=True):
    """`state` of all files, read up to `horizon`; "" while that goes on. `settled`: no later horizon shows more."""

    version: Literal[1] = 1
    state: str = ""
    horizon: date | None = None
    settled: bool = False
    oldest: datetime | None = None
    newest: datetime | None = None


class IcsConnector:
    """See the module. `patience` is for calendars at an address; `secrets` are not needed, as none is kept."""

    def __init__(self, options: IcsOptions, secrets: Secrets | None = None, patience: Patience | None = None) -> None:
        del secrets
        self._origin = _origin(options, patience)
        self._live = options.live or self._origin.growing
        self._private = options.include_private

    def sources(self) -> Sequence[Source]:
        return (Source(_SOURCE, observes="event", live=self._live, title=self._origin.title),)

    def hosts(self) -> Sequence[str]:
        return self._origin.hosts()

    def close(self) -> None:
        self._origin.close()

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:  # noqa: ARG002
        """See `Connector.batches`. A group is never divided between batches: where one of its occurrences is known
        under its etag, all are."""
        position, horizon = read_cursor(cursor, _Position), _horizon(now)
        moved = position.horizon != horizon and not position.settled
        extent = Extent(now, position.oldest, position.newest)
        look = self._origin.look(position.state, anyway=moved or not position.state)
        if look.files is None:
            seen = write_cursor(replace(position, state=look.state))
            covered = extent.covered(live=self._live)
            yield Batch(unchanged=len(known.etags()), covered=covered, cursor=seen, cost=look.cost)
            return
        reading = _Reading(known, extent, self._reach(now), moved, look.cost)
        try:
            for file in look.files:
                yield from reading.file(file, self._origin)
            if cursor is None and not known.etags() and not reading.files:
                # Only where nothing was ever read: a folder that became empty is for the sync to judge.
                what = "no .ics file lies in or below it."
                raise Unreachable(what, where=self._origin.where, fix=self._origin.fix)
            yield from reading.rest()
        finally:
            reading.close()
        if cursor is None:
            extent.include_known(known, reading.unchanged)
        done = _Position(
            state=look.state if reading.whole else "", horizon=horizon, settled=not reading.growing,
            oldest=extent.oldest, newest=extent.newest,
        )  # fmt: skip
        yield Batch(
            removed=reading.removed(), unchanged=len(reading.unchanged), cursor=write_cursor(done), cost=reading.cost,
            covered=extent.covered(live=self._live) if reading.complete else (),
        )  # fmt: skip

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:  # noqa: ARG002
        """By `listing`, which finds files by a way of its own and believes no cursor and no etag; how a file
        is cut and a series unfolds is shared with `batches`."""
        from connectors.ics.listing import native_ids

        yield from map(Listed, native_ids(self._origin.streams(), self._reach(now)))

    def _reach(self, now: datetime) -> Reach:
        """The same the whole day, so that a listing sees what the day's first sync saw."""
        return Reach(datetime.combine(_horizon(now), time(), UTC), self._private)


def _origin(options: IcsOptions, patience: Patience | None) -> Origin:
    if options.endpoint is None:
        assert options.path is not None  # the options see to it
        return Files(options.path.expanduser())
    from connectors.ics.web import WebCalendar

    return WebCalendar(options, patience or Patience())


def _horizon(now: datetime) -> date:
    """The first day whose occurrences are not given yet."""
    return (now.astimezone(UTC) + AHEAD).date()


class _Reading:
    """One sync of all files."""

    def __init__(self, known: Known, extent: Extent, reach: Reach, moved: bool, spent: Cost) -> None:
        self.etags = known.etags()
        self.extent, self.reach, self.moved = extent, reach, moved
        self.known_by_group: Mapping[str, list[str]] = _by_group(self.etags)
        self.listed: set[str] = set()
        self.unchanged: set[str] = set()
        self.kept: list[str] = []  # beginnings of native ids of which nobody knows whether they are gone
        self.complete = True
        self.whole = True  # no file was cut off
        self.growing = False  # there are occurrences behind the horizon, as far as one can see
        self.files = 0
        self._guard: Guard | None = None
        self._gathered = _Gathered(self.cursor, spent)

    def close(self) -> None:
        if self._guard is not None:
            self._guard.close()

    def cursor(self) -> str:
        return write_cursor(_Position(oldest=self.extent.oldest, newest=self.extent.newest))

    def removed(self) -> tuple[str, ...]:
        kept = tuple(self.kept)
        return tuple(
            native_id for native_id in self.etags
            if native_id not in self.listed and not (kept and native_id.startswith(kept))
        )  # fmt: skip

    def file(self, file: File, origin: Origin) -> Iterator[Batch]:
        """The batches of one file."""
        calendar = cut(file.data) if file.data is not None else Calendar()
        why = file.bad or ("there is no calendar in it" if calendar.empty else None)
        if why and not file.name:
            raise Unreachable(f"{why}.", where=origin.where, fix=origin.fix)
        batch, before = self._gathered, self._gathered.total
        self.files += 1
        batch.read(file.cost)
        if why:
            self.complete = self.complete and file.bad is None
            self._quarantine(batch, prefixed(file.name, ""), file.stamp, why, file.name)
        self.whole = self.whole and (bool(why) or calendar.whole)
        if why or not calendar.whole:  # a file that is just being written must not delete what it does not hold yet
            self.kept.append(file.name if file.name.endswith("/") else prefixed(file.name, ""))
            # One that was cut off long ago is no file in the making, but all there is.
            self.complete = self.complete and (bool(why) or file.written < self.extent.now.timestamp() - _SETTLED)
        place = Place(_place(file, calendar, origin))
        for name, reason in calendar.bad:
            self._quarantine(batch, prefixed(file.name, f"{name}#bad"), file.stamp, reason, place.name)
        groups = sorted(calendar.groups.values(), key=_begins, reverse=True)
        for count, group in enumerate(groups):
            group.key = prefixed(file.name, group.key)
            self._group(batch, group, place)
            if batch.total - before > _OCCURRENCES:
                self.kept.append(prefixed(file.name, ""))
                rest = f"{len(groups) - count - 1} entries left out: more than {_OCCURRENCES} occurrences in one file"
                self._quarantine(batch, prefixed(file.name, "#rest"), file.stamp, rest, place.name)
                self.complete, self.growing = False, True
                break
            if batch.size >= BATCH:
                yield batch.batch()

    @property
    def cost(self) -> Cost:
        """Of what was read since the last batch."""
        return self._gathered.cost

    def rest(self) -> Iterator[Batch]:
        """What the last file left."""
        if self._gathered.size:
            yield self._gathered.batch()

    def _group(self, batch: _Gathered, group: Group, place: Place) -> None:
        from connectors.icalendar.events import is_series, read_events

        where = blake2b(place.name.encode(), digest_size=4).hexdigest()
        etag = f"{group.digest}-{where}{'-private' if self.reach.private else ''}"
        known = self.known_by_group.get(group.key, ())
        same = known and all(self.etags[native_id] == etag for native_id in known)
        self.growing = self.growing or is_series(group)
        if same and not (self.moved and is_series(group)):
            self.listed.update(known)
            self.unchanged.update(known)
            batch.total += len(known)
            return
        try:
            harmless = check(group.components)
            reach = self.reach._replace(folder=place.name)
            events = read_events(group, reach) if harmless else self.guard.read_events(group, reach)
        except BadItem as error:
            self._quarantine(batch, f"{group.key}#bad", etag, error.what, place.name)
            # What was read of it before stands until it can be read again.
            self.kept.append(f"{group.key}#")
            return
        self.growing = self.growing or not events
        for event in events:
            self.listed.add(event.id)
            batch.total += 1
            if self.etags.get(event.id) == etag:
                self.unchanged.add(event.id)
                continue
            batch.items.append(Item(event.id, etag, (place,), event))
            self.extent.include(event)

    @property
    def guard(self) -> Guard:
        from connectors.icalendar.guard import Guard

        if self._guard is None:
            self._guard = Guard()
        return self._guard

    def _quarantine(self, batch: _Gathered, native_id: str, etag: str, reason: str, place: str) -> None:
        self.listed.add(native_id)
        if self.etags.get(native_id) == etag:
            self.unchanged.add(native_id)
        else:
            batch.bad.append(Quarantined(native_id, etag, reason, place))


class _Gathered:
    """What has been read and not yet handed over; `total` occurrences so far."""

    def __init__(self, cursor: Callable[[], str], spent: Cost) -> None:
        self._cursor = cursor
        self.items: list[Item] = []
        self.bad: list[Quarantined] = []
        self.cost = spent
        self.total = 0

    @property
    def size(self) -> int:
        return len(self.items) + len(self.bad)

    def read(self, cost: Cost) -> None:
        """A file was read at this cost."""
        self.cost = Cost(requests=self.cost.requests + cost.requests, bytes=self.cost.bytes + cost.bytes)

    def batch(self) -> Batch:
        batch = Batch(items=tuple(self.items), quarantined=tuple(self.bad), cursor=self._cursor(), cost=self.cost)
        self.items, self.bad, self.cost = [], [], Cost()
        return batch


def prefixed(file: str, name: str) -> str:
    """A native id, told apart by its file where a folder holds several."""
    return f"{file}!{name}" if file else name


def _by_group(etags: Mapping[str, str]) -> Mapping[str, list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for native_id in etags:
        groups[native_id.rpartition("#")[0]].append(native_id)
    return groups


def _begins(group: Group) -> str:
    """When the newest component begins, roughly: the digits of its DTSTART."""
    return max(
        (value(line) for lines in group.components for line in lines if line[:7].upper() == "DTSTART"), default=""
    )


def _place(file: File, calendar: Calendar, origin: Origin) -> str:
    """The calendar's own name for a file by itself. In a folder the file is a calendar, unless it holds one entry
    and is called after it, as vdirsyncer keeps them: then its folder is."""
    if not file.name:
        return calendar.name or origin.calendar
    name = PurePosixPath(file.name)
    uids = [group.uid for group in calendar.groups.values()]
    if len(uids) == 1 and uids[0] == name.stem:
        return origin.calendar if str(name.parent) == "." else str(name.parent)
    return str(name.with_suffix(""))
