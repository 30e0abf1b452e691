"""Google's event resources -> Events. A series is unfolded by the same gate and code as iCalendar files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

import msgspec

from connectors.addresses import usable
from connectors.calendars import read_events
from connectors.connector import BadItem
from connectors.dates import zone as fixed_zone
from connectors.entries import Reach
from connectors.google.service import Json
from connectors.ics_format import Group
from connectors.links import find_links, find_phones, reduced
from connectors.observations import Address, Attendee, Conference, Event
from connectors.recurrence import check
from connectors.text import NAME_LIMIT, clean_text
from connectors.zones import country, iana

FIELDS = (
    "id,status,summary,description,location,start,end,recurrence,recurringEventId,originalStartTime,iCalUID,"
    "transparency,visibility,eventType,updated,organizer(email,displayName,self),creator(email,displayName,self),"
    "attendees(email,displayName,responseStatus,resource,self),attendeesOmitted,hangoutLink,"
    "conferenceData(conferenceSolution/name,entryPoints(entryPointType,uri))"
)
"""Of a description only links and phone numbers outlive the function that reads it."""

_DAYS = re.compile(r"(?<!\d)(\d{8})(?:T\d{6}Z?)?(?!\d)")
_UNTIL, _COUNT = re.compile(r"UNTIL=(\d{8})"), re.compile(r"COUNT=(\d{1,6})")
_NOBODY = ("@group.calendar.google.com", "@resource.calendar.google.com", "@import.calendar.google.com",
           "unknownorganizer@calendar.google.com")  # fmt: skip
"""A calendar that is not a person's own organises its entries itself; mail that was read for a flight has no host."""

_RESPONSES = {
    "accepted": "accepted",
    "declined": "declined",
    "tentative": "tentative",
    "needsAction": "needs_action",
}


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
        return "start" in part and _aware(_time(part["start"])) >= until
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
        BadItem: it cannot be read, or must not be unfolded (`recurrence`).
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
    start, end = _time(resource["start"]), _time(resource["end"])
    return msgspec.structs.replace(
        _template(resource), id=native, start=start, end=max(start, end),
        original_start=_time(resource["originalStartTime"]) if "originalStartTime" in resource else None,
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
    shared = _template(master)
    for event in read_events(group, Reach(until, private=True)):
        exception = exceptions.get(event.id.partition("#")[2])
        template = shared if exception is None else _template(exception)
        yield msgspec.structs.replace(
            template, id=event.id, start=event.start, end=event.end, original_start=event.original_start,
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


def _time(value: Json) -> datetime:
    if "date" in value:
        day = date.fromisoformat(value["date"])
        return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - all-day times are floating
    moment = datetime.fromisoformat(value["dateTime"])
    zone = iana(str(value.get("timeZone") or ""))
    if zone is None:
        return moment
    # Google writes the offset of whoever asks; the entry's own zone says which hour it is for those who meet.
    moment = moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    offset = moment.utcoffset() or timedelta(0)
    if offset.seconds % 60:  # local mean time, before there were zones
        return moment.astimezone(UTC)
    return moment.replace(tzinfo=fixed_zone(offset // timedelta(minutes=1)), fold=0)


def _template(resource: Json) -> Event:
    """Everything but id and times. The description is read for links and numbers and let go."""
    written = resource.get("start", {})
    zone = written.get("timeZone")
    description = str(resource.get("description") or "")
    attendees = _attendees(resource)
    organizer = _host(resource)
    own: Json = next((one for one in resource.get("attendees", ()) if one.get("self")), {})
    links, phones = _entry_points(resource)
    links += find_links(description)
    phones += find_phones(description, country(zone))
    return Event(
        id="", uid=clean_text(str(resource.get("iCalUID") or ""), 2_000) or None,
        title=_text(resource, "summary"), location=_text(resource, "location"), zone=zone,
        all_day="date" in written, status=str(resource.get("status") or "confirmed"),
        transparency=str(resource.get("transparency") or "opaque"),
        event_type=str(resource.get("eventType") or "default"),
        visibility=str(resource.get("visibility") or "default"),
        organizer=organizer, attendees=attendees, attendee_count=_count(organizer, attendees, resource),
        owner_response=_RESPONSES.get(str(own.get("responseStatus"))), conference=_conference(resource),
        links=tuple(dict.fromkeys(links)), phones=tuple(dict.fromkeys(phones)), updated=_updated(resource),
    )  # fmt: skip


def _text(resource: Mapping[str, object], key: str) -> str | None:
    return clean_text(str(resource.get(key) or "")) or None


def _host(resource: Json) -> Address | None:
    """Who organises: of an entry in a calendar that several share, whoever made it."""
    host = _person(resource.get("organizer"))
    if host and host.address and host.address.endswith(_NOBODY):
        host = _person(resource.get("creator"))
    return None if host and host.address and host.address.endswith(_NOBODY) else host


def _person(value: Json | None) -> Address | None:
    if not value:
        return None
    return Address(
        usable(str(value.get("email") or "")), clean_text(str(value.get("displayName") or ""), NAME_LIMIT) or None
    )


def _attendees(resource: Json) -> tuple[Attendee, ...] | None:
    """None where Google left people out: who is not listed did not leave."""
    if resource.get("attendeesOmitted"):
        return None
    return tuple(
        Attendee(
            address=usable(str(one.get("email") or "")),
            name=clean_text(str(one.get("displayName") or ""), NAME_LIMIT) or None,
            response=_RESPONSES.get(str(one.get("responseStatus"))),
            resource=bool(one.get("resource")),
        )
        for one in resource.get("attendees", ())
    )


def _count(organizer: Address | None, attendees: tuple[Attendee, ...] | None, resource: Json) -> int | None:
    """An entry that lists nobody is the owner's own: nobody was met."""
    if attendees is None:
        return None
    if not attendees:
        own = resource.get("organizer", {}).get("self") or resource.get("creator", {}).get("self")
        return 0 if own or organizer is None else 1
    people = {one.address or f"~{one.name}" for one in attendees if not one.resource}
    if organizer:
        people.add(organizer.address or f"~{organizer.name}")
    return len(people)


def _entry_points(resource: Json) -> tuple[list[str], list[str]]:
    data = resource.get("conferenceData") or {}
    uris = [str(point.get("uri") or "") for point in data.get("entryPoints", ())]
    uris.append(str(resource.get("hangoutLink") or ""))
    links = [link for uri in uris if not uri.startswith("tel:") and (link := reduced(uri))]
    return links, [uri[4:] for uri in uris if uri[:4] == "tel:"]


def _conference(resource: Json) -> Conference | None:
    data = resource.get("conferenceData") or {}
    provider = clean_text(str((data.get("conferenceSolution") or {}).get("name") or ""), 100) or None
    video = next((p.get("uri") for p in data.get("entryPoints", ()) if p.get("entryPointType") == "video"), None)
    url = reduced(str(video or resource.get("hangoutLink") or "")) if video or resource.get("hangoutLink") else None
    return Conference(url=url, provider=provider) if url or provider else None


def _updated(resource: Json) -> datetime | None:
    value = resource.get("updated")
    return datetime.fromisoformat(str(value)) if value else None
