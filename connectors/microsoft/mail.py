"""Outlook mail: one chain of changes per folder, four folders at a time; beside the first listing a plain list of the
recent weeks, newest first, so that a report is useful soon.

Folders are chains of their own, so a move is a removal in one and an arrival in another, and the two may come in
different syncs. What a folder says is gone is therefore believed only when no other folder has it: those that were
seen elsewhere in this sync are left out, and of the rest each is asked for by its immutable id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

import httpx
import msgspec

from connectors.connector import Batch, ConnectorError, CursorExpired, Known, Listed, Source, Span
from connectors.microsoft.folders import read_folders
from connectors.microsoft.graph import AT_ONCE, Gone, Graph, Json, Missing
from connectors.microsoft.lanes import in_parallel
from connectors.microsoft.login import Tokens, hosts
from connectors.microsoft.messages import SELECT
from connectors.microsoft.reading import Reading
from connectors.options import OutlookMailOptions
from connectors.patience import Patience, Turnstiles
from connectors.positions import Extent, happened, read_cursor, write_cursor
from connectors.secrets import Secrets

RECENT = timedelta(days=90)
RECENT_PAGE = 500
RECENT_SHARE = 12
"""The list of the recent weeks ends at a twelfth of the mailbox: what it brings comes a second time by the chains."""
MANY = 2_000
"""From this many messages on, the recent weeks are fetched beside the whole."""

_SOURCE = "mail"


class _Chain(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a folder's chain stands: the link to go on with, and whether its first listing is over. `again`: the
    ledger knows the folder already, so what has not come by the end of that listing is looked for. `midway`: the
    link stands in the middle of a round."""

    link: str = ""
    listed: bool = False
    again: bool = False
    midway: bool = False


class _Position(msgspec.Struct, omit_defaults=True):
    """`begun`: the recent weeks of a first listing have been read, at least in part."""

    version: Literal[2] = 2
    chains: dict[str, _Chain] = {}
    begun: bool = False
    oldest: datetime | None = None


class _Page(msgspec.Struct, frozen=True):
    """A page of one folder's chain, and how the chain stands after it; or one of the list of recent weeks."""

    lines: list[Json]
    folder: str = ""
    chain: _Chain | None = None


