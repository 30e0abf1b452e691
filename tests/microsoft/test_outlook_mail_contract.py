"""Outlook mail under the contract of all connectors, and the ways in which Graph loses mail for who trusts it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from connectors.connector import Throttled
from connectors.microsoft import mail as outlook
from connectors.observations import Message
from tests.connectors.contract import NOW, ConnectorContract, Held, World, moment, run, titles
from tests.fakes.faults import Fault, FaultPlan
from tests.fakes.microsoft.graph import Folder
from tests.fakes.wire import Request
from tests.microsoft.worlds import OutlookWorld


class TestOutlookMail(ConnectorContract):
    @pytest.fixture
    def world(self, monkeypatch: pytest.MonkeyPatch) -> World:
        return OutlookWorld(monkeypatch)

    def test_newest_come_first(self, full: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[override]
        """Chains come in no order; from a mailbox of some size the recent weeks are read beside them, by date."""
        monkeypatch.setattr(outlook, "MANY", 20)
        monkeypatch.setattr(outlook, "RECENT_PAGE", 15)
        monkeypatch.setattr(outlook, "RECENT_SHARE", 1)
        recent = range(3300, 3340)
        full.add(recent)
        held = Held()
        batches = run(full, held)
        spans = [batch.covered[0] for batch in batches[:-1] if batch.covered]
        starts = [span.start for span in spans]
        assert starts[0] >= moment(3325), "perhaps a chain was quicker with the oldest of the page"
        assert starts == sorted(starts, reverse=True)
        assert {span.end for span in spans} == {NOW}
        assert held.titles() == titles([*range(self.COUNT), *recent])
        assert not any(etag.endswith("?") for etag in held.kept.values())

    def test_the_list_of_recent_weeks_is_no_second_mailbox(self, full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where all mail is recent, a twelfth of it comes twice, and no more."""
        monkeypatch.setattr(outlook, "MANY", 20)
        full.add(range(3000, 3340))
        run(full, Held())
        asked = [request for request in full.fake.requests if request.path.endswith("/me/messages")]
        size = len(full.fake.mailbox.mails)
        assert [int(request.one("$top") or 0) for request in asked] == [size // outlook.RECENT_SHARE]

    def test_no_body_comes_out(self, full: Any) -> None:
        super().test_no_body_comes_out(full)
        assert full.fake.mail.asked_for_content == []
        assert full.fake.mail.mutable_ids == 0


def test_a_move_looks_like_a_removal_and_is_none(read: tuple[OutlookWorld, Held]) -> None:
    """Peers' users: 32 % of the mail lost, because the old folder said "removed"."""
    world, held = read
    for number in range(20):
        world.place(number, "F-archive")
    batches = run(world, held)
    assert not any(batch.removed for batch in batches)
    assert held.titles() == titles(range(30))
    assert world.where(held, 3) == ("Archive",)
    assert world.fetched_alone() == 0, "what is seen elsewhere need not be asked for"


@pytest.mark.parametrize(("old", "new"), [("F-inbox", "F-archive"), ("F-archive", "F-inbox")])
@pytest.mark.parametrize("between", ["F-inbox", "F-archive"])
def test_moved_between_the_readings_of_both_chains(world: OutlookWorld, old: str, new: str, between: str) -> None:
    """One chain is read before the move and the other after it, in either order."""
    held = Held()
    world.deliver(1, folder=old)
    world.deliver(2, folder=new)
    run(world, held)
    moved: list[str] = []

    def move(request: Request) -> None:
        if request.path.endswith(f"{between}/messages/delta") and not moved:
            moved.append(request.path)
            world.place(1, new)

    world.fake.before = move
    for _ in range(2):
        run(world, held)
        assert held.titles() == titles([1, 2])
    assert moved
    assert held.places[world.ids[1]] == held.places[world.ids[2]]


def test_there_and_back_again(read: tuple[OutlookWorld, Held]) -> None:
    """A -> B -> A between two syncs shows in no chain; over two syncs the way back may be lost in A's."""
    world, held = read
    world.fake.mail.lose_round_trips = True
    world.place(1, "F-archive")
    world.place(1, "F-inbox")
    assert not any(batch.removed for batch in run(world, held))
    assert world.where(held, 1) == ("Inbox",)
    world.place(1, "F-archive")
    run(world, held)
    assert world.where(held, 1) == ("Archive",)
    world.place(1, "F-inbox")
    run(world, held)
    assert world.where(held, 1) == ("Inbox",)
    assert held.titles() == titles(range(30))


def test_the_way_back_that_no_chain_tells(read: tuple[OutlookWorld, Held], monkeypatch: pytest.MonkeyPatch) -> None:
    """The old folder says "removed", the new one keeps silent: the message itself is asked where it is."""
    world, held = read
    real = world.fake.mail._since

    def silent(folder: Folder, since: int, upto: int) -> Any:
        return [] if folder.id == "F-archive" else real(folder, since, upto)

    monkeypatch.setattr(world.fake.mail, "_since", silent)
    world.place(1, "F-archive")
    assert not any(batch.removed for batch in run(world, held))
    assert world.where(held, 1) == ("Archive",)


def test_drafts_become_sent(read: tuple[OutlookWorld, Held]) -> None:
    """Immutable ids go along from Drafts to Sent Items."""
    world, held = read
    world.deliver(30, folder="F-drafts")
    run(world, held)
    assert held.titles() == titles(range(30))
    world.place(30, "F-sent")
    run(world, held)
    assert held.titles() == titles(range(31))
    assert world.where(held, 30) == ("Sent Items",)


@pytest.mark.parametrize("kill", [1, 2, 3, 4, 6])
def test_a_first_sync_that_is_killed_goes_on_where_it_was(
    world: OutlookWorld, monkeypatch: pytest.MonkeyPatch, kill: int
) -> None:
    """Peers' users: 41 % of an inbox missing after an interrupted first sync, while the status said healthy."""
    monkeypatch.setattr(outlook, "MANY", 20)
    monkeypatch.setattr(outlook, "RECENT_PAGE", 10)
    world.add([*range(60), *range(3300, 3330)])
    held = Held()
    run(world, held, batches=kill)
    assert 0 < len(held.kept) < 90
    for thread in threading.enumerate():
        if thread.name.startswith("lane "):  # still asking for a page that nobody takes any more
            thread.join()
    gone = next(number for number, id_ in world.ids.items() if id_ in held.kept)
    world.remove(gone)
    world.add([3330])
    before = len(world.fake.log)
    run(world, held)
    chains = sum(path.endswith("F-inbox/messages/delta") for _, path, *_ in world.fake.log[before:])
    assert chains <= 10 - max(0, kill - 3), "pages that were read are not read again"
    run(world, held)
    assert set(held.kept) == set(world.fake.mailbox.mails)
    assert not any(etag.endswith("?") for etag in held.kept.values())


@pytest.mark.parametrize("kill", [1, 2])
def test_what_came_after_a_broken_listing_began_is_there_once_it_ends(world: OutlookWorld, kill: int) -> None:
    """The rest of a listing tells how things stood when it began; the sync that ends it asks what came since."""
    world.add(range(60))
    held = Held()
    run(world, held, batches=kill)
    assert len(held.kept) < 60
    world.add([60])
    run(world, held)
    assert set(held.kept) == set(world.fake.mailbox.mails)


def test_without_the_internet_headers_the_fields_are_enough(world: OutlookWorld) -> None:
    with_headers, without = Held(), Held()
    world.add(range(5))
    run(world, with_headers)
    world.fake.mail.with_headers = False
    run(world, without)
    for id_, found in without.observations.items():
        other = with_headers.observations[id_]
        assert isinstance(found, Message)
        assert isinstance(other, Message)
        assert (found.message_id, found.from_, found.to, found.subject) == (
            other.message_id, other.from_, other.to, other.subject,
        )  # fmt: skip
        assert found.date == other.date


@pytest.mark.parametrize("as_date", [False, True])
def test_patience_is_as_long_as_the_server_says(world: OutlookWorld, as_date: bool) -> None:
    world.add(range(5))
    world.fake.retry_as_date, world.fake.retry_seconds = as_date, 120
    world.fake.faults = FaultPlan(rate=1.0, kinds=(Fault.TOO_MANY,), in_a_row=1)
    held = Held()
    run(world, held)
    assert held.titles() == titles(range(5))
    waited = []
    for index, (at, path, status, *_) in enumerate(world.fake.log):
        if status == 429:
            waited.append(next(later - at for later, other, *_ in world.fake.log[index + 1 :] if other == path))
    assert len(waited) >= 4
    assert min(waited) >= 119, "a date has no parts of seconds"


def test_more_patience_than_is_bearable_ends_the_sync_and_the_next_goes_on(world: OutlookWorld) -> None:
    world.add(range(60))
    held = Held()
    world.fake.retry_seconds = 3600
    run(world, held, batches=2)
    world.fake.faults = FaultPlan(rate=1.0, kinds=(Fault.TOO_MANY,), budget=1)
    with pytest.raises(Throttled) as told:
        run(world, held)
    assert told.value.retry_after == 3600
    run(world, held)
    assert held.titles() == titles(range(60))


def test_numbers_of_a_first_listing_come_with_a_total(world: OutlookWorld) -> None:
    world.add(range(30))
    held = Held()
    assert {batch.total for batch in run(world, held)} == {30}
    assert {batch.total for batch in run(world, held)} == {None}
