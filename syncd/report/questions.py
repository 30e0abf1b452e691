"""What the report asks: whether two addresses are one person, or one of them is the owner's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice

from rules.meaning import Merge
from syncd.report import words
from syncd.report.answers import code

AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Twins:
    """Two addresses that may be one person; `because` in plain words. `own`: `one` is the owner's, and the question
    is whether `other` is, too."""

    one: str
    other: str
    because: str
    codes: tuple[str, str]
    own: bool = False

    @property
    def question(self) -> str:
        if self.own:
            return f"Is {self.other} an address of yours? {words.sentence(self.because)}"
        return f"{self.one} and {self.other}: {self.because}"

    @property
    def choices(self) -> tuple[str, str]:
        """What the answers "same" and "other" are called."""
        return ("It is mine", "Somebody else’s") if self.own else ("The same person", "Two people")


def questions(suggestions: Iterable[Merge], owner: Collection[str]) -> tuple[Twins, ...]:
    """What is asked this week, of merges that wait for the owner's word. `owner`: the owner's addresses."""
    return tuple(_twins(merge, owner) for merge in islice(suggestions, AT_MOST))


def _twins(merge: Merge, owner: Collection[str]) -> Twins:
    because = words.shown_text("; ".join(evidence.because for evidence in merge.evidence))
    one, other = (merge.other, merge.one) if merge.other in owner else (merge.one, merge.other)
    own = one in owner
    because = because.replace("the owner's", "your") if own else because
    return Twins(one, other, because, (code(one), code(other)), own)


def asked_if_own(asked: Iterable[Twins], addresses: Collection[str]) -> bool:
    """Whether it is asked of one of the addresses if it is the owner's: nobody is told to call themselves."""
    return any(twins.own and twins.other in addresses for twins in asked)
