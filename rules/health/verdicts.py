"""From scores to statuses: what makes a status begin, what ends it, and which comes first.

Every status has a threshold to begin and a lower one to end (hysteresis), so that a person does not flicker between
two of them from week to week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.health.assessment import DriftSettings, Status
from rules.health.detector import State
from rules.health.rows import Rows

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEEKS_PER_100_YEARS = 5200.0
FORGET = 0.99  # of the conversations counted, a week
LEAST_PERSONAL = 5.0
LEAST_OTHERS = 2.0
LOPSIDED, LEAST_OPENED = 0.75, 4.0  # the part that the owner opens; conversations with somebody to count them
MOST_OTHERS, LEAST_MISSED = 0.25, 6.0  # of other contact, for going quiet: at most this part, six weeks missed
WATCH = 0.1  # of the threshold of a flag
# Never personal: P(personal weeks are seldom) at which it begins and ends, and the share of personal weeks so far.
SELDOM, NOT_SELDOM, NEVER_SHARE = 0.5, 0.3, 0.06
# Misread labels look like sparse personal contact, and one of them comes soon where few weeks are known.
NEVER_OTHERS, NEVER_WEEKS = 15, 80
OVERDUE = 2.0  # times the rhythm that the owner wished for
LEAVE = 0.05  # of the threshold at which a status began
LEAVE_WATCH = 1 / 3  # a watch is a tentative word: it ends as soon as little speaks for it
# Rhythms wander, and with those whom one meets often the wandering shows. The threshold grows with the usual share of
# personal weeks, so that false flags are about as rare at every rhythm: measured in bench/drift on people who never
# drift.
CALIBRATION = 0.68
USUAL_SHARE = 0.3
LEAST_FACTOR, MOST_FACTOR = 0.45, 3.0
# Where hardly anybody changes, what looks like a change is more often none, and more is asked: by the square root of
# how much rarer changes are than usual. The whole of it, as a fixed probability would ask, costs drifts and spares
# few false flags, for how many change is known only roughly.
USUAL_CHANGING = 0.04 / 52
MOST_CAUTION = 4.0

KEPT = (
    Status.ENDED,
    Status.DRIFTING,
    Status.MOVED_DOWN,
    Status.GOING_QUIET,
    Status.ONE_SIDED,
    Status.NEVER_PERSONAL,
    Status.WATCH,
)
ORDER = (Status.UNKNOWN, Status.TOO_LITTLE_HISTORY, *KEPT, Status.HEALTHY)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Of the Shiryaev-Roberts statistic, in weeks to a false flag."""

    drifting: float
    moved_down: float

    @classmethod
    def of(cls, settings: DriftSettings) -> Thresholds:
        def weeks(budget: float) -> float:
            return WEEKS_PER_100_YEARS / max(budget, 1e-6)

        return cls(weeks(settings.false_flags), weeks(settings.moved_down_false_flags))


class Verdicts(Rows):
    """Per row: which statuses hold, since which week, and what decides on them besides the detectors.

    ours, theirs: conversations opened by either side, the old ones slowly forgotten. began: week of first contact;
    entered_*: week in which a status began to hold, -1 where it does not. snoozed: week until which flags wait.
    patience: factor on the thresholds, from the owner's answers.
    """

    def __init__(self, capacity: int = 64) -> None:
        floats = dict.fromkeys(("ours", "theirs", "contacts", "began", "snoozed", "patience"), np.float64)
        weeks = dict.fromkeys((f"entered_{s.value}" for s in KEPT), np.int64)
        super().__init__({name: (kind, ()) for name, kind in (floats | weeks).items()}, capacity)
        self.fresh(began=-1, snoozed=-1, patience=1, **{f"entered_{s.value}": -1 for s in KEPT})

    def entered(self, status: Status) -> Ints:
        return self[f"entered_{status.value}"]

    def hold(self, status: Status, week: int | Ints, begins: Bools, ends: Bools) -> None:
        """Lets a status begin and end; one that both begins and ends does not hold."""
        entered = self.entered(status)
        if not begins.any() and not (entered >= 0).any():
            return
        entered[(entered >= 0) & ends] = -1
        entered[:] = np.where((entered < 0) & begins & ~ends, week, entered)


def one_sided(ours: Floats, theirs: Floats, edge: float) -> Bools:
    """The interval of the share of conversations that the owner opens lies wholly outside (1 - edge, edge)."""
    number = ours + theirs + 6.0
    share = (ours + 3.0) / number
    spread = 2.33 * np.sqrt(share * (1 - share) / (number + 1.0))
    return (ours + theirs >= 8) & ((share - spread > edge) | (share + spread < 1 - edge))


def drift_gate(drift: State) -> Bools:
    """Enough personal contact before, and other contact since: without these no drift is spoken of."""
    others = drift["others"] - drift["before_others"] >= LEAST_OTHERS
    return (drift["before_personal"] >= LEAST_PERSONAL) & others


def fallen_silent(drift: State) -> Bools:
    """Other contact has truly fallen as well, since the most likely change."""
    usual = _others_missed(drift)
    return (usual >= LEAST_MISSED) & (drift["others"] - drift["before_others"] <= MOST_OTHERS * usual)


def _others_missed(drift: State) -> Floats:
    """Weeks with other contact that would have been usual since the most likely change."""
    since = drift["weeks"] - drift["before"]
    found: Floats = since * (drift["before_others"] + 0.5) / (drift["before"] + 1.0)
    return found


