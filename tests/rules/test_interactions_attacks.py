"""Hostile names, subjects and recipients cost no more than honest ones."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from connectors.observations import Address, Attendee, Event, Message
from rules.interactions.calendar_mail import is_invitation
from rules.interactions.extraction import extract
from rules.meaning import Channel, Decision, Direction, Owner, Person, Purpose, Traffic
from rules.occurrences.copies import Occurrence
from rules.occurrences.threads import heading
from rules.people.circle import assign
from rules.people.identity import resolve
from rules.texts.folders import role_of
from rules.texts.lists import is_tagged
from rules.texts.names import key_of, readable
from rules.texts.organisations import organisation_of, registrable

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MARA = Address("mara@visser.example", "Mara Visser")
OWNER = Owner(frozenset({"mara@visser.example"}), frozenset({"visser.example"}), "Mara Visser")
SIZE = 64 * 1024
HOSTILE = [" " * SIZE, "/" * SIZE, "a" * SIZE, " @ " * (SIZE // 3), "Re:" * (SIZE // 3), "[" * SIZE, "-" * SIZE,
           "\u202e" * 999, "/o=" * (SIZE // 3), "a " * (SIZE // 2), "Invitation: " + " @ " * (SIZE // 3),
           "a.b" * (SIZE // 3), ", " * (SIZE // 2), "(" * SIZE, "\ud800" * 10, "\x00" * SIZE,
           "Rechnung" * (SIZE // 8)]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_is_read_in_no_time(text: str) -> None:
    note = Traffic("x.example", MONDAY, MONDAY.date(), "a@x.example", Direction.IN, Purpose(0, 0, 1), title=text)
    started = time.process_time()
    readable(text)
    key_of(text)
    heading(text)
    is_tagged(text)
    role_of(text)
    organisation_of(f"a@{text}")
    registrable(text)
    is_invitation(Message("m", subject=text, headers={"content-type": text}))
    assign([Person("b@x.example", ("b@x.example",), organisation="x.example")], [], [note], OWNER)
    assert time.process_time() - started < 1.0


def read(*observations: Message | Event) -> int:
    occurrences = [Occurrence(f"o{n}", one, ("work",), (n,)) for n, one in enumerate(observations)]
    channels = [Channel.EMAIL if isinstance(one, Message) else Channel.VIDEO for one in observations]
    plain = Purpose(0.2, 0.7, 0.1)
    decisions = [Decision(f"o{n}", channel, 0.9, False, 0.02, False, plain) for n, channel in enumerate(channels)]
    identities = resolve(occurrences, decisions, OWNER, is_role=lambda _: False)
    return len(extract(occurrences, decisions, identities, OWNER)[0])


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_mail_and_entries_are_taken_in_no_time(text: str) -> None:
    who = (Address("anna@nordkai.example", text), Address(f"{text[:900]}@nordkai.example", text), MARA)
    mails = [
        Message("", date=MONDAY, from_=who[0], to=who, subject=text, headers={"list-id": text, "list-post": text}),
        Message(
            "", date=MONDAY, from_=MARA, to=who, cc=who, subject=text, in_reply_to=text, references=(text,) * 100
        ),
    ]
    guests = tuple(Attendee(one.address, one.name) for one in who)
    started = time.process_time()
    assert read(*mails, Event("", title=text, start=MONDAY, attendees=guests), *mails) > 0
    assert time.process_time() - started < 3.0


@pytest.mark.parametrize("name", ["Person Number{}", "Anna Meyer", "Anna{} Meyer", "Meyer, A{}"])
def test_twenty_thousand_recipients_are_a_crowd_in_seconds(name: str) -> None:
    many = tuple(Address(f"p{n}@many.example", name.format(n)) for n in range(20_000))
    started = time.process_time()
    assert read(Message("", date=MONDAY, from_=many[0], to=(*many, MARA), truncated=True)) == 1
    assert time.process_time() - started < 20.0


def test_a_name_of_many_merges_nobody() -> None:
    many = [Address(f"meyer{n}@many.example", "Anna Meyer") for n in range(40)]
    listed = Message("", date=MONDAY, from_=MARA, to=tuple(many))
    occurrences = [Occurrence("o", listed, ("work",), (0,))]
    decisions = [Decision("o", Channel.EMAIL, 0.9, False, 0.02, False, Purpose(0.2, 0.7, 0.1))]
    assert resolve(occurrences, decisions, OWNER, is_role=lambda _: False).merges == ()
