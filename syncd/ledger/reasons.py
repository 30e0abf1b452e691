"""Evidence, written once: what thousands of contacts and findings give as their reasons are a few thousand sentences.

A row names its reasons by their digests, so that the same reasons always read the same.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import blake2b

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from rules.meaning import Evidence
from syncd.ledger.schema import reasons

_SIZE = 9  # bytes of a digest: no two of a million reasons share one


class Reasons:
    """One owner's reasons as they stand, and those that are given anew.

    Attributes:
        rows: digest -> text of every reason that was named since.
    """

    def __init__(self, connection: Connection, owner: int) -> None:
        query = sa.select(reasons.c.id, reasons.c.payload).where(reasons.c.owner_id == owner)
        self._texts: dict[str, str] = dict(map(tuple, connection.execute(query)))
        decode = msgspec.json.Decoder(Evidence).decode
        self._evidence = {digest: decode(payload) for digest, payload in self._texts.items()}
        self._digests = {evidence: digest for digest, evidence in self._evidence.items()}
        self._named: set[str] = set()

    def name(self, evidence: tuple[Evidence, ...]) -> str:
        """Names for the evidence, in its order, parted by blanks."""
        known = self._digests
        try:
            return " ".join([known[one] for one in evidence])
        except KeyError:
            return " ".join([known.get(one) or self._add(one) for one in evidence])

    def of(self, names: str) -> tuple[Evidence, ...]:
        """The evidence that was named so."""
        evidence = self._evidence
        return tuple([evidence[name] for name in names.split()])

    def keep_all(self, digests: Iterable[str]) -> None:
        """Rows that are not looked at go by these."""
        self._named.update(digests)

    def keep(self, names: str) -> None:
        """Some row goes by these names: they stay."""
        self._named.update(names.split())

    def kept(self) -> list[dict[str, str]]:
        """The rows that stay."""
        return [{"id": digest, "payload": self._texts[digest]} for digest in sorted(self._named)]

    def _add(self, evidence: Evidence) -> str:
        payload = msgspec.json.encode(evidence)
        digest = urlsafe_b64encode(blake2b(payload, digest_size=_SIZE).digest()).decode()
        self._texts[digest] = payload.decode()
        self._evidence[digest] = evidence
        self._digests[evidence] = digest
        return digest
