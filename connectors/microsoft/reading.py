"""One sync of a mailbox: what has been seen where, what seems gone, and what has not been handed over yet.

An item's etag is its folder with a mark of the folder's name, as nothing else of a message outside Drafts changes. A
question mark behind it says that no chain has named the item yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from msgspec.structs import replace

from connectors.connector import BadItem, Batch, Item, Known, Place, Quarantined
from connectors.microsoft.folders import Folders
from connectors.microsoft.graph import Graph, Json, Missing
from connectors.microsoft.messages import SELECT, item_of
from connectors.observations import Message
from connectors.positions import Extent

ASK_MOST = 1_000
"""When whole folders vanish, so many messages are asked for one by one; beyond, the listings are believed."""

_IN_A_BATCH = 500
_UNCONFIRMED = "?"


class Reading:
    """See the module.

    Args:
        look: reads which folders there are; asked again when a message lies in one that was not there.
        total: how many messages there are, while everything is listed.

    `held_in`: the folders in which the ledger holds messages.
    """

    def __init__(
        self,
        graph: Graph,
        look: Callable[[], Folders],
        known: Known,
        now: datetime,
        extent: Extent,
    ) -> None:
        self.now, self.extent = now, extent
        self._graph, self._look, self._known = graph, look, known
        self._there = look()
        self.folders = self._there.places
        self._held = dict(known.etags())
        self._at = {id_: etag.partition("#")[0] for id_, etag in self._held.items()}
        self.held_in = frozenset(self._at.values())
        self._unconfirmed = dict.fromkeys(id_ for id_, etag in self._held.items() if etag.endswith(_UNCONFIRMED))
        self._seen: dict[str, str] = {}
        self._left: set[tuple[str, str]] = set()
        self.total: int | None = None  # how many messages there are, while everything is listed
        self.gone: dict[str, bool] = {}
        self.items: dict[str, Item] = {}
        self._bad: list[Quarantined] = []
        self._removed: list[str] = []
        self._unchanged = 0
        self._counted: set[str] = set()

    def take(self, folder: str, line: Json, *, confirmed: bool = True) -> None:
        """A line of a folder's chain or list: a message, a sparse change of one, or a removal.

        What a chain says is gone, or lies in a folder that is not read, waits in `gone` until it is settled. So does
        what is told twice and not alike (True in `gone`), as lines come in no order and may be repeated.
        """
        id_ = line["id"]
        if "@removed" in line:
            self._left.add((folder, id_))
            if self._seen.get(id_, self._at.get(id_)) == folder:  # else another folder has it
                self.gone.setdefault(id_, False)
            return
        folder = str(line.get("parentFolderId") or folder)
        if folder not in self.folders:
            self.gone.setdefault(id_, False)
            return
        if self.gone.pop(id_, False) or (folder, id_) in self._left or self._seen.get(id_, folder) != folder:
            self.gone[id_] = True
        before, self._seen[id_] = self._seen.get(id_, self._at.get(id_)), folder
        sure = confirmed and id_ in self._unconfirmed
        if sure:
            del self._unconfirmed[id_]
        if before == folder and not sure:
            self._same(id_, line)
        elif before is not None and (sure or "receivedDateTime" not in line) and self._has(id_):
            self._put(Item(id_, self._etag(folder, id_), (self.folders[folder],), None))
        else:
            if before is None and not confirmed:
                self._unconfirmed[id_] = None
            self._new(folder, line)

    def renamed(self) -> Iterator[Batch]:
        """What lies in folders that have another name now: renamed, or moved below another."""
        marks = {folder: _mark(place) for folder, place in self.folders.items()}
        for id_, etag in self._held.items():
            folder = self._at[id_]
            if folder not in marks or etag.rstrip(_UNCONFIRMED) == f"{folder}#{marks[folder]}":
                continue
            if self._has(id_):
                self._put(Item(id_, self._etag(folder, id_), (self.folders[folder],), None))
            else:
                self._new(folder, {"id": id_, "parentFolderId": folder})
            if len(self.items) >= _IN_A_BATCH:
                yield self.batch(cursor=None)
        if self.items:
            yield self.batch(cursor=None)

    @property
    def size(self) -> int:
        """How many messages the folders say they have."""
        return self._there.size

    def settle(self) -> None:
        """Once all folders are read: see to what seems gone, and to what lay in folders that are read no more."""
        unlisted = [id_ for id_, folder in self._at.items() if folder not in self.folders and id_ not in self._seen]
        self._settle([*self.gone, *self._unconfirmed], unlisted)
        self.gone.clear()

    def settle_folder(self, folder: str) -> None:
        """Once it is listed from its beginning: see to what lay in it and was not listed, here or elsewhere."""
        unlisted = [id_ for id_, at in self._at.items() if at == folder and id_ not in self._seen]
        self._settle((), [id_ for id_ in unlisted if id_ not in self.gone])

    def _settle(self, doubtful: Iterable[str], unlisted: Sequence[str]) -> None:
        """Ask where it is; what is nowhere, or not in a folder that is read, is removed."""
        asked = dict.fromkeys([*doubtful, *unlisted[:ASK_MOST]])
        answers = list(self._asked(list(asked)))
        if not {line["parentFolderId"] for _, line in answers if line} <= self.folders.keys() | self._there.left_out:
            self._there = self._look()  # made since; it is read from its beginning the next time
            self.folders = self._there.places | self.folders
        for id_, line in answers:
            if line is not None and line.get("parentFolderId") in self.folders:
                self.take(line["parentFolderId"], line)
            else:
                self._remove(id_)
        for id_ in unlisted[ASK_MOST:]:
            if id_ not in asked:
                self._remove(id_)

    def batch(self, *, cursor: str | None, **more: Any) -> Batch:
        """What has been gathered since the last one."""
        batch = Batch(
            items=tuple(self.items.values()), quarantined=tuple(self._bad), removed=tuple(self._removed),
            unchanged=self._unchanged, cursor=cursor, total=self.total, cost=self._graph.cost(), **more,
        )  # fmt: skip
        self.items, self._bad, self._removed, self._unchanged = {}, [], [], 0
        return batch

    def _same(self, id_: str, line: Json) -> None:
        if id_ in self._counted:
            return
        self._counted.add(id_)
        self._unchanged += 1
        if self.extent.oldest is None or str(line.get("receivedDateTime", "9")) < f"{self.extent.oldest:%Y-%m-%dT}":
            self.extent.include(self._known.observation(id_))

    def _new(self, folder: str, line: Json) -> None:
        id_, etag, place = line["id"], self._etag(folder, line["id"]), self.folders[folder]
        whole = line if "receivedDateTime" in line else self._whole(id_)
        if whole is None:
            self.gone[id_] = False
            return
        try:
            item = item_of(whole, etag, place, self.now)
        except BadItem as error:
            self._counted.add(id_)
            self._bad.append(Quarantined(id_, etag, error.what, place.name))
            return
        self.extent.include(item.observation)
        self._put(item)

    def _put(self, item: Item) -> None:
        """A move behind an arrival in the same batch is an arrival at the new place."""
        waiting = self.items.get(item.native_id)
        if item.observation is None and waiting is not None and isinstance(waiting.observation, Message):
            moved = replace(waiting.observation, folders=tuple(place.name for place in item.places))
            item = Item(item.native_id, item.etag, item.places, moved)
        self.items[item.native_id] = item
        self._counted.add(item.native_id)

    def _remove(self, id_: str) -> None:
        self._at.pop(id_, None)
        self._unconfirmed.pop(id_, None)
        waiting = self.items.pop(id_, None)
        if id_ in self._held or id_ in self._seen or waiting is not None:
            self._removed.append(id_)

    def _has(self, id_: str) -> bool:
        """Whether the ledger has, or is about to have, the message itself: of a private folder it has not."""
        return id_ in self.items or self._known.observation(id_) is not None

    def _etag(self, folder: str, id_: str) -> str:
        return f"{folder}#{_mark(self.folders[folder])}{_UNCONFIRMED if id_ in self._unconfirmed else ''}"

    def _whole(self, id_: str) -> Json | None:
        try:
            return self._graph.get(f"/messages/{id_}", {"$select": SELECT})
        except Missing:
            return None

    def _asked(self, ids: Sequence[str]) -> Iterator[tuple[str, Json | None]]:
        answers = self._graph.get_all([f"/messages/{id_}?$select={SELECT}" for id_ in ids])
        return zip(ids, answers, strict=True)


def _mark(place: Place) -> str:
    return blake2b(place.name.encode("utf-8", "replace"), digest_size=4).hexdigest()
