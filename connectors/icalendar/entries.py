"""One iCalendar component -> the fields that all its occurrences share.

Of a description only links and phone numbers are kept; of a private entry only its busy time, unless its owner wants
more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from connectors.addresses import usable
from connectors.icalendar.groups import Group, value
from connectors.links import find_links, find_phones, reduced
from connectors.observations import Address, Attendee, Conference, Event
from connectors.text import NAME_LIMIT, clean_text
from connectors.zones import country, iana

_RESPONSES = {
    "ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative", "NEEDS-ACTION": "needs_action",
}  # fmt: skip
_CONFERENCES = (
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
)
_BUSY_TYPES = {"OOF": "outOfOffice", "WORKINGELSEWHERE": "workingLocation"}
_TZID = re.compile(r";TZID=(\"[^\"]*\"|[^;:]*)", re.IGNORECASE)


class Reach(NamedTuple):
    """What is wanted: occurrences that begin before `until`; `private` entries whole or as busy time only."""

    until: datetime
    private: bool = False
    folder: str = ""


def template(component: Any, lines: list[str], group: Group, default_zone: str | None, reach: Reach) -> Event:
    """The component's event without id and times. `component` is icalendar's, `lines` its content lines."""
    visibility = _word(component, "CLASS")
    busy = str(component.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).strip().upper()
    status = "cancelled" if group.method == "CANCEL" else _word(component, "STATUS")
    written = _TZID.search(next((line for line in lines if line[:7].upper() == "DTSTART"), ""))
    zone = (iana(written.group(1)) or written.group(1).strip('"')) if written else default_zone
    event = Event(
        id="", status=status, zone=zone, visibility=visibility,
        transparency=_word(component, "TRANSP") or ("transparent" if busy == "FREE" else None),
        event_type=_BUSY_TYPES.get(busy), folders=(reach.folder,) if reach.folder else None,
    )  # fmt: skip
    if visibility in ("private", "confidential") and not reach.private:
        return event
    prose = "\n".join(_prose(lines))
    organizer = _organizer(component.get("ORGANIZER"))
    attendees = tuple(_attendee(entry) for entry in _listed(component, "ATTENDEE"))
    urls = [str(entry) for name in ("URL", *_CONFERENCES) for entry in _listed(component, name)]
    links = dict.fromkeys([link for link in map(reduced, urls) if link and ":" in link])
    phones = [url[4:] for url in urls if url[:4].lower() == "tel:"]
    return msgspec.structs.replace(
        event, uid=clean_text(group.uid, 2_000) if group.uid else None, title=_text(component, "SUMMARY"),
        location=_text(component, "LOCATION"), organizer=organizer, attendees=attendees,
        attendee_count=_count(organizer, attendees), conference=_conference(component),
        links=tuple(dict.fromkeys([*links, *find_links(prose)])),
        phones=tuple(dict.fromkeys([*phones, *find_phones(prose, country(iana(zone) if zone else None))])),
        updated=_updated(component),
    )  # fmt: skip


def _prose(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if line[:11].upper() == "DESCRIPTION" or line[:10].upper() == "X-ALT-DESC":
            yield re.sub(r"\\([nN,;\\])", lambda match: "\n" if match[1] in "nN" else match[1], value(line))


def _listed(component: Any, name: str) -> list[Any]:
    found = component.get(name, [])
    return list(found) if isinstance(found, list) else [found]


def _text(component: Any, name: str) -> str | None:
    found = _listed(component, name)
    return (clean_text(str(found[0])) or None) if found else None


def _word(component: Any, name: str) -> str | None:
    text = (_text(component, name) or "").lower()
    return text[:40] or None


def _address(entry: Any) -> str | None:
    parameter = str(getattr(entry, "params", {}).get("EMAIL", ""))
    return usable(re.sub(r"(?i)^mailto:\s*", "", str(entry).strip())) or usable(parameter)


def _name(entry: Any) -> str | None:
    name = str(getattr(entry, "params", {}).get("CN", ""))
    return clean_text(name, NAME_LIMIT).strip("'\" ") or None


def _organizer(entry: Any) -> Address | None:
    entry = entry[0] if isinstance(entry, list) and entry else entry
    return None if entry is None else Address(_address(entry), _name(entry))


def _attendee(entry: Any) -> Attendee:
    params = getattr(entry, "params", {})
    kind = str(params.get("CUTYPE", "")).upper()
    return Attendee(
        address=_address(entry), name=_name(entry), response=_RESPONSES.get(str(params.get("PARTSTAT", "")).upper()),
        resource=True if kind in ("ROOM", "RESOURCE") else (False if kind in ("INDIVIDUAL", "GROUP") else None),
    )  # fmt: skip


def _count(organizer: Address | None, attendees: tuple[Attendee, ...]) -> int:
    people: set[str] = {entry.address or f"~{entry.name}" for entry in attendees if not entry.resource}
    if organizer:
        people.add(organizer.address or f"~{organizer.name}")
    return len(people)


def _conference(component: Any) -> Conference | None:
    for name in _CONFERENCES:
        for entry in _listed(component, name):
            url = reduced(str(entry))
            if url and url[:4].lower() != "tel:":
                label = clean_text(str(getattr(entry, "params", {}).get("LABEL", "")), 100)
                return Conference(url=url, provider=label or None)
    return None


def _updated(component: Any) -> datetime | None:
    moment = getattr(component.get("LAST-MODIFIED"), "dt", None)
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else None
