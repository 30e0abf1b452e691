"""Why syncd sees a relationship as it does, in words: status, evidence, counts, the latest contacts and rules."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rules.health.assessment import FLAGS, Assessment, Facet, Status
from rules.health.standing import FALLS
from rules.meaning import PURPOSES, Direction, Evidence, Interaction, Person
from syncd.assess import assess, backtest
from syncd.config import Config
from syncd.counting import AVERAGED, Counts, counts, group_of
from syncd.counting import WEEKS as WEEKS_COUNTED
from syncd.ledger import Ledger
from syncd.report.choice import sunday
from syncd.report.words import LABELS, day, listed, percent, shown_name, shown_text
from syncd.report.words import counted as words_for
from syncd.rows import happened, interaction_row, person_row

LATEST = 8
WEEKS = 52
WIDTH = 100
# What each share says, as it ends a line that began with the counts or the figure.
_SHARES = {
    "rhythm": "chance that personal contact has not fallen",
    "personal": "contacts were personal",
    "transactional": "others were orders, invoices and the like (automatic mail too)",
    "richness": "of the way to meeting in person (video 75, phone 60, email 20)",
    "begun_by_them": "conversations and meetings were begun by them",
    "continuity": "months had personal contact",
    "answered_by_them": "first mails of yours they answered within three days",
    "answered_by_you": "first mails of theirs you answered within three days",
    "meetings_kept": "meetings agreed on you did not call off",
}
_LATELY = f"The last {WEEKS_COUNTED} weeks, and all that came before"
_RECKONED = (
    "; in brackets what is reckoned with, which leans on what was usual, the more so the less there is to count"
)
_AMOUNTS = {
    "your_answer": "until you answer, half of the time (last half year)",
    "their_answer": "until they answer, half of the time (last half year)",
    "hours_met": "in meetings and calls (last year)",
    "mails_written": "from you to them (last year)",
    "given": "you began personal contact (last year)",
    "received": "they began personal contact (last year)",
    "given_answers": "you answered (last year)",
    "received_answers": "they answered (last year)",
    "given_introductions": "you introduced somebody to them (last year)",
    "received_introductions": "they introduced somebody to you (last year)",
    "given_thanks": "you said thank you (last year)",
    "received_thanks": "they said thank you (last year)",
    "given_visits": "you asked them to meet in person, and did (last year)",
    "received_visits": "they asked you to meet in person, and you did (last year)",
    "given_unasked": "you wrote or called for no business reason (last year)",
    "received_unasked": "they wrote or called for no business reason (last year)",
    "open_with_you": "waiting for your answer (last thirty days)",
    "open_with_them": "waiting for their answer (last thirty days)",
}


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
    group = group_of(week.groups, person.id) if week else None
    counted = counts(assessed.history, group, week.sunday) if week and group else {}
    text = "\n".join(_text(person, found, counted, contacts, assessed.as_of, subjects=subjects))
    row = {
        **person_row(person, len(contacts)),
        "as_of": assessed.as_of,
        "assessment": None if found is None else _assessment_row(found, counted),
        "latest": [interaction_row(one, subjects=subjects) for one in contacts[-LATEST:]],
    }
    return Explanation(text, row)


def story(ledger: Ledger, config: Config, person: Person, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Every change of a person's status from the beginning, oldest first; before their addresses were known to be one
    person, that of each. It ends where a report would: with exports that all ended, on the last day they cover."""
    contacts = ledger.meaning.interactions(person.id)
    if not contacts:
        return
    whole = False
    until = assess(ledger, config, now=now).as_of
    for change in backtest(ledger, config, contacts[0].local, until, now=now):
        if change.person not in person.addresses or (whole and change.person != person.id):
            continue
        whole |= change.person == person.id
        yield {
            "week": change.week,
            "sunday": sunday(change.week),
            "status": change.status.value,
            "said": LABELS[change.status],
            "also": [status.value for status in change.also],
            "probability": change.probability,
        }


def _text(
    person: Person,
    found: Assessment | None,
    counted: Mapping[str, Counts],
    contacts: Sequence[Interaction],
    as_of: date,
    *,
    subjects: bool,
) -> Iterator[str]:
    yield from _who(person)
    yield ""
    if found is None:
        why = "no complete week has been seen yet" if contacts else "no contact between you has been seen"
        yield f"As of {day(as_of)} nothing is said of them: {why}."
    else:
        yield from _verdict(found, counted)
    yield ""
    yield from _counts(contacts, as_of)
    if contacts:
        yield ""
        yield "The latest contacts, and what made syncd label them so:"
        for contact in reversed(contacts[-LATEST:]):
            yield from _contact(contact, subjects=subjects)


def _who(person: Person) -> Iterator[str]:
    yield f"{shown_name(person.name, person.id)} ({', '.join(person.addresses)})"
    parts = [person.role, person.organisation, person.circle.value, "key" if person.key else None]
    yield ", ".join(part for part in parts if part)
    yield from _reasons(f"{person.circle.value}, because", person.circle_evidence)
    yield from _reasons("one person, because", person.merge_evidence)


