"""A folder's chain of changes as Graph gives it: in no order, twice, sparse, with empty pages, expired."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest

from connectors.connector import CursorExpired
from tests.connectors.contract import Held, run, titles
from tests.fakes.faults import Fault, FaultPlan
from tests.fakes.wire import Request
from tests.microsoft.worlds import OutlookWorld, also_given


def test_replays_and_duplicates_change_nothing(read: tuple[OutlookWorld, Held]) -> None:
    world, held = read
    before = dict(held.kept)
    world.fake.faults = FaultPlan(seed=3, rate=1.0, kinds=(Fault.REPEATED_PAGE,), in_a_row=10**6)
    held.cursor = None
    batches = run(world, held)
    assert sum(batch.unchanged for batch in batches) == 30, "given twice, counted once"
    batches += run(world, held)
    assert world.fake.faults.happened[Fault.REPEATED_PAGE] > 3
    assert held.kept == before
    assert not any(batch.items or batch.removed for batch in batches)


@pytest.mark.parametrize("behind", [False, True])
def test_an_old_line_beside_the_removal(
    read: tuple[OutlookWorld, Held], monkeypatch: pytest.MonkeyPatch, behind: bool
) -> None:
    """Lines come in no order and may be repeated: what a folder shows and takes back is asked for."""
    world, held = read
    world.deliver(30, folder="F-sent")
    world.deliver(31, folder="F-sent")
    before = _page(world, "F-sent")
    run(world, held)
    world.remove(30)
    world.place(31, "F-archive")
    also_given(monkeypatch, world.fake.mail, "F-sent", before, behind=behind)
    run(world, held)
    assert held.titles() == titles([*range(30), 31])
    assert world.where(held, 31) == ("Archive",)


def test_a_repeated_removal_of_what_came_back(
    read: tuple[OutlookWorld, Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, held = read
    world.place(3, "F-junk")
    run(world, held)
    world.place(3, "F-inbox")
    removal = {"id": world.ids[3], "@removed": {"reason": "deleted"}}
    also_given(monkeypatch, world.fake.mail, "F-inbox", [removal], behind=True)
    run(world, held)
    assert held.titles() == titles(range(30))


def _page(world: OutlookWorld, folder: str) -> list[Any]:
    """What a chain of this folder begins with."""
    headers = {"prefer": 'IdType="ImmutableId"'}
    lines: list[Any] = world.fake.mail.delta(folder, Request.of("GET", "/delta", headers))["value"]
    return lines


def test_a_removal_behind_the_item_in_the_same_chain(world: OutlookWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleted while its folder was listed: given on one page, taken back on a later one."""
    held = Held()
    world.add(range(30))
    real = world.fake.mail.delta
    given: list[str] = []

    def late(name: str, request: Request) -> dict[str, Any]:
        answer = real(name, request)
        if name == "F-inbox":
            if given and "@odata.deltaLink" in answer:
                world.fake.mailbox.mails.pop(given[0], None)
                answer["value"].append({"id": given[0], "@removed": {"reason": "deleted"}})
            given.extend(line["id"] for line in answer["value"] if not given)
        return answer

    monkeypatch.setattr(world.fake.mail, "delta", late)
    run(world, held)
    assert given[0] not in held.kept
    assert len(held.kept) == 29


def test_sparse_changes_of_known_messages(read: tuple[OutlookWorld, Held]) -> None:
    """Peers replace the message by the three fields that came."""
    world, held = read
    before = dict(held.observations)
    for id_ in world.ids.values():
        world.fake.mailbox.flag(id_, {"unread"})
    batches = run(world, held)
    assert held.observations == before
    assert not any(batch.items for batch in batches)
    assert world.fetched_alone() == 0


def test_sparse_changes_of_unknown_messages(read: tuple[OutlookWorld, Held]) -> None:
    """A message of which the ledger has nothing (it was private, or a batch was lost) is asked for whole."""
    world, held = read
    id_ = world.ids[7]
    del held.kept[id_], held.observations[id_], held.places[id_]
    world.fake.mailbox.flag(id_, {"unread"})
    run(world, held)
    assert held.titles() == titles(range(30))


def test_empty_pages_that_have_a_next_one(world: OutlookWorld) -> None:
    world.add(range(30))
    world.fake.faults = FaultPlan(seed=1, rate=1.0, kinds=(Fault.EMPTY_PAGE,), in_a_row=2)
    held = Held()
    run(world, held)
    assert world.fake.faults.happened[Fault.EMPTY_PAGE] > 2
    assert held.titles() == titles(range(30))


def test_the_token_expires_between_syncs_and_nothing_is_read_again(read: tuple[OutlookWorld, Held]) -> None:
    world, held = read
    world.remove(3)
    world.place(4, "F-archive")
    world.add([30])
    world.fake.mail.expire_tokens()
    batches = run(world, held)
    assert held.titles() == titles([*range(3), *range(4, 31)])
    assert [item.observation is None for batch in batches for item in batch.items].count(False) <= 2


def test_the_token_expires_in_the_middle_of_next_links(world: OutlookWorld) -> None:
    world.add(range(60))
    held = Held()
    run(world, held, batches=2)
    world.remove(5)
    world.fake.mail.expire_tokens()
    run(world, held)
    assert held.titles() == titles(n for n in range(60) if n != 5)


def test_only_the_folder_whose_token_expired_is_listed_again(read: tuple[OutlookWorld, Held]) -> None:
    world, held = read
    world.remove(3)
    world.deliver(30, folder="F-sent")
    world.fake.faults = FaultPlan(rate=1.0, kinds=(Fault.GONE,), budget=1)
    before = len(world.fake.log)
    run(world, held)
    assert held.titles() == titles([*range(3), *range(4, 31)])
    chains = Counter(path for _, path, *_ in world.fake.log[before:] if path.endswith("/delta"))
    assert sorted(chains.values())[:-1] == [1, 1], "the others went on from where they were"


def test_a_server_that_forgets_at_once_is_an_expired_cursor(read: tuple[OutlookWorld, Held]) -> None:
    world, held = read
    real = world.fake.mail.delta

    def forgetful(name: str, request: Request) -> dict[str, Any]:
        answer = real(name, request)
        world.fake.mail.expire_tokens()
        return answer

    world.fake.mail.delta = forgetful  # type: ignore[method-assign]
    world.add(range(100, 130))
    world.fake.mail.expire_tokens()
    with pytest.raises(CursorExpired):
        run(world, held)


def test_a_listing_again_that_is_killed_goes_on_with_the_folders_that_are_left(
    read: tuple[OutlookWorld, Held],
) -> None:
    """And what went meanwhile from a folder that was done is found all the same."""
    world, held = read
    for number in range(10):
        world.place(number, "F-archive")
    run(world, held)
    world.remove(3)
    world.remove(25)
    held.cursor = None
    for kill in range(1, 9):
        run(world, held, batches=kill)
        for thread in threading.enumerate():
            if thread.name.startswith("lane "):
                thread.join()
        if held.cursor and "F-archive" in held.cursor and '"listed":true' in held.cursor:
            break
    world.remove(4)
    world.remove(26)
    run(world, held)
    assert held.titles() == titles(n for n in range(30) if n not in {3, 4, 25, 26})
