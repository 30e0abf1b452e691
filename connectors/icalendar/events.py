"""iCalendar components -> Events, one per occurrence.

The components come cut into groups, one per UID (`groups`), through the gate (`recurrence`); what their
occurrences share is read in `entries`, when each takes place is worked out here.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import msgspec
import recurring_ical_events
from icalendar.timezone import tzp

from connectors.connector import BadItem
from connectors.dates import zone as fixed_zone
from connectors.icalendar.entries import Reach, template
from connectors.icalendar.groups import Group
from connectors.observations import Event
from connectors.text import clean_text
from connectors.zones import iana

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Occurrences of a series that are older are not given."""

_ZONED = re.compile(r"(?P<name>DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)(?P<rest>[;:].*)", re.IGNORECASE | re.DOTALL)
_TZID = re.compile(r";TZID=(\"[^\"]*\"|[^;:]*)", re.IGNORECASE)
_PARSED = re.compile(
    r"(?:UID|DTSTART|DTEND|DURATION|RECURRENCE-ID|RRULE|RDATE|EXDATE|EXRULE|SEQUENCE|SUMMARY|LOCATION|STATUS|TRANSP|CLASS"
    r"|ORGANIZER|ATTENDEE|LAST-MODIFIED|URL|CONFERENCE|X-GOOGLE-CONFERENCE|X-MICROSOFT-[A-Z-]+)[;:]",
    re.IGNORECASE,
)
_SERIES = re.compile(r"(?:RRULE|RDATE|RECURRENCE-ID|EXRULE)[;:]", re.IGNORECASE)
_OVERRIDE = re.compile(r"RECURRENCE-ID[;:]", re.IGNORECASE)
_ZONE_RULE = re.compile(r"RRULE[^:]*:(?!.*FREQ=YEARLY)", re.IGNORECASE)
_ZONE_SIZE = 64 * 1024

_INDEX = "X-SYNCD-INDEX"  # which component an expanded occurrence is a copy of


def is_series(group: Group) -> bool:
    """Whether the group's occurrences depend on how far one looks ahead."""
    return any(_SERIES.match(line) for lines in group.components for line in lines)


def read_events(group: Group, reach: Reach) -> list[Event]:
    """The occurrences of one UID that begin before `reach.until`, each with its native id as `id`.

    Raises:
        BadItem: the components cannot be read; one bad component of a series spoils the series, no other.
    """
    zones = _Zones(group)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # icalendar warns of what it mends
        try:
            parts = [_Part(index, lines, group, zones, reach) for index, lines in enumerate(group.components)]
            found = _expand(parts, zones, reach) if is_series(group) else _single(parts)
            events = {event.id: event for event in found}
        except BadItem:
            raise
        except ValueError as error:  # in the library's words, which name the value
            raise BadItem(f"the entry cannot be read: {clean_text(str(error), 200)}") from error
        except (TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError) as error:
            raise BadItem("the entry cannot be read: its dates and times do not fit together") from error
    return [event for event in events.values() if event.start and _moment(event.start) < reach.until]


class _Zones:
    """The zones of one group: every name that a line uses, as a name that icalendar knows."""

    def __init__(self, group: Group) -> None:
        self.default = iana(group.zone) if group.zone else None
        self._group = group
        self._names: dict[str, str | None] = {}

    def rewritten(self, line: str) -> str:
        """The line with its TZID replaced by one that can be resolved, or taken out."""
        if not _ZONED.match(line):
            return line
        match = _TZID.search(line)
        if match is None:
            return line
        name = self.resolve(match.group(1).strip('"'))
        return line[: match.start()] + (f";TZID={name}" if name else "") + line[match.end() :]

    def resolve(self, name: str) -> str | None:
        if name not in self._names:
            self._names[name] = iana(name) or self._defined(name) or self.default
        return self._names[name]

    def _defined(self, name: str) -> str | None:
        """A zone that the calendar defines itself, registered under a name that no other calendar can mean."""
        text = self._group.zones.get(name)
        if text is None or len(text) > _ZONE_SIZE or any(_ZONE_RULE.match(line) for line in text.split("\n")):
            return None
        own = f"syncd-{blake2b(text.encode('utf-8', 'replace'), digest_size=10).hexdigest()}"
        lines = [f"TZID:{own}" if line[:4].upper() == "TZID" else line for line in text.split("\n")]
        try:
            tzp.cache_timezone_component(icalendar.Timezone.from_ical("\n".join(lines)))
            return own if tzp.timezone(own) is not None else None
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
            return None


