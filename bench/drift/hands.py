"""Hands that write a simulated desk down: who the people are, and the many ways to put their contact into files.

Every habit that one writer of such files may have and another not is a field of `Hand`; the measured pipeline must
not depend on any. Imports nothing of what is measured.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np

from bench.drift.phrases import FAMILY, FIRMS, GIVEN, TRADES

OWNER_NAME, OWNER = "Mara Visser", "mara.visser@visser-advies.com"


@dataclass(frozen=True)
class Hand:
    """How a desk is written down.

    Attributes:
        languages: each person has one of them.
        few: a handful of phrases, again and again.
        titles: `phrases`, or `names`: a meeting is called after who meets whenever it is personal.
        answers: of guests: `accepted`, `none` (no answer stands there) or `mixed`.
        listed: whether the owner stands among the guests; else as the organiser only.
        together: part of the work meetings of a week that are one large meeting.
        roles: part of the orders and invoices from a person's firm that a role address sends.
        threads: part of the mail that answers earlier mail of the same sort.
        series: part of the people with a weekly series of work meetings.
        per_firm: people of one firm. free_mail: part of the people without a firm.
        newsletters: a week.
        store: `mbox` or `maildir`.
    """

    name: str
    languages: tuple[str, ...] = ("en",)
    few: bool = False
    titles: str = "phrases"
    answers: str = "accepted"
    listed: bool = True
    together: float = 0.0
    roles: float = 0.0
    threads: float = 0.0
    series: float = 0.0
    per_firm: int = 1
    free_mail: float = 0.0
    newsletters: int = 0
    store: str = "mbox"


HANDS = {
    hand.name: hand
    for hand in (
        Hand("plain"),
        Hand("few", few=True, listed=False, per_firm=2),
        Hand("lively", ("en", "en", "nl", "de"), answers="mixed", together=0.3, roles=0.5, threads=0.4, series=0.1,
             per_firm=2, free_mail=0.1, newsletters=6, store="maildir"),
        Hand("abroad", ("nl", "de", "fr", "es"), answers="none", roles=0.3, threads=0.2, per_firm=3, newsletters=3),
        Hand("names", titles="names", answers="mixed", threads=0.3, series=0.05, roles=1.0),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Member:
    """One person of the cast; `moved`: their address after a change of firm, `house`: the firm's domain or None."""

    given: str
    family: str
    address: str
    moved: str
    house: str | None
    language: str

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


def cast(people: int, hand: Hand, rng: np.random.Generator) -> list[Member]:
    """The people of a desk. Two may bear one name, at different firms; nobody shares an address."""
    houses = [f"{firm}-{trade}.com".lower() for firm in FIRMS for trade in TRADES]
    rng.shuffle(houses)
    found: list[Member] = []
    taken: set[str] = set()
    for i in range(people):
        given, family = str(rng.choice(GIVEN)), str(rng.choice(FAMILY))
        house = houses[(i // hand.per_firm) % len(houses)]
        other = houses[-1 - i % (len(houses) // 2)]
        private = rng.random() < hand.free_mail
        local = _plain(f"{given}.{family}")
        address, moved = f"{local}@{'gmail.com' if private else house}", f"{local}@{other}"
        while address in taken or moved in taken or address == moved:
            local += str(int(rng.integers(2, 99)))
            address, moved = f"{local}@{'gmail.com' if private else house}", f"{local}@{other}"
        taken |= {address, moved}
        language = str(rng.choice(hand.languages))
        found.append(Member(given, family, address, moved, None if private else house, language))
    return found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
