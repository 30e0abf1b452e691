"""Outlook mail: one chain of changes per folder, four folders at a time, recent weeks first by a plain list.

Folders are chains of their own, so a move is a removal in one and an arrival in another, and the two may come in
different syncs. What a folder says is gone is therefore believed only when no other folder has it: those that were
seen elsewhere in this sync are left out, and of the rest each is asked for by its immutable id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

import httpx
import msgspec

from connectors.connector import BadItem, Batch, CursorExpired, Item, Known, Listed, Place, Quarantined, Source, Span
from connectors.microsoft.folders import read_folders
from connectors.microsoft.graph import Gone, Graph, Json, Missing, in_parallel
from connectors.microsoft.login import Tokens, hosts
from connectors.microsoft.messages import SELECT, item_of
from connectors.options import OutlookMailOptions
from connectors.patience import Patience
from connectors.positions import Extent, happened, read_cursor, write_cursor
from connectors.secrets import Secrets

RECENT = timedelta(days=90)
RECENT_PAGE = 500
MANY = 2_000
"""From this many messages on, the recent weeks are fetched before the whole."""

_SOURCE = "mail"


class _Chain(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a folder's chain stands: the link to go on with, and whether its first listing is over."""

    link: str = ""
    listed: bool = False


class _Position(msgspec.Struct, omit_defaults=True):
    """`reconciling`: the chains list everything anew; if that is interrupted, it has to begin again."""

    version: Literal[1] = 1
    chains: dict[str, _Chain] = {}
    reconciling: bool = False
    oldest: datetime | None = None


class _Page(msgspec.Struct, frozen=True):
    """A page of one folder's chain, and how the chain stands after it."""

    folder: str
    lines: list[Json]
    chain: _Chain


