"""What mail with other firms is for, with this owner: the share of each purpose in it, and what such mail says by
itself.

Half of the archive's mail with other firms was private, because its owners worked with colleagues. Somebody whose
mail is nearly all with other firms works with them. So a share is expected by how much of all mail that is, and
learned from there as a changed prior is (Saerens, Latinne and Decaestecker 2002: expectation maximisation over what
the mails say).
"""

from __future__ import annotations

from math import exp, log

from rules.meaning import Purpose
from rules.purpose.weights import Scores

# Shares of relational, working and transactional in the archive's mail with other firms.
USUAL_WITH_FIRMS: Scores = (0.51, 0.24, 0.25)
# Set by hand: up to this share of all mail, mail with firms is expected to be as in the archive; where it is all the
# mail, so much of it is relational. The owner's first mails stand beside so many of an owner of few, and what is
# expected counts as so many mails.
FEW, ALL_RELATIONAL = 0.35, 0.15
FIRST_MAILS, EXPECTED_MAILS = 40.0, 200.0
USUAL_MAILS = 60.0  # of the archive, before what this owner's mail says by itself
STEP = 0.1  # in log-odds, by which something is told anew: one mail more seldom changes what is said of later ones


class WithFirms:
    """Learns as mail comes. `added`: log-odds for mail with a firm. `usual`: shares, as such mail says by itself."""

    def __init__(self) -> None:
        self._mails, self._with_firms = FIRST_MAILS, FIRST_MAILS * FEW
        self._held: Scores = (0.0, 0.0, 0.0)
        self._said: Scores = _times(USUAL_WITH_FIRMS, USUAL_MAILS)
        self._believed, self._heard = _Steps(), _Steps()
        self._factors: Scores = (1.0, 1.0, 1.0)
        self.usual: Scores = USUAL_WITH_FIRMS

    @property
    def added(self) -> Scores:
        return self._believed.told

    def hear(self, mail: Purpose, *, with_firm: bool) -> None:
        """Take in what one mail said by itself."""
        self._mails += 1
        if not with_firm:
            return
        self._with_firms += 1
        one, two, three = mail.relational, mail.working, mail.transactional
        self._said = _plus(self._said, (one, two, three))
        first, second, third = self._factors
        one, two, three = one * first, two * second, three * third
        self._held = _plus(self._held, _times((one, two, three), 1 / (one + two + three)))
        if self._believed.follow(_plus(self._held, self._expected())):
            first, second, third = self._believed.told
            self._factors = exp(first), exp(second), exp(third)
        if self._heard.follow(self._said):
            one, two, three = [
                usual * exp(odd) for usual, odd in zip(USUAL_WITH_FIRMS, self._heard.told, strict=True)
            ]
            self.usual = _times((one, two, three), 1 / (one + two + three))

    def _expected(self) -> Scores:
        """As mails."""
        part = max(0.0, self._with_firms / self._mails - FEW) / (1 - FEW)
        relational = USUAL_WITH_FIRMS[0] + (ALL_RELATIONAL - USUAL_WITH_FIRMS[0]) * part
        rest = (1 - relational) / 2 * EXPECTED_MAILS
        return relational * EXPECTED_MAILS, rest, rest


class _Steps:
    """Log-odds of shares against those of the archive, as they were `told` last: they are told anew where one has
    moved by more than a step since."""

    def __init__(self) -> None:
        self.told: Scores = (0.0, 0.0, 0.0)
        self._between = self._reach()

    def follow(self, counts: Scores) -> bool:
        """Whether something is told anew of these counts."""
        (a, b), (c, d), (e, f) = self._between
        one, two, three = counts
        total = one + two + three
        if a * total <= one <= b * total and c * total <= two <= d * total and e * total <= three <= f * total:
            return False
        one, two, three = [
            old if low * total <= count <= high * total else round(log(count / total / usual), 1)
            for count, usual, old, (low, high) in zip(counts, USUAL_WITH_FIRMS, self.told, self._between, strict=True)
        ]
        self.told = (one, two, three)
        self._between = self._reach()
        return True

    def _reach(self) -> list[tuple[float, float]]:
        """Between which shares nothing has moved by more than a step."""
        return [
            (usual * exp(odd - STEP), usual * exp(odd + STEP))
            for usual, odd in zip(USUAL_WITH_FIRMS, self.told, strict=True)
        ]


def _plus(one: Scores, other: Scores) -> Scores:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _times(counts: Scores, factor: float) -> Scores:
    return counts[0] * factor, counts[1] * factor, counts[2] * factor
