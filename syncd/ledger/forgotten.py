"""Who is to be kept out, known by keyed digests only, and how an observation looks without them.

A digest is HMAC-SHA256 under a key of the ledger's own: whoever reads the journal or its copies learns no address
from it. Names are known the same way, by their words in any order, so that "Schmidt, Anna" is Anna Schmidt.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from connectors.observations import Address, Event, Message, Observation
from rules.texts.folding import fold

T = TypeVar("T", Message, Event)

MARK = "…"  # stands where a name or an address was
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_NAME = 4  # words


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The digests of forgotten addresses and names, and the key that made them."""

    key: bytes
    addresses: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.addresses or self.names)

    def is_address(self, address: str | None) -> bool:
        return address is not None and digest(self.key, address.strip().lower()) in self.addresses

    def scrub(self, text: str | None) -> str | None:
        """A text without forgotten addresses and names."""
        if not text:
            return text
        clean = _ADDRESS.sub(lambda found: MARK if self.is_address(found.group()) else found.group(), text)
        return self._without_names(clean) if self.names else clean

    def mentions(self, text: str | None) -> bool:
        return bool(text) and self.scrub(text) != text

    def _without_names(self, text: str) -> str:
        words = list(_WORD.finditer(text))
        for first in range(len(words)):
            for length in range(2, min(_LONGEST_NAME, len(words) - first) + 1):
                some = words[first : first + length]
                if name_digest(self.key, [word.group() for word in some]) in self.names:
                    rest = self._without_names(text[some[-1].end() :])
                    return text[: some[0].start()] + MARK + rest
        return text

    # Observations

    def without(self, observation: Observation) -> Observation | None:
        """The observation without anybody forgotten; None if they wrote it or nobody else had to do with it."""
        return self._message(observation) if isinstance(observation, Message) else self._event(observation)

    def _message(self, message: Message) -> Message | None:
        if self._is(message.from_) or self._is(message.sender):
            return None
        fields = ("to", "cc", "bcc", "reply_to")
        kept: dict[str, Any] = {name: self._others(getattr(message, name)) for name in fields}
        changed = {name: value for name, value in kept.items() if value != getattr(message, name)}
        if changed and not any(kept[name] for name in ("to", "cc", "bcc")):
            return None
        if message.headers is not None:
            headers = {name: value for name, value in message.headers.items() if not self.mentions(value)}
            changed |= {"headers": headers} if headers != message.headers else {}
        return self._scrubbed(message, changed, ("subject",))

    def _event(self, event: Event) -> Event | None:
        changed: dict[str, Any] = {}
        if self._is(event.organizer):
            changed["organizer"] = None
        attendees = self._others(event.attendees)
        if attendees != event.attendees:
            changed["attendees"] = attendees
            if event.attendee_count:
                gone = len(event.attendees or ()) - len(attendees or ())
                changed["attendee_count"] = event.attendee_count - gone
        if changed and len(attendees or ()) <= 1:  # nobody is left but the owner
            return None
        links = event.links and tuple(link for link in event.links if not self.mentions(link))
        if links != event.links:
            changed["links"] = links
        return self._scrubbed(event, changed, ("title", "location"))

    def _is(self, who: Address | None) -> bool:
        return who is not None and (self.is_address(who.address) or (not who.address and self.mentions(who.name)))

    def _others(self, people: Iterable[Any] | None) -> tuple[Any, ...] | None:
        if people is None:
            return None
        return tuple(who for who in people if not self._is(Address(who.address, who.name)))

    def _scrubbed(self, observation: T, changed: dict[str, Any], texts: Iterable[str]) -> T:
        for name in texts:
            told = getattr(observation, name)
            clean = self.scrub(told)
            if clean != told:
                changed[name] = clean
        return msgspec.structs.replace(observation, **changed) if changed else observation

    # Journal

    def clean(self, data: Any) -> Any:
        """JSON data without forgotten people: what is said of them is dropped, texts are scrubbed."""
        if isinstance(data, dict):
            kept = {key: value for key, value in data.items() if not self.mentions(key) and not self.is_address(key)}
            return {key: self.clean(value) for key, value in kept.items()}
        if isinstance(data, list):
            return [self.clean(value) for value in data if not (isinstance(value, str) and self.is_address(value))]
        return self.scrub(data) if isinstance(data, str) else data


def digest(key: bytes, text: str) -> str:
    """The keyed digest of a text, as hex."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def name_digest(key: bytes, words: Iterable[str]) -> str:
    """The keyed digest of a name, whatever the order, case and accents of its words."""
    return digest(key, "name:" + " ".join(sorted(fold(word).casefold() for word in words)))


def name_words(name: str | None) -> list[str] | None:
    """The words of a name by which somebody can be known; None if it is a single word, which is anybody's."""
    words = _WORD.findall(name or "")
    return words if 2 <= len(words) <= _LONGEST_NAME else None
