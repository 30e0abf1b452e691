"""The regression that purpose is learned by: its columns of clues and words, what each mail counts, and the weights
that it leaves behind."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from bench.labelled import Item
from bench.samples import Sample, sample_clues
from rules.meaning import PURPOSES
from rules.purpose.clues import Clues
from rules.purpose.weights import Scores, Weights
from rules.texts.subjects import read, spelled_out

AMBIGUOUS = 0.4  # weight of an item whose reader was in doubt
READ_AGAIN = 3.0  # weight of an item of the smaller set, which was read two and three times
SAMPLE = 0.12  # weight of a sample subject: more of it makes mail of today better and that of the archive worse
VAGUE = 0.5  # of that, where the subject alone is vague
SAMPLES = 3  # a word or clue counts also where this many samples have it
# What words that stand in samples alone say does not touch the archive: there samples count in full. Their reach.
ALONE, ALONE_REACH = 2.0, 1.0
SERIES = 2  # mails of one series ("Report #12", "Report #13") from one writer count in full; more, as their root
CLUE, WORD, MEANING = 0.5, 1.0, 0.06  # how far each block may reach: the inverse of its penalty
MAILBOXES = 3  # a word or clue counts only where this many mailboxes have it
STRENGTH = 0.5
EVERY_MAIL_HAS_ONE = frozenset(
    {
        "way", "who", "people", "kind", "who way", "who people", "who kind", "who kind form", "kind people", "marks",
        "circle", "domains", "cc", "form", "length", "numbers",
    }
)  # fmt: skip

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Vectors:
    """Word vectors: row `index[word]` of `table`."""

    index: dict[str, int]
    table: npt.NDArray[np.float32]


def load_vectors(path: Path | None) -> Vectors | None:
    if path is None:
        return None
    with np.load(path) as file:
        table = file["E"].astype(np.float32)
        words = [str(word) for word in file["s"]]
    table -= table.mean(0)
    table /= table.std()
    return Vectors({word: number for number, word in enumerate(words)}, table)


@dataclass(frozen=True)
class Histories:
    """How much the past counts beside the mail itself: weight and half-way number per history, the strength that
    is left to the mail itself, and the shift of the prior."""

    weights: dict[str, tuple[float, float]]
    strength: float
    shift: Matrix


class Model:
    """Learned from some items; can be held against others, or written down as weights."""

    def __init__(
        self,
        items: Sequence[Item],
        found: Sequence[Clues],
        general: frozenset[str],
        vectors: Vectors | None,
        invented: Sequence[Sample] = (),
    ) -> None:
        self.general = general
        self.vectors = vectors
        said = [sample_clues(sample) for sample in invented]
        self.columns = self._columns(items, found, said)
        self.counts = Counter(name for one in found for name in one.names)
        self.frequency = Counter(word for one in found for word in set(self.words(one)))
        labels = [PURPOSES.index(item.label["purpose"]) for item in items]
        labels += [PURPOSES.index(sample.purpose) for sample in invented]
        trust = _trust(items)
        trust += [SAMPLE * (1.0 if sample.sure else VAGUE) for sample in invented]
        # Samples come from nobody: a column of their own takes what they have in common.
        apart = sparse.csr_matrix(np.repeat([0.0, 1.0], [len(items), len(invented)])[:, None])
        matrix = sparse.hstack([self.matrix([*found, *said]), apart]).tocsr()
        self.regression = LogisticRegression(C=STRENGTH, max_iter=400, tol=1e-3)
        self.regression.fit(matrix, np.array(labels), sample_weight=np.array(trust))
        self.coefficients: Matrix = self.regression.coef_.T  # one row per column of the matrix
        if invented:
            chosen = slice(len(items), None)
            self.coefficients = self.coefficients + self._of_samples_alone(matrix[chosen], labels[chosen], invented)

    def _of_samples_alone(
        self, matrix: sparse.csr_matrix, labels: Sequence[int], invented: Sequence[Sample]
    ) -> Matrix:
        """What words that no archive has say beyond the regression: a second one, on the samples and these words
        only, with what the first says as given. A sample weighs little beside archive mail, and there it need not."""
        words = [n for name, n in self.columns.items() if name.startswith("word ") and name not in self.archived]
        chosen = sparse.hstack([matrix[:, words], np.ones((len(invented), 1))]).tocsr()
        given = matrix @ self.coefficients + self.regression.intercept_
        trust = ALONE * np.array([1.0 if sample.sure else VAGUE for sample in invented])[:, None]
        truth = np.eye(3)[list(labels)]

        def cost(flat: Matrix) -> tuple[float, Matrix]:
            table = flat.reshape(-1, 3)
            sums = chosen @ table + given
            sums -= sums.max(1, keepdims=True)
            logs = sums - np.log(np.exp(sums).sum(1, keepdims=True))
            slope = chosen.T @ (trust * (np.exp(logs) - truth))
            slope[:-1] += table[:-1] / ALONE_REACH  # the last column, what all samples have in common, is free
            return float(-(trust * truth * logs).sum() + (table[:-1] ** 2).sum() / 2 / ALONE_REACH), slope.ravel()

        best = minimize(cost, np.zeros(3 * (len(words) + 1)), jac=True, method="L-BFGS-B", options={"maxiter": 100})
        added: Matrix = np.zeros_like(self.coefficients)
        added[words] = best.x.reshape(-1, 3)[:-1]
        return added

    def _columns(self, items: Sequence[Item], found: Sequence[Clues], said: Sequence[Clues]) -> dict[str, int]:
        seen: dict[str, set[str]] = defaultdict(set)
        for item, one in zip(items, found, strict=True):
            for name in self.names(one):
                seen[name].add(item.group)
        often = Counter(name for one in said for name in self.names(one))
        self.archived = frozenset(seen)  # all that stands on any of the mails
        known = {name for name, groups in seen.items() if len(groups) >= MAILBOXES}
        known |= {name for name, count in often.items() if count >= SAMPLES}
        return {name: number for number, name in enumerate(sorted(known))}

    def words(self, one: Clues) -> tuple[str, ...]:
        """The words of a mail, compounds spelled out."""
        return spelled_out(one.words, self.general)

    def names(self, one: Clues) -> list[str]:
        """The names of all columns that a mail may have a place in, each once."""
        words = [f"word {word}" for word in self.words(one) if word in self.general or not word[0].isalpha()]
        return list(dict.fromkeys((*one.names, *words)))

    def matrix(self, found: Sequence[Clues]) -> sparse.csr_matrix:
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        for row, one in enumerate(found):
            for name in self.names(one):
                column = self.columns.get(name)
                if column is not None:
                    rows.append(row)
                    columns.append(column)
                    values.append(WORD if name.startswith("word ") else CLUE)
        shape = (len(found), len(self.columns))
        plain = sparse.csr_matrix((values, (rows, columns)), shape=shape)
        if self.vectors is None:
            return plain
        return sparse.hstack([plain, sparse.csr_matrix(self.meanings(found))]).tocsr()

    def rarity(self, word: str) -> float:
        return 1 / (1 + self.frequency[word] / 20)

    def meanings(self, found: Sequence[Clues]) -> Matrix:
        assert self.vectors is not None
        table, index = self.vectors.table, self.vectors.index
        made = np.zeros((len(found), table.shape[1]))
        for row, one in enumerate(found):
            words = [word for word in dict.fromkeys(self.words(one)) if word in index]
            if words:
                rare = np.array([self.rarity(word) for word in words])
                total = (rare[:, None] * table[[index[word] for word in words]]).sum(0)
                made[row] = MEANING * total / np.sqrt(1 + (rare**2).sum())
        return made

    def probabilities(self, found: Sequence[Clues]) -> Matrix:
        nothing = sparse.csr_matrix((len(found), 1))
        sums = sparse.hstack([self.matrix(found), nothing]) @ self.coefficients + self.regression.intercept_
        made: Matrix = softmax(sums, axis=1)
        return made

    def weights(self, histories: Histories | None = None) -> Weights:
        """What ships: coefficients times the strength that the histories leave them, each group of clues around
        its own mean, so that what always holds stands in the prior and not among the reasons."""
        scale = histories.strength if histories is not None else 1.0
        coefficients = self.coefficients * scale
        prior = self.regression.intercept_ * scale + (histories.shift if histories is not None else 0.0)
        clue: dict[str, Scores] = {}
        word: dict[str, Scores] = {}
        means = self._group_means(coefficients)
        for name, column in self.columns.items():
            if name.startswith("word "):
                word[name[5:]] = _scores(coefficients[column] * WORD)
            else:
                clue[name] = _scores(coefficients[column] * CLUE - means.get(_group(name), 0.0))
        clue["prior"] = _scores(prior + sum(means.values()))
        meaning: dict[str, tuple[float, float, float, float]] = {}
        if self.vectors is not None:
            projected = self.vectors.table @ (coefficients[len(self.columns) : -1] * MEANING)
            for name, row in self.vectors.index.items():
                rare = self.rarity(name)
                meaning[name] = (*_scores(projected[row] * rare), round(rare**2, 3))
        return Weights(clue, word, meaning, dict(histories.weights) if histories is not None else {}, self.general)

    def _group_means(self, coefficients: Matrix) -> dict[str, Matrix]:
        """The usual sum of each group of clues of which every mail has exactly one."""
        means: dict[str, Matrix] = {}
        for group in EVERY_MAIL_HAS_ONE:
            members = [name for name in self.columns if _group(name) == group]
            total = sum(self.counts[name] for name in members)
            means[group] = sum(
                (coefficients[self.columns[name]] * CLUE * self.counts[name] / total for name in members), np.zeros(3)
            )
        return means


def _trust(items: Sequence[Item]) -> list[float]:
    """How much each mail counts: less where its reader was in doubt, and where it is one of a series."""
    series = [(item.label["from"], _stem(item.label["subject"] or "")) for item in items]
    often = Counter(one for one in series if one[1])
    return [
        (1.0 if item.clear else AMBIGUOUS)
        * (READ_AGAIN if item.set == "purpose" else 1.0)
        / max(1.0, often[one] / SERIES) ** 0.5
        for item, one in zip(items, series, strict=True)
    ]


def _stem(subject: str) -> str:
    """The beginning of a subject without prefixes, numbers and signs."""
    return re.sub(r"[\W\d_]+", " ", read(subject).bare.lower()).strip()[:30]


def _group(name: str) -> str:
    """The kind of a clue: "who kind form" of "who:firm kind:new form:words"."""
    return " ".join(part.partition(":")[0] for part in name.split(" ")) if ":" in name else name


def _scores(numbers: Matrix) -> Scores:
    one, two, three = (round(float(number), 3) for number in numbers)
    return one, two, three
