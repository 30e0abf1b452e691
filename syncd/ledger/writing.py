"""A batch becomes rows. The way of a new item is the hot one: it is looked up with its batch and inserted with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from connectors.connector import Place, Span
from syncd.ledger.schema import items, kept_labels, owners, placements, revisions
from syncd.ledger.times import text

NO_PARSER = 0  # older than any: the item is read at the next sync
MOVED_OUT = "it left a private folder; it is read at the next sync"
Stored = RowMapping  # an item or a placement as it stands

NOTHING_LEFT = frozenset({"forgotten", "expired"})
WITHHELD = NOTHING_LEFT | {"private"}
LOOKUP = 500  # ids asked for at once; SQLite of old allowed 999 parameters


@dataclass(frozen=True, slots=True)
class Entry:
    """One item on its way in. `payload` None: keep what the ledger has. `kind`: message, event; None: never read."""

    native_id: str
    etag: str
    places: tuple[Place, ...]
    payload: str | None
    kind: str | None
    state: str = "held"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One batch on its way in. `step`: the source's count of batches that this one builds on."""

    source: int
    step: int
    now: datetime
    entries: Sequence[Entry] = ()
    removed: Sequence[str] = ()
    ended: Sequence[str] = ()
    covered: Sequence[Span] = ()
    cursor: str | None = None
    parser: int = 1


@dataclass(frozen=True, slots=True)
class Written:
    """What changed. `stored` + `unchanged` + `quarantined` are the entries of the step."""

    stored: int = 0
    unchanged: int = 0
    quarantined: int = 0
    removed: int = 0


