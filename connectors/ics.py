"""iCalendar files: one file, or a folder in and below which they lie, as the one source `calendar`.

Each file is cut into groups, one per UID; a group's digest is the etag of its occurrences, so what did not change is
neither parsed nor expanded. Series are expanded again as the horizon, 90 days ahead, moves on by a day.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from connectors.connector import BadItem, Batch, Cost, Item, Known, Listed, Place, Quarantined, Source, Unreachable
from connectors.entries import Reach
from connectors.folders import Tree, missing, shown
from connectors.ics_format import STREAM_LIMIT, Calendar, Group, cut, value
from connectors.options import IcsOptions
from connectors.positions import Extent, read_cursor, write_cursor
from connectors.recurrence import check

if TYPE_CHECKING:
    from connectors.guard import Guard

BATCH = 1_000
AHEAD = timedelta(days=90)
"""How far ahead of now occurrences are given."""

ENDINGS = (".ics", ".ical")
_SOURCE = "calendar"
_SETTLED = 3_600.0  # seconds without writing
_OCCURRENCES = 500_000  # of one file; more is an attack


class _Position(msgspec.Struct, omit_defaults=True):
    """`state`: digest of names, sizes and times of the files, all read up to `horizon`; "" while that goes on."""

    version: Literal[1] = 1
    state: str = ""
    horizon: date | None = None
    oldest: datetime | None = None
    newest: datetime | None = None


@dataclass(frozen=True)
class _File:
    """A file as listed. `name`: its path below the folder, "" for a file by itself. `written`: POSIX time.
    `bad`: why it cannot be read."""

    name: str
    stamp: str
    written: float
    data: bytes | None
    bad: str | None = None


class IcsConnector:
    """See the module."""

    def __init__(self, options: IcsOptions) -> None:
        self._path = options.path.expanduser()
        self._live = options.live
        self._private = options.include_private

    def sources(self) -> Sequence[Source]:
        return (Source(_SOURCE, observes="event", live=self._live, title=self._path.name),)

    def hosts(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Nothing is held open between calls."""

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:  # noqa: ARG002
        """See `Connector.batches`. A group is never divided between batches: where one of its occurrences is known
        under its etag, all are."""
        if cursor is None and not known.etags() and next(_found(self._path), None) is None:
            # Only where nothing was ever read: a folder that became empty is for the sync to judge.
            raise Unreachable(
                "no .ics file lies in or below it.", where=str(self._path), fix="Correct `path` or `kind`."
            )
        position = read_cursor(cursor, _Position)
        state = _state(self._path)
        horizon = (now + AHEAD).date()
        extent = Extent(now, position.oldest, position.newest)
        reading = _Reading(known, extent, Reach(now + AHEAD, self._private), position.horizon != horizon)
        if position.state == state and position.horizon == horizon:
            yield Batch(unchanged=len(reading.etags), covered=extent.covered(live=self._live), cursor=cursor)
            return
        try:
            for file in _files(self._path):
                yield from reading.file(file, self._path)
            yield from reading.rest()
        finally:
            reading.close()
        if cursor is None:
            extent.include_known(known, reading.unchanged)
        done = _Position(state=state, horizon=horizon, oldest=extent.oldest, newest=extent.newest)
        yield Batch(
            removed=reading.removed(), unchanged=len(reading.unchanged), cursor=write_cursor(done), cost=reading.cost,
            covered=extent.covered(live=self._live) if reading.complete else (),
        )  # fmt: skip

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:  # noqa: ARG002
        """By `ics_listing`, which finds files by a way of its own and believes no cursor and no etag; how a file
        is cut and a series unfolds is shared with `batches`."""
        from connectors.ics_listing import native_ids

        yield from map(Listed, native_ids(self._path, Reach(now + AHEAD, self._private)))


