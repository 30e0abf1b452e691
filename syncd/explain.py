"""Why syncd sees a relationship as it does, in words: status, evidence, counts, the latest contacts and rules."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rules.health.assessment import Assessment, Facet
from rules.meaning import Evidence, Interaction, Person
from syncd.assess import assess, backtest
from syncd.config import Config
from syncd.ledger import Ledger
from syncd.report.words import LABELS, day, listed, shown_name, shown_text
from syncd.rows import happened, interaction_row, person_row

LATEST = 8
WEEKS = 52
WIDTH = 100
_MEANS = {
    "transactional": "orders, invoices and the like, of what is not personal; their firm's automatic mail included",
    "personal": "personal contact, of all contact in the last half year",
    "richness": "how near you come: in person counts 1, video 0.75, phone 0.6, mail 0.2",
    "begun_by_them": "conversations and meetings that they began",
    "continuity": "months with personal contact",
    "answered_by_them": "your questions that they answered within three days",
    "answered_by_you": "their questions that you answered within three days",
    "meetings_kept": "meetings that you did not call off",
    "rhythm": "how likely it is that personal contact has not fallen",
    "hours_met": "in meetings and calls, over the last year",
    "mails_written": "from you to them, over the last year",
    "your_answer": "how long your answers take, half of them less",
    "their_answer": "how long their answers take, half of them less",
    "given": "personal contact that you began unasked, introductions included, over the last year",
    "received": "personal contact that they began unasked, introductions included, over the last year",
    "open_with_you": "conversations of the last thirty days that wait for your answer",
    "open_with_them": "conversations of the last thirty days that wait for theirs",
}
_PURPOSES = ("relational", "working", "transactional")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The same twice: `text` for people, `row` for machines."""

    text: str
    row: dict[str, Any]


def explanation(ledger: Ledger, config: Config, person: Person, *, now: datetime) -> Explanation:
    """Everything that speaks for what is said of `person`. The ledger's meaning must be up to date."""
    assessed = assess(ledger, config, now=now)
    week = assessed.week
    found = next((one for one in week.assessments if one.person == person.id), None) if week else None
    contacts = [one for one in assessed.history.interactions if one.person == person.id and happened(one)]
    subjects = config.privacy.show_subjects
    text = "\n".join(_text(person, found, contacts, assessed.as_of, subjects=subjects))
    row = {
        **person_row(person, len(contacts)),
        "as_of": assessed.as_of,
        "assessment": None if found is None else _assessment_row(found),
        "latest": [interaction_row(one, subjects=subjects) for one in contacts[-LATEST:]],
    }
    return Explanation(text, row)


def story(ledger: Ledger, config: Config, person: Person, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Every change of a person's status from the beginning, oldest first."""
    contacts = ledger.meaning.interactions(person.id)
    if not contacts:
        return
    for change in backtest(ledger, config, contacts[0].local, now.date(), now=now):
        if change.person == person.id:
            also = [status.value for status in change.also]
            yield {
                "week": change.week,
                "status": change.status.value,
                "also": also,
                "probability": change.probability,
            }


def _text(
    person: Person, found: Assessment | None, contacts: Sequence[Interaction], as_of: date, *, subjects: bool
) -> Iterator[str]:
    yield from _who(person)
    yield ""
    if found is None:
        yield f"As of {day(as_of)} nothing is said of them: no complete week has been seen yet."
    else:
        yield from _verdict(found)
    yield ""
    yield from _counts(contacts, as_of)
    if contacts:
        yield ""
        yield "The latest contacts, and what made syncd label them so:"
        for contact in reversed(contacts[-LATEST:]):
            yield from _contact(contact, subjects=subjects)


def _who(person: Person) -> Iterator[str]:
    yield f"{shown_name(person.name, person.id)} ({', '.join(person.addresses)})"
    parts = [person.organisation, person.circle.value, "key" if person.key else None]
    yield ", ".join(part for part in parts if part)
    yield from _reasons(f"{person.circle.value}, because", person.circle_evidence)
    yield from _reasons("one person, because", person.merge_evidence)


def _verdict(found: Assessment) -> Iterator[str]:
    since = f" since {day(found.since)}" if found.since else ""
    sure = f", probability {found.probability:.2f}" if found.probability is not None else ""
    also = f"; also {listed([LABELS[status].lower() for status in found.also])}" if found.also else ""
    yield f"{LABELS[found.status].capitalize()}{since}{sure}{also}."
    yield from _filled(shown_text(found.evidence))
    if found.suggestion:
        yield from _filled(shown_text(found.suggestion))
    if found.facets:
        yield ""
    for name, facet in found.facets.items():
        yield _facet(name, facet)
        if name in _MEANS:
            yield f"    {_MEANS[name]}"


def _facet(name: str, facet: Facet) -> str:
    def shown(value: float) -> str:
        return f"{value:.0%}" if facet.unit == "share" else f"{value:.1f} {facet.unit}"

    between = f" (between {shown(facet.low)} and {shown(facet.high)})" if facet.low < facet.high else ""
    past = f", before {shown(facet.past)}" if facet.past is not None else ""
    if facet.counted == 0:
        return f"  {name.replace('_', ' '):<20} —{past}"
    return f"  {name.replace('_', ' '):<20} {shown(facet.value)}{between}{past}, {facet.trend}"


def _counts(contacts: Sequence[Interaction], as_of: date) -> Iterator[str]:
    recent = [one for one in contacts if one.local > as_of - timedelta(weeks=WEEKS)]
    for title, chosen in (("in all", contacts), (f"in the last {WEEKS} weeks", recent)):
        channels = Counter(one.channel.value.replace("_", " ") for one in chosen)
        kinds = Counter(max(_PURPOSES, key=lambda name, one=one: getattr(one.purpose, name)) for one in chosen)  # type: ignore[misc]
        by_channel = listed([f"{count} {name}" for name, count in channels.most_common()]) or "none"
        by_kind = f" ({', '.join(f'{count} {name}' for name, count in kinds.most_common())})" if kinds else ""
        yield f"Contacts {title}: {by_channel}{by_kind}"


def _contact(contact: Interaction, *, subjects: bool) -> Iterator[str]:
    kind = max(_PURPOSES, key=lambda name: getattr(contact.purpose, name))
    share = getattr(contact.purpose, kind)
    title = f" “{shown_text(contact.title)}”" if subjects and contact.title else ""
    channel = contact.channel.value.replace("_", " ")
    yield f"  {contact.local}  {channel} ({contact.direction.value}), {kind} {share:.0%}{title}"
    yield from _reasons("      because", contact.evidence[:4])


def _reasons(head: str, evidence: Sequence[Evidence]) -> Iterator[str]:
    reasons = dict.fromkeys(shown_text(one.because) for one in evidence)
    if reasons:
        yield from _filled(f"{head} {'; '.join(reasons)}", indent=" " * (len(head) - len(head.lstrip()) + 2))


def _filled(text: str, indent: str = "") -> list[str]:
    first = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(text.lstrip(), WIDTH, initial_indent=first, subsequent_indent=indent)


def _assessment_row(found: Assessment) -> dict[str, Any]:
    return {
        "status": found.status.value,
        "also": [status.value for status in found.also],
        "since": found.since,
        "probability": found.probability,
        "evidence": found.evidence,
        "suggestion": found.suggestion,
        "health": found.health,
        "facets": found.facets,
    }
