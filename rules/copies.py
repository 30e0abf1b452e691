"""Which stored copies are one message or one event, whatever order they came in, and whether it counts at all.

The ledger hands over `Copy` values: one per item of a source, with every revision and placement it ever had. What
comes back are `Occurrence` values: one per mail that was exchanged or meeting that was on the calendar. Nothing is
merged for good: the grouping is worked out anew from the copies, so it can always be undone.

Two copies of a message are the same where From and Date agree and either the Message-ID agrees or To and Subject do;
what is the same as the same is the same. Two copies of an event are the same where UID and original start agree, or,
where one has no UID, start, end, organiser and title. `docs/what-counts.md` has the cases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from zoneinfo import ZoneInfo

import msgspec

from connectors.observations import Address, Event, Message, Observation, encode
from rules.pooling import Pool
from rules.texts.folders import role_of


class Placement(msgspec.Struct, frozen=True, gc=False):
    """A folder or calendar that held the copy, since when and until when (None: still) as syncs saw it."""

    place: str
    role: str | None
    since: datetime
    until: datetime | None = None


class Revision(msgspec.Struct, frozen=True, gc=False):
    """The observation as it was first seen at `seen_at`."""

    seen_at: datetime
    observation: Observation


class Copy(msgspec.Struct, frozen=True, gc=False):
    """One item of one source. `revisions` oldest first, never empty; `item` is the ledger's number of it."""

    item: int
    account: str
    source: str
    revisions: tuple[Revision, ...]
    placements: tuple[Placement, ...]

    @property
    def newest(self) -> Observation:
        return self.revisions[-1].observation


class Occurrence(msgspec.Struct, frozen=True, gc=False):
    """One exchange or meeting: the observation that speaks for all its copies, its `folders` the union of theirs.

    `id` is a digest of what makes it itself, not of which copy came first, and is the id of `observation` as well.
    `stands` False: it must not count (only ever in Junk or Drafts, deleted or cancelled before its end, …) and
    `why_not` says so in plain words. `roles`: what the folders that held it are for, as `rules.texts.folders` names
    them.
    """

    id: str
    observation: Observation
    accounts: tuple[str, ...]
    items: tuple[int, ...]
    stands: bool = True
    why_not: str | None = None
    roles: frozenset[str] = frozenset()


def fold(copies: Iterable[Copy], *, timezone: str = "UTC") -> list[Occurrence]:
    """The occurrences behind the copies, in order of time (what has no time at all comes first).

    Args:
        copies: in any order; the result does not depend on it.
        timezone: the owner's IANA zone, where floating and all-day events begin and end.
    """
    zone = ZoneInfo(timezone)
    pool = Pool()
    buckets: _Buckets = defaultdict(list)
    events: list[Copy] = []
    for copy in copies:
        message = copy.revisions[-1].observation
        if isinstance(message, Message):
            newest = Revision(copy.revisions[-1].seen_at, pool.shared(message))
            slim = Copy(copy.item, copy.account, copy.source, (newest,), copy.placements)
            buckets[_who(message.from_), _instant(message.date)].append(slim)
        else:
            events.append(copy)
    found = [_mail(group, own) for group, own in _message_groups(buckets)]
    found += [_meeting(group, own, zone) for group, own in _event_groups(events)]
    found.sort(key=lambda occurrence: (moment(occurrence.observation, zone) or _NEVER, occurrence.id))
    return found


_NEVER = datetime.min.replace(tzinfo=UTC)
_CLOCK_ERROR = timedelta(days=1)


def moment(observation: Observation, zone: ZoneInfo) -> datetime | None:
    """When it happened (aware): a mail's date, an event's start; floating times are read in `zone`.

    A mail that claims to have been written more than a day after it was received has a wrong clock: there the
    server's time stands.
    """
    if isinstance(observation, Event):
        return aware(observation.start, zone)
    date, received = aware(observation.date, zone), aware(observation.received, zone)
    if date is None or (received is not None and date > received + _CLOCK_ERROR):
        return received
    return date


