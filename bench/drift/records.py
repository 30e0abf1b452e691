"""What a simulated desk is: plain columns, no word of the code that is measured.

`Contacts` has one entry per contact, `Bills` one per mail from a role address of a person's firm; `Truth` says what
was planted. Weeks count from 0; people from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

START = date(2020, 1, 6)  # the Monday of week 0
IN_PERSON, VIDEO, PHONE, MAIL = range(4)
RELATIONAL, WORKING, TRANSACTIONAL = range(3)

# Planted kinds. Those in DRIFTS are what `drifting` should say, and nothing else is.
KINDS = (
    "steady", "abrupt", "ramp", "billing", "quiet", "one_sided", "never", "address", "moved_address", "moved_down",
    "break", "long_leave", "seasonal", "project_end", "job_change", "swap", "unseen_calls",
)  # fmt: skip
DRIFTS = ("abrupt", "ramp", "billing")


@dataclass
class Contacts:
    """Columns of equal length, sorted by week.

    personal: in truth. relational: the label's probability; transactional likewise. labelled: the hard label.
    second: uses the person's second address. outgoing, opens: who wrote, and whether it opens a conversation.
    """

    person: NDArray[np.int64]
    week: NDArray[np.int64]
    channel: NDArray[np.int64]
    personal: NDArray[np.bool_]
    relational: NDArray[np.float64]
    labelled: NDArray[np.bool_]
    transactional: NDArray[np.float64]
    took_place: NDArray[np.float64]
    second: NDArray[np.bool_]
    outgoing: NDArray[np.bool_]
    opens: NDArray[np.bool_]


@dataclass
class Truth:
    """Per person: planted kind, week from which it holds, usual rate of personal weeks, rhythm, rich share, rate of
    other contact, first week. Per week: what moved everybody. `merge`: week in which a second address is known.
    `spread` of the log-normal gaps in the family `visits`."""

    kind: NDArray[np.str_]
    change: NDArray[np.int64]
    rate: NDArray[np.float64]
    shape: NDArray[np.float64]
    rich: NDArray[np.float64]
    others: NDArray[np.float64]
    first: NDArray[np.int64]
    index: NDArray[np.float64]
    merge: NDArray[np.int64]
    spread: NDArray[np.float64]


@dataclass
class World:
    """One simulated desk. `bills`: (person, week) of mail from their firm's role addresses. For oracles only,
    [people, weeks]: `level` of personal contact against the usual rate but for what was planted, `other_rate`."""

    people: int
    weeks: int
    contacts: Contacts
    bills: NDArray[np.int64]
    truth: Truth
    flips: float
    family: str
    level: NDArray[np.float64]
    other_rate: NDArray[np.float64]
