"""The sentences of the report that speak of the whole week, and the short ones on a card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from rules.health.assessment import Status
from rules.health.renewals import due
from rules.meaning import Channel, Direction, Interaction, Person
from syncd.report import words
from syncd.report.choice import Choice
from syncd.report.seeing import Seen

if TYPE_CHECKING:
    from syncd.report.model import Known

FIRST_WEEKS = 26  # before that, few rhythms can be told from chance
_LAST = {
    Channel.IN_PERSON: "you last met",
    Channel.VIDEO: "you last spoke by video",
    Channel.PHONE: "you last spoke by phone",
    Channel.NONE: "you last had contact",
}
UNJUDGED = (Status.UNKNOWN, Status.TOO_LITTLE_HISTORY)
_MET = {
    Channel.IN_PERSON: "You are going to meet",
    Channel.VIDEO: "A video call is planned",
    Channel.PHONE: "A call is planned",
}


def opening(known: Sequence[Known], choice: Choice, seen: Seen, event: str | None) -> str:
    """The one sentence that the report opens with."""
    if seen.last is None:
        return "There is nothing to tell yet: no mail and no calendar has been read."
    if event:
        return words.sentence(event)
    if known and all(one.status is Status.UNKNOWN for one in known):
        return "This week nobody can be judged, because not everything could be read."
    judged = [one for one in known if one.status not in UNJUDGED]
    if not judged:
        weeks = words.counted(seen.weeks, "week")
        return f"Too little history yet: after {weeks} of mail and calendars, nobody's rhythm is known."
    news = _news(choice, len(judged), len(known))
    return f"{news} {_back(choice)}".strip()


def _news(choice: Choice, judged: int, known: int) -> str:
    if choice.cards:
        people = "person is" if len(choice.cards) == 1 else "people are"
        news = f"{words.number_word(len(choice.cards))} {people} worth a thought this week"
        if choice.first:
            return f"{news}. {_slid(choice.cards)}".strip()
        if not choice.fresh:
            return f"{news}; nothing new has slipped."
        return f"{news}. New: {words.listed([one.alone for one in choice.fresh])}. {_slid(choice.fresh)}".strip()
    if choice.waiting:
        touched = "Nobody needs a reminder this week: you have just been in touch with those on the list."
        return touched if choice.first else "Nothing new this week; what was said before still stands."
    if judged < known / 2:
        return (
            f"A good week: of the {words.counted(judged, 'person', 'people')} who can be judged, nobody drifts away."
        )
    return "A good week: nobody is drifting away."


def _slid(told: Sequence[Known]) -> str:
    """With whom the business part goes on alone: what nobody notices by themselves."""
    names = [one.alone for one in told if one.status is Status.DRIFTING][:3]
    if not names:
        return ""
    return f"With {words.listed(names)}, business goes on, but personal contact has fallen off."


def _back(choice: Choice) -> str:
    if not choice.came_back:
        return ""
    names = words.listed([one.alone for one in choice.came_back[:3]])
    return f"And good news: {names} {'is' if len(choice.came_back) == 1 else 'are'} back."


def notices(seen: Seen) -> tuple[str, ...]:
    """What has to be known before the rest is believed: stale sources, a short history."""
    found = list(seen.trouble)
    if seen.last is not None and seen.weeks < FIRST_WEEKS:
        found.append(
            f"With {words.counted(seen.weeks, 'week')} of history most people are not judged yet: it takes about "
            "half a year to know what is usual between two people. Older mail can be added at any time."
        )
    return tuple(found)


def left_out(known: Sequence[Known], seen: Seen, choice: Choice) -> tuple[str, ...]:
    """Of whom nothing is said, and why."""
    found = []
    little = sum(one.status is Status.TOO_LITTLE_HISTORY for one in known)
    if little and seen.weeks >= FIRST_WEEKS:
        found.append(f"{words.counted(little, 'person', 'people')} not judged yet: too little history with them.")
    lost = sum(one.status is Status.UNKNOWN and one.assessment.namesake is None for one in known)
    if 0 < lost < len(known):
        found.append(f"{words.counted(lost, 'person', 'people')} not judged: the account that showed them has ended.")
    moved = sum(one.assessment.namesake is not None for one in known)
    if moved:
        people = words.counted(moved, "person", "people")
        found.append(f"{people} not judged: the same name now writes from another address, which may be theirs.")
    if choice.snoozed:
        found.append(f"{words.counted(choice.snoozed, 'person', 'people')} not shown because you asked for it.")
    return tuple(found)


def headline(known: Known) -> str:
    """What the matter is, in half a sentence."""
    facet = known.assessment.facets.get("transactional")
    since = known.assessment.since
    text = words.HEADLINES.get(known.status, known.label)
    if known.status is Status.DRIFTING and facet is not None:
        # Said only where its interval leaves no doubt: the sentence below counts on its own.
        sure = "orders and invoices" if facet.low > 0.5 else "work" if facet.high < 0.5 else "business"
        text = f"Mostly {sure}{{since}}"
    return text.format(since=f" since {words.month(since)}" if since else "")


def last_contact(contact: Interaction) -> str:
    """When and how two people last had to do with each other as people."""
    if contact.channel is Channel.EMAIL:
        who = "you" if contact.direction is Direction.OUT else "they"
        return f"{who} last wrote on {words.day(contact.local)}"
    return f"{_LAST[contact.channel]} on {words.day(contact.local)}"


def planned(plan: Interaction) -> str:
    what = _MET.get(plan.channel, "Something is planned")
    return f"{what} on {words.day(plan.local)} already."


def renewal(person: Person, as_of: date) -> str:
    """A contract that ends soon; empty if none does."""
    renews = person.renews
    if renews is None or not due(person, as_of):
        return ""
    left = (renews - as_of).days // 7
    when = "this week" if left == 0 else f"in {words.counted(left, 'week')}"
    return f"The contract ends on {words.day(renews)}, {when}."