def aware(time: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The time with its zone; a naive one (floating, all-day) is that hour in `zone`."""
    return time.replace(tzinfo=zone) if time is not None and time.tzinfo is None else time


# --- which copies are one -------------------------------------------------------------------------------------------

_Group = tuple[Sequence[Copy], str]


_Buckets = dict[tuple[object, object], list[Copy]]


def _message_groups(buckets: _Buckets) -> Iterable[_Group]:
    """Copies that are one mail, each group with its digest. `buckets`: copies by From and Date, which are taken out:
    what has been folded need not stay."""
    _complete(buckets)
    while buckets:
        (who, when), bucket = buckets.popitem()
        if len(bucket) == 1 and (name := _usable_id(bucket[0])):  # nearly always
            yield bucket, _digest("message", who, when, "1" + name)
            continue
        for group, names in _closure([(copy, _message_names(copy, when)) for copy in bucket]):
            yield group, _digest("message", who, when, names[0])


def _complete(buckets: _Buckets) -> None:
    """A copy that lacks From or Date disagrees with nobody: it joins the one mail of its Message-ID, if it is one."""
    partial = [key for key in buckets if None in key]
    if not partial:
        return
    by_id: dict[str, set[tuple[object, object]]] = defaultdict(set)
    for key, bucket in buckets.items():
        if None not in key:
            for copy in bucket:
                if name := _usable_id(copy):
                    by_id[name].add(key)
    for key in partial:
        staying: list[Copy] = []
        for copy in buckets[key]:
            fitting = [
                whole
                for whole in by_id.get(_usable_id(copy) or "", ())
                if all(mine in (None, theirs) for mine, theirs in zip(key, whole, strict=True))
            ]
            (buckets[fitting[0]] if len(fitting) == 1 else staying).append(copy)
        buckets[key] = staying


def _message_names(copy: Copy, when: object) -> list[str]:
    """What a mail may be recognised by within its From and Date, the best name first."""
    message = copy.revisions[-1].observation
    assert isinstance(message, Message)
    names = []
    if name := _usable_id(copy):
        names.append("1" + name)
    recipients = sorted({str(_who(address)) for address in message.to or ()})
    subject = " ".join((message.subject or "").casefold().split())
    arrival = "" if when is not None else str(_instant(message.received))
    if not names or recipients or subject or when is not None:
        names.append("2" + "\x1f".join([arrival, subject, *recipients]))
    return names


def _usable_id(copy: Copy) -> str | None:
    message = copy.revisions[-1].observation
    assert isinstance(message, Message)
    return (message.message_id or "").strip().strip("<>").strip() or None


def names(copy: Copy) -> tuple[object, ...]:
    """Names of which two copies share one where they are the same mail or event. Those that share none, directly or
    through others, are never one, and none of them changes what is made of the other."""
    observation = copy.revisions[-1].observation
    if isinstance(observation, Message):
        written = ("message", _who(observation.from_), _instant(observation.date))
        return (written, name) if (name := _usable_id(copy)) else (written,)
    look, uid = _look(observation), (observation.uid or "").strip()
    return (look, (uid, _instant(observation.original_start))) if uid else (look,)


def _event_groups(copies: Sequence[Copy]) -> Iterable[_Group]:
    """Copies that are one occurrence of one event, each group with its digest."""
    alike: dict[str, set[str]] = defaultdict(set)
    named = []
    for copy in copies:
        event = copy.revisions[-1].observation
        assert isinstance(event, Event)
        look = _look(event)
        uid = (event.uid or "").strip()
        if uid:
            name = f"1{uid}\x1f{_instant(event.original_start)}"
            alike[look].add(name)
            named.append((copy, [name]))
        else:
            named.append((copy, [look]))
    for _, names in named:  # without a UID it is the one event that looks the same, if it is one
        if names[0].startswith("2") and len(alike.get(names[0], ())) == 1:
            names[0] = next(iter(alike[names[0]]))
    for group, names in _closure(named):
        yield group, _digest("event", names[0])


def _look(event: Event) -> str:
    title = " ".join((event.title or "").casefold().split())
    return f"2{_instant(event.start)}\x1f{_instant(event.end)}\x1f{_who(event.organizer)}\x1f{title}"


def _closure(named: Sequence[tuple[Copy, list[str]]]) -> Iterable[tuple[list[Copy], list[str]]]:
    """Groups of copies that share a name, directly or through others; the names of each group, sorted."""
    if len(named) == 1:
        yield [named[0][0]], sorted(named[0][1])
        return
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := parent.setdefault(name, name)) != name:
            parent[name] = parent[above]
            name = above
        return name

    for _, names in named:
        for other in names[1:]:
            parent[root(other)] = root(names[0])
    groups: dict[str, tuple[list[Copy], set[str]]] = {}
    for copy, names in named:
        group = groups.setdefault(root(names[0]), ([], set()))
        group[0].append(copy)
        group[1].update(names)
    for members, all_names in groups.values():
        yield members, sorted(all_names)


def _who(address: Address | None) -> object:
    if address is None:
        return None
    return address.address or (" ".join(address.name.casefold().split()) if address.name else None)


def _instant(time: datetime | None) -> object:
    if time is None:
        return None
    return time.isoformat() if time.tzinfo is None else int(time.timestamp())


def _digest(*parts: object) -> str:
    text = "\x1e".join(str(part) for part in parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


# --- what a group says, and whether it counts -----------------------------------------------------------------------


def _mail(group: Sequence[Copy], digest: str) -> Occurrence:
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


def _meeting(group: Sequence[Copy], digest: str, zone: ZoneInfo) -> Occurrence:
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