class _Reading:
    """One sync of all files."""

    def __init__(self, known: Known, extent: Extent, reach: Reach, moved: bool) -> None:
        self.etags = known.etags()
        self.extent, self.reach, self.moved = extent, reach, moved
        self.known_by_group: Mapping[str, list[str]] = _by_group(self.etags)
        self.listed: set[str] = set()
        self.unchanged: set[str] = set()
        self.kept: list[str] = []  # beginnings of native ids of which nobody knows whether they are gone
        self.complete = True
        self._guard: Guard | None = None
        self._gathered = _Gathered(self.cursor)

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

    def file(self, file: _File, path: Path) -> Iterator[Batch]:
        """The batches of one file."""
        calendar = cut(file.data) if file.data is not None else Calendar()
        why = file.bad or ("there is no calendar in it" if calendar.empty else None)
        if why and not file.name:
            raise Unreachable(f"{why}.", where=str(path), fix="Correct `path`: an iCalendar file is wanted.")
        batch, before = self._gathered, self._gathered.total
        batch.read(len(file.data or b""))
        if why:
            self.complete = self.complete and file.bad is None
            self._quarantine(batch, prefixed(file.name, ""), file.stamp, why, file.name)
        if why or not calendar.whole:  # a file that is just being written must not delete what it does not hold yet
            self.kept.append(file.name if file.name.endswith("/") else prefixed(file.name, ""))
            # One that was cut off long ago is no file in the making, but all there is.
            self.complete = self.complete and (bool(why) or file.written < self.extent.now.timestamp() - _SETTLED)
        place = Place(_place(file, calendar, path))
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
                self.complete = False
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
        from connectors.calendars import is_series, read_events

        where = blake2b(place.name.encode(), digest_size=4).hexdigest()
        etag = f"{group.digest}-{where}{'-private' if self.reach.private else ''}"
        known = self.known_by_group.get(group.key, ())
        same = known and all(self.etags[native_id] == etag for native_id in known)
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
        from connectors.guard import Guard

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

    def __init__(self, cursor: Callable[[], str]) -> None:
        self._cursor = cursor
        self.items: list[Item] = []
        self.bad: list[Quarantined] = []
        self.cost = Cost()
        self.total = 0

    @property
    def size(self) -> int:
        return len(self.items) + len(self.bad)

    def read(self, size: int) -> None:
        """A file of `size` bytes was read."""
        self.cost = Cost(requests=self.cost.requests + 1, bytes=self.cost.bytes + size)

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


def _place(file: _File, calendar: Calendar, path: Path) -> str:
    """The calendar's own name for a file by itself. In a folder the file is a calendar, unless it holds one entry
    and is called after it, as vdirsyncer keeps them: then its folder is."""
    if not file.name:
        return calendar.name or shown(path.stem)
    name = PurePosixPath(file.name)
    uids = [group.uid for group in calendar.groups.values()]
    if len(uids) == 1 and uids[0] == name.stem:
        return shown(path.name) if str(name.parent) == "." else str(name.parent)
    return str(name.with_suffix(""))


def _state(path: Path) -> str:
    """Changes whenever a file comes, goes or is written."""
    names = [f"{found.name} {found.stamp}" for found in _found(path)]
    return blake2b("\n".join(sorted(names)).encode("utf-8", "replace"), digest_size=12).hexdigest()


class _Found(NamedTuple):
    """A file before it is opened; `name` is "" for a file by itself, ends in "/" for a folder that is shut."""

    name: str
    stamp: str
    written: float
    open: Callable[[], int]


def _found(path: Path) -> Iterator[_Found]:
    if not path.is_dir():
        opener = partial(os.open, path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        yield _listed("", _status(path), opener)
        return
    with closing(Tree(path)) as tree:
        for folder in tree.walk():
            for entry in sorted(tree.entries(folder), key=lambda entry: entry.name):
                if entry.name.lower().endswith(ENDINGS) and not entry.is_dir(follow_symlinks=False):
                    name = shown("/".join((*folder, entry.name)))
                    yield _listed(name, entry.stat(follow_symlinks=False), partial(tree.open, folder, entry.name))
        for folder, why in tree.unreadable.items():
            yield _Found(shown("/".join((*folder, ""))), why, 0.0, partial(_refuse, why))


def _listed(name: str, status: os.stat_result, opener: Callable[[], int]) -> _Found:
    return _Found(name, f"{status.st_size:x}-{status.st_mtime_ns:x}", status.st_mtime, opener)


def _refuse(why: str) -> int:
    raise BadItem(f"the folder cannot be read: {why}")


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise missing(path, error) from error


def _files(path: Path) -> Iterator[_File]:
    for name, stamp, written, opener in _found(path):
        try:
            yield _File(name, stamp, written, _read(opener()))
        except FileNotFoundError:
            continue  # gone since the listing; the next sync finds that out
        except BadItem as error:
            yield _File(name, stamp, written, None, error.what)
        except OSError as error:
            yield _File(name, stamp, written, None, f"it cannot be read ({error.strerror})")


def _read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BadItem("it is no regular file")
        data = file.read(STREAM_LIMIT + 1)
    if len(data) > STREAM_LIMIT:
        raise BadItem(f"it is larger than {STREAM_LIMIT >> 20} MB")
    return data
