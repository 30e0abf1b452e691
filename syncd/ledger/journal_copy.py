"""The journal's copy: JSON lines beside the ledger, replaced in one step, one kept per day for a while.

`ledger.db` has `ledger.journal.jsonl` beside it, and `ledger.journal.2026-03-01.jsonl` as it was at the end of that
day. What the owner said cannot be derived from anything, so it is not to be lost with the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from syncd.files import write_private
from syncd.ledger.times import moment, text

KEEP = 7  # days on which something was written


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; `data` is whatever its kind needs, as JSON knows it."""

    id: int
    at: datetime
    kind: str
    subject: str
    data: dict[str, Any] = field(default_factory=dict)


def name(ledger: Path | None, owner: str) -> str:
    """The copy's file name: after the ledger's file, and after its owner where several share it."""
    stem = "ledger" if ledger is None else ledger.stem
    who = re.sub(r"[^A-Za-z0-9]+", "-", owner).strip("-").lower()
    return f"{stem}.{who}.journal.jsonl" if who else f"{stem}.journal.jsonl"


def write(copy: Path, entries: Iterable[Entry], now: datetime) -> None:
    """Replace the copy. With the first entry of a new day the old one is kept, under the day of its newest entry."""
    if copy.exists() and (old := read(copy)):
        day = newest(old).date()
        if day < now.date():
            copy.rename(copy.with_suffix(f".{day.isoformat()}.jsonl"))
            for outdated in kept(copy)[:-KEEP]:
                outdated.unlink()
    replace(copy, entries)


def replace(copy: Path, entries: Iterable[Entry]) -> None:
    """Write the copy anew in one step, readable by its owner only."""
    write_private(copy, (line(entry) for entry in entries))


def newest(entries: Iterable[Entry]) -> datetime:
    """The latest time at which anything was said."""
    return max((entry.at for entry in entries), default=datetime.min.replace(tzinfo=UTC))


def kept(copy: Path) -> list[Path]:
    """The copies of earlier days, oldest first."""
    return sorted(copy.parent.glob(f"{copy.stem}.????-??-??.jsonl"))


def line(entry: Entry) -> str:
    """An entry as one line of JSON."""
    told = {"at": text(entry.at), "kind": entry.kind, "subject": entry.subject, "data": entry.data}
    return msgspec.json.encode({"id": entry.id, **told}).decode()


def read(copy: Path) -> list[Entry]:
    """The entries of a copy."""
    with copy.open(encoding="utf-8") as lines:
        return [parse(written) for written in lines if written.strip()]


def parse(written: str) -> Entry:
    """An entry from its line."""
    told = msgspec.json.decode(written)
    return Entry(told["id"], moment(told["at"]), told["kind"], told["subject"], told["data"])
