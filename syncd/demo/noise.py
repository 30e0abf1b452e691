"""What fills a mailbox beside people: newsletters, receipts, robots, bounces, junk, mail to everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from syncd.demo.cast import CAST, DOMAIN, FRIENDS, MATES, OWNER, SUPPLIERS, Figure
from syncd.demo.diary import ZONE
from syncd.demo.letters import Letter, Mailbox
from syncd.demo.life import poisson
from syncd.demo.seasons import WEEKS, Span, rates, season

_ZONE = ZoneInfo(ZONE)

NEWSLETTERS = (
    ("Harbour Weekly", "news@harbourweekly.example", 1, "Harbour Weekly #{n}: five cranes worth a visit"),
    ("Planner's Digest", "digest@plannersdigest.example", 1, "Your digest for week {n}"),
    ("De Kade", "nieuwsbrief@dekade.example", 1, "De Kade – nieuws van deze week"),
    ("Logistik heute Nacht", "newsletter@logistiknacht.example", 1, "Ausgabe {n}: Hafen ohne Papier"),
    ("Quiet Desk", "hello@quietdesk.example", 0.3, "Less noise, more {n}"),
    ("Spoorwinkel", "aanbieding@spoorwinkel.example", 0.4, "Alleen dit weekend: {n} % korting"),
    ("Conference Harbour & City", "team@harbourcity.example", 0.3, "Last tickets: programme part {n}"),
)
ROBOTS = (
    ("Calendar", "calendar-notification@calendars.example", 0.8, "Notification: agenda for tomorrow", ""),
    ("Treinwinkel", "noreply@treinwinkel.example", 0.8, "Your ticket and receipt {n}", "Receipts"),
    ("Cloud Box", "no-reply@cloudbox.example", 0.6, "Someone shared “plan v{n}” with you", ""),
    ("Tickets Hostwerk", "support@hostwerk.example", 0.6, "[#{n}] Your request has been updated", ""),
    ("Parkeren", "bon@parkeer.example", 0.6, "Parkeerbon {n}", "Receipts"),
    ("Webwinkel Kantoor", "bestelling@kantoorhuis.example", 0.3, "Bevestiging van je bestelling {n}", "Receipts"),
    ("Security", "security@visser-advies.example", 0.2, "New sign-in from Rotterdam", ""),
)
JUNK = ("You have won {n} euro", "Cheap pallets, only today", "Your parcel {n} is waiting", "Crane investment, {n} %")


_BILLS = {
    "en": ("Invoice {n}", "Statement of account {n}", "Your order {n} has been shipped"),
    "nl": ("Factuur {n}", "Betaalspecificatie {n}", "Inkooporder {n}", "Herinnering factuur {n}"),
    "de": ("Rechnung {n}", "Auftragsbestätigung {n}", "Versandmitteilung {n}"),
}
_TO_ALL = (
    "Office closed on Friday",
    "New coffee machine",
    "Summer party",
    "Parking this week",
    "Fire drill",
    "Welcome to the new intern",
    "Timesheets, please",
)


# Weeks before the end, who introduces (None: the owner), and whom; an introduction to the owner names one only.
_INTRODUCTIONS: tuple[tuple[int, Figure | None, Figure, Figure], ...] = (
    (71, None, FRIENDS[0], FRIENDS[7]),
    (58, SUPPLIERS[3], SUPPLIERS[3], FRIENDS[10]),
    (40, None, SUPPLIERS[7], FRIENDS[6]),
    (10, None, SUPPLIERS[2], FRIENDS[9]),
    (6, SUPPLIERS[11], SUPPLIERS[11], FRIENDS[10]),
)


@dataclass(frozen=True, slots=True)
class Noise:
    """All mail that no person wrote to the owner alone, in no order."""

    span: Span
    rng: Random
    canary: str

    def letters(self) -> Iterator[Letter]:
        for weeks_ago in range(WEEKS - 1, -1, -1):
            monday, level = self.span.week(weeks_ago), season(self.span, weeks_ago)
            yield from self.bulk(monday)
            for figure in CAST:
                for _ in range(poisson(self.rng, rates(figure, weeks_ago).robot * max(level, 0.3))):
                    yield self.bill(figure, self.moment(monday))
            if self.rng.random() < 0.5 * level:
                yield self.to_all(self.moment(monday))
        yield from self.farewells()
        yield from self.introductions()

    def bulk(self, monday: date) -> Iterator[Letter]:
        for name, address, rate, subject in NEWSLETTERS:
            for _ in range(poisson(self.rng, rate)):
                yield self.robot((name, address), self.moment(monday), subject, "Newsletters", bulk=True)
        for name, address, rate, subject, folder in ROBOTS:
            for _ in range(poisson(self.rng, rate)):
                yield self.robot((name, address), self.moment(monday), subject, folder, bulk=False)
        if self.rng.random() < 0.4:
            sender = ("", f"offer{self.rng.randrange(99)}@winnings.example")
            yield self.robot(sender, self.moment(monday), self.rng.choice(JUNK), "Junk", bulk=True)

    def moment(self, monday: date) -> datetime:
        rng = self.rng
        at = time(rng.randrange(5, 22), rng.randrange(60), rng.randrange(60))
        return datetime.combine(monday + timedelta(days=rng.randrange(6)), at, _ZONE)

    def robot(self, sender: Mailbox, at: datetime, subject: str, folder: str, *, bulk: bool) -> Letter:
        number = self.rng.randrange(10_000, 99_999)
        domain = sender[1].partition("@")[2]
        of_bulk = (
            ("List-Id", f"<news.{domain}>"),
            ("List-Unsubscribe", f"<https://{domain}/u/{number}>"),
            ("Precedence", "bulk"),
            ("Feedback-ID", f"{number}:news:{domain}"),
        )
        of_machine = (("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"))
        return Letter(
            at=at,
            sender=sender,
            to=(OWNER,),
            subject=subject.format(n=number % 97 if bulk else number),
            message_id=f"{number}.{int(at.timestamp())}@{domain}",
            folder=folder,
            body=f"View in browser.{self.canary}",
            headers=of_bulk if bulk else of_machine,
            content_type="text/html; charset=utf-8",
        )

    def bill(self, figure: Figure, at: datetime) -> Letter:
        """A document from the firm's own machine, not from the person."""
        number, local = self.rng.randrange(10_000, 99_999), figure.billing or "billing"
        return Letter(
            at=at,
            sender=(f"{figure.firm} {local.title()}", f"{local}@{figure.domain}"),
            to=(OWNER,),
            subject=self.rng.choice(_BILLS[figure.language]).format(n=number),
            message_id=f"bill-{number}.{int(at.timestamp())}@{figure.domain}",
            folder="Receipts",
            body=f"Please find the document attached.{self.canary}",
            attached=f"{number}.pdf",
            headers=(("Auto-Submitted", "auto-generated"),) if self.rng.random() < 0.5 else (),
        )

    def to_all(self, at: datetime) -> Letter:
        sender, *others = self.rng.sample(MATES, len(MATES))
        return Letter(
            at=at,
            sender=(sender.name, sender.address),
            to=(OWNER, *((other.name, other.address) for other in others)),
            subject=self.rng.choice(_TO_ALL),
            message_id=f"all-{self.rng.randrange(10**6)}.{int(at.timestamp())}@{DOMAIN}",
            folder="Archive",
            body=f"Dear all,{self.canary}",
        )

    def farewells(self) -> Iterator[Letter]:
        """Who leaves says so by their mail system; who changes jobs writes from the new address."""
        for figure in CAST:
            at = self.moment(self.span.week(figure.weeks_ago))
            if figure.story == "left":
                yield Letter(
                    at=at,
                    sender=("Mail Delivery System", f"mailer-daemon@{figure.domain}"),
                    to=(OWNER,),
                    subject="Undelivered Mail Returned to Sender",
                    message_id=f"bounce-{figure.slug}@{figure.domain}",
                    folder="Archive",
                    body=f"--b\n\n550 5.1.1 <{figure.address}>: user unknown{self.canary}\n--b--",
                    content_type='multipart/report; report-type=delivery-status; boundary="b"',
                    headers=(("Auto-Submitted", "auto-replied"), ("X-Failed-Recipients", figure.address)),
                )
            if figure.new_address:
                yield Letter(
                    at=at,
                    sender=(figure.name, figure.new_address),
                    to=(OWNER,),
                    cc=((figure.name, figure.address),),
                    subject="Meine neue Adresse",
                    message_id=f"moved-{figure.slug}@{figure.new_domain}",
                    folder="Archive",
                    body=f"Ab heute erreichst du mich hier.{self.canary}",
                )

    def introductions(self) -> Iterator[Letter]:
        """Who is brought together with whom: the owner's friends and suppliers, and once the owner by one of them."""
        for weeks_ago, giver, one, other in _INTRODUCTIONS:
            at = self.moment(self.span.week(weeks_ago))
            mine = giver is None
            sender = (giver.name, giver.address) if giver else OWNER
            first = one.first if mine else OWNER[0].split()[0]
            yield Letter(
                at=at,
                sender=sender,
                to=((one.name, one.address) if mine else OWNER, (other.name, other.address)),
                subject=f"Intro: {first} <> {other.first}",
                message_id=f"intro-{one.slug}-{other.slug}-{weeks_ago}@{sender[1].partition('@')[2]}",
                folder="Sent" if mine else "Archive",
                body=f"You two should meet.{self.canary}",
            )
