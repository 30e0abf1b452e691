"""How the report says things: dates, numbers, statuses, and names made safe to show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from rules.health.assessment import Status

LONGEST_NAME = 60
# What a mail program would turn into a link by itself: a dot or scheme inside a word. A joiner that has no width
# breaks the pattern and leaves the look.
_LINKABLE = re.compile(r"(?<=\w)\.(?=[^\W\d_])|:(?=//)|@(?=\w)")
_JOINER = "\u2060"

HEADLINES = {
    Status.DRIFTING: "Mostly business{since}",
    Status.MOVED_DOWN: "You used to meet or talk;{since} you mostly write",
    Status.GOING_QUIET: "It has gone quiet between you{since}",
    Status.ONE_SIDED: "Nearly always the same one of you begins",
    Status.WATCH: "A little less than usual{since}",
}
LABELS = {
    Status.UNKNOWN: "unknown",
    Status.TOO_LITTLE_HISTORY: "too little history",
    Status.ENDED: "ended",
    Status.DRIFTING: "drifting",
    Status.MOVED_DOWN: "moved to email",
    Status.GOING_QUIET: "going quiet",
    Status.ONE_SIDED: "one-sided",
    Status.NEVER_PERSONAL: "hardly ever personal",
    Status.WATCH: "on watch",
    Status.HEALTHY: "healthy",
}


def shown_name(name: str | None, address: str) -> str:
    """A name as it may be shown: one line, no control or bidi characters. Mail forms break links as well."""
    text = _one_line(name or "")
    if len(text) > LONGEST_NAME:
        text = text[: LONGEST_NAME - 1].rstrip() + "…"
    return text or address


def shown_text(text: str) -> str:
    """A sentence that may hold what a sender wrote, as it may be shown: one line. Mail forms break links as well."""
    return _one_line(text)


def _one_line(text: str) -> str:
    return " ".join("".join(" " if _hidden(letter) else letter for letter in text).split())


def unlinked(text: str, but: str = "") -> str:
    """The text, such that no mail program makes a link of a part of it. It looks the same. `but`: an address that
    stays as it is, to be copied. For mails only: what is copied from elsewhere should be plain."""
    if but:
        return but.join(unlinked(part) for part in text.split(but))
    return _LINKABLE.sub(lambda found: found.group(0) + _JOINER, text)


def _hidden(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def day(on: date) -> str:
    """22 November 2026, whatever the locale."""
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def month(on: date) -> str:
    return f"{_MONTHS[on.month - 1]} {on.year}"


def listed(names: Sequence[str], last: str = "and") -> str:
    """a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def counted(number: int, one: str, many: str = "") -> str:
    """1 person, 2 people; small numbers as words only where they open a sentence, so not here."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def number_word(number: int) -> str:
    """A small number as it opens a sentence."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def percent(share: float) -> str:
    """97%; never 100% or 0%, which nobody can know."""
    return f"{min(99, max(1, round(100 * share)))}%"


_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def sentence(text: str) -> str:
    """A text as a sentence: a capital at its start and a stop at its end."""
    bare = text.strip()
    if not bare:
        return ""
    return bare[0].upper() + bare[1:] + ("" if bare[-1] in ".!?…" else ".")
