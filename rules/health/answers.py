"""What the owner's answers do: *wrong* begins the count anew and triples the thresholds for this person, *right*
lowers them to a third, *snooze* waits, *ended* ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rules.health.assessment import Answer, Status
from rules.health.detector import State
from rules.health.people import Group
from rules.health.verdicts import Verdicts
from rules.health.weeks import week_of

SNOOZED_WEEKS = 8
_TAKEN_BACK = (Status.DRIFTING, Status.MOVED_DOWN, Status.GOING_QUIET, Status.WATCH)


class Answers:
    """The owner's answers by the week in which they were given."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._of: dict[int, list[Answer]] = defaultdict(list)
        for answer in answers:
            self._of[week_of(answer.on)].append(answer)

    def given(self, week: int, rows: Sequence[Group]) -> Iterator[tuple[int, Answer]]:
        """The answers of a week, each with the row that it is about."""
        for answer in self._of.get(week, ()):
            for row, group in enumerate(rows):
                if _about(answer, group):
                    yield row, answer

    def weeks_about(self, group: Group) -> list[int]:
        """The weeks in which something was said of a group, in order."""
        return sorted(week for week, said in self._of.items() if any(_about(answer, group) for answer in said))

    def said_ended(self, group: Group, until: int) -> bool:
        """Whether the owner said by the end of a week that it has ended."""
        said = (answer for week, answers in self._of.items() if week <= until for answer in answers)
        return any(answer.word == "ended" and _about(answer, group) for answer in said)


def _about(answer: Answer, group: Group) -> bool:
    return answer.person == group.id or answer.person in group.addresses


def obey(answer: Answer, verdicts: Verdicts, detectors: Iterable[State], row: int, week: int) -> None:
    """Does to a row what an answer says."""
    if answer.word == "wrong":
        verdicts["patience"][row] *= 3
        for state in detectors:
            for name in state.names():
                if name.startswith(("fall", "quiet", "cusum", "score")):
                    state[name][row] = 0
        for status in _TAKEN_BACK:
            verdicts.entered(status)[row] = -1
    elif answer.word == "right":
        verdicts["patience"][row] = max(verdicts["patience"][row] / 3, 1 / 3)
    elif answer.word == "snooze":
        verdicts["snoozed"][row] = week_of(answer.until) if answer.until else week + SNOOZED_WEEKS
    elif answer.word == "ended":
        verdicts.entered(Status.ENDED)[row] = week
