"""A week's contacts by row, or one person's with their weeks as rows: what both detectors and the verdicts read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.health.diary import MAIL, RICH, Diary
from rules.health.labels import KINDS, Sheet

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SUREST = 0.98  # that a meeting took place cannot be seen


@dataclass(frozen=True, slots=True)
class Page:
    """Per row: what the detectors hear, how many conversations either side opened, and 1 where there was contact."""

    drift: Sheet
    ladder: Sheet
    ours: Floats
    theirs: Floats
    contacts: Floats


def write(diary: Diary, index: Ints, rows: Ints, traffic: Floats, calendar_read: bool | Bools) -> Page:
    """The page of some contacts of the diary.

    Args:
        index: where the contacts stand in the diary. rows: the row that each belongs to.
        traffic: per row, which part of the traffic of their organisation was with them; 0 where there was none.
        calendar_read: whether any calendar was read then, for all or for each contact. Where none was, a call that
            was logged still counts, but says no more than mail.
    """
    size = len(traffic)
    heard = ~diary.aside[index]
    if not heard.all():
        index, rows, calendar_read = index[heard], rows[heard], np.broadcast_to(calendar_read, len(index))[heard]
    possible, personal, took_place = diary.candidate[index], diary.personal[index], diary.took_place[index]
    rich = diary.kind[index] == RICH
    kind = np.where(calendar_read, diary.kind[index], MAIL)
    other = traffic.copy()
    other[rows[~possible | (personal < 0.5)]] = 1.0
    routine = np.zeros(KINDS * size, np.bool_)
    routine[(kind * size + rows)[~possible]] = True
    drift = Sheet(
        rows[possible],
        kind[possible],
        personal[possible],
        took_place[possible],
        other,
        routine.reshape(KINDS, size),
    )
    mail = np.zeros(size)
    mail[rows[~rich]] = 1.0
    met = np.minimum(took_place[rich], _SUREST)
    ladder = Sheet(
        rows[rich], np.zeros(len(met), np.int64), met, np.ones(len(met)), mail, np.zeros((KINDS, size), np.bool_)
    )
    ours, theirs = (np.bincount(rows[opened[index]], minlength=size) for opened in (diary.ours, diary.theirs))
    contacts = np.bincount(rows, minlength=size) > 0
    return Page(drift, ladder, ours.astype(float), theirs.astype(float), contacts.astype(float))
