"""Time in the sample: which weeks are quiet for everybody, and how far each story has gone in a week."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from syncd.demo.cast import Figure, Rhythm

WEEKS = 131
CRISIS_BEGAN = 88  # weeks before the end
CRISIS_WEEKS = 5
RAMP_WEEKS = 18
SLUMP = 30  # weeks, for the one who comes back
STORM = range(2)  # weeks of complaints, with colleagues copied in, for the one who weathers it
AFTERMATH = range(4, 6)  # weeks in which the two meet again
LEFT = 0.03  # what is left of personal contact after a slide


@dataclass(frozen=True, slots=True)
class Span:
    """The sample's time: `end` is its last day, `start` a Monday `WEEKS` weeks before the week of `end`."""

    end: date

    @property
    def start(self) -> date:
        return self.week(WEEKS - 1)

    def week(self, weeks_ago: int) -> date:
        """The Monday of the week that lies so many weeks before the last one."""
        return self.end - timedelta(days=self.end.weekday() + 7 * weeks_ago)

    @property
    def crisis(self) -> tuple[date, date]:
        """First and last day of the weeks in which everybody falls quiet."""
        first = self.week(CRISIS_BEGAN)
        return first, first + timedelta(days=7 * CRISIS_WEEKS - 1)


def season(span: Span, weeks_ago: int) -> float:
    """How much of the usual happens in that week: the year's end, the owner's summer leave, the crisis."""
    if CRISIS_BEGAN - CRISIS_WEEKS < weeks_ago <= CRISIS_BEGAN:
        return 0.04
    monday = span.week(weeks_ago)
    if (monday.month, monday.day) >= (12, 21):
        return 0.15
    if monday.month == 8 and monday.day <= 14:
        return 0.12
    if monday.month in (7, 8):
        return 0.7
    return 1.0


def rates(figure: Figure, weeks_ago: int) -> Rhythm:
    """The figure's rates in that week, their story told so far, seasons not yet counted in."""
    told = figure.weeks_ago - weeks_ago  # weeks since the story began; below zero it has not
    story = _STORIES.get(figure.story)
    return story(figure.rhythm, told) if story else figure.rhythm


def _scaled(rhythm: Rhythm, personal: float, work: float = 1.0, order: float = 1.0, robot: float = 1.0) -> Rhythm:
    return Rhythm(
        rhythm.lunch * personal,
        rhythm.video * personal,
        rhythm.phone * personal,
        rhythm.note * personal,
        rhythm.work * work,
        rhythm.meeting * work,
        rhythm.order * order,
        rhythm.robot * robot,
    )


def _abrupt(rhythm: Rhythm, told: int) -> Rhythm:
    return rhythm if told < 0 else _scaled(rhythm, LEFT, 0.8, 3.0)


def _ramp(rhythm: Rhythm, told: int) -> Rhythm:
    if told < 0:
        return rhythm
    left = max(LEFT, 1.0 - told / RAMP_WEEKS)
    return _scaled(rhythm, left, 1.0, 2.0)


def _into_billing(rhythm: Rhythm, told: int) -> Rhythm:
    return rhythm if told < 0 else _scaled(rhythm, LEFT, 0.08, 0.15, 6.0)


def _quiet(rhythm: Rhythm, told: int) -> Rhythm:
    return rhythm if told < 0 else _scaled(rhythm, 0.02, 0.02, 0.02, 0.0)


def _left(rhythm: Rhythm, told: int) -> Rhythm:
    return rhythm if told < 0 else Rhythm(robot=rhythm.robot)


def _newcomer(rhythm: Rhythm, told: int) -> Rhythm:
    return Rhythm() if told < 0 else rhythm


def _moved_down(rhythm: Rhythm, told: int) -> Rhythm:
    if told < 0:
        return rhythm
    met = rhythm.lunch + rhythm.video + rhythm.phone
    return Rhythm(note=rhythm.note + met, work=rhythm.work, order=rhythm.order, robot=rhythm.robot)


def _came_back(rhythm: Rhythm, told: int) -> Rhythm:
    return _scaled(rhythm, LEFT, 1.0, 2.0) if 0 <= told < SLUMP else rhythm


def _project_ends(rhythm: Rhythm, told: int) -> Rhythm:
    return rhythm if told < 0 else _scaled(rhythm, 1.0, 0.03, 0.2, 0.3)


def _weathered(rhythm: Rhythm, told: int) -> Rhythm:
    if told in STORM:
        return Rhythm(work=4.0, order=rhythm.order, robot=rhythm.robot)
    return replace(rhythm, lunch=1.0) if told in AFTERMATH else rhythm


_STORIES: dict[str, Callable[[Rhythm, int], Rhythm]] = {
    "slide_abrupt": _abrupt,
    "slide_ramp": _ramp,
    "into_billing": _into_billing,
    "quiet": _quiet,
    "left": _left,
    "newcomer": _newcomer,
    "moved_down": _moved_down,
    "came_back": _came_back,
    "project_ends": _project_ends,
    "weathered": _weathered,
}
