"""Google's series -> Events: a master and its exceptions, unfolded by the same gate and code as iCalendar files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

import msgspec

from connectors.connector import BadItem
from connectors.google.events import template, time_of
from connectors.google.service import Json
from connectors.icalendar.entries import Reach
from connectors.icalendar.events import read_events
from connectors.icalendar.groups import Group
from connectors.icalendar.recurrence import check
from connectors.observations import Event
from connectors.text import clean_text
from connectors.zones import iana

_DAYS = re.compile(r"(?<!\d)(\d{8})(?:T\d{6}Z?)?(?!\d)")
_UNTIL, _COUNT = re.compile(r"UNTIL=(\d{8})"), re.compile(r"COUNT=(\d{1,6})")


@dataclass(frozen=True)
class Series:
    """An event with its exceptions; a single event is a series of one. `id` is the master's. `whole` False: there may
    be other occurrences, of which nothing has been heard."""

    id: str
    master: Json | None
    exceptions: tuple[Json, ...]
    whole: bool = True

    @property
    def uid(self) -> str:
        for part in self.parts:
            if part.get("iCalUID"):
                return str(part["iCalUID"])
        return self.id

    @property
    def parts(self) -> tuple[Json, ...]:
        return (*((self.master,) if self.master else ()), *self.exceptions)

    @property
    def etag(self) -> str:
        return blake2b(msgspec.json.encode(self.parts, order="deterministic"), digest_size=8).hexdigest()

    @property
    def begins(self) -> str:
        first: Json = next((part["start"] for part in self.parts if part.get("start")), {})
        return str(first.get("dateTime") or first.get("date") or "")

    def goes_on(self, until: datetime, found: int) -> bool:
        """Whether it may have occurrences at or after `until`, so that it must be looked at again as time goes on.
        `found`: how many it has before."""
        if self.master is None or self.master.get("status") == "cancelled":
            return False
        if any(_starts_after(part, until) for part in self.parts):
            return True
        lines = [str(line).upper() for line in self.master.get("recurrence", ())]
        if any(day >= f"{until:%Y%m%d}" for line in lines if line.startswith("RDATE") for day in _DAYS.findall(line)):
            return True
        left_out = sum(line.count(",") + 1 for line in lines if line.startswith("EXDATE"))
        found += left_out + sum("start" not in one for one in self.exceptions)
        return any(_reaches(line, until, found) for line in lines if line.startswith("RRULE"))


def _reaches(rule: str, until: datetime, found: int) -> bool:
    ends, count = _UNTIL.search(rule), _COUNT.search(rule)
    if ends:
        return ends[1] >= f"{until:%Y%m%d}"
    return count is None or found < int(count[1])


def _starts_after(part: Json, until: datetime) -> bool:
    try:
        return "start" in part and _aware(time_of(part["start"])) >= until
    except (KeyError, ValueError, TypeError):
        return False


def series_of(resources: Iterable[Json]) -> list[Series]:
    """Resources grouped by the series they belong to."""
    masters: dict[str, Json] = {}
    exceptions: dict[str, list[Json]] = defaultdict(list)
    for resource in resources:
        master = resource.get("recurringEventId")
        if master:
            exceptions[master].append(resource)
        else:
            masters[resource["id"]] = resource
    ids = sorted({*masters, *exceptions})
    return [
        Series(id_, masters.get(id_), tuple(sorted(exceptions.get(id_, ()), key=lambda one: str(one["id"]))))
        for id_ in ids
    ]


def occurrences(series: Series, until: datetime) -> list[Event]:
    """What takes place before `until`, each with its native id: the master's id, `#`, and its original start.

    An occurrence that was deleted from a series is not there; one that was cancelled by its organiser is, as
    cancelled. Google itself says `cancelled` for both, and gives nothing else of a deleted one.

    Raises:
        BadItem: it cannot be read, or must not be unfolded (`icalendar.recurrence`).
    """
    try:
        if series.master is None:  # exceptions whose master this calendar does not hold: invited to one occurrence
            return [event for one in series.exceptions if (event := _single(one, native_of(one)))]
        if "recurrence" not in series.master:
            event = _single(series.master, f"{series.id}#")
            return [event] if event and event.start and _aware(event.start) < until else []
        return list(_unfolded(series, until))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadItem(f"the entry cannot be read: {clean_text(repr(error), 200)}") from error


def native_of(exception: Json) -> str:
    """The native id of an occurrence of a series, by its own part."""
    return f"{exception['recurringEventId']}#{_stamp_of(exception)}"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _single(resource: Json, native: str) -> Event | None:
    """None where the entry is gone: a deleted one keeps hardly more than its id."""
    if "start" not in resource:
        return None
    start, end = time_of(resource["start"]), time_of(resource["end"])
    return msgspec.structs.replace(
        template(resource), id=native, start=start, end=max(start, end),
        original_start=time_of(resource["originalStartTime"]) if "originalStartTime" in resource else None,
        recurring="recurringEventId" in resource,
    )  # fmt: skip


def _unfolded(series: Series, until: datetime) -> Iterator[Event]:
    """Times by the iCalendar code, everything else from the part that each occurrence comes from."""
    master = series.master
    assert master is not None
    if master.get("status") == "cancelled" or "start" not in master:
        return
    exceptions = {_stamp_of(one): one for one in series.exceptions}
    components = [_lines(master, series.id)]
    components += [_lines(one, series.id) for one in series.exceptions if "start" in one]
    components[0] += [_exdate(one, master) for one in series.exceptions if "start" not in one]
    zone = master["start"].get("timeZone")
    group = Group(key=series.id, uid=series.uid, components=components, zone=zone)
    if not check(components):
        raise BadItem("a series with a rule too unusual to be unfolded")
    shared = template(master)
    for event in read_events(group, Reach(until, private=True)):
        exception = exceptions.get(event.id.partition("#")[2])
        said = shared if exception is None else template(exception)
        yield msgspec.structs.replace(
            said, id=event.id, start=event.start, end=event.end, original_start=event.original_start,
            recurring=True,
        )  # fmt: skip


def _lines(resource: Json, key: str) -> list[str]:
    """The part of a resource that says when, as content lines."""
    lines = [f"UID:{key}", _when("DTSTART", resource["start"]), _when("DTEND", resource["end"])]
    if "originalStartTime" in resource:
        lines.append(_when("RECURRENCE-ID", resource["originalStartTime"]))
    return lines + [str(line) for line in resource.get("recurrence", ())]


def _exdate(resource: Json, master: Json) -> str:
    return _when("EXDATE", resource["originalStartTime"], master["start"].get("timeZone"))


def _when(name: str, value: Json, zone: str | None = None) -> str:
    """A time as a content line in its own zone, so that a series keeps its hour over a change of the clocks."""
    if "date" in value:
        return f"{name};VALUE=DATE:{value['date'].replace('-', '')}"
    moment = datetime.fromisoformat(value["dateTime"])
    own = iana(str(value.get("timeZone") or zone or ""))
    if own is None:
        return f"{name}:{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    local = moment.astimezone(ZoneInfo(own)) if moment.tzinfo else moment
    return f"{name};TZID={own}:{local:%Y%m%dT%H%M%S}"


def _stamp_of(resource: Json) -> str:
    """The original start as native ids have it."""
    value = resource.get("originalStartTime") or {}
    if "date" in value:
        return str(value["date"]).replace("-", "")
    if "dateTime" not in value:
        return str(resource["id"]).rpartition("_")[2]
    return f"{datetime.fromisoformat(value['dateTime']).astimezone(UTC):%Y%m%dT%H%M%SZ}"
