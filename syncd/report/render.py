"""The report as HTML, as JSON and as a mail."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from datetime import UTC, datetime, time
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from rules.health.assessment import Burst, Status
from syncd.report import answers, pictures, words
from syncd.report.model import Card, Known, Report
from syncd.report.text import blind_spots, text

# Words on a card, in the order of their links: what is sent, and what is read.
CHOICES = (
    ("right", "Yes, I’ll get in touch"),
    ("phone", "We spoke"),
    ("wrong", "All is well"),
    ("snooze", "Ask me later"),
    ("ended", "It ended"),
)
_MARKUP = re.compile(r"(<style\b.*?</style>|<!--.*?-->|<[^>]*>)", re.DOTALL)
BAD = {Status.DRIFTING, Status.GOING_QUIET}


def html(report: Report) -> str:
    """A page for mail programs: tables, inline styles, nothing fetched, no link but to oneself."""
    page = _template().render(report=report, choices=CHOICES, blind_spots=blind_spots())
    parts = _MARKUP.split(page)  # texts at even places, tags between them
    parts[::2] = [words.unlinked(part, but=report.reply_to) for part in parts[::2]]
    return "".join(parts)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": words.day,
        "month": words.month,
        "percent": words.percent,
    }
    environment.globals |= {
        "mailto": answers.mailto,
        "heights": pictures.heights,
        "tone": _tone,
        "since_began": _since_began,
        "strip_years": _years,
        "strip_words": _strip_words,
    }
    return environment.get_template("report.html.j2")


def _tone(known: Known) -> str:
    """The class of a status label: warn, watch or calm."""
    if known.status in BAD:
        return "warn"
    return "watch" if known.status in {Status.MOVED_DOWN, Status.ONE_SIDED, Status.WATCH} else "calm"


def _since_began(card: Card, month: int) -> bool:
    """Whether that month of the strip lies in the time that the card speaks of."""
    since = card.known.assessment.since
    return since is not None and card.months[month].first >= since.replace(day=1)


def _years(card: Card) -> list[tuple[int, int]]:
    """The years under a strip, each with the number of its months."""
    spans: dict[int, int] = {}
    for month in card.months:
        spans[month.first.year] = spans.get(month.first.year, 0) + 1
    return list(spans.items())


def _strip_words(card: Card) -> str:
    """What the strip shows, for those who hear it instead."""
    half = len(card.months) - 6
    before = sum(month.personal for month in card.months[:half]) / max(1, half)
    lately = sum(month.personal for month in card.months[half:]) / 6
    return f"{card.legend[0].capitalize()} contact a month: {before:.1f} before, {lately:.1f} in the last six months."


def json_text(report: Report) -> str:
    """The report for machines, as documented in `docs/report.md`."""
    return msgspec.json.format(msgspec.json.encode(_document(report)), indent=1).decode() + "\n"


def _document(report: Report) -> dict[str, Any]:
    return {
        "as_of": report.as_of.isoformat(),
        "week": report.week,
        "summary": report.summary,
        "notices": [*report.notices, *report.left_out],
        "event": report.event,
        "coverage": {
            "first": report.seen.first and report.seen.first.isoformat(),
            "last": report.seen.last and report.seen.last.isoformat(),
            "weeks": report.seen.weeks,
            "lines": list(report.seen.lines),
            "trouble": list(report.seen.trouble),
        },
        "suggested": [card.known.person.id for card in report.cards],
        "came_back": [one.known.person.id for one in report.came_back],
        "call_first": [one.known.person.id for one in report.call_first],
        "renewals": list(report.portfolio.renewals),
        "portfolio": {
            "measures": dict(report.portfolio.measures),
            "bench": list(report.portfolio.bench),
            "key_but_distant": list(report.portfolio.key_but_distant),
            "close_but_not_key": list(report.portfolio.close_but_not_key),
            "weathered": [_burst(burst) for burst in report.portfolio.weathered],
        },
        "figures": [{**asdict(figure), "trend": figure.trend} for figure in report.figures],
        "merges": [{"one": twins.one, "other": twins.other, "because": twins.because} for twins in report.twins],
        "people": [_person(known) for known in report.people],
    }


def _burst(burst: Burst) -> dict[str, Any]:
    return {
        "person": burst.person,
        "first": burst.first.isoformat(),
        "last": burst.last.isoformat(),
        "mails": burst.mails,
        "back": burst.back and burst.back.isoformat(),
    }


def _person(known: Known) -> dict[str, Any]:
    person, assessment = known.person, known.assessment
    return {
        "person": person.id,
        "name": person.name,
        "addresses": list(person.addresses),
        "organisation": person.organisation,
        "circle": person.circle.value,
        "role": person.role,
        "key": person.key,
        "renews": person.renews and person.renews.isoformat(),
        "status": assessment.status.value,
        "also": [status.value for status in assessment.also],
        "since": assessment.since and assessment.since.isoformat(),
        "probability": assessment.probability,
        "health": assessment.health,
        "facets": dict(assessment.facets),
        "evidence": assessment.evidence,
        "suggestion": assessment.suggestion,
        "code": known.code,
    }


def eml(report: Report, *, to: str = "", sender: str = "", at: datetime | None = None) -> bytes:
    """The weekly mail: text and HTML, ready for SMTP.

    Args:
        report: what it says.
        to: who gets it; by default whoever answers go to.
        sender: whom it comes from; by default the same.
        at: the time in its Date header, aware; by default seven in the morning (UTC) of the day after `as_of`.

    The Message-ID is the same for a week and a recipient however often the mail is made, so that a mail sent twice
    is one mail to most programs. All headers go through the standard library's structured ones: a line end in a
    name cannot start a header.
    """
    to = to or report.reply_to
    sender = sender or to
    domain = Address(addr_spec=sender).domain
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address("syncd", addr_spec=sender)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = title(report)
    mail["Date"] = at or datetime.combine(report.as_of, time(7), UTC)
    mail["Message-ID"] = f"<{message_id(report.week, to)}@{domain}>"
    mail["List-Id"] = f"Your relationships, weekly <syncd.{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(words.unlinked(text(report), but=report.reply_to), cte="quoted-printable")
    mail.add_alternative(html(report), subtype="html", cte="quoted-printable")
    mail.set_boundary(f"=_{message_id(report.week, to)}")  # a made-up one would make each copy another mail
    return mail.as_bytes()


def message_id(week: str, recipient: str) -> str:
    """The left side of the Message-ID for that week and recipient."""
    digest = hashlib.blake2b(f"{week}\n{recipient.lower()}".encode(), digest_size=10, person=b"syncd mail")
    return f"syncd.{week.lower()}.{digest.hexdigest()}"


def title(report: Report) -> str:
    """The subject of the mail. It names nobody: subjects stand on locked screens."""
    if report.event:
        return "syncd: everybody is quiet – whom to call first"
    if report.cards:
        people = "1 person" if len(report.cards) == 1 else f"{len(report.cards)} people"
        return f"syncd: {people} to think of ({report.week})"
    return f"syncd: your week {report.week}"
