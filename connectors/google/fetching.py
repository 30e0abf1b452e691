"""Spending Gmail's quota: whole threads where they are cheaper than single messages, fifty at a time, newest first.

A message costs 20 units, a thread 40 however long it is. For n wanted messages of a thread the least is
min(20 n, 40), and that is what the plan below spends; two messages cost the same either way and are taken singly, as
an answer without the thread's other messages is smaller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from connectors.connector import BadItem, Item, Place, Quarantined
from connectors.google.mail import FIELDS, HEADERS, etag_of, item_of
from connectors.google.service import PARTS, Call, Json, Service
from connectors.options import GmailOptions

_ANY = "ANYID"


@dataclass(frozen=True, slots=True)
class Found:
    """A listed message and its thread."""

    id: str
    thread: str


@dataclass(frozen=True, slots=True)
class Errand:
    """One request of the plan: a thread, or a single message of one."""

    thread: str
    message: str | None
    wanted: frozenset[str]


class Fetcher:
    """Fetches message headers for a listing in a given order."""

    def __init__(self, service: Service, options: GmailOptions, labels: Mapping[str, Place], now: datetime) -> None:
        self._service, self._labels, self._now = service, labels, now
        self._get_units, self._thread_units = options.get_units, options.thread_units
        self._patterns: dict[str, Any] = {}
        self._portion = options.units_per_minute // 6

    def plan(self, wanted: Sequence[Found]) -> list[Errand]:
        """What to ask for, in the order of the newest wanted message of each thread."""
        threads: dict[str, list[str]] = defaultdict(list)
        for one in wanted:
            threads[one.thread].append(one.id)
        errands: list[Errand] = []
        for thread, ids in threads.items():
            if len(ids) * self._get_units > self._thread_units:
                errands.append(Errand(thread, None, frozenset(ids)))
            else:
                errands.extend(Errand(thread, id_, frozenset((id_,))) for id_ in ids)
        return errands

    def fetch(self, wanted: Sequence[Found]) -> Iterator[tuple[tuple[Item, ...], tuple[Quarantined, ...]]]:
        """What was read and what could not be, in batches. What was deleted since it was listed is left out."""
        for some in self._portions(self.plan(wanted)):
            answers = self._service.execute_all([self._call(errand) for errand in some])
            items: list[Item] = []
            bad: list[Quarantined] = []
            for errand, answer in zip(some, answers, strict=True):
                for resource in _messages(answer):
                    if resource["id"] in errand.wanted:
                        self._read(resource, items, bad)
            yield tuple(items), tuple(bad)

    def _portions(self, errands: Sequence[Errand]) -> Iterator[list[Errand]]:
        """Batches of like price, a sixth of a minute's quota: larger ones would leave room unused at its end."""
        some: list[Errand] = []
        units = 0
        for errand in errands:
            price = self._price(errand)
            if some and (len(some) >= PARTS or units + price > self._portion):
                yield some
                some, units = [], 0
            some.append(errand)
            units += price
        if some:
            yield some

    def _price(self, errand: Errand) -> int:
        return self._thread_units if errand.message is None else self._get_units

    def _read(self, resource: Json, items: list[Item], bad: list[Quarantined]) -> None:
        try:
            items.append(item_of(resource, self._labels, self._now))
        except BadItem as error:
            etag = etag_of(resource.get("labelIds", ()), self._labels)
            bad.append(Quarantined(resource["id"], etag, error.what))

    def _call(self, errand: Errand) -> Call:
        if errand.message is None:
            return Call(self._request("users.threads", errand.thread), self._thread_units, "threads.get")
        return Call(self._request("users.messages", errand.message), self._get_units, "messages.get")

    def _request(self, collection: str, id_: str) -> Any:
        """A `get` of one id. The client library writes the forty header names into each anew, in a millisecond, and
        eleven header lines that a part of a batch does not need; so it writes one, and the others are copies."""
        if collection not in self._patterns:
            fields = FIELDS if collection == "users.messages" else f"messages({FIELDS})"
            options: dict[str, Any] = {"userId": "me", "format": "metadata", "metadataHeaders": list(HEADERS)}
            made = self._service.collection(collection).get(id=_ANY, fields=fields, **options)
            self._patterns[collection] = made
        request = copy(self._patterns[collection])
        request.uri = request.uri.replace(_ANY, quote(id_, safe=""))
        request.headers = {"accept": "application/json"}
        return request


def _messages(answer: Json | None) -> Sequence[Json]:
    """The messages of a thread's answer, or the one of a message's own; none where it is gone."""
    if answer is None:
        return ()
    if "internalDate" in answer:
        return (answer,)
    found: Sequence[Json] = answer.get("messages", ())
    return found
