"""Makes `rules/vocabulary/weights.tsv` from the labelled mail. Run: python -m bench train_purpose

A multinomial logistic regression over clues (`rules.clues`), general words and, where vectors of words are given,
the meaning of words. What ships is general vocabulary: words that occur in several mailboxes and stand in the list
of general words, which has no names of people or firms.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from bench.labelled import PURPOSES, Item, mail, owners
from connectors.observations import Message
from rules.clues import Clues, clues
from rules.organisations import domain_of, is_free_mail, registrable
from rules.purpose import Scores, Weights
from rules.subjects import VOCABULARY

AMBIGUOUS = 0.4  # weight of an item whose reader was in doubt
CLUE, WORD, MEANING = 0.5, 1.0, 0.06  # how far each block may reach: the inverse of its penalty
MAILBOXES = 3  # a word or clue counts only where this many mailboxes have it
STRENGTH = 0.5

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


def clue_stream(items: Sequence[Item]) -> list[Clues]:
    """The clues of each item, seen from the owner of its mailbox."""
    whose = owners(mail())
    own_domains = {
        group: frozenset(registrable(domain_of(a)) for a in addresses if not is_free_mail(domain_of(a)))
        for group, addresses in whose.items()
    }
    found = []
    for item in items:
        assert isinstance(item.observation, Message)
        found.append(clues(item.observation, whose[item.group], own_domains[item.group]))
    return found


class Model:
    """Learned from some items; can be held against others, or written down as weights."""

    def __init__(
        self, items: Sequence[Item], found: Sequence[Clues], general: frozenset[str], vectors: Vectors | None
    ):
        seen: dict[str, set[str]] = defaultdict(set)
        for item, one in zip(items, found, strict=True):
            for name in (*one.names, *(f"word {w}" for w in set(one.words) if w in general or not w[0].isalpha())):
                seen[name].add(item.group)
        self.columns = {
            name: number
            for number, name in enumerate(sorted(name for name, groups in seen.items() if len(groups) >= MAILBOXES))
        }
        self.frequency = Counter(word for one in found for word in set(one.words))
        self.vectors = vectors
        labels = np.array([PURPOSES.index(item.label["purpose"]) for item in items])
        doubt = np.array([1.0 if item.clear else AMBIGUOUS for item in items])
        self.regression = LogisticRegression(C=STRENGTH, max_iter=400)
        self.regression.fit(self.matrix(found), labels, sample_weight=doubt)

    def matrix(self, found: Sequence[Clues]) -> sparse.csr_matrix:
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        for row, one in enumerate(found):
            for name in dict.fromkeys((*one.names, *(f"word {word}" for word in one.words))):
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
            words = [word for word in dict.fromkeys(one.words) if word in index]
            if words:
                rare = np.array([self.rarity(word) for word in words])
                total = (rare[:, None] * table[[index[word] for word in words]]).sum(0)
                made[row] = MEANING * total / np.sqrt(1 + (rare**2).sum())
        return made

    def probabilities(self, found: Sequence[Clues]) -> Matrix:
        made: Matrix = self.regression.predict_proba(self.matrix(found))
        return made

    def weights(self) -> Weights:
        coefficients = self.regression.coef_.T  # one row per column of the matrix
        clue: dict[str, Scores] = {"prior": _scores(self.regression.intercept_)}
        word: dict[str, Scores] = {}
        for name, column in self.columns.items():
            if name.startswith("word "):
                word[name[5:]] = _scores(coefficients[column] * WORD)
            else:
                clue[name] = _scores(coefficients[column] * CLUE)
        meaning: dict[str, tuple[float, float, float, float]] = {}
        if self.vectors is not None:
            projected = self.vectors.table @ (coefficients[len(self.columns) :] * MEANING)
            for name, row in self.vectors.index.items():
                rare = self.rarity(name)
                meaning[name] = (*_scores(projected[row] * rare), round(rare**2, 3))
        return Weights(clue, word, meaning, {})


def _scores(numbers: Matrix) -> Scores:
    one, two, three = (round(float(number), 3) for number in numbers)
    return one, two, three


def write(weights: Weights, path: Path) -> None:
    lines = [
        "# Made by `python -m bench train_purpose`. Log-odds: relational, working, transactional (size of a meaning)."
    ]
    for kind, table in (
        ("clue", weights.clues), ("word", weights.words), ("meaning", weights.meanings), ("history", weights.histories),
    ):  # fmt: skip
        for name in sorted(table):
            numbers = table[name]
            if max(map(abs, numbers[:3])) >= 0.02 or kind != "word":
                lines.append("\t".join((kind, name, *(f"{number:g}" for number in numbers))))
    path.write_text("\n".join(lines) + "\n", "utf-8")


def general_words(path: Path | None) -> frozenset[str]:
    """The words that may be learned: a list of general words, one a line."""
    if path is None:
        raise SystemExit("Say which words are general: --general FILE (one word a line; see docs/purpose.md).")
    return frozenset(path.read_text("utf-8").split())


def main(arguments: Sequence[str] = ()) -> None:
    import argparse

    parser = argparse.ArgumentParser(prog="python -m bench train_purpose", description=__doc__)
    parser.add_argument("--general", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--output", type=Path, default=VOCABULARY / "weights.tsv")
    options = parser.parse_args(arguments)
    items = [item for item in mail() if not item.label["automated"]]
    model = Model(items, clue_stream(items), general_words(options.general), load_vectors(options.vectors))
    write(model.weights(), options.output)
    print(f"{options.output}: learned from {len(items)} mails")
