"""A simulated desk as mail and calendar on disk, for a run of the whole pipeline.

`python -m bench.drift.files FOLDER [HAND] [PEOPLE] [WEEKS] [SEED]` writes mail, calendar and config. What is misread
is so because its subject speaks of something else than it was. Imports nothing of what is measured.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from bench.drift.hands import HANDS, OWNER, OWNER_NAME, Hand, Member, cast
from bench.drift.letters import Entry, Letter, Party, keep_calendar, keep_mail
from bench.drift.phrases import (
    FEW_MAIL,
    FEW_MEETING,
    MAIL,
    MEETING,
    MONTHS,
    OFFICES,
    ORDER,
    PLACES,
    ROLES,
    SERIES,
    TOPICS,
    WARM,
    WORK,
)  # fmt: skip
from bench.drift.records import IN_PERSON, START, VIDEO, World
from bench.drift.records import MAIL as BY_MAIL
from bench.drift.worlds import USUAL, Setting, world

ZONE = ZoneInfo("Europe/Amsterdam")
ME: Party = (OWNER_NAME, OWNER)
BIG = 6  # at least so many at a large meeting
Key = tuple[str, datetime]


class Writer:
    """Writes one desk down; `places` then says where every contact stands: (address, time) -> its number."""

    def __init__(self, one: World, hand: Hand, seed: int) -> None:
        self.world, self.hand = one, hand
        self.rng = np.random.default_rng([seed, 11])
        self.cast = cast(one.people, hand, self.rng)
        self.places: dict[Key, int] = {}
        self.letters: list[Letter] = []
        self.entries: list[Entry] = []
        self._last: dict[tuple[str, str], tuple[Letter, datetime]] = {}

    def write(self, folder: Path) -> Path:
        """Mail, calendar and config; returns the config."""
        folder.mkdir(parents=True, exist_ok=True)
        self._contacts()
        self._bills()
        self._series()
        self._newsletters()
        self.letters.sort(key=lambda letter: letter.at)
        self.entries.sort(key=lambda entry: entry.start)
        mail = keep_mail(self.letters, folder, self.hand.store)
        keep_calendar(self.entries, folder)
        config = folder / "syncd.toml"
        config.write_text(self._config(mail.name), "utf-8")
        return config

    def _contacts(self) -> None:
        c = self.world.contacts
        joined: dict[int, list[int]] = defaultdict(list)
        for i in range(len(c.week)):
            if c.channel[i] == BY_MAIL:
                self._mail(i)
            elif not c.labelled[i] and self.rng.random() < self.hand.together:
                joined[int(c.week[i])].append(i)
            else:
                self._meeting([i])
        for crowd in joined.values():
            if len({int(c.person[i]) for i in crowd}) >= BIG:
                self._meeting(crowd)
            else:
                for i in crowd:
                    self._meeting([i])

    def _free(self, address: str, week: int, *, meeting: bool) -> datetime:
        """An hour of the week in which nothing else stands with the person; kept."""
        while True:
            day = START + timedelta(
                days=week * 7 + int(self.rng.choice(7, p=[0.19, 0.2, 0.2, 0.2, 0.19, 0.01, 0.01]))
            )
            minute = int(self.rng.integers(60)) if not meeting else int(self.rng.choice([0, 15, 30, 45]))
            at = datetime.combine(day, time(int(self.rng.integers(8, 19)), minute), ZONE)
            if (address, at) not in self.places:
                return at

    def _address(self, i: int) -> tuple[Member, str]:
        c = self.world.contacts
        member = self.cast[int(c.person[i])]
        return member, member.moved if c.second[i] else member.address

    def _phrase(self, phrases: tuple[str, ...], member: Member) -> str:
        topics, months = TOPICS[member.language], MONTHS[member.language]
        return str(self.rng.choice(phrases)).format(
            n=int(self.rng.integers(1000, 99999)), name=member.given, owner=OWNER_NAME.partition(" ")[0],
            topic=self.rng.choice(topics), month=self.rng.choice(months),
        )  # fmt: skip

    def _mail(self, i: int) -> None:
        c, hand = self.world.contacts, self.hand
        member, address = self._address(i)
        kind = WARM if c.labelled[i] else ORDER if c.transactional[i] > 0.5 else WORK
        subject = self._phrase((FEW_MAIL if hand.few else MAIL[member.language])[kind], member)
        at = self._free(address, int(c.week[i]), meeting=False)
        them: Party = (member.name, address)
        before = self._last.get((address, kind))
        answers = None
        if (
            before is not None
            and self.rng.random() < hand.threads
            and before[1] < at < before[1] + timedelta(days=21)
        ):
            answers, subject = before[0].number, "Re: " + before[0].subject.removeprefix("Re: ")
        sender, to = (ME, them) if c.outgoing[i] else (them, ME)
        if kind == ORDER and sender is them and member.house and not c.second[i] and self.rng.random() < hand.roles:
            sender = self._desk(member.house)
        letter = Letter(i, at, sender, to, subject, answers)
        self.letters.append(letter)
        self.places[address, at] = i
        self._last[address, kind] = (letter, at)

    def _desk(self, house: str) -> Party:
        role = ROLES[sum(map(ord, house)) % len(ROLES)]
        return (f"{house.partition('.')[0].title()} {role.title()}", f"{role}@{house}")

    def _meeting(self, contacts: list[int]) -> None:
        c, hand = self.world.contacts, self.hand
        first = contacts[0]
        member, address = self._address(first)
        warm, channel = bool(c.labelled[first]), int(c.channel[first])
        at = self._free(address, int(c.week[first]), meeting=True)
        title = self._phrase((FEW_MEETING if hand.few else MEETING[member.language])[WARM if warm else WORK], member)
        if hand.titles == "names" and warm:
            owner = OWNER_NAME.partition(" ")[0]
            shapes = (
                member.name,
                f"{member.given} / {owner}",
                f"{owner} & {member.given}",
                f"{member.given} x {owner}",
            )
            title = str(self.rng.choice(shapes))
        place = ""
        if channel == IN_PERSON:
            place = str(self.rng.choice(PLACES if warm else OFFICES))
        elif channel == VIDEO:
            link = (
                "https://zoom.us/j/{n}",
                "https://teams.microsoft.com/l/meetup-join/{n}",
                "https://meet.google.com/abc-defg-hij",
            )
            place = str(self.rng.choice(link)).format(n=int(self.rng.integers(10**8, 10**9)))
        else:
            title = f"Call: {title}" if self.rng.random() < 0.5 else title
            place = "Phone" if title.startswith("Call") else f"+31 20 {int(self.rng.integers(1000000, 9999999))}"
        guests: list[tuple[str, str, str | None]] = []
        for i in dict.fromkeys(contacts):
            one, where = self._address(i)
            if any(where == known for _, known, _ in guests):
                continue
            guests.append((one.name, where, self._answer(float(c.took_place[i]))))
            self.places[where, at] = i
        organiser: Party = ME if c.outgoing[first] else (member.name, address)
        if hand.listed:
            guests.append((*ME, "ACCEPTED"))
        length = timedelta(minutes=int(self.rng.choice([30, 45, 60, 90])))
        self.entries.append(Entry(first, at, at + length, title, place, organiser, guests))

    def _answer(self, likely: float) -> str | None:
        if self.hand.answers == "none":
            return None
        return "ACCEPTED" if self.hand.answers == "accepted" or likely > 0.9 else "NEEDS-ACTION"

    def _bills(self) -> None:
        """Mail of the firm's role addresses; of somebody without a firm, of a payment service in their name."""
        for number, (person, week) in enumerate(self.world.bills):
            member = self.cast[int(person)]
            sender = self._desk(member.house) if member.house else (member.name, member.address)
            at = self._free(sender[1], int(week), meeting=False)
            subject = self._phrase((FEW_MAIL if self.hand.few else MAIL[member.language])[ORDER], member)
            self.letters.append(Letter(10**7 + number, at, sender, ME, subject))

    def _series(self) -> None:
        """A weekly series of work meetings: contact that goes on whatever happens."""
        for person, member in enumerate(self.cast):
            if self.rng.random() >= self.hand.series:
                continue
            week = int(self.world.truth.first[person])
            at = datetime.combine(START + timedelta(days=week * 7 + 2), time(20, 5), ZONE)
            guests = [(member.name, member.address, "ACCEPTED"), (*ME, "ACCEPTED")]
            title = str(self.rng.choice(SERIES))
            long = self.world.weeks - week
            self.entries.append(
                Entry(2 * 10**7 + person, at, at + timedelta(minutes=30), title, "", ME, guests, weeks=long)
            )

    def _newsletters(self) -> None:
        for week in range(self.world.weeks):
            for number in range(self.hand.newsletters):
                sender = (f"Daily Brief {number}", f"news@brief{number}.com")
                at = self._free(sender[1], week, meeting=False)
                letter = Letter(3 * 10**7 + 100 * week + number, at, sender, ME, f"This week in brief #{week}")
                self.letters.append(replace(letter, newsletter=True))

    def _config(self, mail: str) -> str:
        merged = [
            f'[[person]]\naddresses = ["{self.cast[i].address}", "{self.cast[i].moved}"]\n'
            for i in np.flatnonzero(self.world.truth.merge < self.world.weeks)
        ]
        return (
            f'database = "sqlite:///ledger.db"\n[owner]\nname = "{OWNER_NAME}"\naddresses = ["{OWNER}"]\n'
            'timezone = "Europe/Amsterdam"\n[[account]]\nname = "mail"\n'
            f'kind = "{self.hand.store}"\npath = "{mail}"\n'
            '[[account]]\nname = "calendar"\nkind = "ics"\npath = "calendar.ics"\n' + "".join(merged)
        )


def main(arguments: list[str]) -> None:
    folder, hand = Path(arguments[0]), HANDS[arguments[1] if len(arguments) > 1 else "plain"]
    people, weeks, seed = (int(one) for one in [*arguments[2:], *("100", "156", "1")[len(arguments[2:]) :]][:3])
    one = world(Setting(people=people, weeks=weeks, shares=USUAL), seed)
    print(Writer(one, hand, seed).write(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
