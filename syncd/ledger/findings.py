"""Findings as rows: taken from the ledger one by one in order of time, beside whoever walks the occurrences so.

A finding proves by itself whether it still stands (`rules.labels.findings`). So it does no harm where a row is
missing, of another time, or out of order: what is not taken over is found anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from rules.labels.findings import Finding, Trace
from rules.meaning import Channel, Decision, Purpose
from syncd.ledger.difference import ROWS, Counts
from syncd.ledger.reasons import Reasons
from syncd.ledger.schema import findings
from syncd.ledger.times import text

if TYPE_CHECKING:
    from syncd.ledger.ledger import Ledger

Key = tuple[str, str]
MANY = 10_000  # rows read at once


class _Label(msgspec.Struct, array_like=True):
    """A decision without its id and its evidence, and its trace."""

    channel: Channel
    confidence: float
    automated: bool
    automated_probability: float
    crowd: bool
    purpose: tuple[float, float, float]
    standing: bool
    conference_provider: str | None
    trace: Trace | None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Label).decode


class Taken(NamedTuple):
    """What was found before, the key of its row and the names of its reasons."""

    finding: Finding
    key: Key
    names: str


class Findings:
    """An owner's findings, walked along once: `take` what was found of an occurrence, `put` what is found now. With
    `since`, only those from a moment on."""

    def __init__(self, ledger: Ledger, since: datetime | None = None) -> None:
        self._ledger = ledger
        self._since = since
        with ledger.read() as connection:
            self.reasons = Reasons(connection, ledger.owner_id)
        self._rows = self._all()
        self._next = next(self._rows, None)
        self._gone: list[Key] = []
        self._new: list[tuple[Key, Finding]] = []
        self._replaced: list[Key] = []

    def take(self, at: datetime | None, occurrence: str) -> Taken | None:
        """What was found of the occurrence. To be asked in order of time, then of ids."""
        while (row := self._next) is not None:
            if row.id != occurrence and (row.at, row.id) > _key(at, occurrence):
                return None
            self._next = next(self._rows, None)
            key = (row.at, row.id)
            if row.id == occurrence and (finding := self._found(row)) is not None:
                return Taken(finding, key, row.reasons)
            self._gone.append(key)
            if row.id == occurrence:
                return None
        return None

    def _all(self) -> Iterator[Any]:
        """Some at a time, each time anew, so that nobody who writes has to wait for the end of the walk."""
        columns = (findings.c.at, findings.c.id, findings.c.made_of, findings.c.past, findings.c.payload)
        query = sa.select(*columns, findings.c.reasons).where(findings.c.owner_id == self._ledger.owner_id)
        query = query.order_by(findings.c.at, findings.c.id).limit(MANY)
        after: sa.ColumnElement[bool] = sa.true() if self._since is None else findings.c.at >= text(self._since)
        while True:
            with self._ledger.read() as connection:
                rows = connection.execute(query.where(after)).all()
            yield from rows
            if len(rows) < MANY:
                return
            after = sa.tuple_(findings.c.at, findings.c.id) > sa.tuple_(rows[-1].at, rows[-1].id)

    def put(self, at: datetime | None, finding: Finding, taken: Taken | None) -> None:
        """What is found now, after what was `taken`."""
        if taken is None:
            self._new.append((_key(at, finding.decision.id), finding))
        elif taken.finding is finding:
            self.reasons.keep(taken.names)
        else:
            self._new.append((_key(at, finding.decision.id), finding))
            self._replaced.append(taken.key)

    def write(self, connection: Connection, owner: int) -> Counts:
        """Write what changed since. Whoever else wrote meanwhile is overruled: rows prove themselves."""
        while (row := self._next) is not None:
            self._gone.append((row.at, row.id))
            self._next = next(self._rows, None)
        of = (
            findings.c.owner_id == owner,
            findings.c.at == sa.bindparam("k_at"),
            findings.c.id == sa.bindparam("k_id"),
        )
        delete = sa.delete(findings).where(*of)
        keys = [*self._gone, *self._replaced, *(key for key, _ in self._new)]
        for first in range(0, len(keys), ROWS):
            connection.execute(delete, [{"k_at": at, "k_id": id_} for at, id_ in keys[first : first + ROWS]])
        for first in range(0, len(self._new), ROWS):
            rows = [self._row(owner, key, finding) for key, finding in self._new[first : first + ROWS]]
            connection.execute(sa.insert(findings), rows)
        return Counts(len(self._new) - len(self._replaced), len(self._replaced), len(self._gone))

    def _found(self, row: Any) -> Finding | None:
        label = _decode(row.payload)
        try:
            evidence = self.reasons.of(row.reasons)
        except KeyError:  # written by somebody else since this walk began
            return None
        return Finding(
            row.made_of,
            row.past,
            Decision(
                row.id,
                label.channel,
                label.confidence,
                label.automated,
                label.automated_probability,
                label.crowd,
                Purpose(*label.purpose),
                label.standing,
                label.conference_provider,
                evidence,
            ),
            label.trace,
        )

    def _row(self, owner: int, key: Key, finding: Finding) -> dict[str, Any]:
        said = finding.decision
        purpose = (said.purpose.relational, said.purpose.working, said.purpose.transactional)
        label = _Label(
            said.channel,
            said.confidence,
            said.automated,
            said.automated_probability,
            said.crowd,
            purpose,
            said.standing,
            said.conference_provider,
            finding.trace,
        )
        names = self.reasons.name(said.evidence)
        self.reasons.keep(names)
        told = {"made_of": finding.made_of, "past": finding.past, "payload": _encode(label).decode()}
        return {"owner_id": owner, "at": key[0], "id": key[1], **told, "reasons": names}


def _key(at: datetime | None, occurrence: str) -> Key:
    return ("" if at is None else text(at), occurrence)
