"""Who was met at a calendar entry, and how likely it is that the meeting took place.

Attendance cannot be seen, only answers can: an acceptance is likely to be kept, silence says little, a refusal by
either side says no. Nothing here claims more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from connectors.observations import Attendee, Event
from rules.meaning import Channel, Direction
from rules.texts.names import Key, key_of, plain

ACCEPTED = 0.95
UNANSWERED = 0.6
TENTATIVE = 0.6
# Entries that do not tell answers: a call on the calendar falls through more easily than a lunch or a booked room.
UNKNOWN = {Channel.IN_PERSON: 0.85, Channel.VIDEO: 0.85, Channel.PHONE: 0.8}
NAMED_ONLY = 0.8  # an entry without guests whose title names a person: nobody but the owner knows of it
_OWN_ANSWER = {"accepted": 1.0, "tentative": 0.7, "needs_action": 0.6, "declined": 0.0}
_RESOURCE = re.compile(r"@(?:resource|group|import)\.calendar\.google\.com$|^(?:room|raum|zaal|sala|salle)[-._\d]")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody other than the owner at a meeting. `took_place`: P(the owner and they met there); `called`: they
    called it."""

    address: str
    response: str | None
    took_place: float
    because: str
    cancelled_by: Direction | None = None
    called: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Who sat at it: the guests, how many others there were in all (None: unknown), who called the meeting."""

    guests: tuple[Guest, ...]
    others: int | None
    organised: bool


_NOBODY = Table((), 0, organised=False)


class Names:
    """The names of people known so far, to find them in titles. Fed in order of time: it never knows the future."""

    def __init__(self) -> None:
        self._full: dict[Key, set[str]] = {}
        self._given: dict[str, set[str]] = {}
        self._known: set[str] = set()

    def learn(self, person: str, address: str, name: str | None) -> None:
        if person in self._known:
            return
        self._known.add(person)
        if key := key_of(name):
            self._full.setdefault((key[0], key[-1]), set()).add(address)
            self._given.setdefault(key[0], set()).add(address)

    def in_title(self, title: str) -> tuple[str, ...]:
        """The addresses of those whom a title names without doubt: by full name, or by a given name that only one
        known person bears, behind "with"."""
        words = [plain(word) for word in re.findall(r"[^\W\d_]+", title)]
        found: dict[str, None] = {}
        for pair in pairwise(words):
            for key in (pair, pair[::-1]):
                if len(whom := self._full.get(key, ())) == 1:
                    found.update(dict.fromkeys(whom))
        if not found:
            for before, word in pairwise(words):
                if before in _WITH and len(whom := self._given.get(word, ())) == 1:
                    found.update(dict.fromkeys(whom))
        return tuple(found)


_WITH = frozenset({"with", "w", "mit", "avec", "con", "met", "com", "med"})


def table(
    event: Event,
    channel: Channel,
    own: Callable[[str | None], bool],
    known: Names,
    lists: Collection[str] = (),
) -> Table:
    """Who was met at the event, the owner aside.

    Args:
        event: the occurrence; `attendees` None means that they are unknown, not that there were none.
        channel: what the labels say; `none` where the entry is no meeting.
        own: whether an address is the owner's.
        known: names of people seen before the event began.
        lists: addresses of mailing lists, which are no guests.
    """
    listed = [one for one in event.attendees or () if not _is_resource(one.address, one.resource)]
    organiser = event.organizer.address if event.organizer else None
    others = [one for one in listed if _is_mail(one.address) and not own(one.address) and one.address not in lists]
    unnamed = [one for one in listed if not _is_mail(one.address)]  # a name alone, or a phone number with one
    called = own(organiser) or (organiser is None and not any(own(one.address) for one in listed))
    if not others and not unnamed and (organiser is None or own(organiser)):
        return _from_title(event, channel, known, organised=called)
    invited = called or event.owner_response is not None or any(own(one.address) for one in listed)
    # Whoever called a meeting and is its only guest did not meet themselves: whose calendar it stands on was there.
    invited = invited or {one.address for one in event.attendees or ()} == {organiser}
    if not invited and event.attendees is not None and not any(one.address in lists for one in listed):
        return _NOBODY  # somebody else's meeting, on a shared or imported calendar
    if organiser and not own(organiser) and not _is_resource(organiser, None):  # noqa: SIM102 - two questions
        if all(one.address != organiser for one in others):
            others.append(Attendee(organiser, event.organizer.name if event.organizer else None))
    mine = _own_response(event, listed, own)
    guests = [_guest(one, event, channel, organiser, mine, ours=called) for one in _once(others)]
    guests += [
        _guest(Attendee(address, None, one.response), event, channel, organiser, mine, ours=called)
        for one in unnamed
        for address in known.in_title(one.name or "")
    ]
    count = len({one.address for one in others}) + len(unnamed)
    if event.attendee_count is not None:
        count = max(count, event.attendee_count - 1)
    return Table(tuple(guests), count, organised=called)


def _once(others: Iterable[Attendee]) -> list[Attendee]:
    kept: dict[str | None, Attendee] = {}
    for one in others:
        kept.setdefault(one.address, one)
    return list(kept.values())


def _own_response(event: Event, listed: Iterable[Attendee], own: Callable[[str | None], bool]) -> str | None:
    if event.owner_response:
        return event.owner_response
    return next((one.response for one in listed if own(one.address) and one.response), None)


def _guest(
    one: Attendee, event: Event, channel: Channel, organiser: str | None, mine: str | None, *, ours: bool
) -> Guest:
    """`mine`: the owner's answer; `ours`: the owner called the meeting."""
    assert one.address
    theirs = "accepted" if one.address == organiser and one.response != "declined" else one.response
    if event.status == "cancelled":
        by = Direction.OUT if ours else Direction.IN
        return Guest(one.address, one.response, 0.0, "it was cancelled", by)
    if theirs == "declined":
        return Guest(one.address, theirs, 0.0, "they declined", Direction.IN)
    if mine == "declined":
        return Guest(one.address, theirs, 0.0, "you declined", Direction.OUT)
    likely, because = _LIKELY.get(theirs or "", (UNKNOWN.get(channel, UNANSWERED), "their answer is not known"))
    called = one.address == organiser
    if called:
        because = "they called the meeting"
    took_place = round(likely * _OWN_ANSWER.get(mine or "", 1.0), 4)
    return Guest(one.address, theirs, took_place, because, called=called)


_LIKELY: Mapping[str, tuple[float, str]] = {
    "accepted": (ACCEPTED, "they accepted"),
    "tentative": (TENTATIVE, "they answered with maybe"),
    "needs_action": (UNANSWERED, "they did not answer"),
}


def _from_title(event: Event, channel: Channel, known: Names, *, organised: bool) -> Table:
    if channel is Channel.NONE or not event.title:
        return _NOBODY
    named = known.in_title(event.title)
    if event.status == "cancelled" or event.owner_response == "declined":
        return _NOBODY
    likely = round(UNKNOWN.get(channel, UNANSWERED) * NAMED_ONLY, 4)
    guests = tuple(Guest(address, None, likely, "the entry's title names them") for address in named)
    count = len(guests) or None
    if event.attendee_count:
        count = max(len(guests), event.attendee_count - 1)
    return Table(guests, count, organised=organised)


def _is_mail(address: str | None) -> bool:
    return address is not None and "@" in address


def _is_resource(address: str | None, resource: bool | None) -> bool:
    return bool(resource) or bool(address and _RESOURCE.search(address))