class OutlookMailConnector:
    """See the module. `tokens`, `patience` and `transport` are replaced in tests."""

    def __init__(
        self,
        options: OutlookMailOptions,
        secrets: Secrets,
        *,
        tokens: Tokens | None = None,
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._options = options
        self._graph = Graph(options, tokens or Tokens(options, secrets), patience or Patience(), transport)

    def sources(self) -> Sequence[Source]:
        return (Source(_SOURCE, observes="message"),)

    def hosts(self) -> Sequence[str]:
        return hosts(self._options)

    def close(self) -> None:
        self._graph.close()

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:  # noqa: ARG002
        """See `Connector.batches`."""
        position = read_cursor(cursor, _Position)
        if position.reconciling:
            position = _Position()
        held = dict(known.etags())
        position.reconciling = not position.chains and bool(held)
        folders = read_folders(self._graph, self._options.skip_folders)
        first = not position.chains and not held
        reading = _Reading(self._graph, folders, held, known, now, Extent(now, position.oldest))
        if first and self._size(folders) >= MANY:
            yield from self._recent(reading)
        try:
            yield from self._chains(position, reading)
        except Gone as error:
            raise CursorExpired("Microsoft no longer has the changes since the last sync") from error
        yield from self._end(position, reading)

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:  # noqa: ARG002
        """Plain lists of ids, folder by folder, where `batches` follows chains of changes."""
        for folder in read_folders(self._graph, self._options.skip_folders):
            for page in self._graph.pages(f"/mailFolders/{folder}/messages", {"$select": "id", "$top": "1000"}):
                yield from (Listed(line["id"]) for line in page.get("value", ()))

    def _size(self, folders: Mapping[str, Place]) -> int:
        answers = self._graph.get_all([f"/mailFolders/{folder}" for folder in folders])
        return sum(int(answer.get("totalItemCount", 0)) for answer in answers if answer)

    def _recent(self, reading: _Reading) -> Iterator[Batch]:
        """The last weeks, newest first, so that a report is useful soon. The chains give them again, unchanged."""
        since = reading.now - RECENT
        params = {
            "$filter": f"receivedDateTime ge {since:%Y-%m-%dT%H:%M:%SZ}",
            "$orderby": "receivedDateTime desc",
            "$select": SELECT,
            "$top": str(RECENT_PAGE),
        }
        for page in self._graph.pages("/messages", params):
            for line in page.get("value", ()):
                if line.get("parentFolderId") in reading.folders:
                    reading.take(line["parentFolderId"], line)
            moments = [
                moment for item in reading.items if item.observation and (moment := happened(item.observation))
            ]
            covered = (Span(min(moments), reading.now),) if moments else ()
            yield reading.batch(cursor=None, covered=covered, cost=self._graph.cost())

    def _chains(self, position: _Position, reading: _Reading) -> Iterator[Batch]:
        """All folders' chains, up to where they end; every batch leaves a cursor to go on from."""
        chains = {folder: chain for folder, chain in position.chains.items() if folder in reading.folders}
        work: list[Callable[[], Iterator[_Page]]] = [
            partial(self._chain, folder, chains.get(folder, _Chain())) for folder in reading.folders
        ]
        for page in in_parallel(work):
            for line in page.lines:
                reading.take(page.folder, line)
            chains[page.folder] = page.chain
            position.chains, position.oldest = dict(chains), reading.extent.oldest
            if page.lines:
                # A removal is only settled once all folders are read: until then no cursor may pass it.
                cursor = None if reading.gone else write_cursor(position)
                yield reading.batch(cursor=cursor, cost=self._graph.cost())

    def _chain(self, folder: str, chain: _Chain) -> Iterator[_Page]:
        """One folder's chain, page by page. An empty page may have a next one."""
        params = None if chain.link else {"$select": SELECT}
        listed = chain.listed
        link = chain.link or f"/mailFolders/{folder}/messages/delta"
        while True:
            try:
                page = self._graph.get(link, params)
            except Missing:  # the folder was deleted while it was read
                return
            params = None
            link = str(page.get("@odata.nextLink") or page.get("@odata.deltaLink") or "")
            last = "@odata.deltaLink" in page
            yield _Page(folder, page.get("value", []), _Chain(link, listed or last))
            if last:
                return

    def _end(self, position: _Position, reading: _Reading) -> Iterator[Batch]:
        """Settle what is gone, and where it went."""
        gone = reading.left_behind(position) if position.reconciling else ()
        lost = reading.unread_folders()
        for id_ in (*gone, *lost):
            reading.gone.setdefault(id_, None)
        for id_, line in self._asked(list(reading.gone)):
            if line is not None and line.get("parentFolderId") in reading.folders:
                reading.take(line["parentFolderId"], line)
            else:
                reading.removed.append(id_)
        position.reconciling = False
        position.oldest = reading.extent.oldest
        complete = all(chain.listed for chain in position.chains.values())
        covered = reading.extent.covered(live=True) if complete else ()
        yield reading.batch(cursor=write_cursor(position), covered=covered, cost=self._graph.cost())

    def _asked(self, ids: Sequence[str]) -> Iterator[tuple[str, Json | None]]:
        answers = self._graph.get_all([f"/messages/{id_}?$select={SELECT}" for id_ in ids])
        return zip(ids, answers, strict=True)


class _Reading:
    """One sync: what has been seen where, what seems gone, and what has not been handed over yet."""

    def __init__(
        self,
        graph: Graph,
        folders: Mapping[str, Place],
        held: dict[str, str],
        known: Known,
        now: datetime,
        extent: Extent,
    ) -> None:
        self.graph, self.folders, self.held, self.known, self.now, self.extent = (
            graph,
            folders,
            held,
            known,
            now,
            extent,
        )
        self.seen: dict[str, str] = {}
        self.gone: dict[str, None] = {}
        self.items: list[Item] = []
        self.bad: list[Quarantined] = []
        self.removed: list[str] = []
        self.unchanged = 0
        self._counted: set[str] = set()

    def take(self, folder: str, line: Json) -> None:
        """A line of a chain or list: a message, a sparse change of one, or a removal."""
        id_ = line["id"]
        if "@removed" in line:
            if id_ not in self.seen and id_ in self.held:
                self.gone[id_] = None
            return
        folder = line.get("parentFolderId", folder)
        if folder not in self.folders:
            return
        self.gone.pop(id_, None)
        before, self.seen[id_] = self.seen.get(id_, self.held.get(id_)), folder
        if before == folder:
            if id_ not in self._counted:
                self._counted.add(id_)
                self.unchanged += 1
            return
        self._counted.add(id_)
        place = self.folders[folder]
        if "receivedDateTime" not in line:  # only what changed was sent
            if id_ in self.held:
                self.items.append(Item(id_, folder, (place,), None))
                return
            line = self._whole(line)
            if line is None:
                return
        try:
            item = item_of(line, place, self.now)
        except BadItem as error:
            self.bad.append(Quarantined(id_, folder, error.what, place.name))
            return
        self.extent.include(item.observation)
        self.items.append(item)

    def _whole(self, line: Json) -> Any:
        try:
            return {**self.graph.get(f"/messages/{line['id']}", {"$select": SELECT})}
        except Missing:
            return None

    def left_behind(self, position: _Position) -> list[str]:
        """What the ledger holds and no folder listed."""
        del position
        return [id_ for id_ in self.held if id_ not in self.seen]

    def unread_folders(self) -> list[str]:
        """What lay in folders that are not there any more, or no longer read."""
        return [id_ for id_, folder in self.held.items() if folder not in self.folders and id_ not in self.seen]

    def batch(self, *, cursor: str | None, **more: Any) -> Batch:
        batch = Batch(
            items=tuple(self.items), quarantined=tuple(self.bad), removed=tuple(self.removed),
            unchanged=self.unchanged, cursor=cursor, **more,
        )  # fmt: skip
        self.items, self.bad, self.removed, self.unchanged = [], [], [], 0
        return batch