class OutlookMailConnector:
    """See the module. `turnstiles`: see `Graph`. `tokens`, `patience` and `transport` are replaced in tests."""

    def __init__(
        self,
        options: OutlookMailOptions,
        secrets: Secrets,
        *,
        tokens: Tokens | None = None,
        patience: Patience | None = None,
        turnstiles: Turnstiles | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._options = options
        self._graph = Graph(
            options, tokens or Tokens(options, secrets), patience or Patience(), turnstiles, transport
        )

    def sources(self) -> Sequence[Source]:
        return (Source(_SOURCE, observes="message"),)

    def hosts(self) -> Sequence[str]:
        return hosts(self._options)

    def close(self) -> None:
        self._graph.close()

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:  # noqa: ARG002
        """See `Connector.batches`."""
        position = read_cursor(cursor, _Position)
        look = partial(read_folders, self._graph, self._options.skip_folders)
        reading = Reading(self._graph, look, known, now, Extent(now, position.oldest))
        fresh = not position.chains and not position.begun
        again = fresh and bool(known.etags())
        position.chains = {
            id_: self._resumed(position.chains.get(id_), again=id_ in reading.held_in) for id_ in reading.folders
        }
        if not all(chain.listed for chain in position.chains.values()):
            reading.total = reading.size
        yield from reading.renamed()
        position.begun = position.begun or (fresh and not again and reading.size >= MANY)
        try:
            yield from self._pages(position, reading, recent=fresh and position.begun)
        except Gone as error:
            raise CursorExpired("Microsoft no longer has the changes since the last sync") from error
        yield from self._end(position, reading)

    @staticmethod
    def _resumed(chain: _Chain | None, *, again: bool) -> _Chain:
        """What was listed again and not to its end begins once more, as nobody knows any longer what came. A folder
        that was not listed yet may hold what another one's chain said was moved there: it is listed `again`, too."""
        if chain is None or not chain.link:
            return _Chain(again=again)
        return _Chain(again=True) if chain.again and not chain.listed else chain

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:  # noqa: ARG002
        """Plain lists of ids, folder by folder, where `batches` follows chains of changes."""
        for folder in read_folders(self._graph, self._options.skip_folders).read:
            for page in self._graph.pages(f"/mailFolders/{folder}/messages", {"$select": "id", "$top": "1000"}):
                yield from (Listed(line["id"]) for line in page.get("value", ()))

    def _pages(self, position: _Position, reading: Reading, *, recent: bool) -> Iterator[Batch]:
        """All folders' chains, up to where they end; every batch leaves a cursor to go on from."""
        work: list[Callable[[], Iterator[_Page]]] = [partial(self._recent, reading)] if recent else []
        work += [partial(self._chain, folder, chain) for folder, chain in position.chains.items()]
        for page in in_parallel(work, AT_ONCE):
            if page.chain is None:
                yield self._recent_batch(position, reading, page)
                continue
            for line in page.lines:
                reading.take(page.folder, line)
            over = page.chain.again and page.chain.listed
            if over:
                reading.settle_folder(page.folder)
            chain = _Chain(page.chain.link, listed=True) if over else page.chain
            position.chains = {**position.chains, page.folder: chain}
            position.oldest = reading.extent.oldest
            if page.lines or over:
                yield reading.batch(cursor=_cursor(position, reading))

    def _recent(self, reading: Reading) -> Iterator[_Page]:
        """The last weeks, newest first."""
        most = max(1, reading.size // RECENT_SHARE)
        params = {
            "$filter": f"receivedDateTime ge {reading.now - RECENT:%Y-%m-%dT%H:%M:%SZ}",
            "$orderby": "receivedDateTime desc",
            "$select": SELECT,
            "$top": str(min(most, RECENT_PAGE)),
        }
        for page in self._graph.pages("/messages", params):
            yield _Page(page.get("value", []))
            most -= len(page.get("value", ()))
            if most <= 0:
                return

    @staticmethod
    def _recent_batch(position: _Position, reading: Reading, page: _Page) -> Batch:
        """The chains confirm them later: what is gone by then no chain would speak of."""
        for line in page.lines:
            if line.get("parentFolderId") in reading.folders:
                reading.take(line["parentFolderId"], line, confirmed=False)
        moments = [
            moment for item in reading.items.values() if item.observation and (moment := happened(item.observation))
        ]
        covered = (Span(min(moments), reading.now),) if moments else ()
        return reading.batch(cursor=_cursor(position, reading), covered=covered)

    def _chain(self, folder: str, chain: _Chain) -> Iterator[_Page]:
        """One folder's chain, page by page; from its beginning, if Microsoft no longer knows where we stood."""
        try:
            yield from self._links(folder, chain)
        except Gone:
            if not chain.link:
                raise
            yield from self._links(folder, _Chain(again=True))

    def _links(self, folder: str, chain: _Chain) -> Iterator[_Page]:
        """From link to link. An empty page may have a next one. A round that was begun in an earlier sync tells how
        things stood then: what came since is asked for behind it."""
        earlier = chain.midway
        params = None if chain.link else {"$select": SELECT}
        link, listed = chain.link or f"/mailFolders/{folder}/messages/delta", chain.listed
        while True:
            try:
                page = self._graph.get(link, params)
            except Missing:  # the folder was deleted while it was read
                return
            params = None
            link = str(page.get("@odata.nextLink") or page.get("@odata.deltaLink") or "")
            last = "@odata.deltaLink" in page
            if not link:
                raise ConnectorError("Microsoft's list ends in the middle.", where=self._options.name)
            yield _Page(page.get("value", []), folder, _Chain(link, listed or last, chain.again, midway=not last))
            if last and not earlier:
                return
            earlier = earlier and not last

    def _end(self, position: _Position, reading: Reading) -> Iterator[Batch]:
        """Settle what is gone, and where it went."""
        reading.settle()
        position.begun = False
        position.oldest = reading.extent.oldest
        complete = all(chain.listed for chain in position.chains.values())
        covered = reading.extent.covered(live=True) if complete else ()
        yield reading.batch(cursor=write_cursor(position), covered=covered)


def _cursor(position: _Position, reading: Reading) -> str | None:
    """A removal is only settled once all folders are read: until then no cursor may pass it."""
    return None if reading.gone else write_cursor(position)
