"""At the edge: whatever an observation says is written down, cut down, or quarantined; it never stops the batch."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import Item, Place, Quarantined, Source
from connectors.observations import Address, Event, Message, decode
from syncd.ledger import Ledger
from syncd.ledger.writing import Step
from syncd.storing import entry, quarantined
from tests.ledger.conftest import Databases

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
texts = st.text(st.characters(codec=None), max_size=30)  # NUL, lone surrogates, anything


def message(native: str, subject: str | None, name: str | None) -> Message:
    return Message(native, subject=subject, from_=Address("a@x.example", name), headers={"x": subject or ""})


@given(texts, texts, texts, texts)
def test_any_text_becomes_something_that_both_databases_take(
    subject: str, name: str, place: str, reason: str
) -> None:
    for one in (
        entry(Item("m", "e", (Place(place),), message("m", subject, name))),
        quarantined(Quarantined("q", "e", reason)),
    ):
        for text in (one.payload or "", one.reason or "", *(held.name for held in one.places)):
            assert "\0" not in text
            assert text.encode().decode() == text
        assert one.state != "held" or isinstance(decode(one.payload or ""), Message)


def test_hostile_texts_are_stored_on_both(databases: Databases) -> None:
    hostile = ["\0", "a\0b", "\ud800", "\\u0000", "\\\0", "\u202e", "\uffff", "x" * 100_000]
    with Ledger.open(databases()) as ledger:
        source = ledger.facts.open_source("work", "x", Source("mail", "message"), NOW, include_private=False)
        items = [
            Item(f"m{number}", "e", (Place(text), Place(f"{number}")), message(f"m{number}", text, text))
            for number, text in enumerate(hostile)
        ]
        entries = [entry(item) for item in items]
        entries += [quarantined(Quarantined(f"q{number}", "e", text)) for number, text in enumerate(hostile)]
        written = ledger.facts.write(Step(source.id, 0, NOW, entries))
        assert (written.stored, written.quarantined) == (8, 8)
        subjects = {copy.newest.id: copy.newest for copy in ledger.facts.copies()}
    wanted = ["", "ab", "\ufffd", "\\u0000", "\\"]
    assert [getattr(subjects[f"m{number}"], "subject", None) for number in range(5)] == wanted


@given(st.booleans(), texts, texts)
def test_of_a_private_event_nothing_but_time_is_left(confidential: bool, title: str, place: str) -> None:
    visibility = "confidential" if confidential else "private"
    event = Event(
        "e", "u", title, place, NOW, NOW, visibility=visibility, phones=("+31 1",), organizer=Address("a@x.example")
    )
    stored = entry(Item("e", "1", (Place("Work"),), event))
    assert stored.state == "private"
    assert decode(stored.payload or "") == Event("e", "u", start=NOW, end=NOW, visibility=visibility)


def test_folders_are_not_stored_twice() -> None:
    one = entry(Item("m", "1", (Place("INBOX"),), Message("m", folders=("INBOX",))))
    other = entry(Item("m", "2", (Place("Archive"),), Message("m", folders=("Archive",))))
    assert one.payload == other.payload
