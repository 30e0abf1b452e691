"""What every connector promises, whatever lies behind it.

A connector's tests subclass `ConnectorContract` and give it a `World`: the outside, to be filled and changed. The
same tests hold for a file and for a server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest
from msgspec.structs import replace

from connectors.connector import Batch, Connector, Span
from connectors.observations import Message, Observation, encode

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST = datetime(2025, 1, 6, 9, tzinfo=UTC)
CANARY = "CANARYOFTHEBODY"
"""Stands in every body, attachment and description; must never come out."""


def moment(number: int) -> datetime:
    """When the item of this number took place: one every three hours."""
    return FIRST + timedelta(hours=3 * number)


class World(Protocol):
    """The outside of one connector. Items are numbered; number n is called `item n` and took place at `moment(n)`."""

    source: str
    live: bool

    def connector(self) -> Connector:
        """A connector as a new process would open it, with small batches."""
        ...

    def add(self, numbers: Iterable[int]) -> None: ...

    def change(self, number: int) -> None:
        """Call it `item n changed`."""
        ...

    def remove(self, number: int) -> None: ...

    def move(self, number: int) -> str:
        """Put the item elsewhere; answers the name of its new place."""
        ...

    def spoil(self) -> None:
        """Add one item that cannot be read."""
        ...


class Held:
    """What a ledger holds of one source: the batches written, as the sync engine would."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.observations: dict[str, Observation] = {}
        self.places: dict[str, tuple[str, ...]] = {}
        self.reasons: dict[str, str] = {}
        self.cursor: str | None = None
        self.covered: list[Span] = []

    def etags(self) -> Mapping[str, str]:
        return self.kept

    def observation(self, native_id: str) -> Observation | None:
        return self.observations.get(native_id)

    def write(self, batch: Batch) -> None:
        for native_id in (*batch.removed, *batch.ended):
            for table in (self.kept, self.observations, self.places, self.reasons):
                table.pop(native_id, None)
        for item in batch.items:
            self.kept[item.native_id] = item.etag
            self.places[item.native_id] = tuple(place.name for place in item.places)
            self.reasons.pop(item.native_id, None)
            if item.observation is not None:
                self.observations[item.native_id] = item.observation
            elif item.native_id in self.observations:  # only moved: the ledger keeps what it has
                there = self.observations[item.native_id]
                self.observations[item.native_id] = replace(there, folders=self.places[item.native_id])
        for bad in batch.quarantined:
            self.kept[bad.native_id] = bad.etag
            self.reasons[bad.native_id] = bad.reason
        self.covered.extend(batch.covered)
        if batch.cursor is not None:
            self.cursor = batch.cursor

    def titles(self) -> Counter[str]:
        return Counter(title(observation) for observation in self.observations.values())

    def state(self) -> tuple[dict[str, str], dict[str, Observation], dict[str, tuple[str, ...]], dict[str, str]]:
        return self.kept, self.observations, self.places, self.reasons


def title(observation: Observation) -> str:
    return str(observation.subject if isinstance(observation, Message) else observation.title)


def titles(numbers: Iterable[int]) -> Counter[str]:
    return Counter(f"item {number}" for number in numbers)


def run(world: World, held: Held, batches: int | None = None, now: datetime = NOW) -> list[Batch]:
    """Sync, or begin to and be killed after so many batches."""
    connector = world.connector()
    done: list[Batch] = []
    try:
        for batch in connector.batches(world.source, held.cursor, held, now):
            if batches is not None and len(done) >= batches:
                break
            done.append(batch)
            held.write(batch)
    finally:
        connector.close()
    return done


def listed(world: World, now: datetime = NOW) -> Counter[str]:
    return Counter(line.native_id for line in world.connector().listing(world.source, now))


