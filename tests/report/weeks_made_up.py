"""Weeks made up for the tests of the report: people, contacts, and what an assessment might say of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rules.health.assessment import Assessment, Change, Facet, Portfolio, Status
from rules.health.holes import Hole
from rules.meaning import Channel, Circle, Coverage, Direction, Evidence, Interaction, Merge, Person, Purpose
from syncd.config.model import Config
from syncd.ledger.journal_copy import Entry
from syncd.report import AssessedWeek, Report, build

AS_OF = date(2026, 11, 22)
WEEK = "2026-W47"
ME = "mara.visser@visser-advies.example"
RELATIONAL = Purpose(0.9, 0.08, 0.02)
ORDER = Purpose(0.02, 0.08, 0.9)
COVERAGE = Coverage(
    mail=((date(2024, 5, 20), date(2026, 11, 23)),), calendar=((date(2024, 6, 1), date(2026, 11, 23)),)
)


def config(**owner: Any) -> Config:
    return Config.model_validate({"owner": {"name": "Mara Visser", "addresses": [ME], **owner}})


def person(name: str, domain: str, **more: Any) -> Person:
    address = f"{name.split(maxsplit=1)[0].lower()}@{domain}"
    return Person(address, (address,), name, domain, **{"circle": Circle.CUSTOMER, **more})


ILSE = person("Ilse Brandsma", "nordkai.example", key=True, renews=date(2027, 2, 15))
KATHARINA = person("Katharina Reuter", "elbwerk.example")
JASPER = person("Jasper Holt", "grensmark.example")
CLARA = person("Clara Hemming", "hemming-partners.example", circle=Circle.OTHER)
MARTA = person("Marta Nowicka", "nowicka.example", circle=Circle.OTHER)
AMELIE = person("Amelie Fournel", "quaisept.example")
TOMAS = person("Tomas Okafor", "lindenport.example")
ROSA = person("Rosa Quintal", "marola.example")
BRAM = person("Bram Kuiper", "zilverblad.example", circle=Circle.SUPPLIER)
PEOPLE = (ILSE, KATHARINA, JASPER, CLARA, MARTA, AMELIE, TOMAS, ROSA, BRAM)


MEASURES = {
    "met_in_person": Facet(9, 9, 9, None, 14, unit="people"),
    "spoke_by_phone": Facet(12, 12, 12, None, 12, unit="people"),
    "personal_contact": Facet(21, 21, 21, None, 25, unit="people"),
    "meaningful": Facet(0.31, 0.26, 0.36, None, 0.38),
    "concentration": Facet(0.52, 0.52, 0.52, None, 0.41),
    "contacts_a_week": Facet(41, 41, 41, unit="contacts"),
}
DESK = Portfolio(
    WEEK, MEASURES, bench=(TOMAS.id, BRAM.id, AMELIE.id), key_but_distant=(ILSE.id,), close_but_not_key=(TOMAS.id,)
)


def facets(transactional: float = 0.2) -> dict[str, Facet]:
    return {
        "transactional": Facet(
            transactional, max(0.0, transactional - 0.1), min(1.0, transactional + 0.1), 0.3, 0.25
        ),
        "hours": Facet(4.5, 4.5, 4.5, None, 20.0, unit="hours"),
    }


def assessment(who: Person, status: Status, evidence: str = "", **more: Any) -> Assessment:
    given: dict[str, Any] = {
        "also": (),
        "since": None if status is Status.HEALTHY else date(2026, 3, 9),
        "probability": None if status in (Status.UNKNOWN, Status.TOO_LITTLE_HISTORY) else 0.96,
        "suggestion": "",
        "facets": facets(),
    } | more
    return Assessment(who.id, WEEK, status, evidence=evidence or f"{who.name} is {status.value}.", **given)


FALLEN = (
    "Personal contact in 61 of 92 weeks until March 2026; since then in 1 of 37 weeks (about 22 expected at your "
    "usual rhythm, holidays allowed for), while {} went on in {} of them."
)
USUAL: tuple[Assessment, ...] = (
    assessment(
        ILSE, Status.DRIFTING, FALLEN.format("orders and invoices from facturen@nordkai.example", 31),
        facets=facets(0.88), suggestion="You last met in February 2026, 24 times in all. Perhaps lunch again soon?",
    ),
    assessment(
        KATHARINA, Status.DRIFTING, FALLEN.format("project work", 33), facets=facets(0.3), probability=0.93,
        suggestion="A short call to ask how she is, without an agenda. You used to talk every second week.",
    ),
    assessment(
        JASPER, Status.MOVED_DOWN, "You met or spoke in 48 of 90 weeks; since then in 2 of 41, while mail went on.",
        suggestion="You have not seen each other since January. His office is on your way to Venlo.",
    ),
    assessment(
        CLARA, Status.GOING_QUIET, "You were in touch in 58 of 97 weeks; in the last 34 weeks in 1.",
        suggestion="She answered every letter of yours so far: a few lines would do.", probability=0.97,
    ),
    assessment(MARTA, Status.ONE_SIDED, "You began 54 of 56 conversations.", probability=0.9),
    assessment(AMELIE, Status.HEALTHY, "Three lunches and a call in the last six weeks, after half a year without."),
    assessment(TOMAS, Status.WATCH, "Two personal weeks of the last 14, about 5 expected.", probability=0.6),
    assessment(ROSA, Status.TOO_LITTLE_HISTORY, "9 contacts so far; too few to know what is usual."),
    assessment(BRAM, Status.HEALTHY, "121 contacts; the rhythm is as usual."),
)  # fmt: skip


def contact(who: Person, on: date, channel: Channel = Channel.EMAIL, purpose: Purpose = RELATIONAL) -> Interaction:
    at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    direction = Direction.IN if channel is Channel.EMAIL else Direction.BOTH
    id_ = f"{who.id}-{on}-{channel.value}-{purpose.relational}"
    return Interaction(
        id_, who.id, who.id, at, on, channel, 0.95, direction, purpose, 0.9 if direction is Direction.BOTH else 1.0,
        "mail",
    )  # fmt: skip


def life() -> list[Interaction]:
    """Two and a half years of everybody; most personal contact with those who slid ends in March 2026."""
    found = []
    channels = (Channel.EMAIL, Channel.IN_PERSON, Channel.EMAIL, Channel.PHONE, Channel.VIDEO)
    for turn, who in enumerate(PEOPLE):
        for week in range(131):
            on = date(2024, 5, 20) + timedelta(weeks=week, days=turn % 5)
            slid = who in (ILSE, KATHARINA, CLARA) and on >= date(2026, 3, 9)
            quiet = who is ROSA and week < 122
            if quiet or (who is CLARA and slid):
                continue
            if not slid and (week * 7 + turn * 3) % 5 < 3:
                found.append(contact(who, on, channels[(week + turn) % 5]))
            if (week + turn) % 2:
                found.append(contact(who, on + timedelta(days=1), Channel.EMAIL, ORDER))
    return sorted(found, key=lambda one: (one.at, one.id))


def entry(kind: str, subject: str, on: date, **data: Any) -> Entry:
    return Entry(0, datetime(on.year, on.month, on.day, 9, tzinfo=UTC), kind, subject, data)


TWINS = Merge(
    date(2026, 9, 1), "jonas.brandt@lotsenhaus.example", "jonas.brandt@brandt-beratung.example",
    (Evidence("same_name", "both are called Jonas Brandt", "merge", 1.4),),
)  # fmt: skip
CHANGES = (
    Change("2025-W10", AMELIE.id, Status.HEALTHY, (), 0.01),
    Change("2026-W05", AMELIE.id, Status.DRIFTING, (), 0.92),
    Change("2026-W46", AMELIE.id, Status.HEALTHY, (), 0.1),
    Change(WEEK, ILSE.id, Status.DRIFTING, (), 0.96),
    Change(WEEK, KATHARINA.id, Status.DRIFTING, (), 0.93),
)


def report(
    assessments: Sequence[Assessment] = USUAL,
    *,
    people: Sequence[Person] = PEOPLE,
    interactions: Sequence[Interaction] | None = None,
    coverage: Coverage = COVERAGE,
    journal: Sequence[Entry] = (),
    portfolio: Portfolio | None = None,
    stale: str | None = None,
    as_of: date = AS_OF,
    changes: Sequence[Change] = CHANGES,
    suggestions: Sequence[Merge] = (TWINS,),
    settings: Config | None = None,
    missing: Sequence[Hole] = (),
) -> Report:
    week = AssessedWeek(WEEK, assessments, portfolio or DESK, stale, missing)
    happened = life() if interactions is None else interactions
    return build(
        week, people, happened, coverage, journal, settings or config(), as_of, changes=changes,
        suggestions=suggestions,
    )  # fmt: skip