def _verdict(found: Assessment, counted: Mapping[str, Counts]) -> Iterator[str]:
    began = " since" if found.status in (*FALLS, Status.ENDED) else ", said since"  # or since when it could be told
    since = f"{began} {day(found.since)}" if found.since else ""
    sure = f", {percent(found.probability)} sure" if found.probability is not None and found.status in FLAGS else ""
    also = f"; also {listed([LABELS[status].lower() for status in found.also])}" if found.also else ""
    yield f"{LABELS[found.status].capitalize()}{since}{sure}{also}."
    yield from _filled(shown_text(found.evidence))
    if found.suggestion:
        yield from _filled(shown_text(found.suggestion))
    if found.health is not None:
        yield f"Health {found.health:.0f} of 100 (docs/health.md says how it adds up)."
    shares = [(found.facets[name], counted.get(name), name) for name in _SHARES if name in found.facets]
    lines = [_share(*share) for share in shares if _tells(share[0])]
    yield from _titled(f"{_LATELY}{_RECKONED if counted else ''}:", lines)
    amounts = [(found.facets[name], words) for name, words in _AMOUNTS.items() if name in found.facets]
    lines = [
        f"  {_shown(facet.value, facet.unit):>11}  {words}{_past(facet)}" for facet, words in amounts if _tells(facet)
    ]
    yield from _titled("Counted:", lines)


def _titled(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield from _filled(title)
        yield from lines


def _share(facet: Facet, counted: Counts | None, name: str) -> str:
    """How many of how many, lately and before, and in brackets the estimate; without counts the estimate alone."""
    words = _SHARES[name]
    if counted is None:
        figure = "–" if facet.counted == 0 else _shown(facet.value, facet.unit)
        return f"  {figure:>11}  {words}{_past(facet)}"
    reckoned = f" [{percent(facet.value)}{'' if facet.trend == 'steady' else f', {facet.trend}'}]"
    lately, before = counted.lately, counted.before
    if name == AVERAGED:
        figure = f"{lately.mean:.0%}" if lately.number else "–"
        past = f"; before {before.mean:.0%} over {before.number}" if before else ""
        return f"  {figure:>11}  {words}, over {words_for(lately.number, 'contact')}{past}{reckoned}"
    return f"  {lately!s:>11}  {words}{f'; before {before}' if before else ''}{reckoned}"


def _tells(facet: Facet) -> bool:
    """Whether there is anything to say: not of a share of nothing, nor of what never happened."""
    if facet.unit == "share":
        return facet.counted != 0 or facet.past is not None
    return bool(facet.value or facet.past or facet.year_ago)


def _shown(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.0%}"
    number = f"{value:.1f}" if unit == "hours" and value < 10 else f"{value:.0f}"
    one, many = _UNITS.get(unit, (unit, unit))
    return f"{number} {one if number == '1' else many}"


_UNITS = {"mails": ("email", "emails"), "times": ("time", "times"), "hours": ("hour", "hours")}


def _past(facet: Facet) -> str:
    if facet.past is not None:
        moved = "" if facet.trend == "steady" else f", {facet.trend}"
        return f"; before {_shown(facet.past, facet.unit)}{moved}"
    return "" if facet.year_ago is None else f"; the year before {_shown(facet.year_ago, facet.unit)}"


def _counts(contacts: Sequence[Interaction], as_of: date) -> Iterator[str]:
    recent = [one for one in contacts if one.local > as_of - timedelta(weeks=WEEKS)]
    for title, chosen in (("in all", contacts), (f"in the last {WEEKS} weeks", recent)):
        channels = Counter(one.channel.value.replace("_", " ") for one in chosen)
        kinds = Counter(max(PURPOSES, key=lambda name, one=one: getattr(one.purpose, name)) for one in chosen)  # type: ignore[misc]
        by_channel = listed([f"{count} {name}" for name, count in channels.most_common()]) or "none"
        by_kind = f" ({', '.join(f'{count} {name}' for name, count in kinds.most_common())})" if kinds else ""
        yield f"Contacts {title}: {by_channel}{by_kind}"


def _contact(contact: Interaction, *, subjects: bool) -> Iterator[str]:
    kind = max(PURPOSES, key=lambda name: getattr(contact.purpose, name))
    share = getattr(contact.purpose, kind)
    title = f" “{shown_text(contact.title)}”" if subjects and contact.title else ""
    channel = contact.channel.value.replace("_", " ")
    side = {Direction.IN: " from them", Direction.OUT: " from you"}.get(contact.direction, "")
    yield f"  {contact.local}  {channel}{side}, {kind} {share:.0%}{title}"
    yield from _reasons("      because", contact.evidence[:4])


def _reasons(head: str, evidence: Sequence[Evidence]) -> Iterator[str]:
    reasons = dict.fromkeys(shown_text(one.because) for one in evidence)
    if reasons:
        yield from _filled(f"{head} {'; '.join(reasons)}", indent=" " * (len(head) - len(head.lstrip()) + 2))


def _filled(text: str, indent: str = "") -> list[str]:
    first = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(text.lstrip(), WIDTH, initial_indent=first, subsequent_indent=indent)


def _assessment_row(found: Assessment, counted: Mapping[str, Counts]) -> dict[str, Any]:
    return {
        "status": found.status.value,
        "also": [status.value for status in found.also],
        "since": found.since,
        "probability": found.probability,
        "evidence": found.evidence,
        "suggestion": found.suggestion,
        "health": found.health,
        "facets": found.facets,
        "counts": {name: asdict(count) for name, count in counted.items()},
    }
