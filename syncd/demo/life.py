"""The cast's life, week by week: who writes to whom, and what stands in the calendar because of it.

Each figure has a random stream of their own, so that changing one leaves the others as they were.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from syncd.demo import phrases
from syncd.demo.cast import MATES, OWNER, OWNER_ALIAS, Figure, Rhythm
from syncd.demo.diary import ZONE, Entry, Guest
from syncd.demo.letters import Letter, Mailbox
from syncd.demo.rooms import meet_online, phone_number
from syncd.demo.seasons import STORM, Span, rates, season

_ZONE = ZoneInfo(ZONE)
_MINUTES = {"lunch": 90, "video": 30, "phone": 25, "meeting": 90}
_HOURS = {"lunch": (12, 12, 18, 8), "video": (9, 10, 15, 16), "phone": (9, 11, 14, 17), "meeting": (9, 13, 14)}


@dataclass(slots=True)
class Life:
    """What a stretch of life leaves behind."""

    letters: list[Letter] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Relation:
    """The owner and one figure: writes their letters and their meetings into `life`."""

    figure: Figure
    span: Span
    rng: Random
    life: Life
    canary: str
    count: int = 0

    def live(self) -> None:
        """Through all weeks, oldest first; the few after the end hold only what is planned already."""
        for weeks_ago in range((self.span.week(0) - self.span.start).days // 7, -3, -1):
            rhythm, level = rates(self.figure, max(weeks_ago, 0)), season(self.span, max(weeks_ago, 0))
            self.week(weeks_ago, rhythm, level)

    def week(self, weeks_ago: int, rhythm: Rhythm, level: float) -> None:
        monday = self.span.week(weeks_ago)
        for kind in ("lunch", "video", "phone", "meeting"):
            for _ in range(poisson(self.rng, getattr(rhythm, kind) * level * (0.5 if weeks_ago < 0 else 1.0))):
                self.meet(kind, self.moment(monday, kind), weeks_ago)
        if weeks_ago < 0:
            return
        for kind in ("note", "work", "order"):
            for _ in range(poisson(self.rng, getattr(rhythm, kind) * level)):
                self.correspond(kind, self.moment(monday, kind))

    def moment(self, monday: date, kind: str) -> datetime:
        day = monday + timedelta(days=self.rng.randrange(5))
        hours = _HOURS.get(kind)
        if hours:
            return datetime.combine(day, time(self.rng.choice(hours), self.rng.choice((0, 0, 30))))
        return datetime.combine(day, time(self.rng.randrange(8, 18), self.rng.randrange(60), self.rng.randrange(60)))

    # The other's address in that week, for those who change it.
    def them(self, weeks_ago: int) -> Mailbox:
        moved = self.figure.new_address
        return self.figure.name, moved if moved and weeks_ago <= self.figure.weeks_ago else self.figure.address

    def words(self, text: str, at: datetime) -> str:
        figure, language = self.figure, self.figure.language
        number = self.rng.randrange(1000, 9999)
        return text.format(
            first=figure.first, firm=figure.firm, topic=figure.topic or figure.town, town=figure.town,
            day=phrases.DAYS[language][(at.weekday() + 2) % 5], month=phrases.MONTHS[language][at.month - 1],
            n=number % 7 + 2, number=f"{at.year}-{number}",
        )  # fmt: skip

    def correspond(self, kind: str, at: datetime) -> None:
        """One conversation: somebody writes, the other perhaps answers, and so on."""
        language = self.figure.language
        subject = self.words(self.rng.choice(phrases.SUBJECTS[language][kind]), at)
        mine = self.rng.random() >= self.figure.starts
        references: tuple[str, ...] = ()
        most = 1 + min(4, poisson(self.rng, 1.1 if kind != "order" else 0.5))
        for step in range(most):
            if at.date() > self.span.end:
                return
            letter = self.letter(kind, at, subject, references, mine=mine)
            self.life.letters.append(letter)
            references = (*references, letter.message_id)
            if step == 0:
                subject = phrases.ANSWER[language] + subject
            mine = not mine
            if self.rng.random() > (0.9 if mine else self.figure.answers):
                return
            at = answered(at, self.rng, 5.0 if mine else self.figure.hours)

    def letter(self, kind: str, at: datetime, subject: str, references: tuple[str, ...], *, mine: bool) -> Letter:
        figure, rng = self.figure, self.rng
        weeks_ago = -((at.date() - self.span.week(0)).days // 7)
        owner = (OWNER[0], OWNER_ALIAS) if figure.circle == "other" and not mine else OWNER
        them = self.them(weeks_ago)
        sender, receiver = (OWNER, them) if mine else (them, owner)
        self.count += 1
        aware = at.replace(tzinfo=_ZONE)
        line = rng.choice(phrases.LINES[figure.language][kind])
        hello = phrases.HELLO[figure.language].format(first=figure.first if mine else OWNER[0].split()[0])
        body = f"{hello}\n\n{line}{self.canary}\n\n{phrases.BYE[figure.language]}\n{sender[0].split()[0]}"
        cc: tuple[Mailbox, ...] = ()
        stormy = figure.story == "weathered" and figure.weeks_ago - weeks_ago in STORM
        if kind == "work" and (rng.random() < 0.3 or stormy):
            colleague = MATES[rng.randrange(4)]
            cc = ((colleague.name, colleague.address),) if colleague != figure else ()
        return Letter(
            at=aware, sender=sender, to=(receiver,), cc=cc, subject=subject, references=references,
            message_id=f"{self.count:05d}.{aware:%Y%m%d%H%M%S}@{sender[1].partition('@')[2]}",
            folder="Sent" if mine else ("" if weeks_ago < 6 else "Archive"), body=body,
            seen=mine or weeks_ago > 0 or rng.random() < 0.7,
            headers=(("User-Agent", "Mozilla Thunderbird"),) if mine else (),
            attached=f"{subject.rsplit(maxsplit=1)[-1].strip('?!')}.pdf" if kind == "order" else None,
        )  # fmt: skip

    def meet(self, kind: str, start: datetime, weeks_ago: int) -> None:
        """One meeting, with the small changes of plan that calendars are full of."""
        figure, rng = self.figure, self.rng
        self.count += 1
        title = self.words(rng.choice(phrases.SUBJECTS[figure.language][kind]), start)
        location, description, extra = self.where(kind)
        theirs = rng.random() < figure.starts
        luck = rng.random()
        response = "ACCEPTED" if luck < 0.82 else "NEEDS-ACTION" if luck < 0.92 else "DECLINED" if luck < 0.95 else ""
        if weeks_ago < 0 and rng.random() < 0.4:
            response = "NEEDS-ACTION"
        them = self.them(weeks_ago)
        guests = [Guest(them, "ACCEPTED" if theirs else response or "ACCEPTED"), Guest(OWNER)]
        if kind == "meeting":
            guests += [Guest((mate.name, mate.address)) for mate in rng.sample(MATES, 2) if mate != figure]
        bare = kind in ("lunch", "phone") and rng.random() < 0.15  # jotted down, nobody invited
        entry = Entry(
            uid=f"{figure.slug}-{self.count:05d}@{figure.domain if theirs else 'mara.example'}",
            title=title, start=start, minutes=_MINUTES[kind], location=location,
            description=(description + self.canary).strip(), organizer=None if bare else them if theirs else OWNER,
            guests=() if bare else tuple(guests), status="CONFIRMED" if response else "CANCELLED", extra=extra,
        )  # fmt: skip
        self.life.entries.append(entry)
        if not bare:
            self.life.letters.extend(self.invitations(entry, them, weeks_ago, theirs=theirs))

    def where(self, kind: str) -> tuple[str, str, tuple[str, ...]]:
        """Location, description and further properties of a meeting of that kind."""
        if kind == "phone":
            number = phone_number(self.rng)
            return (number, "", ()) if self.rng.random() < 0.5 else ("", f"{self.figure.first}: {number}\n", ())
        if kind == "video" or (kind == "meeting" and self.rng.random() < 0.5):
            return meet_online(self.rng)
        place = self.rng.choice(phrases.PLACES).format(town=self.figure.town, firm=self.figure.firm)
        return place, "", ()

    def invitations(self, entry: Entry, them: Mailbox, weeks_ago: int, *, theirs: bool) -> Iterator[Letter]:
        """The mail that calendars send about the entry: an invitation from them, or their answer to ours."""
        assert isinstance(entry.start, datetime)
        sent = entry.start.replace(tzinfo=_ZONE) - timedelta(days=self.rng.randrange(2, 12), hours=self.rng.random())
        response = entry.guests[0].response
        if sent.date() > self.span.end or (not theirs and response == "NEEDS-ACTION"):
            return
        word = "Invitation" if theirs else {"ACCEPTED": "Accepted", "DECLINED": "Declined"}[response]
        method = "REQUEST" if theirs else "REPLY"
        yield Letter(
            at=sent, sender=them, to=(OWNER,), subject=f"{word}: {entry.title}",
            message_id=f"cal-{entry.uid}", folder="" if weeks_ago < 6 else "Archive",
            body=f"BEGIN:VCALENDAR\nMETHOD:{method}\nEND:VCALENDAR{self.canary}",
            content_type=f"text/calendar; charset=utf-8; method={method}",
            headers=(("Auto-Submitted", "auto-generated"),) if not theirs else (),
        )  # fmt: skip


def poisson(rng: Random, mean: float) -> int:
    """A Poisson number for small means (Knuth's product of uniforms)."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def answered(at: datetime, rng: Random, hours: float) -> datetime:
    """When an answer to a mail of that time goes out: some hours on (median `hours`), on a working day by day."""
    then = at + timedelta(hours=hours * math.exp(rng.gauss(0.0, 0.9)), minutes=2)
    if then.hour < 7 or then.hour > 21:
        then = then.replace(hour=8, minute=rng.randrange(60)) + timedelta(days=1 if then.hour > 21 else 0)
    while then.weekday() > 4:
        then += timedelta(days=1)
    return then
