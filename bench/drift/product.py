"""The product's own detector on a simulated desk: what the desk would have scored, week by week."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.drift.adapter import FIRST_WEEK, diary, frame, person_of
from bench.drift.records import World
from rules.health.assessment import DriftSettings
from rules.health.desk import Desk
from rules.health.detector import Method
from rules.health.diary import Diary
from rules.health.verdicts import drift_gate, strictness

FLAG = 5200.0  # the threshold that one false flag per 100 relationships and year asks for


def scores(world: World, method: Method | None = None, told: Diary | None = None) -> NDArray[np.float32]:
    """The gated score of `drifting` [people, weeks]; of two rows of one person the larger. `told`: the contacts, if
    others than the world's."""
    desk = Desk(frame(world), DriftSettings(), method, told or diary(world))
    score = np.zeros((world.people, world.weeks), np.float32)
    for w in range(world.weeks):
        desk.take(FIRST_WEEK + w)
        who = np.array([person_of(group.id) for group in desk.rows])
        drift = desk.memory.drift
        gated = np.where(drift_gate(drift), drift["score"] / strictness(drift), 0.0)
        np.maximum.at(score[:, w], who, gated.astype(np.float32))
    return score
