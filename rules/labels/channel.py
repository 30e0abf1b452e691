"""How people met in a calendar entry: in person, by video, by phone, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connectors.observations import Event
from rules.engine.fields import Structure
from rules.engine.matching import Matcher
from rules.engine.weighing import Compiled, softmax
from rules.meaning import Channel
from rules.texts import places, weblinks

LABELS = ("in_person", "video", "phone", "none")
_INSTANT = timedelta(minutes=1)
_DAY = timedelta(days=1)


def links(event: Event) -> Iterator[str]:
    """Every link of the entry in its normal form, those in conference data, location and title included."""
    if event.conference is not None and event.conference.url:
        yield weblinks.normal(event.conference.url)
    for link in event.links or ():
        yield weblinks.normal(link)
    for text in (event.location, event.title):
        if text:
            for link in weblinks.find(text):
                yield weblinks.normal(link)


def structure(event: Event, own: Collection[str], domains: Collection[str]) -> Structure:
    """Flags and numbers of an event, seen by the owner with addresses `own` and colleagues' `domains`."""
    seen = Structure()
    _people(event, own, domains, seen)
    _time(event, seen)
    _place(event, seen)
    status = (event.status or "").lower()
    seen.set("cancelled", when=status in ("cancelled", "canceled"))
    seen.set("tentative", when=status == "tentative")
    seen.set("transparent", when=(event.transparency or "").lower() == "transparent")
    seen.set("private", when=event.visibility in ("private", "confidential"))
    seen.set("recurring", when=bool(event.recurring))
    seen.set("phones", when=bool(event.phones))
    seen.set("conference", when=event.conference is not None)
    seen.set("service", when=event.event_type not in (None, "default", "singleInstance", "occurrence", "exception"))
    return seen


def _people(event: Event, own: Collection[str], domains: Collection[str], seen: Structure) -> None:
    everybody = event.attendees or ()
    seen.set("resource", when=any(attendee.resource for attendee in everybody))
    others = [a for a in everybody if not a.resource and (a.address is None or a.address not in own)]
    organizer = event.organizer.address if event.organizer is not None else None
    seen.set("organizer", when=event.organizer is not None)
    seen.set("organised", when=organizer is not None and organizer in own)
    by_other = organizer is not None and organizer not in own and not _is_calendar(organizer)
    count = _others(event, others, own, by_other=by_other)
    if count is not None:
        seen.numbers["others"] = count
    seen.set("people", when=count is not None and count >= 1)
    seen.set("one_to_one", when=count == 1)
    seen.set("alone", when=count == 0)
    seen.set("unnamed", when=count is None)
    seen.set("named_nobody", when=event.attendee_count == 0)
    response = (event.owner_response or _response(event, own) or "").lower()
    seen.set("accepted", when=response == "accepted")
    seen.set("declined", when=response == "declined")
    seen.set("unanswered", when=response == "needs_action")
    answers = [(a.response or "").lower() for a in others]
    seen.set("all_declined", when=bool(answers) and all(answer == "declined" for answer in answers))
    if domains:
        places_of = [a.address.rpartition("@")[2] for a in others if a.address]
        if by_other and organizer:
            places_of.append(organizer.rpartition("@")[2])
        seen.set("colleagues", when=bool(places_of) and all(domain in domains for domain in places_of))
        seen.set("outside", when=any(domain not in domains for domain in places_of))


def _is_calendar(address: str) -> bool:
    """Google gives shared and imported calendars an address of their own; nobody stands behind it."""
    return address.endswith("calendar.google.com")


def _others(event: Event, others: Sequence[object], own: Collection[str], *, by_other: bool) -> int | None:
    """How many people besides the owner take part; None where the entry does not tell."""
    listed = len(others) if event.attendees is not None else None
    if event.attendee_count is None:
        if listed is None:
            return 1 if by_other else None
        in_list = event.organizer is not None and any(
            getattr(a, "address", None) == event.organizer.address for a in others
        )
        return listed + (1 if by_other and not in_list else 0)
    counted = max(event.attendee_count - 1, 0)
    if counted == 0 and by_other and event.attendee_count >= 1 and own:
        counted = 1  # somebody else's entry that lists one: the owner or its maker, so two take part
    return max(counted, listed or 0)


def _response(event: Event, own: Collection[str]) -> str | None:
    return next((a.response for a in event.attendees or () if a.address is not None and a.address in own), None)


def _time(event: Event, seen: Structure) -> None:
    start, end = event.start, event.end
    all_day = bool(event.all_day)
    seen.set("all_day", when=all_day)
    if start is None:
        return
    seen.set("weekend", when=start.weekday() >= 5)
    if not all_day:
        seen.set("timed")
        seen.numbers["hour"] = start.hour + start.minute / 60
    if end is None:
        return
    length = _between(start, end)
    if length is None:
        return
    seen.numbers["minutes"] = length.total_seconds() / 60
    seen.numbers["days"] = length / _DAY
    seen.set("instant", when=length < _INSTANT)
    seen.set("multi_day", when=length > _DAY)


def _between(start: datetime, end: datetime) -> timedelta | None:
    if (start.tzinfo is None) != (end.tzinfo is None):
        start, end = start.replace(tzinfo=None), end.replace(tzinfo=None)
    return end - start if end >= start else None


def _place(event: Event, seen: Structure) -> None:
    location = event.location or ""
    rest, unsaid = places.read(location) if location else ("", False)
    seen.set("place", when=bool(rest))
    seen.set("no_place", when=not rest)
    seen.set("unsaid_place", when=unsaid)
    if location:
        seen.set("link_in_location", when=any(True for _ in weblinks.find(location)))
        seen.set("phone_in_location", when=places.has_phone(location))
    seen.set("phone_in_title", when=bool(event.title) and places.has_phone(event.title or ""))


def texts(event: Event) -> Iterator[tuple[str, str]]:
    """Field and text of everything that rules may look at. Links stand in `links` alone: what a word in one's path
    says is not what people say."""
    if event.title:
        yield "title", weblinks.without(event.title)
    if event.location:
        yield "location", weblinks.without(event.location)
        rest, _ = places.read(event.location)
        if rest:
            yield "place", rest
    for link in links(event):
        yield "links", link
    if event.conference is not None and event.conference.provider:
        yield "conference", event.conference.provider
    if event.organizer is not None and event.organizer.address:
        yield "organizer", event.organizer.address
    for attendee in event.attendees or ():
        for text in (attendee.address, attendee.name):
            if text:
                yield "attendees", text
    for folder in event.folders or ():
        yield "calendar", folder
    if event.event_type:
        yield "type", event.event_type


def judge(event: Event, matcher: Matcher, seen: Structure) -> tuple[Compiled, ...]:
    """The rules that fire on the event."""
    return matcher.fired(hits(event, matcher), seen)


def hits(event: Event, matcher: Matcher) -> int:
    """The patterns that occur in the event."""
    found = 0
    for field, text in texts(event):
        found |= matcher.hits(field, text)
    return found


def decide(sums: Mapping[str, float]) -> tuple[Channel, float]:
    """The likeliest channel and its probability."""
    shares = softmax({label: sums.get(label, 0.0) for label in LABELS})
    best = max(LABELS, key=lambda label: shares[label])
    return Channel(best), shares[best]


def provider(fired: Sequence[Compiled]) -> str | None:
    """The service whose rule spoke most strongly for video or phone, in lower case."""
    named = [compiled for compiled in fired if compiled.rule.provider]
    if not named:
        return None
    best = max(named, key=lambda compiled: max(evidence.weight for evidence in compiled.evidence))
    return best.rule.provider
