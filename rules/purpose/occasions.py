"""What a calendar entry shows of its purpose: topics of its title, the place, the hour, how many come, how often.

Labelled meetings are few, so these weights are set by hand, in log-odds; what single words weigh is learned beside
them (`purpose.title_parts`), and `bench/labels.py` holds both against the labelled ones. A standing series is working
contact whatever it is called, unless its title says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from connectors.observations import Event
from rules.purpose.clues import PERSONAL
from rules.purpose.weights import Scores
from rules.texts.names import plain
from rules.texts.subjects import Text, read, topics

PRIOR: Scores = (-1.3, 0.7, -1.5)
# What the topics of a title weigh. Meals and parties say what people come together for; "thanks" in a title may be
# a thank-you lunch or a thank-you to a supplier, and "visit" may be an audit.
TITLE: dict[str, Scores] = {
    "family": (2.4, -0.8, -0.6),
    "celebration": (3.2, -1.2, -1.0),
    "meals": (3.0, -0.7, -0.8),
    "sport": (3.0, -1.0, -0.8),
    "humour": (1.6, -0.6, -0.4),
    "leisure": (1.7, -0.6, -0.4),
    "greeting": (2.6, -0.8, -0.8),
    "thanks": (1.6, -0.4, -0.4),
    "congratulation": (1.2, -0.2, -0.4),
    "farewell": (2.4, -0.8, -0.6),
    "care": (1.4, -0.4, -0.4),
    "school": (0.8, 0.0, -0.2),
    "invitation": (1.2, -0.4, -0.2),
    "introduction": (1.2, 0.2, -0.6),
    "project": (-1.6, 1.3, -0.4),
    "law": (-1.4, 0.9, 0.2),
    "trade": (-1.4, 0.9, 0.1),
    "payment": (-1.2, -0.1, 1.3),
    "paperwork": (-1.2, -0.1, 1.3),
    "arranging": (-0.3, 0.3, 0.1),
    "news": (-0.5, 0.4, 0.0),
}
_VENUE = re.compile(
    r"\b(?:restaurant|ristorante|trattoria|osteria|pizzeria|brasserie|bistro|tavern|pub|bar|grill|cafe|caffe|coffee"
    r"|starbucks|biergarten|brauhaus|wirtshaus|gasthaus|gasthof|kneipe|taqueria|steakhouse|sushi|golf|stadium|stadion"
    r"|arena|theat(?:er|re|ro)|cinema|kino|park|beach|lake|pool|club|brewery|winery|bodega|cantina|eetcafe|kroeg)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_ONE_TO_ONE = re.compile(
    r"\b(?:1\s?[:-]\s?1|1on1|1 on 1|one[- ]on[- ]one|one[- ]to[- ]one|1to1|121)\b", re.IGNORECASE
)
# Calendars write their own word before the title of what they change, forward or cancel.
_CHANGE = re.compile(
    r"^\s*(?:(?:fwd?|fw|re|wg|aw|tr|rv|updated?|re-?scheduled|moved|cancel+ed|tentative|accepted|declined|invitation"
    r"|reminder|aktualisiert|verschoben|abgesagt|einladung|mise a jour|annule|invito|aggiornato|invitacion"
    r"|actualizado|uitnodiging|bijgewerkt|convite|atualizado|inbjudan|uppdaterad)\s*:\s*)+",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"\b(?:lunch (?:and|&|n) learn|brown ?bag|working (?:lunch|breakfast|dinner)|power lunch|arbeitsessen"
    r"|arbeitsfruhstuck|dejeuner de travail|comida de trabajo|pranzo di lavoro|werklunch|almoco de trabalho"
    r"|arbetslunch|lunch ?(?:seminar|session|workshop|vortrag)|plan(?:ning)? (?:the |of )?.{0,30}(?:party|picnic)"
    r"|game ?plan|team ?building workshop)\b",
    re.IGNORECASE,
)
# What a title may say of a meeting without saying what it is about.
_FORM = frozenset(
    {
        "and", "x", "with", "w", "mit", "met", "avec", "con", "med", "e", "y", "et", "en", "und", "call", "calls",
        "phone", "telephone", "video", "zoom", "teams", "skype", "facetime", "chat", "talk", "visit", "meet",
        "seeing", "telefonat", "anruf", "gesprach", "treffen", "besuch", "bellen", "belletje", "gesprek", "bezoek",
        "afspraak", "appel", "visite", "llamada", "visita", "chiamata", "telefonata", "incontro", "samtal", "besok",
        "ligacao",
    }
)  # fmt: skip
_PAIR = re.compile(r"\s*[^\W\d_]+(?: [^\W\d_]+)?\s*(?:/|<-?>|&|\||\bx\b)\s*[^\W\d_]+(?: [^\W\d_]+)?\s*")


def occasion(event: Event) -> Iterator[tuple[str, Scores]]:
    """What each sign of the entry adds, by name."""
    yield "prior", PRIOR
    text = _text(event)
    yield from _title(text)
    if _names_only(text, event):
        yield "only names", (1.8, -0.4, -0.4)
    if event.location and _VENUE.search(read(event.location).bare):
        yield "venue", (1.2, -0.4, -0.3)
    others = event.attendee_count - 1 if event.attendee_count else None
    if others == 1:
        yield "two people", (0.4, -0.1, 0.0)
    elif others is not None and others > 8:
        yield "many people", (-0.4, 0.4, -0.2)
    if event.recurring:
        yield "recurring", (-0.9, 0.8, -0.6)
    yield from _hour(event.start, event.end, all_day=bool(event.all_day))


def title_words(event: Event) -> tuple[str, ...]:
    """The words of a title, without what calendars write before it."""
    return _text(event).words


def _text(event: Event) -> Text:
    return read(_CHANGE.sub("", read(event.title or "").bare))


def _title(text: Text) -> Iterator[tuple[str, Scores]]:
    found = topics().find(text.words)
    personal = [topic for topic in found if topic.name in PERSONAL]
    business = [topic for topic in found if topic.name not in PERSONAL]
    # The second topic of a kind adds little: "Birthday party with cake" is one occasion.
    for group in (personal, business):
        ranked = sorted(group, key=lambda topic: -max(map(abs, TITLE[topic.name])))
        for place, topic in enumerate(ranked):
            share = 1.0 if place == 0 else 0.35
            one, two, three = TITLE[topic.name]
            yield f"topic:{topic.name}", (one * share, two * share, three * share)
    if _ONE_TO_ONE.search(text.bare):
        yield "one to one", (2.6, 0.0, -0.8)
    if _TASK.search(text.bare):
        yield "meal for a task", (-3.2, 1.2, 0.2)


def _names_only(text: Text, event: Event) -> bool:
    """Whether a title says who of two meets and nothing else: "Anna / Mara", "Call with Anna"."""
    guests = event.attendees or ()
    if not 1 <= len(guests) <= 2 or (event.attendee_count or 2) != 2:
        return False
    names = {
        plain(word)
        for one in (*guests, *((event.organizer,) if event.organizer else ()))
        for word in _WORD.findall(f"{one.name or ''} {(one.address or '').partition('@')[0]}")
    }
    words = [plain(word) for word in _WORD.findall(text.bare)]
    about = [word for word in words if word not in _FORM]
    # Of a pair one name is known at least: the owner's may stand nowhere else.
    known = names.issuperset(about) or (_PAIR.fullmatch(text.bare) is not None and not names.isdisjoint(about))
    return bool(about) and known and not topics().find(text.words)


def _hour(start: datetime | None, end: datetime | None, *, all_day: bool) -> Iterator[tuple[str, Scores]]:
    if start is None or all_day or (start.hour == 0 and start.minute == 0):
        return
    if start.weekday() >= 5:
        yield "weekend", (0.7, -0.4, -0.2)
    if start.hour >= 18:
        yield "evening", (0.5, -0.3, -0.2)
    if end is not None and (end - start).total_seconds() > 12 * 3600:
        yield "many hours", (0.2, -0.1, 0.0)
