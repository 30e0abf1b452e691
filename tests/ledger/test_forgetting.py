"""Nothing of a forgotten person is left in any file, and nothing of them comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from connectors.observations import Address, Attendee, Event, Message
from rules.meaning import Channel, Direction, Interaction, Person, Purpose
from syncd.forgetting import forget, forgotten
from syncd.ledger import Ledger, database, erasure
from syncd.ledger.forgotten import Forgotten, digest, name_digest
from syncd.ledger.meaning import Interpretation, MadeBy
from syncd.sync import sync
from syncd.verify import verify
from tests.ledger.conftest import Databases
from tests.sync.outside import Account, Outside, calendar, mailbox, options

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANNA, ME, BEN = (
    Address("anna.canary@x.example", "Anna Canary"),
    Address("me@x.example"),
    Address("ben@x.example", "Ben"),
)


def outsides() -> tuple[Outside, Outside]:
    mail, dates = mailbox(), calendar()
    mail.put("from", Message(id="from", from_=ANNA, to=(ME,), subject="Hello", date=NOW))
    mail.put("to", Message(id="to", from_=ME, to=(ANNA,), subject="Re: Hello", date=NOW), "Anna Canary")
    shared = Message(id="both", from_=ME, to=(ANNA, BEN), subject="Minutes, Canary, Anna and all", date=NOW)
    mail.put("both", shared)
    mail.put("ben", Message(id="ben", from_=BEN, to=(ME,), subject="About anna.canary@x.example", date=NOW))
    guests = tuple(Attendee(who.address, who.name) for who in (ANNA, BEN, ME))
    dates.put("trio", Event(id="trio", title="Lunch", start=NOW, attendees=guests, attendee_count=3, organizer=ANNA))
    dates.put("duo", Event(id="duo", title="Coffee", start=NOW, attendees=(guests[0], guests[2]), attendee_count=2))
    dates.put(
        "none", Event(id="none", title="Call Anna  Canary", start=NOW, links=("https://c.example/anna-canary",))
    )
    return mail, dates


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def synced(ledger: Ledger, *sources: Outside, now: datetime = NOW) -> None:
    sync(ledger, [options()], now=now, open_connector=lambda _: Account(sources))


def fill(ledger: Ledger) -> tuple[Outside, Outside]:
    mail, dates = outsides()
    synced(ledger, mail, dates)
    mail.put("ben", Message(id="ben", from_=BEN, to=(ME,), subject="Edited", date=NOW))
    synced(ledger, mail, dates)
    contact = Interaction(
        *("i", "anna.canary@x.example", "anna.canary@x.example", NOW, date(2026, 3, 2), Channel.EMAIL, 1.0),
        *(Direction.IN, Purpose(1.0, 0.0, 0.0), 1.0, "work"),
    )
    people = [Person("anna.canary@x.example", ("anna.canary@x.example",), "Anna Canary")]
    ledger.meaning.write(Interpretation(people, interactions=[contact]), MadeBy(1, "r", "c"), NOW)
    for day in range(3):
        at = NOW + timedelta(days=day)
        ledger.journal.add("answer", "anna.canary@x.example", at, word="right")
        ledger.journal.add("merged", "ben@x.example", at, other="anna.canary@x.example")
        ledger.journal.add("reported", "me@x.example", at, shown=["anna.canary@x.example", "ben@x.example"])
    return mail, dates


def canaries(folder: Path) -> list[str]:
    wanted = (b"canary", b"Canary", b"CANARY")
    return [path.name for path in folder.iterdir() if any(word in path.read_bytes() for word in wanted)]


def erased_again(ledger: Ledger) -> int:
    with ledger.write() as connection:
        return erasure.erase(connection, ledger.owner_id).items


def test_no_file_holds_a_trace(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger)
    assert {"ledger.journal.jsonl", "ledger.journal.2026-03-03.jsonl"} < set(canaries(tmp_path))
    erased = forget(ledger, ["Anna.Canary@x.example"], NOW)
    assert (erased.items, erased.changed) == (3, 4)
    ledger.close()
    assert canaries(tmp_path) == []
    days = {f"ledger.journal.2026-03-0{day}.jsonl" for day in (2, 3)}
    assert {path.name for path in tmp_path.iterdir()} == {"ledger.db", "ledger.journal.jsonl", *days}


def test_what_concerns_others_stays(ledger: Ledger) -> None:
    fill(ledger)
    forget(ledger, ["anna.canary@x.example"], NOW)
    left = {copy.newest.id: copy.newest for copy in ledger.facts.copies()}
    assert set(left) == {"both", "ben", "trio", "none"}
    both, trio = left["both"], left["trio"]
    assert isinstance(both, Message)
    assert isinstance(trio, Event)
    assert (both.to, both.subject) == ((BEN,), "Minutes, … and all")
    assert (trio.organizer, trio.attendee_count, len(trio.attendees or ())) == (None, 2, 2)
    entries = [(entry.kind, entry.subject, entry.data) for entry in ledger.journal.entries(["merged", "reported"])]
    assert entries[:2] == [
        ("merged", "ben@x.example", {"other": "…"}),
        ("reported", "me@x.example", {"shown": ["ben@x.example"]}),
    ]
    assert ledger.meaning.people() == []
    assert ledger.meaning.made_by() is None


def test_later_syncs_keep_them_out_and_verify_agrees(ledger: Ledger, tmp_path: Path) -> None:
    mail, dates = fill(ledger)
    forget(ledger, ["anna.canary@x.example"], NOW)
    mail.put("new", Message(id="new", from_=ANNA, to=(ME,), subject="Hello again", date=NOW))
    mail.put("from", Message(id="from", from_=ANNA, to=(ME,), subject="Changed", date=NOW), "Canary")
    mail.expire()
    dates.expire()
    synced(ledger, mail, dates, now=NOW + timedelta(days=1))
    verdict = verify(ledger, [options()], now=NOW, open_connector=lambda _: Account([mail, dates]))
    assert verdict.clean
    assert [check.left_out for check in verdict.sources] == [{"forgotten": 3}, {"forgotten": 1}]
    ledger.close()
    assert canaries(tmp_path) == []


def test_an_older_ledger_put_back_is_cleaned_again(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger)
    older = tmp_path / "older.db"
    ledger.back_up(older)
    forget(ledger, ["anna.canary@x.example"], NOW)
    ledger.close()
    older.replace(tmp_path / "ledger.db")
    assert "ledger.db" in canaries(tmp_path)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as restored:
        assert {copy.newest.id for copy in restored.facts.copies()} == {"both", "ben", "trio", "none"}
        assert erased_again(restored) == 0
    assert canaries(tmp_path) == []


def test_a_forgetting_that_was_cut_short_is_finished_by_the_next_start(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger)
    left = {path: path.read_bytes() for path in tmp_path.glob("*.jsonl")}
    forget(ledger, ["anna.canary@x.example"], NOW)
    entries = ledger.journal.entries()
    ledger.close()
    for path, content in left.items():  # as if it had been killed before it came to the copies
        path.write_bytes(content)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as again:
        assert again.journal.entries() == entries
    assert canaries(tmp_path) == []


def test_a_cleaning_that_fails_is_tried_again_and_keeps_nobody_out(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fill(ledger)
    url = f"sqlite:///{tmp_path}/ledger.db"

    def full(*_: object) -> None:
        raise OperationalError("VACUUM", None, Exception("database or disk is full"))

    with monkeypatch.context() as patched:
        patched.setattr(database, "compact", full)
        with pytest.raises(OperationalError):
            forget(ledger, ["anna.canary@x.example"], NOW)
        ledger.close()
        Ledger.open(url).close()
        assert "still to be cleaned" in caplog.text
        assert canaries(tmp_path)
    Ledger.open(url).close()
    assert canaries(tmp_path) == []


def test_forgetting_on_both_databases(databases: Databases) -> None:
    with Ledger.open(databases()) as ledger:
        fill(ledger)
        erased = forget(ledger, ["anna.canary@x.example"], NOW)
        assert (erased.items, erased.changed) == (3, 4)
        assert {copy.newest.id for copy in ledger.facts.copies()} == {"both", "ben", "trio", "none"}


def test_forgetting_twice_changes_nothing_more(ledger: Ledger) -> None:
    fill(ledger)
    forget(ledger, ["anna.canary@x.example"], NOW)
    version, entries = ledger.facts.version(), ledger.journal.entries()
    assert forget(ledger, ["anna.canary@x.example"], NOW).items == 0
    assert (ledger.facts.version(), ledger.journal.entries()) == (version, entries)


KEY = b"k" * 32
KNOWN = Forgotten(KEY, frozenset({digest(KEY, "anna@x.example")}), frozenset({name_digest(KEY, ["Anna", "Béla"])}))


@given(
    st.text(),
    st.sampled_from(["anna@x.example", "ANNA@x.example", "Anna Béla", "béla, ANNA", "Anna_Bela"]),
    st.text(),
)
def test_scrubbing_leaves_no_trace_in_any_text(before: str, trace: str, after: str) -> None:
    text = f"{before} {trace} {after}"
    clean = KNOWN.scrub(text)
    assert clean is not None
    assert not KNOWN.mentions(clean)
    assert trace not in clean


@given(st.text(alphabet=st.characters(exclude_characters="@")))
def test_texts_without_a_trace_are_left_alone(text: str) -> None:
    if "nn" not in text.lower():
        assert KNOWN.scrub(text) == text


def test_nobody_is_forgotten_at_first(ledger: Ledger) -> None:
    assert not forgotten(ledger)
    assert erased_again(ledger) == 0
