"""One of Google's event resources -> Event: all that it says but its place in a series."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.addresses import usable
from connectors.dates import zone as fixed_zone
from connectors.google.service import Json
from connectors.links import find_links, find_phones, reduced
from connectors.observations import Address, Attendee, Conference, Event
from connectors.text import NAME_LIMIT, clean_text
from connectors.zones import country, iana

FIELDS = (
    "id,status,summary,description,location,start,end,recurrence,recurringEventId,originalStartTime,iCalUID,"
    "transparency,visibility,eventType,updated,organizer(email,displayName,self),creator(email,displayName,self),"
    "attendees(email,displayName,responseStatus,resource,self),attendeesOmitted,"
    "guestsCanSeeOtherGuests,hangoutLink,"
    "conferenceData(conferenceSolution/name,entryPoints(entryPointType,uri))"
)
"""Of a description only links and phone numbers outlive the function that reads it."""

_NOBODY = ("@group.calendar.google.com", "@resource.calendar.google.com", "@import.calendar.google.com",
           "unknownorganizer@calendar.google.com")  # fmt: skip
"""A calendar that is not a person's own organises its entries itself; mail that was read for a flight has no host."""

_RESPONSES = {
    "accepted": "accepted",
    "declined": "declined",
    "tentative": "tentative",
    "needsAction": "needs_action",
}


def time_of(value: Json) -> datetime:
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


def template(resource: Json) -> Event:
    """Everything but id, start, end and original start. The description is read for links and numbers and let go."""
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
    """None where Google left people out: who is not listed did not leave, and a host may hide the guests from each
    other, which would make a webinar look like a talk between two."""
    hidden = resource.get("guestsCanSeeOtherGuests") is False and not resource.get("organizer", {}).get("self")
    if hidden or resource.get("attendeesOmitted"):
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
