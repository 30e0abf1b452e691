"""A week in which nearly everybody falls quiet at once: no drift of anyone, but an event of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rules.health.assessment import UNJUDGED, Status
from rules.health.diary import is_contact
from rules.health.facets import RECENT

if TYPE_CHECKING:
    from rules.health.desk import Desk
    from rules.health.standing import Week

WEEKS = 4  # in all of which it is quiet: a holiday of two is no crisis
MOST_PERSONAL, MOST_OTHERS, LEAST_EXPECTED = 0.4, 0.65, 6.0
LIVELY, ONE_WEEK = 0.6, 0.85  # of usual: the liveliest two weeks, and other contact in each week
CALLED = 10  # at most so many are named
_WARM = 0.5
_SELDOM = 0.02  # personal weeks a week


@dataclass(frozen=True, slots=True)
class Pulse:
    """A week of the whole desk: personal contact found and expected of those who have not changed, people with other
    contact and their usual number."""

    found: float
    expected: float
    others: float
    usual_others: float


def event(pulses: Sequence[Pulse]) -> str | None:
    """A sentence when nearly everybody fell quiet at once, for weeks."""
    if len(pulses) < WEEKS:
        return None
    found, expected = (sum(getattr(pulse, name) for pulse in pulses) for name in ("found", "expected"))
    others, usual = (sum(getattr(pulse, name) for pulse in pulses) for name in ("others", "usual_others"))
    if expected < LEAST_EXPECTED or found > MOST_PERSONAL * expected or others > MOST_OTHERS * usual:
        return None
    if not _all_quiet(pulses):
        return None
    if found < 0.5 and others < 0.5:
        return (
            f"Everybody has gone quiet at once: nothing has come or gone for {WEEKS} weeks. Either something has "
            "happened, or something is missing from what was read. It is no drift of anyone."
        )
    return (
        f"Nearly everybody has gone quiet at once: personal contact {_times(round(found))} in the last {WEEKS} "
        f"weeks, where about {expected:.0f} would be usual. That is no drift of anyone."
    )


def _all_quiet(pulses: Sequence[Pulse]) -> bool:
    """Whether the liveliest half of the weeks was quiet, too: a holiday of two weeks is no crisis."""
    lively = sorted(pulses, key=lambda pulse: pulse.found - pulse.expected)[-WEEKS // 2 :]
    others, usual = (sum(getattr(pulse, name) for pulse in lively) for name in ("others", "usual_others"))
    quiet = sum(pulse.found for pulse in lively) <= LIVELY * sum(pulse.expected for pulse in lively)
    return quiet and max(pulse.others - ONE_WEEK * pulse.usual_others for pulse in pulses) <= 0 and others < usual


def _times(number: int) -> str:
    return {0: "not once", 1: "once", 2: "twice"}.get(number, f"{number} times")


def call_first(desk: Desk, week: Week, names: Mapping[str, str]) -> tuple[str, ...]:
    """Key people first, then those who were closest before it went quiet. Only those who fell quiet in these weeks:
    in touch in the half year before and not since. `names`: address -> id."""
    key = {group.id for group in week.groups if group.person.key}
    lately = _silenced(desk, week, names)
    rates = {group.id: week.usual_rate(row) for row, group in enumerate(week.groups)}
    # Where a source is stale everybody is unknown, and whom to call is asked all the same: an exported calendar ends
    # with its last meeting, which in a crisis is long ago.
    unjudged = UNJUDGED - {Status.UNKNOWN} if week.stale else UNJUDGED
    left = {group.id for row, group in enumerate(week.groups) if not unjudged.isdisjoint(week.holding(row))}
    known = [name for name in lately & rates.keys() - left if rates[name] > _SELDOM or name in key]
    return tuple(sorted(known, key=lambda name: (name not in key, -rates[name], name))[:CALLED])


def _silenced(desk: Desk, week: Week, names: Mapping[str, str]) -> set[str]:
    """Those with personal contact in the half year before the event and none within it."""
    began = week.sunday - timedelta(weeks=WEEKS)
    lately = [one for one in desk.history.interactions if began - RECENT < one.local <= week.sunday]
    warm = [one for one in lately if is_contact(one) and one.personal >= _WARM]
    before, within = (
        {names.get(one.address, one.person) for one in warm if (one.local > began) is inside}
        for inside in (False, True)
    )
    return before - within
