"""What the copies of one mail or meeting say together, and whether it counts at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from connectors.observations import Event, Message, Observation, encode
from rules.occurrences.copies import Copy, Occurrence, aware
from rules.texts.folders import role_of


def mail(group: Sequence[Copy], digest: str) -> Occurrence:
    verdicts = [(copy, _not_mail(copy)) for copy in group]
    junked = _junked(verdicts) if len(group) > 1 and any(why_not == _JUNK for _, why_not in verdicts) else ()
    standing = [copy for copy, why_not in verdicts if why_not is None and copy.account not in junked]
    speaking = standing or list(group)
    why_not = None if standing else min(why for _, why in verdicts if why)
    if len(speaking) == 1:
        spoken = speaking[0].revisions[-1].observation
    else:
        spoken = _filled([copy.newest for copy in sorted(speaking, key=_mail_rank)])
    return _occurrence(group, digest, spoken, why_not)


def _mail_rank(copy: Copy) -> tuple[bool, int, bytes]:
    # The sender's own copy knows the Bcc; otherwise the one that knows most. The bytes break ties for good.
    sent = any(role_of(place.place, place.role) == "sent" for place in copy.placements)
    filled = sum(getattr(copy.newest, name) is not None for name in Message.__struct_fields__)
    return (not sent, -filled, encode(copy.newest))


_PLAIN = frozenset({None, "inbox", "sent"})
_JUNK = "it lies in the junk folder only"
_STILL = datetime.max.replace(tzinfo=UTC)


def _junked(verdicts: Sequence[tuple[Copy, str | None]]) -> set[str]:
    """The accounts in which a mail lies, or lay last, in Junk alone. Where a move makes a new item of it, the one in
    the inbox has ended and says nothing any more, and the one in the trash never said anything."""
    lay: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)  # until when, and whether in Junk alone
    for copy, why_not in verdicts:
        ends = [place.until or _STILL for place in copy.placements if role_of(place.place, place.role) != "trash"]
        if ends:
            lay[copy.account].append((max(ends), why_not == _JUNK))
    latest = {account: max(lain)[0] for account, lain in lay.items()}
    return {account for account, lain in lay.items() if all(junk for end, junk in lain if end == latest[account])}


def _not_mail(copy: Copy) -> str | None:
    """Why a copy of a mail must not count, or None. Deleting ends a placement and changes nothing else.

    Trash says only that it was deleted; so where else it lay last decides.
    """
    if len(copy.placements) == 1 and role_of(copy.placements[0].place, copy.placements[0].role) in _PLAIN:
        return None  # nearly always
    places = [(role_of(place.place, place.role), place) for place in copy.placements]
    telling = [(role, place) for role, place in places if role != "trash"]
    if not telling:
        return None
    latest = {role for role, place in telling if place.until is None}
    if not latest:
        end = max(place.until for _, place in telling if place.until is not None)
        latest = {role for role, place in telling if place.until == end}
    if "drafts" in latest and "sent" not in latest:  # servers that keep one mail in many places list drafts twice
        return "it is a draft that was never sent"
    if "junk" in latest and latest.isdisjoint({"inbox", "sent"}):  # other labels ("Unread") are no places
        return _JUNK
    if latest == {"chats"}:
        return "it is a chat, not a mail"
    return None


def meeting(group: Sequence[Copy], digest: str, zone: ZoneInfo) -> Occurrence:
    verdicts = [(copy, _last_word(copy, zone), _not_meeting(copy, zone)) for copy in group]
    standing = [(copy, event) for copy, event, why_not in verdicts if why_not is None]
    cancelled = [event for _, event, why_not in verdicts if why_not == _CANCELLED]
    why_not = None if standing else min(why for _, _, why in verdicts if why)
    if standing and cancelled and all(_newer(event, cancelled) for _, event in standing):
        why_not, standing = _CANCELLED, []
    speaking = standing or [(copy, event) for copy, event, _ in verdicts]
    ordered = sorted(speaking, key=lambda pair: encode(pair[1]))
    ordered.sort(key=lambda pair: (_updated(pair[1]), pair[0].revisions[-1].seen_at), reverse=True)
    ordered.sort(key=lambda pair: pair[1].attendees is None)  # a copy that hides its guests speaks last
    events = [event for _, event in ordered]
    return _occurrence(group, digest, events[0] if len(events) == 1 else _filled(events), why_not)


_CANCELLED = "it was cancelled before it ended"


def _updated(event: Event) -> float:
    return event.updated.replace(tzinfo=event.updated.tzinfo or UTC).timestamp() if event.updated else 0.0


def _newer(event: Event, cancelled: Sequence[Event]) -> bool:
    """Some calendar that keeps the time of its changes learned of the cancellation after this copy was written."""
    return any(other.updated is not None and _updated(other) > _updated(event) for other in cancelled)


def _last_word(copy: Copy, zone: ZoneInfo) -> Event:
    """What an event's copy says at last: its newest revision, unless that cancels what was over already. Servers
    strip what is cancelled, so a cancellation keeps the people that were known before it."""
    events = [revision.observation for revision in copy.revisions if isinstance(revision.observation, Event)]
    if events[-1].status != "cancelled":
        return events[-1]
    agreed = next((event for event in reversed(events) if event.status != "cancelled"), None)
    if agreed is None:
        return events[-1]
    end = aware(agreed.end, zone) or aware(agreed.start, zone)
    if end is not None and _cancelled_since(copy) >= end:
        return agreed
    filled = _filled([events[-1], agreed])
    assert isinstance(filled, Event)
    return filled


def _not_meeting(copy: Copy, zone: ZoneInfo) -> str | None:
    """Why a copy of an event must not count, or None: cancelled, or taken off the calendar, before it ended."""
    event = _last_word(copy, zone)
    if event.status == "cancelled":
        return _CANCELLED
    end = aware(event.end, zone) or aware(event.start, zone)
    removed = [place.until for place in copy.placements]
    if removed and None not in removed:
        last = max(until for until in removed if until is not None)
        if end is None or last < end:
            return "it was taken off the calendar before it ended"
    return None


def _cancelled_since(copy: Copy) -> datetime:
    """When the cancellation that still holds was first seen."""
    since = copy.revisions[-1].seen_at
    for revision in reversed(copy.revisions):
        if not isinstance(revision.observation, Event) or revision.observation.status != "cancelled":
            break
        since = revision.seen_at
    return since


def _filled(ordered: Sequence[Observation]) -> Observation:
    """The first observation, what it does not know taken from the others."""
    first = ordered[0]
    unknown = [name for name in first.__struct_fields__ if getattr(first, name) is None]
    known = {}
    for name in unknown:
        for other in ordered[1:]:
            if (value := getattr(other, name)) is not None:
                known[name] = value
                break
    return msgspec.structs.replace(first, **known) if known else first


def _occurrence(group: Sequence[Copy], digest: str, spoken: Observation, why_not: str | None) -> Occurrence:
    places = [place for copy in group for place in copy.placements]
    held = [place.place for place in places if place.until is None] or [place.place for place in places]
    folders = _sorted(tuple(held)) or spoken.folders
    return Occurrence(
        id=digest,
        observation=msgspec.structs.replace(spoken, id=digest, folders=folders),
        accounts=_sorted(tuple([copy.account for copy in group])),
        items=tuple(sorted([copy.item for copy in group])),
        stands=why_not is None,
        why_not=why_not,
        roles=_roles(tuple([(place.place, place.role) for place in places])),
    )


@lru_cache(maxsize=4096)
def _sorted(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names once each, in order; one of all that are equal."""
    return tuple(sorted(set(names)))


@lru_cache(maxsize=4096)
def _roles(places: tuple[tuple[str, str | None], ...]) -> frozenset[str]:
    return frozenset([role for name, said in places if (role := role_of(name, said))])