@dataclass(slots=True)
class _Rows:
    """Rows gathered for one step, written together at its end."""

    new: list[tuple[Any, ...]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    revisions: list[dict[str, Any]] = field(default_factory=list)
    placed: list[tuple[Any, ...]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    erased: list[dict[str, Any]] = field(default_factory=list)  # items whose revisions go
    displaced: list[dict[str, Any]] = field(default_factory=list)  # items whose placements and labels go


def write(connection: Connection, owner: int, step: Step) -> Written:
    """Write the entries, removals and endings of a step; the version grows if any of them changed anything."""
    entries = {entry.native_id: entry for entry in step.entries}  # listed twice in a batch: the last word holds
    doubled = len(step.entries) - len(entries)
    gone = [native for native in (*step.removed, *step.ended) if native not in entries]
    found = _found(connection, step.source, [*entries, *gone])
    placed = _placed(connection, [row["id"] for row in found.values()])
    version = lock(connection, owner) + 1
    rows = _Rows()
    writer = _Writer(owner, step, version, rows, placed)
    fresh = [entry for native, entry in entries.items() if native not in found]
    for number, entry in zip(numbers(connection, items, len(fresh)), fresh, strict=True):
        writer.add(number, entry)
    changed = sum(writer.update(found[native], entry) for native, entry in entries.items() if native in found)
    removed = sum(writer.remove(found[native]) for native in dict.fromkeys(step.removed) if native in found)
    ended = sum(writer.end(found[native]) for native in dict.fromkeys(step.ended) if native in found)
    _flush(connection, rows)
    if fresh or changed or removed or ended:
        connection.execute(sa.update(owners).where(owners.c.id == owner).values(facts_version=version))
    quarantined = sum(entry.state == "quarantined" for entry in entries.values())
    stored = len(fresh) + changed - writer.quarantined_changes
    return Written(stored, len(entries) - stored - quarantined + doubled, quarantined, removed)


class _Writer:
    """Decides, entry by entry, which rows say what is new. Every method answers whether anything changed."""

    def __init__(self, owner: int, step: Step, version: int, rows: _Rows, placed: Mapping[int, list[Stored]]) -> None:
        self._owner, self._step, self._version, self._rows, self._placed = owner, step, version, rows, placed
        self._now = text(step.now)
        self.quarantined_changes = 0

    def add(self, number: int, entry: Entry) -> None:
        self.quarantined_changes += entry.state == "quarantined"
        self._rows.new.append(
            (
                *(number, self._owner, self._step.source, entry.native_id, entry.etag, entry.state, entry.kind),
                *(entry.payload, self._now, self._now, entry.reason, self._step.parser, self._version),
            )
        )
        for count, place in enumerate(entry.places):
            self._place(number, count, place)

    def update(self, row: Stored, entry: Entry) -> bool:
        told = entry.payload is not None and entry.payload != row["payload"]
        values: dict[str, Any] = {"etag": entry.etag, "state": entry.state, "reason": entry.reason}
        if entry.state == "quarantined" or row["state"] == "quarantined":
            values["parser"] = self._step.parser
        if entry.payload is None and entry.state == "held":
            self._keep(row, values)
        if told:
            values |= {"payload": entry.payload, "kind": entry.kind, "seen_at": self._now}
        if entry.state in WITHHELD:  # what it once said is not to be kept either
            values |= {"payload": entry.payload, "kind": entry.kind}
            self._rows.erased.append({"b_item": row["id"]})
        elif told and row["payload"] is not None:
            self._revise(row)
        values |= {"removed_at": None, "ended_at": None}
        gone = values["state"] in NOTHING_LEFT and self._leave_nothing(row)
        moved = gone or (entry.state != "quarantined" and self._move(row["id"], entry.places))
        differs = {column for column, value in values.items() if row[column] != value}
        if not differs and not moved:
            return False
        self.quarantined_changes += entry.state == "quarantined"
        self._update(row, values, matters=moved or not differs <= {"etag"})
        return True

    @staticmethod
    def _keep(row: Stored, values: dict[str, Any]) -> None:
        """Only its places are news. What was withheld for its old place, and was never read, has to be read."""
        values |= {"state": row["state"], "reason": row["reason"]}
        if row["state"] == "private" and row["kind"] != "event":
            values |= {"state": "quarantined", "reason": MOVED_OUT, "parser": NO_PARSER}

    def remove(self, row: Stored) -> bool:
        if row["removed_at"] is not None:
            return False
        self._move(row["id"], ())
        self._update(row, {"removed_at": self._now})
        return True

    def end(self, row: Stored) -> bool:
        """Its placements stay as they were last seen: leaving a window says nothing about where it lies."""
        if row["ended_at"] is not None or row["removed_at"] is not None:
            return False
        self._update(row, {"ended_at": self._now})
        return True

    def _update(self, row: Stored, values: Mapping[str, Any], *, matters: bool = True) -> None:
        """`matters`: whoever asks what changed has to look at it again. A flag that was set does not."""
        columns = ("etag", "state", "reason", "parser", "payload", "kind", "seen_at", "removed_at", "ended_at")
        kept = {column: row[column] for column in columns}
        merged = {**kept, **values, "version": self._version if matters else row["version"]}
        self._rows.updates.append({"b_id": row["id"], **{f"b_{key}": value for key, value in merged.items()}})

    def _revise(self, row: Stored) -> None:
        # The number counts up with the facts' version: one item changes once in a version.
        old = {"item_id": row["id"], "number": self._version, "owner_id": self._owner}
        self._rows.revisions.append({**old, "seen_at": row["seen_at"], "payload": row["payload"]})

    def _move(self, item: int, places: Iterable[Place]) -> bool:
        """Close the placements that are over and open the new ones."""
        now = {(place.name, place.role): place for place in places}
        rows = self._placed.get(item, [])
        count = max((row["number"] for row in rows), default=-1) + 1
        standing = {(row["place"], row["role"]): row for row in rows if row["until"] is None}
        over = [row for key, row in standing.items() if key not in now]
        new = [place for key, place in now.items() if key not in standing]
        for row in over:
            self._rows.left.append({"b_item": item, "b_number": row["number"], "b_until": self._now})
        for offset, place in enumerate(new):
            self._place(item, count + offset, place)
        return bool(over or new)

    def _leave_nothing(self, row: Stored) -> bool:
        """Where it lay goes with what it said: a folder may bear somebody's name."""
        self._rows.displaced.append({"b_item": row["id"]})
        return bool(self._placed.get(row["id"]))

    def _place(self, item: int, number: int, place: Place) -> None:
        self._rows.placed.append((item, number, self._owner, place.name, place.role, self._now))


def _found(connection: Connection, source: int, natives: Sequence[str]) -> dict[str, Stored]:
    found: dict[str, Stored] = {}
    for first in range(0, len(natives), LOOKUP):
        query = sa.select(items).where(
            items.c.source_id == source, items.c.native_id.in_(natives[first : first + LOOKUP])
        )
        found.update((row["native_id"], row) for row in connection.execute(query).mappings())
    return found


def _placed(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Stored]]:
    placed: dict[int, list[Stored]] = {}
    for first in range(0, len(numbers), LOOKUP):
        query = sa.select(placements).where(placements.c.item_id.in_(numbers[first : first + LOOKUP]))
        for row in connection.execute(query).mappings():
            placed.setdefault(row["item_id"], []).append(row)
    return placed


def lock(connection: Connection, owner: int) -> int:
    """The facts' version; the owner's row is held until the commit, as it is by everybody who writes much.

    So versions become visible in their order, and nobody who asks what changed since a version can miss one that was
    still on its way; and no two writers wait for each other. (On SQLite the transaction itself is the lock.)
    """
    query = sa.select(owners.c.facts_version).where(owners.c.id == owner).with_for_update()
    return int(connection.execute(query).scalar_one())


def numbers(connection: Connection, table: sa.Table, count: int) -> Sequence[int]:
    """Numbers for new rows, handed out before the insert because other rows will need them."""
    if not count:
        return ()
    if connection.dialect.name == "postgresql":
        drawn = sa.text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
        return list(connection.execute(drawn, {"name": table.name, "count": count}).scalars())
    last = connection.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0  # this transaction holds the lock
    return range(last + 1, last + 1 + count)


_update_item = (
    sa.update(items)
    .where(items.c.id == sa.bindparam("b_id"))
    .values(
        {
            name: sa.bindparam(f"b_{name}")
            for name in (
                *("etag", "state", "reason", "parser", "payload", "kind"),
                *("seen_at", "removed_at", "ended_at", "version"),
            )
        }
    )
)
_close_placement = (
    sa.update(placements)
    .where(placements.c.item_id == sa.bindparam("b_item"), placements.c.number == sa.bindparam("b_number"))
    .values(until=sa.bindparam("b_until"))
)
_erase_revisions = sa.delete(revisions).where(revisions.c.item_id == sa.bindparam("b_item"))
_erase_placements = sa.delete(placements).where(placements.c.item_id == sa.bindparam("b_item"))
_erase_labels = sa.delete(kept_labels).where(kept_labels.c.item_id == sa.bindparam("b_item"))


_NEW = (
    *("id", "owner_id", "source_id", "native_id", "etag", "state", "kind"),
    *("payload", "first_seen", "seen_at", "reason", "parser", "version"),
)
_PLACED = ("item_id", "number", "owner_id", "place", "role", "since")


def _flush(connection: Connection, rows: _Rows) -> None:
    if rows.new:
        _insert(connection, items, _NEW, rows.new)
    if rows.updates:
        connection.execute(_update_item, rows.updates)
    if rows.erased:
        connection.execute(_erase_revisions, rows.erased)
    if rows.displaced:
        connection.execute(_erase_placements, rows.displaced)
        connection.execute(_erase_labels, rows.displaced)
    if rows.revisions:
        connection.execute(sa.insert(revisions), rows.revisions)
    if rows.left:
        connection.execute(_close_placement, rows.left)
    if rows.placed:
        _insert(connection, placements, _PLACED, rows.placed)


def _insert(connection: Connection, table: sa.Table, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Straight to the driver: these two inserts are the hot path, and naming every value of every row costs as much
    as inserting it."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    values = ", ".join([mark] * len(columns))
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({values})"  # noqa: S608 # names of our own
    connection.exec_driver_sql(statement, rows)
