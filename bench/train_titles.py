"""What words weigh in the title of a meeting, beyond what they weigh in a subject; part of `bench.train_purpose`.

Labelled meetings are few and are kept for measuring: what is learned here is learned from the sample titles, on top
of what the entry shows by hand-set weights (`rules.purpose.occasions`) and of half of what its words weigh on mail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize

from bench.samples import Title, meeting, titles
from connectors.observations import Event
from rules.meaning import PURPOSES
from rules.purpose.model import meeting_parts
from rules.purpose.occasions import title_words
from rules.purpose.weights import Scores, Weights
from rules.texts.subjects import spelled_out

STRENGTH = 0.3  # the inverse of the penalty
TITLES = 2  # a word counts where this many titles have it
VAGUE = 0.5  # weight of a title that is vague by itself
# The samples have as many of each purpose as their writer liked; a calendar has mostly work. So much of what they
# would move the prior by is believed.
SHIFT = 0.3

Matrix = npt.NDArray[np.float64]


def learn_titles(weights: Weights, samples: Sequence[Title] = ()) -> dict[str, Scores]:
    """Log-odds per word of a title, and of "#prior"."""
    chosen = samples or titles()
    events = [meeting(title) for title in chosen]
    words = [_words(event, weights) for event in events]
    often = Counter(word for one in words for word in one)
    columns = {word: number for number, word in enumerate(sorted(w for w, count in often.items() if count >= TITLES))}
    places = [(row, columns[word]) for row, one in enumerate(words) for word in one if word in columns]
    rows, numbers = zip(*places, strict=True)
    matrix = sparse.csr_matrix((np.ones(len(places)), (rows, numbers)), shape=(len(chosen), len(columns)))
    known = np.array([_known(event, weights) for event in events])
    labels = np.eye(3)[[PURPOSES.index(title.purpose) for title in chosen]]
    trust = np.array([1.0 if title.sure else VAGUE for title in chosen])
    table, prior = _fit(matrix, labels, trust, known)
    found = {word: _rounded(table[number]) for word, number in columns.items()}
    found["#prior"] = _rounded(SHIFT * prior)
    return found


def _words(event: Event, weights: Weights) -> list[str]:
    spelled = spelled_out(title_words(event), weights.known)
    return [word for word in dict.fromkeys(spelled) if word in weights.known or not word[0].isalpha()]


def _known(event: Event, weights: Weights) -> Matrix:
    """What everything else says of a meeting."""
    return np.sum([scores for _, scores in meeting_parts(event, weights)], axis=0)


def _fit(matrix: sparse.csr_matrix, labels: Matrix, trust: Matrix, known: Matrix) -> tuple[Matrix, Matrix]:
    """Multinomial logistic regression on top of known log-odds: a row of coefficients per column, and the prior."""
    count = matrix.shape[1]

    def cost(numbers: Matrix) -> tuple[float, Matrix]:
        table, prior = numbers[: 3 * count].reshape(count, 3), numbers[3 * count :]
        sums = matrix @ table + prior + known
        sums = sums - sums.max(1, keepdims=True)
        total = np.log(np.exp(sums).sum(1, keepdims=True))
        wrong = (np.exp(sums - total) - labels) * trust[:, None]
        loss = STRENGTH * float((trust * (total[:, 0] - (sums * labels).sum(1))).sum()) + 0.5 * float(
            (table**2).sum()
        )
        return loss, np.concatenate([(STRENGTH * (matrix.T @ wrong) + table).ravel(), STRENGTH * wrong.sum(0)])

    best = minimize(cost, np.zeros(3 * count + 3), jac=True, method="L-BFGS-B").x
    return best[: 3 * count].reshape(count, 3), best[3 * count :]


def _rounded(numbers: Matrix) -> Scores:
    one, two, three = (round(float(number), 3) for number in numbers)
    return one, two, three
