"""Graph events -> Events. What a calendar says without its bodies: people, places, online meeting, answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

from connectors.addresses import usable
from connectors.connector import BadItem
from connectors.links import reduced
from connectors.microsoft.graph import Json
from connectors.observations import Address, Attendee, Conference, Event, encode
from connectors.text import NAME_LIMIT, clean_text
from connectors.zones import iana

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


def native_id(line: Json) -> str:
    """The series an event belongs to (itself, if none), `#`, its own id: so a series is found by its beginning."""
    return f"{line.get('seriesMasterId') or line['id']}#{line['id']}"


def event_of(line: Json, master: Json | None) -> Event:
    """A line of a calendar view. Occurrences come with their times only; the rest is their master's.

    Raises:
        BadItem: it cannot be read.
    """
    try:
        template = _template({**(master or {}), **line} if master else line)
        start, end = _time(line["start"]), _time(line["end"])
        all_day = bool(template.all_day)
        if all_day:
            start, end = start.replace(tzinfo=None), end.replace(tzinfo=None)
        serial = bool(line.get("seriesMasterId"))
        original = line.get("originalStart") or (line["start"]["dateTime"] if serial else None)
        return msgspec.structs.replace(
            template, id=native_id(line), start=start, end=max(start, end), recurring=serial,
            original_start=_original(original, all_day=all_day) if original else None,
        )  # fmt: skip
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadItem(f"the entry cannot be read: {clean_text(repr(error), 200)}") from error


def renewed(event: Event, master: Json) -> Event:
    """An occurrence that the ledger has, with what its master says now."""
    fresh = _template(master)
    return msgspec.structs.replace(
        fresh, id=event.id, start=event.start, end=event.end, original_start=event.original_start, recurring=True,
        folders=event.folders,
    )  # fmt: skip


def etag_of(event: Event) -> str:
    """A digest of the event: Graph's own etag of an occurrence does not change with its master."""
    return blake2b(encode(event), digest_size=8).hexdigest()


def _template(line: Json) -> Event:
    attendees = _attendees(line)
    organizer = _person(line.get("organizer"))
    zone = str(line.get("originalStartTimeZone") or "")
    shown = str(line.get("showAs") or "")
    return Event(
        id="", uid=clean_text(str(line.get("uid") or line.get("iCalUId") or ""), 2_000) or None,
        title=_text(line.get("subject")), location=_location(line), zone=iana(zone) or zone or None,
        all_day=bool(line.get("isAllDay")), status="cancelled" if line.get("isCancelled") else "confirmed",
        transparency="transparent" if shown == "free" else "opaque", event_type=_EVENT_TYPES.get(shown, "default"),
        visibility=_SENSITIVITY.get(str(line.get("sensitivity")), "default"), organizer=organizer, attendees=attendees,
        attendee_count=_count(line, organizer, attendees), conference=_conference(line),
        owner_response=_RESPONSES.get(str((line.get("responseStatus") or {}).get("response"))),
        links=_links(line), phones=_phones(line), updated=_updated(line),
    )  # fmt: skip


def _text(value: object) -> str | None:
    return clean_text(str(value)) or None if value is not None else None


def _person(value: Json | None) -> Address | None:
    told = (value or {}).get("emailAddress") or {}
    address, name = usable(str(told.get("address") or "")), clean_text(str(told.get("name") or ""), NAME_LIMIT)
    return Address(address, None if not name or name.lower() == address else name) if address or name else None


def _attendees(line: Json) -> tuple[Attendee, ...] | None:
    if line.get("hideAttendees") or "attendees" not in line:
        return None
    found = []
    for one in line["attendees"] or ():
        person = _person(one) or Address()
        response = _RESPONSES.get(str((one.get("status") or {}).get("response")))
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
    places = places or [str((line.get("location") or {}).get("displayName") or "")]
    return _text("; ".join(dict.fromkeys(place for place in places if place)))


def _conference(line: Json) -> Conference | None:
    url = (line.get("onlineMeeting") or {}).get("joinUrl") or line.get("onlineMeetingUrl")
    provider = _PROVIDERS.get(str(line.get("onlineMeetingProvider")))
    link = reduced(str(url)) if url else None
    return Conference(link, provider) if link or (provider and line.get("isOnlineMeeting")) else None


def _links(line: Json) -> tuple[str, ...]:
    urls = [(line.get("onlineMeeting") or {}).get("joinUrl"), line.get("onlineMeetingUrl")]
    urls += [place.get("locationUri") for place in line.get("locations") or ()]
    return tuple(dict.fromkeys(link for url in urls if url and (link := reduced(str(url)))))


def _phones(line: Json) -> tuple[str, ...]:
    meeting: Mapping[str, object] = line.get("onlineMeeting") or {}
    numbers = [meeting.get("tollNumber"), *list(meeting.get("tollFreeNumbers") or [])]  # type: ignore[call-overload]
    return tuple(dict.fromkeys(str(number) for number in numbers if number))


def _time(value: Json) -> datetime:
    """Graph writes seven digits of a second and the zone beside them; UTC unless another was asked for."""
    moment = datetime.fromisoformat(str(value["dateTime"])[:26])
    if moment.tzinfo is not None:
        return moment
    from zoneinfo import ZoneInfo

    name = iana(str(value.get("timeZone") or "UTC"))
    return moment.replace(tzinfo=ZoneInfo(name) if name else UTC).astimezone(UTC)


def _original(value: object, *, all_day: bool) -> datetime:
    moment = datetime.fromisoformat(str(value)[:26])
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.replace(tzinfo=None) if all_day else moment


def _updated(line: Json) -> datetime | None:
    value = line.get("lastModifiedDateTime")
    return datetime.fromisoformat(str(value)[:26].rstrip("Z")).replace(tzinfo=UTC) if value else None
