"""Folders of an Outlook mailbox come, go and change their names while their mail is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.contract import Held, listed, run, titles
from tests.fakes.microsoft.graph import Folder
from tests.fakes.wire import Request
from tests.microsoft.gate import mail_options
from tests.microsoft.worlds import OutlookWorld


def test_a_folder_that_is_made_while_others_are_read(read: tuple[OutlookWorld, Held]) -> None:
    """What moves into it is no removal, not even until the next sync."""
    world, held = read

    def make(request: Request) -> None:
        if request.path.endswith("F-inbox/messages/delta") and len(world.fake.mail.folders) == 6:
            world.fake.mail.folders += (Folder("F-own", "Nordkai"),)
            world.place(5, "F-own")

    world.fake.before = make
    batches = run(world, held)
    assert len(world.fake.mail.folders) == 7
    assert not any(batch.removed for batch in batches)
    assert world.where(held, 5) == ("Nordkai",)
    assert not any(batch.removed or batch.items for batch in run(world, held))
    world.place(5, "F-junk")
    world.deliver(30, folder="F-own")
    run(world, held)
    assert held.titles() == titles(n for n in range(31) if n != 5)


def test_what_goes_from_a_folder_before_it_is_listed(read: tuple[OutlookWorld, Held]) -> None:
    """The ledger holds a message in it, as another folder's chain told of the move; its own never named it."""
    world, held = read

    def make(request: Request) -> None:
        if request.path.endswith("F-inbox/messages/delta") and len(world.fake.mail.folders) == 6:
            world.fake.mail.folders += (Folder("F-own", "Nordkai"),)
            world.place(5, "F-own")
            world.place(6, "F-own")

    world.fake.before = make
    run(world, held)
    assert world.where(held, 5) == world.where(held, 6) == ("Nordkai",)
    world.remove(5)
    batches = run(world, held)
    assert [id_ for batch in batches for id_ in batch.removed] == [world.ids[5]]
    assert held.titles() == titles(n for n in range(30) if n != 5)


def test_a_folder_that_is_deleted(read: tuple[OutlookWorld, Held]) -> None:
    world, held = read
    world.fake.mail.folders += (Folder("F-own", "Nordkai"),)
    for number in (1, 2, 3):
        world.place(number, "F-own")
    run(world, held)
    assert world.where(held, 1) == ("Nordkai",)
    world.place(3, "F-archive")
    world.remove(1)
    world.remove(2)
    world.fake.mail.folders = world.fake.mail.folders[:-1]
    run(world, held)
    assert held.titles() == titles([0, *range(3, 30)])


def test_a_folder_that_is_deleted_while_it_is_read(world: OutlookWorld) -> None:
    world.fake.mail.folders += (Folder("F-own", "Nordkai"),)
    world.add(range(5))
    world.place(1, "F-own")
    held = Held()
    run(world, held)

    def delete(request: Request) -> None:
        if "F-own" in request.path and len(world.fake.mail.folders) == 7:
            world.fake.mail.folders = world.fake.mail.folders[:-1]
            world.remove(1)

    world.fake.before = delete
    run(world, held)
    run(world, held)
    assert held.titles() == titles([0, 2, 3, 4])


@pytest.mark.parametrize("parent", ["root", "F-inbox"])
def test_a_new_folder_is_read(read: tuple[OutlookWorld, Held], parent: str) -> None:
    world, held = read
    world.fake.mail.folders += (Folder("F-own", "Nordkai", parent=parent),)
    world.place(5, "F-own")
    world.deliver(30, folder="F-own")
    batches = run(world, held)
    assert not any(batch.removed for batch in batches)
    assert held.titles() == titles(range(31))
    assert world.where(held, 30) == (("Inbox/" if parent == "F-inbox" else "") + "Nordkai",)


def two_in_own_folder(world: OutlookWorld, held: Held) -> Folder:
    """A folder of the owner's, the last of all, with mails 1 and 2; read."""
    own = Folder("F-own", "Nordkai")
    world.fake.mail.folders += (own,)
    for number in (1, 2):
        world.place(number, "F-own")
    run(world, held)
    return own


def test_a_folder_is_renamed(read: tuple[OutlookWorld, Held]) -> None:
    """Rules read folders' names; no chain speaks of a new one."""
    world, held = read
    own = two_in_own_folder(world, held)
    world.fake.mail.folders = (*world.fake.mail.folders[:-1], replace(own, name="Nordkai GmbH"))
    batches = run(world, held)
    assert sum(len(batch.items) for batch in batches) == 2
    assert world.where(held, 1) == world.where(held, 2) == ("Nordkai GmbH",)
    assert not any(batch.items for batch in run(world, held))
    assert world.fetched_alone() == 0


def test_a_folder_moves_below_deleted_items(read: tuple[OutlookWorld, Held]) -> None:
    world, held = read
    own = two_in_own_folder(world, held)
    world.fake.mail.folders = (*world.fake.mail.folders[:-1], replace(own, parent="F-deleted"))
    run(world, held)
    assert held.titles() == titles([0, *range(3, 30)])
    world.fake.mail.folders = (*world.fake.mail.folders[:-1], own)
    run(world, held)
    assert held.titles() == titles(range(30)), "and back again"


def test_left_out_folders_stay_out(world: OutlookWorld) -> None:
    world.options = mail_options(skip_folders=("Newsletters", "Inbox/Shops"))
    world.fake.mail.folders += (
        Folder("F-news", "newsletters"),
        Folder("F-shops", "Shops", parent="F-inbox"),
        Folder("F-sub", "Old", parent="F-junk"),
    )
    for number, folder in enumerate(["F-inbox", "F-news", "F-shops", "F-sub", "F-junk", "F-deleted", "F-drafts"]):
        world.deliver(number, folder=folder)
    held = Held()
    run(world, held)
    assert held.titles() == titles([0])
    assert sum(listed(world).values()) == 1
