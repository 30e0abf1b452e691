"""The journal's copy: JSON lines beside the ledger, replaced in one step, one kept per day for a while.

`ledger.db` has `ledger.journal.jsonl` beside it, and `ledger.journal.2026-03-01.jsonl` as it was at the end of that
day. What the owner said cannot be derived from anything, so it is not to be lost with the database.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from syncd.files import write_private
from syncd.ledger.database import LedgerError
from syncd.ledger.times import moment, text

KEEP = 7  # days on which something was written
# What an entry of a kind cannot do without.
_NEEDED = {
    "answer": {"word"},
    "logged": {"on", "channel"},
    "merged": {"other"},
    "parted": {"other"},
    "forgotten": {"of"},
}


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


def mark(key: str) -> str:
    """A ledger's mark, from a key that only it and its backups have."""
    return hashlib.sha256(f"journal of {key}".encode()).hexdigest()[:16]


def write(copy: Path, entries: Sequence[Entry], whose: str) -> None:
    """Replace the copy. With the first entry of a new day the old one is kept, under the day of its newest entry; so
    is the copy of another ledger. One that cannot be read any more is replaced: the journal itself is whole."""
    if copy.is_file():
        with suppress(LedgerError):
            _keep_day(copy, newest(entries).date(), whose)
    replace(copy, entries, whose)


def _keep_day(copy: Path, today: date, whose: str) -> None:
    entries = read(copy)
    if not entries:  # of those who were forgotten
        return
    day = newest(entries).date()
    if day < today or of(copy) != whose:
        copy.replace(copy.with_suffix(f".{day.isoformat()}.jsonl"))
        for outdated in kept(copy)[:-KEEP]:
            outdated.unlink()


def replace(copy: Path, entries: Iterable[Entry], whose: str | None) -> None:
    """Write the copy anew in one step, readable by its owner only; it is on disk when this returns."""
    write_private(copy, chain([_line({"journal_of": whose})], map(line, entries)), durable=True)


def of(copy: Path) -> str | None:
    """The mark of the ledger whose journal this is, None if the copy does not say.

    Raises:
        LedgerError: as `read`.
    """
    with copy.open("rb") as lines:
        whose: str | None = _told(copy, 1, next(lines, b"{}")).get("journal_of")
    return whose


def newest(entries: Iterable[Entry]) -> datetime:
    """The latest time at which anything was said."""
    return max((entry.at for entry in entries), default=datetime.min.replace(tzinfo=UTC))


def kept(copy: Path) -> list[Path]:
    """The copies of earlier days, oldest first."""
    return sorted(copy.parent.glob(f"{copy.stem}.????-??-??.jsonl"))


def line(entry: Entry) -> str:
    """An entry as one line of JSON."""
    told = {"at": text(entry.at), "kind": entry.kind, "subject": entry.subject, "data": entry.data}
    return _line({"id": entry.id, **told})


def _line(told: dict[str, Any]) -> str:
    return msgspec.json.encode(told).decode()


def read(copy: Path) -> list[Entry]:
    """The entries of a copy.

    Raises:
        LedgerError: it is damaged; the error names the line.
    """
    with copy.open("rb") as lines:
        told = [(number, _told(copy, number, written)) for number, written in enumerate(lines, 1) if written.strip()]
    return [_entry(copy, number, entry) for number, entry in told if "journal_of" not in entry]


def _told(copy: Path, number: int, written: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(written, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(copy, number, str(error)) from error


def _entry(copy: Path, number: int, told: dict[str, Any]) -> Entry:
    try:
        entry = Entry(told["id"], moment(told["at"]), told["kind"], told["subject"], told["data"])
        missing = _NEEDED.get(entry.kind, set()) - entry.data.keys()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(copy, number, f"it is no entry ({error})") from error
    if missing:
        raise _damaged(copy, number, f"an entry of the kind {entry.kind} lacks {', '.join(sorted(missing))}")
    return entry


def _damaged(copy: Path, number: int, why: str) -> LedgerError:
    fix = "Copies of earlier days lie beside the ledger: import one of those."
    return LedgerError(f"this copy of the journal is damaged: {why}.", where=f"{copy}, line {number}", fix=fix)
