"""Gmail through the metadata scope: ids first, then headers newest first, then the history from where it began.

The cursor holds the history id that the profile promised before anything was listed. While the first listing goes on
it says so; started again, the listing costs little (5 units for 500 ids) and only what the ledger lacks is fetched.
Quota is the physical limit here: `fetching` spends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from connectors.connector import Batch, CursorExpired, Item, Known, Listed, Place, Source, Span
from connectors.google.access import Transports, hosts
from connectors.google.fetching import Fetcher, Found
from connectors.google.history import changes_since
from connectors.google.mail import etag_of, interesting, labels_in, places_of
from connectors.google.service import Call, Json, Service
from connectors.observations import Message
from connectors.options import GmailOptions
from connectors.patience import Budget, Patience
from connectors.positions import Extent, read_cursor, vanished, write_cursor
from connectors.secrets import Secrets

LIST, PROFILE, LABELS = 5, 1, 1
"""Units that the methods cost beside those of the config (Google's table of May 2026)."""

PAGE = 500
LISTINGS = 3
"""How often everything is listed before a history that expires meanwhile is an error."""

_SOURCE = "mail"


class _Position(msgspec.Struct, omit_defaults=True):
    """`live`: the history id up to which all is known; `listing`: the first listing is not complete."""

    version: Literal[1] = 1
    live: str = ""
    listing: bool = True
    oldest: datetime | None = None


class GmailConnector:
    """See the module. `transports` and `patience` are replaced in tests."""

    def __init__(
        self,
        options: GmailOptions,
        secrets: Secrets,
        *,
        transports: Transports | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._options = options
        self._patience = patience or Patience()
        self._service = Service(
            "gmail.v1",
            options.name,
            transports or Transports(options, secrets),
            budget=Budget(options.units_per_minute, 60.0, self._patience.clock),
            patience=self._patience,
            endpoint=options.endpoint,
        )

    def sources(self) -> Sequence[Source]:
        """One source. The profile is asked for, at one unit, so that a login that does not work is told at once.

        Raises:
            ConnectorError: see `Service.execute`.
        """
        self._get("getProfile", PROFILE)
        return (Source(_SOURCE, observes="message"),)

    def hosts(self) -> Sequence[str]:
        return hosts(self._options, "gmail.googleapis.com")

    def close(self) -> None:
        self._service.close()

    def batches(self, source: str, cursor: str | None, known: Known, now: datetime) -> Iterator[Batch]:  # noqa: ARG002
        """See `Connector.batches`."""
        position = self._beginning() if cursor is None else read_cursor(cursor, _Position)
        labels = self._labels()
        for attempt in range(LISTINGS):
            if position.listing:
                for batch in self._first(position, known, labels, now):
                    yield batch
                    position = read_cursor(batch.cursor, _Position)
            try:
                yield from self._changes(position, known, labels, now)
            except CursorExpired:  # a first listing may take longer than Gmail keeps its history
                if cursor is not None or attempt + 1 == LISTINGS:
                    raise
                position = self._beginning()
            else:
                return

    def _beginning(self) -> _Position:
        return _Position(live=str(self._get("getProfile", PROFILE)["historyId"]))

    def listing(self, source: str, now: datetime) -> Iterator[Listed]:  # noqa: ARG002
        """By three listings, of spam, of trash and of all the rest, where `batches` makes one of everything."""
        messages = self._service.collection("users.messages")
        seen: set[str] = set()
        for label in ("SPAM", "TRASH", None):
            token: str | None = None
            while True:
                more = {} if label is None else {"labelIds": label, "includeSpamTrash": True}
                request = messages.list(userId="me", maxResults=PAGE, pageToken=token, **more)
                page = self._execute(request, LIST, "messages.list")
                ids = [message["id"] for message in page.get("messages", ())]
                yield from (Listed(id_) for id_ in ids if id_ not in seen)
                seen.update(ids)
                token = page.get("nextPageToken")
                if token is None:
                    break

    # The first listing, and every reconciliation

    def _first(
        self, position: _Position, known: Known, labels: Mapping[str, Place], now: datetime
    ) -> Iterator[Batch]:
        """Everything, newest first; what the ledger has is only placed anew."""
        held = known.etags()
        found = list(self._ids())
        extent = Extent(now, position.oldest)
        here = {one.id for one in found}
        gone = vanished(held, here)
        placed = self._placed_anew({id_: held[id_] for id_ in held if id_ in here}, labels) if held else ()
        working = write_cursor(_Position(live=position.live, oldest=position.oldest))
        if placed or gone:
            yield Batch(items=tuple(placed), removed=gone, cursor=working, cost=self._service.cost())
        wanted = [one for one in found if one.id not in held]
        reached: datetime | None = None
        for items, bad in self._fetcher(now, labels).fetch(wanted):
            for item in items:
                extent.include(item.observation)
            reached = _frontier(items, reached)
            working = write_cursor(_Position(live=position.live, oldest=extent.oldest))
            covered = (Span(reached, now),) if reached and reached < now and not held else ()
            yield Batch(
                items=items,
                quarantined=bad,
                covered=covered,
                cursor=working,
                total=len(found),
                cost=self._service.cost(),
            )
        if extent.oldest is None:
            extent.include_known(known, (one.id for one in found[-PAGE:]))
        done = _Position(live=position.live, listing=False, oldest=extent.oldest)
        unchanged = len(found) - len(wanted) - len(placed)
        yield Batch(
            unchanged=max(0, unchanged), cursor=write_cursor(done), covered=extent.covered(live=True),
            cost=self._service.cost(),
        )  # fmt: skip

    def _ids(self, label: str | None = None) -> Iterator[Found]:
        """Ids of all messages, newest first, spam and trash too: they are placements, and rules judge them."""
        messages = self._service.collection("users.messages")
        fields = "messages(id,threadId),nextPageToken"
        more = {} if label is None else {"labelIds": [label]}
        seen: set[str] = set()
        token: str | None = None
        while True:
            request = messages.list(
                userId="me", maxResults=PAGE, includeSpamTrash=True, fields=fields, pageToken=token, **more
            )
            page = self._execute(request, LIST, "messages.list")
            for message in page.get("messages", ()):
                if message["id"] not in seen:  # a page may repeat what came before
                    seen.add(message["id"])
                    yield Found(message["id"], message["threadId"])
            token = page.get("nextPageToken")
            if token is None:
                return

    def _placed_anew(self, held: Mapping[str, str], labels: Mapping[str, Place]) -> list[Item]:
        """Known messages whose labels are not those that the ledger knows: one listing per label tells, at 5 units
        for 500 messages instead of 20 for each."""
        now: dict[str, set[str]] = {id_: set() for id_ in held}
        for label in labels:
            for one in self._ids(label):
                if one.id in now:
                    now[one.id].add(label)
        return [
            Item(id_, etag_of(ids, labels), places_of(ids, labels), None)
            for id_, ids in now.items()
            if held[id_] != etag_of(ids, labels)
        ]

    # Afterwards

    def _changes(
        self, position: _Position, known: Known, labels: Mapping[str, Place], now: datetime
    ) -> Iterator[Batch]:
        """What happened since, by the history. A label or a message may come and go many times in it: the last
        word counts."""
        held = known.etags()
        live, states = changes_since(self._service, position.live, PAGE)
        gone = tuple(id_ for id_, state in states.items() if state is None and id_ in held)
        fresh = [Found(id_, state.thread) for id_, state in states.items() if state and id_ not in held]
        placed = [
            Item(id_, etag_of(state.labels, labels), places_of(state.labels, labels), None)
            for id_, state in states.items()
            if state and id_ in held and held[id_] != etag_of(state.labels, labels)
        ]
        placed += _renamed({id_: etag for id_, etag in held.items() if id_ not in states}, labels)
        extent = Extent(now, position.oldest)
        fresh.reverse()
        for items, bad in self._fetcher(now, labels).fetch(fresh):
            for item in items:
                extent.include(item.observation)
            yield Batch(items=items, quarantined=bad, cursor=None, cost=self._service.cost())
        done = _Position(live=live, listing=False, oldest=extent.oldest)
        yield Batch(
            items=tuple(placed), removed=gone, cursor=write_cursor(done), covered=extent.covered(live=True),
            cost=self._service.cost(),
        )  # fmt: skip

    # Calls

    def _fetcher(self, now: datetime, labels: Mapping[str, Place]) -> Fetcher:
        return Fetcher(self._service, self._options, labels, now)

    def _execute(self, request: object, units: int, name: str) -> Json:
        return self._service.execute(Call(request, units, name))

    def _get(self, name: str, units: int) -> Json:
        return self._execute(getattr(self._service.collection("users"), name)(userId="me"), units, name)

    def _labels(self) -> dict[str, Place]:
        """Label id -> the place it is, without those that say nothing of a place (UNREAD, categories …)."""
        request = self._service.collection("users.labels").list(userId="me", fields="labels(id,name,type)")
        page = self._execute(request, LABELS, "labels.list")
        return {label["id"]: place for label in page.get("labels", ()) if (place := interesting(label))}


def _renamed(held: Mapping[str, str], labels: Mapping[str, Place]) -> list[Item]:
    """Messages whose labels bear another name now or are no more, told by what the ledger holds."""
    now = {id_: etag_of(labels_in(etag), labels) for id_, etag in held.items()}
    return [
        Item(id_, now[id_], places_of(labels_in(etag), labels), None)
        for id_, etag in held.items()
        if etag != now[id_]
    ]


def _frontier(items: Sequence[Item], reached: datetime | None) -> datetime | None:
    """Down to which moment the listing, newest first, has surely been fetched."""
    moments = [  # the list is in the order in which mail came in, whatever its senders wrote as the date
        item.observation.received
        for item in items
        if isinstance(item.observation, Message) and item.observation.received
    ]
    newest = max(moments, default=None)  # a thread brings older messages along; its newest one stood in the list
    return reached if newest is None else newest if reached is None else min(reached, newest)
