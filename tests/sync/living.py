"""A mailbox and a calendar that live on at random.

Mail is appended, moved, copied, deleted, flagged, added again; meetings and series are arranged, moved, cancelled,
hidden, truncated; either leaves the window that is synced; the mailbox is restored from a backup, cursors expire.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from connectors.observations import Address, Attendee, Event, Message, Observation
from tests.sync.expected import Expected
from tests.sync.outside import Outside, Thing, calendar, changed, mailbox

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
ME = Address("me@x.example")
PEOPLE = (
    Address("anna@y.example", "Anna Berg"),
    Address("ben@z.example", "Ben Holt"),
    Address("cleo@w.example", "Cleo"),
)
PLACES = ("INBOX", "Archive", "Sent", "Junk", "Trash", "Private")

picks = st.integers(0, 99)
places = st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique=True)
hours = st.integers(-30, 30)
people = st.sets(st.integers(0, 2), min_size=1, max_size=2).map(sorted)


class Living(RuleBasedStateMachine):
    """What happens outside. `steps` counts the rules that ran and `ran` which, over all machines."""

    steps = 0
    ran: dict[str, int] = {}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.outsides = {"mail": mailbox(), "calendar": calendar()}
        self.mail, self.dates = self.outsides["mail"], self.outsides["calendar"]
        self.mail.size = self.dates.size = 3
        self.expected = {"mail": Expected(), "calendar": Expected()}
        self.now, self.count, self.unseen = START, 0, 0
        self.snapshot: dict[str, Thing] | None = None

    def step(self, name: str) -> None:
        self.unseen += 1  # since the last sync
        Living.steps += 1
        Living.ran[name] = Living.ran.get(name, 0) + 1

    def new(self) -> str:
        self.count += 1
        return f"{self.count:04}"

    def some(self, outside: Outside, pick: int) -> str | None:
        natives = sorted(outside.things)
        return natives[pick % len(natives)] if natives else None

    @rule(places=places, who=people, sent=st.booleans(), readable=st.booleans() | st.just(value=True))
    def append(self, places: list[str], who: list[int], sent: bool, readable: bool) -> None:
        self.step("append")
        native, others = self.new(), tuple(PEOPLE[one] for one in who)
        fields: dict[str, Any] = (
            {"from_": ME, "to": others} if sent else {"from_": others[0], "to": (ME, *others[1:])}
        )
        subject = f"No {native} for {PEOPLE[self.count % 3].name}"
        if not readable:
            self.mail.unreadable.add(native)
        letter = Message(native, f"{native}@x.example", date=self.now, subject=subject, **fields)
        self.mail.put(native, letter, *places)

    @rule(who=people, hour=hours, private=st.booleans(), times=st.sampled_from([1, 1, 1, 5]))
    def arrange(self, who: list[int], hour: int, private: bool, times: int) -> None:
        """One lunch, or a series of them, a day apart."""
        self.step("arrange")
        uid, start = self.new(), self.now + timedelta(hours=hour)
        guests = tuple(Attendee(one.address, one.name, "accepted") for one in (ME, *(PEOPLE[at] for at in who)))
        first = Event(
            uid, uid, f"Lunch with {PEOPLE[who[0]].name}", organizer=PEOPLE[who[0]] if self.count % 2 else ME,
            attendees=guests, attendee_count=len(guests), visibility="private" if private else None,
        )  # fmt: skip
        for day in range(times):
            at, native = start + timedelta(days=day), f"{uid}#{day}"
            lunch = changed(
                first, id=native, start=at, end=at + timedelta(hours=1), original_start=at if times > 1 else None
            )
            self.dates.put(native, lunch, "Work")

    @rule(pick=picks)
    def truncate(self, pick: int) -> None:
        """A series ends today: all of it that is still to come is taken off the calendar."""
        self.step("truncate")
        if native := self.some(self.dates, pick):
            for other in sorted(self.dates.things):
                event = self.dates.things[other].observation
                assert isinstance(event, Event)
                if other.partition("#")[0] == native.partition("#")[0] and (event.start or self.now) > self.now:
                    self.dates.delete(other)

    @rule(pick=picks, places=places)
    def move(self, pick: int, places: list[str]) -> None:
        self.step("move")
        if native := self.some(self.mail, pick):
            self.mail.move(native, *places)

    @rule(pick=picks, places=places)
    def copy(self, pick: int, places: list[str]) -> None:
        self.step("copy")
        if native := self.some(self.mail, pick):
            twin = self.new()
            self.mail.put(twin, _renamed(self.mail.things[native].observation, twin), *places)

    @rule(pick=picks, calendar=st.booleans())
    def flag(self, pick: int, calendar: bool) -> None:
        self.step("flag")
        outside = self.dates if calendar else self.mail
        if native := self.some(outside, pick):
            thing = outside.things[native]
            outside.put(native, thing.observation, *[place.name for place in thing.places])

    @rule(pick=picks, calendar=st.booleans(), window=st.booleans())
    def delete(self, pick: int, calendar: bool, window: bool) -> None:
        """`window`: it is there still, but too old for the time that is synced."""
        self.step("leave the window" if window else "delete")
        outside = self.dates if calendar else self.mail
        if native := self.some(outside, pick):
            (outside.leave if window else outside.delete)(native)

    @rule(pick=picks, hour=hours, how=st.sampled_from(["move", "cancel", "hide", "show", "invite"]), who=people)
    def edit(self, pick: int, hour: int, how: str, who: list[int]) -> None:
        self.step(f"edit: {how}")
        if native := self.some(self.dates, pick):
            event, start = self.dates.things[native].observation, self.now + timedelta(hours=hour)
            assert isinstance(event, Event)
            guests = tuple(Attendee(one.address, one.name, "accepted") for one in (ME, *(PEOPLE[at] for at in who)))
            edits: dict[str, dict[str, Any]] = {
                "move": {"status": None, "start": start, "end": start + timedelta(hours=1)},
                "cancel": {"status": "cancelled"},
                "hide": {"visibility": "private"},
                "show": {"visibility": None},
                "invite": {"attendees": guests, "attendee_count": len(guests)},
            }
            self.dates.put(native, changed(event, **edits[how]), "Work")

    @rule(pick=picks, places=places)
    def add_again(self, pick: int, places: list[str]) -> None:
        self.step("add again")
        gone = sorted(set(self.expected["mail"].readable()) - set(self.mail.things))
        if gone:
            native = gone[pick % len(gone)]
            self.mail.unreadable.discard(native)
            self.mail.put(native, self.expected["mail"].items[native].revisions[-1][1], *places)

    @rule()
    def back_up_the_outside(self) -> None:
        self.step("back up the outside")
        self.snapshot = dict(self.mail.things)

    @precondition(lambda self: self.snapshot is not None)
    @rule()
    def restore_the_outside(self) -> None:
        self.step("restore the outside")
        assert self.snapshot is not None
        for native in sorted(set(self.mail.things) - set(self.snapshot)):
            self.mail.delete(native)
        for native, thing in self.snapshot.items():
            if native not in self.mail.things or self.mail.things[native] != thing:
                self.mail.put(native, thing.observation, *[place.name for place in thing.places])
        self.mail.expire()

    @rule(calendar=st.booleans())
    def expire_cursor(self, calendar: bool) -> None:
        self.step("expire a cursor")
        (self.dates if calendar else self.mail).expire()

    @rule(count=st.integers(1, 3))
    def time_passes(self, count: int) -> None:
        self.step("time passes")
        self.now += timedelta(days=count)


def _renamed(letter: Observation, native: str) -> Message:
    assert isinstance(letter, Message)
    return changed(letter, id=native)
