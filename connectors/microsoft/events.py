"""Graph events -> Events. What a calendar says without its bodies: people, places, online meeting, answers."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

import msgspec

from connectors.addresses import usable
from connectors.connector import BadItem
from connectors.links import reduced
from connectors.microsoft.graph import Json
from connectors.observations import Address, Attendee, Conference, Event, encode
from connectors.text import NAME_LIMIT, clean_text
from connectors.zones import iana, is_zone

_RESPONSES = {
    "accepted": "accepted", "declined": "declined", "tentativelyAccepted": "tentative", "organizer": "accepted",
    "notResponded": "needs_action", "none": None,
}  # fmt: skip
_PROVIDERS = {
    "teamsForBusiness": "Microsoft Teams",
    "skypeForBusiness": "Skype for Business",
    "skypeForConsumer": "Skype",
}
_EVENT_TYPES = {"oof": "outOfOffice", "workingElsewhere": "workingLocation"}
_SENSITIVITY = {"private": "private", "confidential": "confidential", "personal": "private"}


SELECT = (
    "id,uid,iCalUId,type,seriesMasterId,subject,start,end,originalStart,originalStartTimeZone,isAllDay,isCancelled,"
    "isOrganizer,showAs,sensitivity,location,locations,organizer,attendees,hideAttendees,responseStatus,"
    "isOnlineMeeting,onlineMeeting,onlineMeetingUrl,onlineMeetingProvider,lastModifiedDateTime"
)
"""Neither body nor preview, wherever Graph lets us choose."""


def native_id(line: Json) -> str:
    """The series an event belongs to (itself, if none), `#`, its own id: so a series is found by its beginning."""
    return f"{line.get('seriesMasterId') or line['id']}#{line['id']}"


def event_of(line: Json, master: Json | None) -> Event:
    """A line of a calendar view. Occurrences come with their times only; the rest is their master's. Exceptions are
    whole, but the series' own id stands in its master: `iCalUId` differs from occurrence to occurrence.

    Raises:
        BadItem: it cannot be read.
    """
    try:
        whole = line
        if master and line.get("type") == "occurrence":
            whole = master | {key: value for key, value in line.items() if value is not None}
        template = _template(whole)
        start, end = _time(line["start"]), _time(line["end"])
        all_day = bool(template.all_day)
        if all_day:
            start, end = start.replace(tzinfo=None), end.replace(tzinfo=None)
        serial = bool(line.get("seriesMasterId"))
        original = line.get("originalStart") or (line["start"]["dateTime"] if serial else None)
        return msgspec.structs.replace(
            template, id=native_id(line), uid=_uid(line, master), start=start, end=max(start, end), recurring=serial,
            original_start=_original(original, template.zone, all_day=all_day) if original else None,
        )  # fmt: skip
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadItem(f"the entry cannot be read: {clean_text(repr(error), 200)}") from error


def etag_of(event: Event) -> str:
    """A digest of the event: Graph's own etag of an occurrence does not change with its master."""
    return blake2b(encode(event), digest_size=8).hexdigest()


def _template(line: Json) -> Event:
    attendees = _attendees(line)
    organizer = _person(line.get("organizer"))
    zone = str(line.get("originalStartTimeZone") or "")
    shown = str(line.get("showAs") or "")
    return Event(
        id="", title=_text(line.get("subject")), location=_location(line), zone=iana(zone) or zone or None,
        all_day=bool(line.get("isAllDay")), status="cancelled" if line.get("isCancelled") else "confirmed",
        transparency="transparent" if shown == "free" else "opaque", event_type=_EVENT_TYPES.get(shown, "default"),
        visibility=_SENSITIVITY.get(str(line.get("sensitivity")), "default"), organizer=organizer,
        attendees=attendees,
        attendee_count=_count(line, organizer, attendees), conference=_conference(line),
        owner_response=_RESPONSES.get(str((line.get("responseStatus") or {}).get("response"))),
        links=_links(line), phones=_phones(line), updated=_updated(line),
    )  # fmt: skip


def _uid(line: Json, master: Json | None) -> str | None:
    of_series = (master or {}).get("uid") or (master or {}).get("iCalUId")
    return clean_text(str(line.get("uid") or of_series or line.get("iCalUId") or ""), 2_000) or None


def _text(value: object) -> str | None:
    return clean_text(str(value)) or None if value is not None else None


