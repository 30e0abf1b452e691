"""How much of the mail from a firm's role addresses is with each person there.

Where the owner knows one person of a firm, its invoices are business with that person. Where several are in touch,
the others account for some of the mail: for as much as is usual at that firm beside so much contact. What is left
over is with this person. So whoever falls silent while a colleague goes on has no part in mail that comes as that
colleague's contact lets expect, and has most of it if it grew just then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.health.assessment import History
from rules.health.diary import Diary

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LATELY, USUALLY = 8.0, 52.0  # weeks after which half is forgotten
_KEEP = 0.5 ** (1 / np.array([[LATELY], [USUALLY]]))
# Counts are whole numbers of a small part of a week, so that sums are the same in whatever order they are added up:
# addresses are numbered anew when a history changes, and what was kept must be what a whole fold finds, to the digit.
_WEEK = 2.0**30


@dataclass(frozen=True, slots=True)
class Kept:
    """What `Firms` knew after a week, by name: numbers change when a history does."""

    addresses: Sequence[str]
    contact: Floats
    organisations: Sequence[str]
    mail: Floats


class Firms:
    """Follows the weeks with contact of every address and the weeks with mail of every firm's role addresses, lately
    and usually: shape [2, number], the old ones forgotten."""

    def __init__(self, history: History, diary: Diary) -> None:
        organisation = {address: person.organisation for person in history.people for address in person.addresses}
        self._diary = diary
        self._nowhere = len(diary.organisations)
        numbers = [diary.number(organisation.get(address)) for address in diary.addresses]
        self._firm: Ints = np.array([self._nowhere if one < 0 else one for one in numbers], np.int64)
        self._contact: Floats = np.zeros((2, len(diary.addresses)))
        self._mail: Floats = np.zeros((2, self._nowhere + 1))

    def take(self, week: int) -> None:
        """Takes a week in."""
        self._contact = np.floor(self._contact * _KEEP)
        self._contact[:, self._diary.address[self._diary.span(week)]] += _WEEK
        self._mail = np.floor(self._mail * _KEEP) + self._diary.with_traffic(week) * _WEEK

    def parts(self, row: Ints, firm: Ints) -> Floats:
        """Which part of their firm's mail is lately with each row, in [0, 1].

        Args:
            row: of each address, -1 for none. firm: of each row, as the diary numbers organisations.
        """
        if not self._nowhere:
            return np.ones(len(firm))
        lately, usually = (_counted(self._firm, one, self._nowhere + 1)[firm] for one in self._contact)
        own = _counted(row + 1, self._contact[0], len(firm) + 1)[1:]
        return _part(own, lately, usually, *self._mail[:, firm])

    def of(self, addresses: Ints, organisation: str | None, first: int, last: int) -> Floats:
        """For one person with these addresses, which part of the mail of their firm was with them in the weeks from
        `first` to `last`; 0 where there was none."""
        busy = self._diary.busy(organisation, first, last)
        firm = self._diary.number(organisation)
        if not busy.any():
            return np.zeros(len(busy))
        mine, everyone = np.unique(addresses), np.flatnonzero(self._firm == firm)
        known = np.union1d(mine, everyone)
        contact = self._diary.of(known)
        begin = int(self._diary.week[contact].min(initial=first))
        if begin > self._diary.week[0]:  # the fold begins there, and takes mail in from then on
            begin = max(int(self._diary.week[0]), min(begin, self._diary.first_traffic(organisation)))
        contact = contact[self._diary.week[contact] <= last]
        seen = np.zeros((last - begin + 1, 1, len(known) + 1))  # the mail of the firm in the last column
        seen[self._diary.week[contact] - begin, 0, np.searchsorted(known, self._diary.address[contact])] = _WEEK
        seen[:, 0, -1] = self._diary.busy(organisation, begin, last) * _WEEK
        so_far, weeks = np.zeros((2, seen.shape[2])), np.empty((len(seen), 2, seen.shape[2]))
        for place, one in enumerate(seen):
            so_far = np.floor(so_far * _KEEP) + one
            weeks[place] = so_far
        weeks = weeks[first - begin :]
        own = weeks[:, 0, np.searchsorted(known, mine)].sum(1)
        lately, usually = weeks[:, :, np.searchsorted(known, everyone)].sum(2).T
        return np.where(busy, _part(own, lately, usually, weeks[:, 0, -1], weeks[:, 1, -1]), 0.0)

    def keep(self) -> Kept:
        return Kept(self._diary.addresses, self._contact.copy(), self._diary.organisations, self._mail.copy())

    def put_back(self, kept: Kept) -> None:
        """Knows what another one knew, of a history that was the same until then."""
        for mine, now, theirs, then in (
            (self._diary.addresses, self._contact, kept.addresses, kept.contact),
            (self._diary.organisations, self._mail, kept.organisations, kept.mail),
        ):
            place = {name: number for number, name in enumerate(theirs)}
            both = [(number, place[name]) for number, name in enumerate(mine) if name in place]
            here, there = np.array(both, np.int64).reshape(-1, 2).T
            now[:, here] = then[:, there]


def _counted(places: Ints, weights: Floats, size: int) -> Floats:
    return np.bincount(places, weights, size).astype(np.float64)


def _part(own: Floats, lately: Floats, usually: Floats, mail: Floats, usual_mail: Floats) -> Floats:
    """The part of the mail that the others' contact does not account for."""
    others = np.maximum(lately - own, 0.0)
    theirs = others * usual_mail / np.maximum(usually, 1.0)
    found: Floats = 1.0 - np.minimum(theirs / np.maximum(mail, 1.0), 1.0)
    return found
