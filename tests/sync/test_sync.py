"""What a sync stores, counts, believes and survives."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from connectors.connector import Connector, ConnectorError, NeedsLogin, Throttled, Unreachable
from connectors.observations import Address, Event, Message
from connectors.options import AccountOptions
from syncd.ledger import Ledger
from syncd.ledger.facts import Facts
from syncd.sync import SyncResult, sync
from tests.ledger.conftest import Databases
from tests.sync.outside import Account, Outside, calendar, mailbox, meeting, options

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def opener(*outsides: Outside, trouble: ConnectorError | None = None) -> Callable[[AccountOptions], Connector]:
    account = Account(outsides, trouble)
    return lambda _: account


def letter(native: str, subject: str = "Hello") -> Message:
    return Message(
        id=native, message_id=f"{native}@x.example", date=NOW, subject=subject, from_=Address("a@x.example")
    )


def filled(count: int) -> Outside:
    outside = mailbox()
    for number in range(count):
        outside.put(f"m{number:03}", letter(f"m{number:03}"))
    return outside


def run(ledger: Ledger, outside: Outside, now: datetime = NOW, **kwargs: object) -> SyncResult:
    return sync(ledger, [options()], now=now, open_connector=opener(outside), **kwargs)  # type: ignore[arg-type]


def test_first_sync_stores_all_and_second_nothing(ledger: Ledger) -> None:
    outside = filled(20)
    first = run(ledger, outside).sources[0]
    assert (first.listed, first.stored, first.fetched) == (20, 20, 20)
    assert (first.requests, first.bytes, first.quota_units) == (5, 30, 15)
    version = ledger.facts.version()
    second = run(ledger, outside, LATER).sources[0]
    assert (second.listed, second.stored, second.removed) == (0, 0, 0)
    assert ledger.facts.version() == version


def test_stats_have_exactly_the_public_keys(ledger: Ledger) -> None:
    line = run(ledger, filled(1)).as_json()["sources"][0]
    keys = "account source listed fetched stored unchanged removed quarantined requests bytes quota_units seconds"
    assert list(line) == keys.split()


def test_move_delete_reflag_edit(ledger: Ledger) -> None:
    outside = filled(5)
    run(ledger, outside)
    version = ledger.facts.version()
    outside.move("m000", "Archive")
    outside.delete("m001")
    outside.move("m002", "INBOX")  # a flag: the etag is new, nothing else
    outside.put("m003", letter("m003", "Edited"))
    stats = run(ledger, outside, LATER).sources[0]
    assert (stats.listed, stats.stored, stats.removed) == (3, 3, 1)
    copies = {copy.newest.id: copy for copy in ledger.facts.copies()}
    assert [(p.place, p.since, p.until) for p in copies["m000"].placements] == [
        ("INBOX", NOW, LATER),
        ("Archive", LATER, None),
    ]
    assert [(p.place, p.until) for p in copies["m001"].placements] == [("INBOX", LATER)]
    assert len(copies["m002"].revisions) == 1
    subjects = [(r.seen_at, getattr(r.observation, "subject", None)) for r in copies["m003"].revisions]
    assert subjects == [(NOW, "Hello"), (LATER, "Edited")]
    changed = {copy.newest.id for copy in ledger.facts.copies(only=ledger.facts.changed(version))}
    assert changed == {"m000", "m001", "m003"}  # a flag is not worth another look


def test_a_return_reopens_the_item(ledger: Ledger) -> None:
    outside = filled(2)
    run(ledger, outside)
    thing = outside.things["m000"]
    outside.delete("m000")
    run(ledger, outside, LATER)
    outside.put("m000", thing.observation)
    run(ledger, outside, LATER + timedelta(hours=1))
    (copy,) = [copy for copy in ledger.facts.copies() if copy.newest.id == "m000"]
    assert [placement.until for placement in copy.placements] == [LATER, None]
    assert len(copy.revisions) == 1


def test_observation_none_changes_places_only(ledger: Ledger) -> None:
    outside = filled(1)
    run(ledger, outside)
    payload = ledger.facts.known(1).observation("m000")
    outside.move("m000", "Archive")
    outside._item = lambda native: type(item)(native, "new", item.places, None)  # type: ignore[method-assign]
    item = Outside._item(outside, "m000")
    assert run(ledger, outside, LATER).sources[0].stored == 1
    assert ledger.facts.known(1).observation("m000") == payload


def test_expired_cursor_reconciles_and_wipes_nothing(ledger: Ledger) -> None:
    outside = filled(30)
    run(ledger, outside)
    first = {copy.item for copy in ledger.facts.copies()}
    outside.delete("m003")
    outside.put("m100", letter("m100"))
    outside.expire()
    stats = run(ledger, outside, LATER).sources[0]
    assert stats.trouble is None
    assert (stats.listed, stats.stored, stats.unchanged, stats.removed) == (30, 1, 29, 1)
    assert first < {copy.item for copy in ledger.facts.copies()}


def test_interrupted_backfill_goes_on_where_it_stopped(ledger: Ledger) -> None:
    outside = filled(30)
    outside.fail = lambda number: _raise(Unreachable("line cut")) if number == 2 else None
    assert run(ledger, outside).sources[0].stored == 14
    outside.fail = None
    stats = run(ledger, outside, LATER).sources[0]
    assert (stats.listed, stats.stored) == (16, 16)


def _raise(error: Exception) -> None:
    raise error


def test_one_failing_account_does_not_stop_the_rest(ledger: Ledger) -> None:
    good, bad = filled(2), Account([], NeedsLogin("the login has expired.", fix="syncd login work"))
    outsides = {"work": bad, "home": Account([good])}
    accounts = [options("work"), options("home")]
    result = sync(ledger, accounts, now=NOW, open_connector=lambda account: outsides[account.name])
    assert [(stats.account, stats.stored) for stats in result.failures] == [("work", 0)]
    assert result.sources[1].stored == 2
    assert [account.closed for account in outsides.values()] == [1, 1]


@pytest.mark.parametrize(
    ("error", "retry"), [(Throttled("slow down", retry_after=90), 90), (Unreachable("no such folder"), None)]
)
def test_trouble_is_kept_until_the_next_success(ledger: Ledger, error: ConnectorError, retry: int | None) -> None:
    outside = filled(2)
    run(ledger, outside)
    outside.fail = lambda _: _raise(error)
    run(ledger, outside, LATER)
    trouble = ledger.facts.sources()[0].trouble
    assert trouble is not None
    assert (trouble.kind, trouble.at) == (type(error).__name__, LATER)
    assert trouble.retry_at == (None if retry is None else LATER + timedelta(seconds=retry))
    outside.fail = None
    run(ledger, outside, LATER + timedelta(hours=1))
    assert ledger.facts.sources()[0].trouble is None


def test_account_that_cannot_name_its_sources_marks_those_it_had(ledger: Ledger) -> None:
    run(ledger, filled(2))
    broken = opener(trouble=NeedsLogin("the login has expired.", fix="syncd login work"))
    result = sync(ledger, [options()], now=LATER, open_connector=broken)
    assert [(stats.source, stats.trouble is None) for stats in result.sources] == [("mail", False)]
    state = ledger.facts.sources()[0]
    assert state.trouble is not None
    assert state.trouble.fix == "syncd login work"
    assert state.listed_at == NOW


def test_a_defect_stops_its_source_only(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    bad, good = filled(2), calendar()
    bad.fail = lambda _: _raise(ZeroDivisionError("oops"))
    good.put("e1", meeting("e1", NOW, LATER))
    result = sync(ledger, [options()], now=NOW, open_connector=opener(bad, good))
    assert [stats.trouble.kind if stats.trouble else None for stats in result.sources] == ["Defect", None]
    assert "ZeroDivisionError" in caplog.text


def test_a_full_disk_is_trouble_and_no_defect(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    outside = filled(2)
    run(ledger, outside)
    outside.put("new", letter("new"))
    monkeypatch.setattr(Facts, "write", full)
    monkeypatch.setattr(Facts, "trouble", full)
    trouble = run(ledger, outside, LATER).sources[0].trouble
    assert trouble is not None
    assert (trouble.kind, trouble.what) == (
        "LedgerFailed",
        "the ledger could not be written: database or disk is full.",
    )
    assert "could not note it" in caplog.text
    monkeypatch.undo()
    assert run(ledger, outside, LATER).sources[0].stored == 1


# Sudden emptiness


def test_sudden_emptiness_needs_a_second_witness(ledger: Ledger) -> None:
    outside = filled(50)
    run(ledger, outside)
    outside.hidden = set(outside.things)
    outside.expire()
    stats = run(ledger, outside, LATER).sources[0]
    assert stats.removed == 0
    assert stats.trouble is not None
    assert stats.trouble.kind == "SuddenlyEmpty"
    assert "--accept-removals 'work/mail'" in stats.trouble.fix
    assert len(ledger.facts.known(1).etags()) == 50
    outside.hidden = set()
    assert run(ledger, outside, LATER).sources[0].trouble is None


def test_emptiness_is_believed_when_the_second_listing_agrees(ledger: Ledger) -> None:
    outside = filled(50)
    run(ledger, outside)
    for native in list(outside.things):
        outside.delete(native)
    stats = run(ledger, outside, LATER).sources[0]
    assert (stats.removed, stats.trouble) == (50, None)


@pytest.mark.parametrize("name", ["work", "mail", "work/mail"])
def test_accepted_removals_need_no_witness(ledger: Ledger, name: str) -> None:
    outside = filled(50)
    run(ledger, outside)
    outside.hidden = set(outside.things)
    outside.expire()
    assert run(ledger, outside, LATER, accept_removals=[name]).sources[0].removed == 50


# Quarantine


def test_quarantined_is_counted_kept_and_read_by_a_newer_parser(ledger: Ledger) -> None:
    outside = filled(10)
    outside.unreadable = {"m003", "m004"}
    first = run(ledger, outside).sources[0]
    assert (first.listed, first.stored, first.quarantined, first.trouble) == (10, 8, 2, None)
    assert ledger.facts.counts() == {1: {"held": 8, "quarantined": 2}}
    again = run(ledger, outside, LATER).sources[0]
    assert (again.listed, again.quarantined) == (0, 0)
    outside.unreadable = {"m004"}
    newer = run(ledger, outside, LATER, parser=2).sources[0]
    assert (newer.listed, newer.stored, newer.unchanged, newer.quarantined) == (10, 1, 8, 1)
    assert run(ledger, outside, LATER, parser=2).sources[0].listed == 0


def test_quarantined_item_that_vanished_before_the_newer_parser_is_removed(ledger: Ledger) -> None:
    outside = filled(10)
    outside.unreadable = {"m003"}
    run(ledger, outside)
    outside.delete("m003")
    outside.expire()
    assert run(ledger, outside, LATER, parser=2).sources[0].removed == 1
    assert ledger.facts.counts() == {1: {"held": 9}}


def test_an_item_that_becomes_unreadable_keeps_what_was_read(ledger: Ledger) -> None:
    outside = filled(1)
    run(ledger, outside)
    outside.unreadable = {"m000"}
    outside.put("m000", letter("m000", "Edited"))
    assert run(ledger, outside, LATER).sources[0].quarantined == 1
    (copy,) = ledger.facts.copies()
    assert getattr(copy.newest, "subject", None) == "Hello"


# Private


def test_private_event_is_kept_as_busy_time_only(ledger: Ledger) -> None:
    outside = calendar()
    secret = meeting(
        "e1", NOW, LATER, title="Doctor", location="Clinic", visibility="private", links=("https://x.example/a",)
    )
    outside.put("e1", secret, "Work")
    run(ledger, outside)
    (copy,) = ledger.facts.copies()
    assert copy.newest == Event(id="e1", uid="e1", start=NOW, end=LATER, visibility="private")


def test_private_folder_is_skipped_and_not_asked_for_again(ledger: Ledger) -> None:
    outside = filled(2)
    outside.move("m000", "INBOX/Private")
    assert run(ledger, outside).sources[0].stored == 2
    assert [copy.newest.id for copy in ledger.facts.copies()] == ["m001"]
    assert ledger.facts.counts() == {1: {"held": 1, "private": 1}}
    assert run(ledger, outside, LATER).sources[0].listed == 0


def test_a_message_moved_to_a_private_folder_is_erased(ledger: Ledger) -> None:
    outside = filled(2)
    run(ledger, outside)
    outside.put("m000", letter("m000", "Edited"))
    run(ledger, outside)
    outside.move("m000", "Private")
    run(ledger, outside, LATER)
    assert [copy.newest.id for copy in ledger.facts.copies()] == ["m001"]
    with ledger.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM revisions").scalar() == 0


def test_privacy_setting_changes_what_is_held_both_ways(ledger: Ledger) -> None:
    outside = filled(3)
    outside.move("m000", "Private")
    run(ledger, outside)
    open_account, closed = options(include_private=True), options()
    stats = sync(ledger, [open_account], now=LATER, open_connector=opener(outside)).sources[0]
    assert stats.stored == 1
    assert len(list(ledger.facts.copies())) == 3
    sync(ledger, [closed], now=LATER, open_connector=opener(outside))
    assert len(list(ledger.facts.copies())) == 2


# Others at work


def test_two_syncs_of_one_source_do_not_mix(ledger: Ledger) -> None:
    outside = filled(20)

    def intrude(number: int) -> None:
        if number == 1:
            outside.fail = None
            run(ledger, outside)

    outside.fail = intrude
    stats = run(ledger, outside).sources[0]
    assert stats.trouble is not None
    assert stats.trouble.kind == "SourceBusy"
    assert len(ledger.facts.known(1).etags()) == 20
    assert ledger.facts.sources()[0].trouble is None


def test_progress_tells_source_count_and_total(ledger: Ledger) -> None:
    told: list[tuple[str, int, int | None]] = []
    run(ledger, filled(10), progress=lambda source, done, total: told.append((source, done, total)))
    assert told[:2] == [("work/mail", 7, 10), ("work/mail", 10, 10)]


def test_sync_only_named_accounts(ledger: Ledger) -> None:
    assert run(ledger, filled(1), only={"home"}).sources == ()


def test_the_same_on_both_databases(databases: Databases) -> None:
    outside = filled(25)
    outside.unreadable = {"m005"}
    with Ledger.open(databases()) as ledger:
        run(ledger, outside)
        outside.move("m000", "Archive")
        outside.delete("m001")
        outside.put("m002", letter("m002", "Edited"))
        outside.move("m003", "Private")
        outside.expire()
        stats = run(ledger, outside, LATER).sources[0]
        assert (stats.listed, stats.stored, stats.removed, stats.unchanged) == (24, 3, 1, 21)
        assert ledger.facts.counts() == {1: {"held": 22, "quarantined": 1, "private": 1}}
        copies = {copy.newest.id: copy for copy in ledger.facts.copies()}
        assert [len(copies[native].placements) for native in ("m000", "m001", "m002")] == [2, 1, 1]
        assert len(copies["m002"].revisions) == 2
        assert run(ledger, outside, LATER).sources[0].listed == 0
