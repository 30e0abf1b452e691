"""What earlier mail was for: of this person, of this firm, of the owner in this direction, and with other firms.

A history says how far its mail was from what is usual, with other firms or at all. Only what a mail said by itself is
remembered, never what a history made of it, so that no history can talk itself into anything. The one exception is
the share of each purpose in mail with other firms (`firms`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import ClassVar

from rules.context import Context
from rules.meaning import Purpose
from rules.purpose.clues import Clues
from rules.purpose.company import Party
from rules.purpose.firms import WithFirms
from rules.purpose.weights import Scores
from rules.remembering import Remembers

# Mail was learned from one firm, whose people heard from other firms mostly in private. Where a whole firm is in
# touch with the owner, its robots or several of its people, it is a customer or a supplier: set by hand.
PARTNER = (-0.8, 0.4, 0.4)
SEVERAL = 3  # people of one firm
# A wine merchant's mail speaks of wine. A personal topic of which a fifth of the mail speaks, with many people, is
# the owner's trade, and says little of lunch: set by hand.
TRADE = (-1.2, 0.6, 0.6)
TRADE_SHARE, TRADE_MAILS, TRADE_PEOPLE = 0.2, 100, 10

# Shares of relational, working and transactional in mail that persons wrote, in the archive that was learned from.
USUAL: Scores = (0.26, 0.41, 0.33)


def odds(sums: Sequence[float], half: float) -> Scores:
    """Log-odds of each label in a history, `sums[:3]`, against what was usual for mail such as this, `sums[3:]`;
    `half` mails of the usual kind stand before it."""
    one, two, three, usual, common, frequent = sums
    total = one + two + three
    scale = 1 / (usual + common + frequent)
    usual, common, frequent = usual * scale, common * scale, frequent * scale
    return (
        log((one + half * usual) / (total + half) / usual),
        log((two + half * common) / (total + half) / common),
        log((three + half * frequent) / (total + half) / frequent),
    )


class Bygones(Remembers):
    """Histories of one owner's mail. `of` a mail is asked first, then `take` remembers what that mail was for."""

    GIVEN: ClassVar[frozenset[str]] = frozenset({"_weights", "told"})

    def __init__(self, weights: Mapping[str, tuple[float, float]]) -> None:
        self._weights = weights
        self._sums: dict[Party, tuple[float, ...]] = {}
        self._pending: tuple[tuple[Party, ...], str | None, int] = ((), None, 0)
        self._last: Purpose | None = None
        self._with_firms = WithFirms()
        self._people: dict[str, set[str]] = {}
        self._partners: set[str] = set()
        self._mails = 0
        self._topics: dict[str, int] = {}
        self._topic_people: dict[str, set[str]] = {}
        self._personal: tuple[str, ...] = ()
        self.told: list[tuple[str, Sequence[float]]] = []  # what was recalled last

    def of(self, found: Clues, writer: str | None, context: Context) -> list[tuple[str, Scores]]:
        """What the histories add to a mail, by name."""
        told = self.recall(found.parties, found.personal, writer, context)
        return [(_NAMES[kind], self._scores(kind, numbers)) for kind, numbers in told]

    def recall(
        self, parties: tuple[Party, ...], personal: tuple[str, ...], writer: str | None, context: Context
    ) -> list[tuple[str, Sequence[float]]]:
        """What `of` goes by, for a mail whose parties and personal topics are known: where it is equal, so are the
        histories' scores."""
        self._settle(context)
        self._pending = (parties, writer, context.address(writer).automated)
        self._personal = personal
        self.told = self._standing(parties)
        return self.told

    @property
    def taken(self) -> tuple[tuple[Party, ...], tuple[str, ...], Purpose | None]:
        """Of the mail that was taken last: its parties, its personal topics, what it was for by itself."""
        return self._pending[0], self._personal, self._last

    def is_trade(self, topic: str) -> bool:
        """Whether a topic that is personal with others is what this owner deals in."""
        often = self._mails >= TRADE_MAILS and self._topics.get(topic, 0) >= TRADE_SHARE * self._mails
        return often and len(self._topic_people[topic]) >= TRADE_PEOPLE

    def take(self, by_itself: Purpose) -> None:
        """Remember what the mail last asked about was for."""
        self._last = by_itself

    def _standing(self, parties: tuple[Party, ...]) -> list[tuple[str, Sequence[float]]]:
        """The histories' sums, which take no logarithms; of those that grow with nearly every mail, the scores."""
        told: list[tuple[str, Sequence[float]]] = []
        for party in parties:
            kind, name = party
            sums = self._sums.get(party)
            if sums is not None:
                told.append((kind, self._coarse(sums) if kind == "owner" else sums))
            if kind == "firm" and name in self._partners:
                told.append(("partner", PARTNER))
            if party == _FIRM:
                told.append(("firms", self._with_firms.added))
        if self._of_trade():
            told.append(("trade", TRADE))
        return told

    def _scores(self, kind: str, numbers: Sequence[float]) -> Scores:
        """What a history adds, from its six sums; what was told as scores stays."""
        if len(numbers) == _SUMS:
            weight, half = self._weights[kind]
            one, two, three = odds(numbers, half)
            return one * weight, two * weight, three * weight
        one, two, three = numbers
        return one, two, three

    def _coarse(self, sums: Sequence[float]) -> Scores:
        """What the owner's history adds, in steps, so that one mail more does not change a little of all that come
        after it."""
        one, two, three = self._scores("owner", sums)
        return round(one * 20) / 20, round(two * 20) / 20, round(three * 20) / 20

    def _of_trade(self) -> bool:
        return bool(self._personal) and all(map(self.is_trade, self._personal))

    def _settle(self, context: Context) -> None:
        """Write down the mail before, unless it has turned out to be a machine's: those say nothing of the owner."""
        last, (keys, writer, automated) = self._last, self._pending
        if last is None:
            return
        self._last = None
        machine = context.address(writer).automated > automated
        if len(keys) == _WITH_A_FIRM:
            self._meet(keys[1][1], keys[0][1], machine=machine)
        if machine:
            return
        self._mails += 1
        for topic in self._personal:
            self._topics[topic] = self._topics.get(topic, 0) + 1
            people = self._topic_people.setdefault(topic, set())
            if len(people) < TRADE_PEOPLE:
                people.update(name for kind, name in keys if kind == "person")
        one, two, three = last.relational, last.working, last.transactional
        relational, working, other = self._with_firms.usual if _FIRM in keys else USUAL
        for key in keys:
            sums = self._sums.get(key)
            if sums is not None:
                first, second, third, fourth, fifth, sixth = sums
                self._sums[key] = (
                    first + one, second + two, third + three, fourth + relational, fifth + working, sixth + other
                )  # fmt: skip
            elif key[0] in self._weights:
                self._sums[key] = (one, two, three, relational, working, other)
        self._with_firms.hear(last, with_firm=_FIRM in keys)

    def _meet(self, firm: str, person: str, *, machine: bool) -> None:
        if firm in self._partners:
            return
        people = self._people.setdefault(firm, set())
        people.add(person)
        if machine or len(people) >= SEVERAL:
            self._partners.add(firm)
            del self._people[firm]


_SUMS = 6  # of what its mail was for, and of what was usual for such mail
_NAMES = {kind: f"history:{kind}" for kind in ("person", "firm", "owner", "firms")}
_NAMES |= {kind: kind for kind in ("partner", "trade")}
_FIRM: Party = ("who", "firm")
_WITH_A_FIRM = 4  # parties