def _person(value: Json | None) -> Address | None:
    told = (value or {}).get("emailAddress") or {}
    address, name = usable(str(told.get("address") or "")), clean_text(str(told.get("name") or ""), NAME_LIMIT)
    return Address(address, None if not name or name.lower() == address else name) if address or name else None


def _attendees(line: Json) -> tuple[Attendee, ...] | None:
    """None where the line does not tell. Who is invited without seeing the others is shown nobody else."""
    organising = line.get("isOrganizer")
    if "attendees" not in line or (line.get("hideAttendees") and not organising):
        return None
    found = []
    for one in line["attendees"] or ():
        person = _person(one) or Address()
        said = str((one.get("status") or {}).get("response"))
        # The organiser is told every answer, so none is one; to the others they all stand as "none".
        response = "needs_action" if organising and said == "none" else _RESPONSES.get(said)
        found.append(Attendee(person.address, person.name, response, one.get("type") == "resource"))
    return tuple(found)


def _count(line: Json, organizer: Address | None, attendees: tuple[Attendee, ...] | None) -> int | None:
    """An own entry that lists nobody met nobody."""
    if attendees is None:
        return None
    if not attendees and line.get("isOrganizer", True):
        return 0
    people = {one.address or f"~{one.name}" for one in attendees if not one.resource}
    if organizer:
        people.add(organizer.address or f"~{organizer.name}")
    return len(people)


def _location(line: Json) -> str | None:
    """All places by name; the first alone would hide the room behind "Microsoft Teams Meeting"."""
    places = [str(place.get("displayName") or "") for place in line.get("locations") or ()]
    first = str((line.get("location") or {}).get("displayName") or "")
    if first and all(place in first for place in places):
        places = [first]  # Graph joins the names itself, most often
    return _text("; ".join(dict.fromkeys(place for place in places if place)))


def _conference(line: Json) -> Conference | None:
    url = (line.get("onlineMeeting") or {}).get("joinUrl") or line.get("onlineMeetingUrl")
    provider = _PROVIDERS.get(str(line.get("onlineMeetingProvider")))
    link = reduced(str(url)) if url else None
    return Conference(link, provider) if link or (provider and line.get("isOnlineMeeting")) else None


def _links(line: Json) -> tuple[str, ...]:
    urls = [(line.get("onlineMeeting") or {}).get("joinUrl"), line.get("onlineMeetingUrl")]
    urls += [place.get("locationUri") for place in (*(line.get("locations") or ()), line.get("location") or {})]
    return tuple(dict.fromkeys(link for url in urls if url and (link := reduced(str(url)))))


def _phones(line: Json) -> tuple[str, ...]:
    meeting: Json = line.get("onlineMeeting") or {}
    numbers = [meeting.get("tollNumber"), *(meeting.get("tollFreeNumbers") or ()), meeting.get("quickDial")]
    numbers += [phone.get("number") for phone in meeting.get("phones") or ()]
    return tuple(dict.fromkeys(str(number) for number in numbers if number))


def _time(value: Json) -> datetime:
    """Graph writes seven digits of a second and the zone beside them; UTC unless another was asked for."""
    name = iana(str(value.get("timeZone") or "UTC"))
    if name in {None, "UTC"} or str(value["dateTime"]).endswith("Z"):
        return _moment(value["dateTime"])
    return _moment(value["dateTime"]).replace(tzinfo=ZoneInfo(str(name))).astimezone(UTC)


def _original(value: object, zone: str | None, *, all_day: bool) -> datetime:
    """When an occurrence was to be. Of whole days it is midnight in the zone of the event, said in UTC."""
    moment = _moment(value)
    if not all_day:
        return moment
    if (moment.hour or moment.minute) and zone and is_zone(zone):
        moment = moment.astimezone(ZoneInfo(zone))
    return moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _moment(value: object) -> datetime:
    """Graph writes up to seven digits of a second; no zone means UTC here."""
    written = str(value)
    zoned = written.endswith("Z")
    moment = datetime.fromisoformat(written.rstrip("Z")[:26])
    return moment.replace(tzinfo=UTC) if zoned or moment.tzinfo is None else moment.astimezone(UTC)


def _updated(line: Json) -> datetime | None:
    value = line.get("lastModifiedDateTime")
    return _moment(value) if value else None
