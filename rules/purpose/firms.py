"""What mail with other firms is for, with this owner: the share of each purpose in it, and what such mail says by
itself.

Half of the archive's mail with other firms was private, because its owners worked with colleagues. Somebody whose
mail is nearly all with other firms works with them. So a share is expected by how much of all mail that is, and
learned from there as a changed prior is (Saerens, Latinne and Decaestecker 2002: expectation maximisation over what
the mails say).
"""

from __future__ import annotations

from collections.abc import Sequence
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
        self._held: list[float] = [0.0, 0.0, 0.0]
        self._said: list[float] = [share * USUAL_MAILS for share in USUAL_WITH_FIRMS]
        self._louder: Scores = (0.0, 0.0, 0.0)  # log-odds of what such mail says by itself
        self.added: Scores = (0.0, 0.0, 0.0)
        self.usual: Scores = USUAL_WITH_FIRMS

    def hear(self, mail: Purpose, *, with_firm: bool) -> None:
        """Take in what one mail said by itself."""
        self._mails += 1
        if with_firm:
            self._with_firms += 1
            said = (mail.relational, mail.working, mail.transactional)
            held = _shares([share * exp(odd) for share, odd in zip(said, self.added, strict=True)])
            self._held = [count + share for count, share in zip(self._held, held, strict=True)]
            self._said = [count + share for count, share in zip(self._said, said, strict=True)]
        self._believe()

    def _believe(self) -> None:
        expected = self._expected()
        believed = [count + share * EXPECTED_MAILS for count, share in zip(self._held, expected, strict=True)]
        self.added = _moved(self.added, believed)
        self._louder = _moved(self._louder, self._said)
        self.usual = _shares([usual * exp(odd) for usual, odd in zip(USUAL_WITH_FIRMS, self._louder, strict=True)])

    def _expected(self) -> Scores:
        part = max(0.0, self._with_firms / self._mails - FEW) / (1 - FEW)
        relational = USUAL_WITH_FIRMS[0] + (ALL_RELATIONAL - USUAL_WITH_FIRMS[0]) * part
        return relational, (1 - relational) / 2, (1 - relational) / 2


def _moved(told: Scores, counts: Sequence[float]) -> Scores:
    """Log-odds of shares against those of the archive, or what was told where they moved less than a step since."""
    now = [log(share / usual) for share, usual in zip(_shares(counts), USUAL_WITH_FIRMS, strict=True)]
    one, two, three = [round(new, 1) if abs(new - old) > STEP else old for new, old in zip(now, told, strict=True)]
    return one, two, three


def _shares(counts: Sequence[float]) -> Scores:
    total = sum(counts)
    one, two, three = [count / total for count in counts]
    return one, two, three