class ConnectorContract:
    """Subclass it with a fixture `world`. What cannot hold is overridden by what does, never skipped.

    Attributes:
        SPOILS: there can be items that cannot be read, one of which `World.spoil` adds; else it does nothing.
    """

    COUNT = 45
    SPOILS = True

    @pytest.fixture
    def world(self) -> World:
        raise NotImplementedError

    @pytest.fixture
    def full(self, world: World) -> World:
        world.add(range(self.COUNT))
        return world

    def test_offers_the_source(self, full: World) -> None:
        source = next(source for source in full.connector().sources() if source.name == full.source)
        assert source.observes in {"message", "event"}
        assert source.live == full.live
        assert isinstance(tuple(full.connector().hosts()), tuple)

    def test_lists_everything_once(self, full: World) -> None:
        held = Held()
        batches = run(full, held)
        assert held.titles() == titles(range(self.COUNT))
        assert Counter(item.native_id for batch in batches for item in batch.items).most_common(1)[0][1] == 1
        assert sum(batch.listed for batch in batches) == self.COUNT
        assert len(batches) > 2, "the world must be larger than a batch"

    def test_observations_carry_their_places_and_ids(self, full: World) -> None:
        held = Held()
        run(full, held)
        for native_id, observation in held.observations.items():
            assert observation.id == native_id
            assert observation.folders == held.places[native_id] != ()

    def test_newest_come_first(self, full: World) -> None:
        batches = [batch for batch in run(full, Held()) if batch.items]
        newest = max(title(item.observation) for item in batches[0].items if item.observation)
        assert f"item {self.COUNT - 1}" in {
            title(item.observation) for item in batches[0].items if item.observation
        }, newest

    def test_second_run_brings_nothing(self, full: World) -> None:
        held = Held()
        run(full, held)
        before = (dict(held.kept), held.cursor)
        batches = run(full, held)
        assert not any(batch.items or batch.removed or batch.quarantined for batch in batches)
        assert held.kept == before[0]

    def test_reconciles_without_a_cursor(self, full: World) -> None:
        held = Held()
        run(full, held)
        held.cursor = None
        full.remove(7)
        full.add([self.COUNT])
        batches = run(full, held)
        assert sum(len(batch.items) for batch in batches) == 1
        assert sum(len(batch.removed) for batch in batches) == 1
        assert sum(batch.unchanged for batch in batches) == self.COUNT - 1
        assert held.titles() == titles(n for n in range(self.COUNT + 1) if n != 7)

    def test_appended(self, full: World) -> None:
        held = Held()
        run(full, held)
        full.add([self.COUNT, self.COUNT + 1])
        batches = run(full, held)
        assert {title(i.observation) for b in batches for i in b.items if i.observation} == set(
            titles([self.COUNT, self.COUNT + 1])
        )
        assert held.titles() == titles(range(self.COUNT + 2))

    def test_changed(self, full: World) -> None:
        held = Held()
        run(full, held)
        full.change(5)
        run(full, held)
        assert held.titles() == titles(n for n in range(self.COUNT) if n != 5) + Counter(["item 5 changed"])

    def test_removed(self, full: World) -> None:
        held = Held()
        run(full, held)
        full.remove(0)
        full.remove(20)
        batches = run(full, held)
        assert sum(len(batch.removed) for batch in batches) == 2
        assert held.titles() == titles(n for n in range(self.COUNT) if n not in (0, 20))

    def test_moved(self, full: World) -> None:
        held = Held()
        run(full, held)
        place = full.move(9)
        run(full, held)
        assert held.titles() == titles(range(self.COUNT))
        found = next(native_id for native_id, seen in held.observations.items() if title(seen) == "item 9")
        assert held.places[found] == (place,)
        assert held.observations[found].folders == (place,)

    def test_killed_at_any_batch_it_ends_the_same(self, full: World) -> None:
        whole = Held()
        count = len(run(full, whole))
        for kill in range(count + 1):
            held = Held()
            run(full, held, batches=kill)
            run(full, held)
            assert held.state() == whole.state(), f"killed after {kill} batches"

    def test_killed_while_catching_up_it_ends_the_same(self, full: World) -> None:
        before = Held()
        run(full, before)
        full.remove(3)
        full.change(4)
        full.move(9)
        full.add(range(self.COUNT, self.COUNT + 25))
        count = 1
        outcomes = []
        for kill in range(30):
            held = deepcopy(before)
            done = len(run(full, held, batches=kill))
            run(full, held)
            outcomes.append((held.kept, held.titles(), held.places))
            count = max(count, done)
            if done < kill:
                break
        assert count > 1
        assert all(outcome == outcomes[0] for outcome in outcomes)
        wanted = titles(n for n in range(self.COUNT + 25) if n not in (3, 4)) + Counter(["item 4 changed"])
        assert outcomes[0][1] == wanted

    def test_listing_names_what_was_read(self, full: World) -> None:
        full.spoil()
        held = Held()
        run(full, held)
        assert listed(full) == Counter(held.kept.keys())
        full.remove(11)
        assert len(listed(full)) == len(held.kept) - 1

    def test_bad_item_is_set_aside(self, full: World) -> None:
        full.spoil()
        held = Held()
        batches = run(full, held)
        assert held.titles() == titles(range(self.COUNT))
        assert sum(len(batch.quarantined) for batch in batches) == len(held.reasons) == int(self.SPOILS)
        assert all(len(reason) > 10 for reason in held.reasons.values())
        again = run(full, held)
        assert not any(batch.items or batch.quarantined for batch in again), "a bad item is tried once"

    def test_no_body_comes_out(self, full: World) -> None:
        full.spoil()
        held = Held()
        for batch in run(full, held):
            assert CANARY not in repr(batch)
        assert all(CANARY.encode() not in encode(observation) for observation in held.observations.values())
        assert held.observations

    def test_covers_what_was_listed_completely(self, full: World) -> None:
        held = Held()
        batches = run(full, held)
        assert not any(batch.covered for batch in batches[:-1])
        (span,) = batches[-1].covered
        assert span.start == moment(0)
        newest = moment(self.COUNT - 1)
        assert span.end == NOW if full.live else newest < span.end <= newest + timedelta(hours=3)

    def test_covers_more_as_time_goes_on(self, full: World) -> None:
        held = Held()
        run(full, held)
        later = NOW + timedelta(days=3)
        (span,) = run(full, held, now=later)[-1].covered
        assert span.start == moment(0)
        assert (span.end == later) == full.live

    def test_items_to_come_cover_nothing(self, full: World) -> None:
        held = Held()
        run(full, held)
        full.add([int((NOW - FIRST) / timedelta(hours=3)) + 4])
        (span,) = run(full, held)[-1].covered
        assert span.end <= NOW

    def test_empty_source(self, world: World) -> None:
        world.add([0])
        world.remove(0)
        held = Held()
        batches = run(world, held)
        assert held.titles() == Counter()
        assert not any(batch.covered for batch in batches)

    def test_numbers_add_up(self, full: World) -> None:
        held = Held()
        run(full, held)
        full.add(range(self.COUNT, self.COUNT + 5))
        full.change(2)
        batches = run(full, held)
        total = sum(batch.listed for batch in batches)
        assert total in {5, 6, self.COUNT + 5}, "an item is looked at once"