class _Part:
    """One component: parsed for its times, with a template that its occurrences share."""

    def __init__(self, index: int, lines: list[str], group: Group, zones: _Zones, reach: Reach) -> None:
        kept = [zones.rewritten(line) for line in lines if _PARSED.match(line)]
        # Any: its properties are declared as a union of thirty types, of which a reader must not believe any.
        component: Any = icalendar.Event.from_ical("\n".join(("BEGIN:VEVENT", *kept, "END:VEVENT")))
        _check_times(component)
        component[_INDEX] = str(index)
        self.component = component
        self.override = any(_OVERRIDE.match(line) for line in lines)
        self.sequence = _sequence(component.get("SEQUENCE"))
        self.template = template(component, lines, group, zones.default, reach)
        self.key = group.key
        self.default_zone = zones.default

    def event(self, start: Any, end: Any, original: Any) -> Event:
        begins, ends = _time(start, self.default_zone), _time(end, self.default_zone)
        if (begins.tzinfo is None) != (ends.tzinfo is None):  # one of the two was written without its zone
            zone = begins.tzinfo or ends.tzinfo
            begins, ends = begins.replace(tzinfo=zone), ends.replace(tzinfo=zone)
        all_day = not isinstance(start, datetime) or self._marked_all_day(begins, ends)
        if all_day:
            begins, ends = begins.replace(tzinfo=None), ends.replace(tzinfo=None)
        first = None if original is None else _time(original, self.default_zone)
        first = first.replace(tzinfo=None) if first and all_day and not isinstance(original, datetime) else first
        return msgspec.structs.replace(
            self.template, id=f"{self.key}#{_stamp(original, first)}", start=begins, end=max(begins, ends),
            all_day=all_day, original_start=first, recurring=first is not None,
        )  # fmt: skip

    def _marked_all_day(self, start: datetime, end: datetime) -> bool:
        marked = str(self.component.get("X-MICROSOFT-CDO-ALLDAYEVENT", "")).upper() == "TRUE"
        return marked and not (start.hour or start.minute or end.hour or end.minute)

    def shift(self) -> timedelta | None:
        """How far a change of this and all following occurrences moves them."""
        rid = self.component.get("RECURRENCE-ID")
        if not self.override or str(rid.params.get("RANGE", "")).upper() != "THISANDFUTURE":
            return None
        start = self.component["DTSTART"].dt
        if isinstance(start, datetime) != isinstance(rid.dt, datetime):
            return None
        shift: timedelta = start - rid.dt
        return shift


def _single(parts: list[_Part]) -> Iterator[Event]:
    """Entries that do not repeat. Of several revisions the newest counts; several entries that share a UID by
    mistake are told apart by when they begin."""
    newest = max(part.sequence for part in parts)
    parts = [part for part in parts if part.sequence == newest]
    starts = {str(part.component["DTSTART"].dt) for part in parts}
    for part in parts:
        start = part.component["DTSTART"].dt
        event = part.event(start, _end(part.component), None)
        yield (
            event
            if len(starts) == 1
            else msgspec.structs.replace(event, id=f"{event.id}{_stamp(start, event.start)}")
        )


def _expand(parts: list[_Part], zones: _Zones, reach: Reach) -> Iterator[Event]:
    calendar = icalendar.Calendar()
    if zones.default:
        calendar.add("X-WR-TIMEZONE", zones.default)
    for part in parts:
        if "UID" not in part.component:
            part.component.add("UID", part.key)
        calendar.add_component(part.component)
    until = reach.until.replace(tzinfo=None)
    for found in recurring_ical_events.of(calendar).between(EARLIEST.replace(tzinfo=None), until):
        part = parts[int(str(found[_INDEX]))]
        start = found["DTSTART"].dt
        shift = part.shift()
        rid = found.get("RECURRENCE-ID")
        original = start - shift if shift is not None else (rid.dt if rid is not None else start)
        yield part.event(start, found["DTEND"].dt, original)


def _check_times(component: Any) -> None:
    """Take out an end that cannot be read; refuse what cannot do without the part that is broken."""
    for name in ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID"):
        if isinstance(component.get(name), list):  # written twice; the first counts
            component[name] = component[name][0]
    start = _read(component, "DTSTART")
    if not isinstance(start, date):
        raise BadItem("it has no beginning that can be read")
    for name, kinds in (("DTEND", date), ("DURATION", timedelta)):
        if name in component and not isinstance(_read(component, name), kinds):
            del component[name]
    for name in ("RDATE", "EXDATE", "RECURRENCE-ID"):
        if name in component and _read(component, name) is None:
            raise BadItem(f"its {name} cannot be read")


def _read(component: Any, name: str) -> Any:
    """What the property says, None if nothing. Of a list, its first value stands for all."""
    try:
        found = component[name]
        found = found[0] if isinstance(found, list) else found
        return found.dts[0].dt if hasattr(found, "dts") else found.dt
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None


def _end(component: Any) -> Any:
    """The end as written, by duration, or as the standard has it: a day for a date, no time for a time."""
    start: date = component["DTSTART"].dt
    for name in ("DTEND", "DURATION"):
        if name in component:
            end = component[name].dt
            if isinstance(end, timedelta):
                return start + end if end >= timedelta(0) else start
            if isinstance(end, datetime) == isinstance(start, datetime):
                return end
    return start if isinstance(start, datetime) else start + timedelta(days=1)


def _time(moment: date, default_zone: str | None) -> datetime:
    """Aware with the offset that holds then, naive if floating; a date is its midnight."""
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001
    if moment.tzinfo is None:
        if default_zone is None:
            return moment.replace(fold=0)
        moment = moment.replace(tzinfo=ZoneInfo(default_zone))
    offset = moment.utcoffset() or timedelta(0)
    if offset.seconds % 60 or offset.microseconds:  # local mean time, before there were zones
        return moment.astimezone(UTC)
    return moment.replace(tzinfo=fixed_zone(offset // timedelta(minutes=1)), fold=0)


def _moment(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _stamp(original: Any, moment: datetime | None) -> str:
    """The part of a native id that tells the occurrences of a series apart."""
    if moment is None:
        return ""
    if not isinstance(original, datetime):
        return f"{moment:%Y%m%d}"
    return f"{moment:%Y%m%dT%H%M%S}" if moment.tzinfo is None else f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _sequence(found: Any) -> int:
    try:
        return int(found)
    except (TypeError, ValueError):
        return 0
