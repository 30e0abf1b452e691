"""What stands before a subject: the marks of answers and forwards, in any of our languages."""

from __future__ import annotations

import re
from functools import lru_cache

_VARYING = re.compile(r"\d+")
_ANSWER = re.compile(
    r"^(?:\s*(?:\[[^\]]{1,40}\]\s*)?\[?(?:re|aw|sv|antw|antwort|r|rif|ref|res|resp|odp|ynt|vs|vá|fw|fwd|wg|tr|rv|enc|"
    r"doorst|i|vl|vb|pd|transf|réf|réponse|rép|antwoord)(?:\s?\[\d+\]|\s?\(\d+\)|\^\d+)?\s?[:：])+\s*",
    re.IGNORECASE,
)
_FORWARD = re.compile(r"^\s*\[?(?:fw|fwd|wg|tr|rv|enc|doorst|vl|vb|pd|transf|i)\s?[:：]", re.IGNORECASE)


@lru_cache(maxsize=8192)
def _marks(subject: str) -> int:
    """Where the marks of answers and forwards end; 0 where there are none. Each ends in a colon."""
    if ":" not in subject and "：" not in subject:
        return 0
    found = _ANSWER.match(subject)
    return found.end() if found else 0


def bare_subject(subject: str) -> str:
    """The subject without the marks of answers and forwards."""
    return subject[_marks(subject) :].strip()


def is_answer(subject: str) -> bool:
    """Whether the subject carries a mark of an answer or a forward."""
    return _marks(subject) > 0


def is_forward(subject: str) -> bool:
    return _marks(subject) > 0 and _FORWARD.match(subject) is not None


@lru_cache(maxsize=8192)
def subject_form(subject: str) -> str:
    """The subject with its numbers taken out, so that one robot's mails have one form."""
    return _VARYING.sub("#", bare_subject(subject).lower())