def nothing_left(drift: State) -> Bools:
    """There hardly was any other contact before the most likely change, so that none could fall, and there is none
    since: all that there was was personal."""
    return (_others_missed(drift) < LEAST_MISSED) & (drift["others"] - drift["before_others"] < LEAST_OTHERS)


def _steadiness(state: State) -> Floats:
    """Factor on the threshold of each row, from its usual share of personal weeks before the change."""
    share = state["before_personal"] / (state["before"] + 8.0)
    found: Floats = np.clip(share / USUAL_SHARE, LEAST_FACTOR, MOST_FACTOR)
    return found


def counted_score(state: State) -> Floats:
    """The score of each row beside a threshold that is alike for all; 0 where no drift is spoken of."""
    return np.where(drift_gate(state), state["score"] / _steadiness(state), 0.0)


def counted_silence(state: State) -> Floats:
    """The same of the rival story, that other contact fell as well; 0 where it has not."""
    silent = fallen_silent(state) & (state["before_personal"] >= LEAST_PERSONAL)
    return np.where(silent, state["score_quiet"] / _steadiness(state), 0.0)


def strictness(state: State) -> Floats:
    """Factor on the threshold of each row, from its usual share of personal weeks and from how many people of the
    portfolio change."""
    rarer = USUAL_CHANGING / np.maximum(state["changing"], 1e-9)
    found: Floats = CALIBRATION * _steadiness(state) * np.clip(np.sqrt(rarer), 1.0, MOST_CAUTION)
    return found


def opened_by_owner(verdicts: Verdicts) -> float:
    """The part of conversations that the owner opens, averaged over the people of the desk (and five more with whom
    it is half)."""
    number = verdicts["ours"] + verdicts["theirs"]
    known = number >= LEAST_OPENED
    shares = verdicts["ours"][known] / number[known]
    return float((shares.sum() + 2.5) / (len(shares) + 5.0))


def leaning_as_the_desk(verdicts: Verdicts, opened: float | Floats) -> Bools:
    """Who leans the way that nearly all of the desk leans (`opened`, see `opened_by_owner`); nobody if none does."""
    ours, theirs = verdicts["ours"], verdicts["theirs"]
    found: Bools = np.greater(opened, LOPSIDED) & (ours > theirs) | np.less(opened, 1 - LOPSIDED) & (ours < theirs)
    return found


def judge(
    verdicts: Verdicts,
    drift: State,
    ladder: State,
    week: int | Ints,
    thresholds: Thresholds,
    opened: float | Floats = 0.5,
) -> None:
    """Lets statuses begin and end for the week just taken in (or for one week per row). `opened`: see
    `opened_by_owner`; where nearly all that a mailbox holds was sent (or received), that is the mailbox and nobody's
    habit."""
    awake = verdicts["snoozed"] < week
    patience = verdicts["patience"]
    enough = drift["before_personal"] >= LEAST_PERSONAL
    flag = thresholds.drifting * patience * strictness(drift)
    goes_on = drift_gate(drift) & awake
    verdicts.hold(Status.DRIFTING, week, goes_on & (drift["score"] >= flag), drift["score"] < LEAVE * flag)
    verdicts.hold(
        Status.WATCH, week, goes_on & (drift["score"] >= WATCH * flag), drift["score"] < LEAVE_WATCH * WATCH * flag
    )
    quiet = drift["score_quiet"]
    silent = enough & awake & fallen_silent(drift)
    # That business fell silent is not enough: personal contact must have fallen too, by itself worth a watch.
    personal = drift["score_any"]
    alone = enough & awake & nothing_left(drift)
    begins = silent & (quiet >= flag) & (personal >= WATCH * flag) | alone & (personal >= flag)
    ends = ~alone & (quiet < LEAVE * flag) | (personal < LEAVE_WATCH * WATCH * flag)
    verdicts.hold(Status.GOING_QUIET, week, begins, ends)
    down = thresholds.moved_down * patience * strictness(ladder)
    steps = (ladder["before_personal"] >= LEAST_PERSONAL) & awake
    steps &= ladder["others"] - ladder["before_others"] >= LEAST_OTHERS
    verdicts.hold(Status.MOVED_DOWN, week, steps & (ladder["score"] >= down), ladder["score"] < LEAVE * down)
    lopsided = leaning_as_the_desk(verdicts, opened)
    one, still_one = (one_sided(verdicts["ours"], verdicts["theirs"], edge) & ~lopsided for edge in (0.8, 0.7))
    verdicts.hold(Status.ONE_SIDED, week, one, ~still_one)
    never = (drift["seldom"] >= SELDOM) & (drift["others"] >= NEVER_OTHERS) & (drift["weeks"] >= NEVER_WEEKS)
    # A rate may have fallen; "never" looks at all that was seen, of which misread labels bring some.
    seldom, often = (drift["personal"] < share * drift["weeks"] for share in (NEVER_SHARE, 2 * NEVER_SHARE))
    verdicts.hold(Status.NEVER_PERSONAL, week, never & seldom, (drift["seldom"] < NOT_SELDOM) | ~often)


def too_little(verdicts: Verdicts, drift: State) -> Bools:
    return (drift["weeks"] < 26) | (verdicts["contacts"] < 6)
