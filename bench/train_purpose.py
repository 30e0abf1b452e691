"""Makes `rules/vocabulary/weights.tsv` from the labelled mail. Run: python -m bench.train_purpose --general FILE

A multinomial logistic regression over clues (`rules.clues`), general words and, where vectors of words are given,
the meaning of words. What ships is general vocabulary: words that occur in several mailboxes and stand in the list
of general words, which has no names of people or firms.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bench.labelled import PURPOSES, Item, mail, owners
from connectors.observations import Message
from rules.bygones import Bygones
from rules.clues import Clues, clues
from rules.context import Context
from rules.folding import fold
from rules.meaning import Purpose
from rules.organisations import domain_of, is_free_mail, registrable
from rules.purpose import Scores, Weights
from rules.subjects import VOCABULARY

AMBIGUOUS = 0.4  # weight of an item whose reader was in doubt
READ_AGAIN = 3.0  # weight of an item of the smaller set, which was read two and three times
CLUE, WORD, MEANING = 0.5, 1.0, 0.06  # how far each block may reach: the inverse of its penalty
MAILBOXES = 3  # a word or clue counts only where this many mailboxes have it
STRENGTH = 0.5
EVERY_MAIL_HAS_ONE = frozenset(
    {
        "way", "who", "people", "kind", "who way", "who people", "who kind", "who kind form", "kind people", "marks",
        "circle", "domains", "cc", "form", "length", "numbers",
    }
)  # fmt: skip
# Mails after which a history weighs half of what an endless one would.
HALF = {"person": 1.0, "owner": 5.0, "firm": 5.0}
# In a mailbox of one firm the mail with other firms is little: this weight is set by hand, not learned. A customer
# whose firm has only ever sent orders is likely to send another.
FIRM = 0.4
FOLDS = 6
LEAST = {"word": 0.02, "meaning": 0.1}  # what weighs less is not written down

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
        self, items: Sequence[Item], found: Sequence[Clues], general: frozenset[str], vectors: Vectors | None
    ) -> None:
        seen: dict[str, set[str]] = defaultdict(set)
        for item, one in zip(items, found, strict=True):
            for name in (*one.names, *(f"word {w}" for w in set(one.words) if w in general or not w[0].isalpha())):
                seen[name].add(item.group)
        self.columns = {
            name: number
            for number, name in enumerate(sorted(name for name, groups in seen.items() if len(groups) >= MAILBOXES))
        }
        self.counts = Counter(name for one in found for name in one.names)
        self.frequency = Counter(word for one in found for word in set(one.words))
        self.vectors = vectors
        labels = np.array([PURPOSES.index(item.label["purpose"]) for item in items])
        doubt = np.array([1.0 if item.clear else AMBIGUOUS for item in items])
        doubt *= np.array([READ_AGAIN if item.set == "purpose" else 1.0 for item in items])
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

    def weights(self, histories: Histories | None = None) -> Weights:
        """What ships: coefficients times the strength that the histories leave them, each group of clues around
        its own mean, so that what always holds stands in the prior and not among the reasons."""
        scale = histories.strength if histories is not None else 1.0
        coefficients = self.regression.coef_.T * scale  # one row per column of the matrix
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
            projected = self.vectors.table @ (coefficients[len(self.columns) :] * MEANING)
            for name, row in self.vectors.index.items():
                rare = self.rarity(name)
                meaning[name] = (*_scores(projected[row] * rare), round(rare**2, 3))
        meaning = foreign_meanings(word, meaning) | meaning
        return Weights(clue, word, meaning, dict(histories.weights) if histories is not None else {})

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


def foreign_meanings(
    words: Mapping[str, Scores], meanings: Mapping[str, tuple[float, float, float, float]]
) -> dict[str, tuple[float, float, float, float]]:
    """A meaning for the words of other languages in `topics.toml`: the mean of what the English words of their
    topic weigh. Labelled mail is in English; a topic is what another language's words share with it."""
    found: dict[str, tuple[float, float, float, float]] = {}
    for languages in tomllib.loads((VOCABULARY / "topics.toml").read_text("utf-8")).values():
        english = [fold(word).lower() for word in languages["en"].split()]
        weighed = [np.add(words.get(word, (0, 0, 0)), meanings[word][:3]) for word in english if word in meanings]
        if not weighed:
            continue
        mean = _scores(np.mean(weighed, axis=0))
        for language, entries in languages.items():
            if language != "en":
                for entry in fold(entries).lower().split():
                    if "_" not in entry and entry not in words:
                        found[entry.rstrip("*")] = (*mean, 1.0)
    return found


def _group(name: str) -> str:
    """The kind of a clue: "who kind form" of "who:firm kind:new form:words"."""
    return " ".join(part.partition(":")[0] for part in name.split(" ")) if ":" in name else name


def _scores(numbers: Matrix) -> Scores:
    one, two, three = (round(float(number), 3) for number in numbers)
    return one, two, three


def write(weights: Weights, path: Path) -> None:
    lines = ["# Made by `python -m bench.train_purpose`. Log-odds: relational, working, transactional."]
    for kind, table in (
        ("clue", weights.clues), ("word", weights.words), ("meaning", weights.meanings),
        ("history", weights.histories),
    ):  # fmt: skip
        for name in sorted(table):
            numbers = table[name]
            if max(map(abs, numbers[:3])) >= LEAST.get(kind, 0.0):
                lines.append("\t".join((kind, name, *(f"{number:g}" for number in numbers))))
    path.write_text("\n".join(lines) + "\n", "utf-8")


def held_back(
    items: Sequence[Item], found: Sequence[Clues], general: frozenset[str], vectors: Vectors | None
) -> Matrix:
    """What each mail says by itself, learned from other mailboxes only."""
    made = np.zeros((len(items), 3))
    groups = [item.group for item in items]
    for train, test in GroupKFold(FOLDS).split(made, groups=groups):
        model = Model([items[i] for i in train], [found[i] for i in train], general, vectors)
        made[test] = model.probabilities([found[i] for i in test])
    return made


def learn_histories(items: Sequence[Item], found: Sequence[Clues], alone: Matrix) -> Histories:
    """Weights of the past, by maximum likelihood; `alone` is what each mail says by itself, in order of time."""
    past = {name: np.zeros((len(items), 3)) for name in ("person", "owner")}
    known: dict[str, Bygones] = defaultdict(lambda: Bygones({name: (1.0, HALF[name]) for name in past}))
    nothing = Context()
    for row, (item, one) in enumerate(zip(items, found, strict=True)):
        for name, scores in known[item.group].of(one, None, nothing):
            if name.startswith("history:"):
                past[name.removeprefix("history:")][row] = scores
        known[item.group].take(Purpose(*alone[row]))
    labels = np.array([PURPOSES.index(item.label["purpose"]) for item in items])
    doubt = np.array([1.0 if item.clear else AMBIGUOUS for item in items])
    odds = np.log(alone)

    def cost(numbers: Matrix) -> float:
        sums = numbers[0] * odds + numbers[1] * past["person"] + numbers[2] * past["owner"]
        sums = sums + np.append(numbers[3:], 0.0)
        sums = sums - sums.max(1, keepdims=True)
        return -float((doubt * (sums[np.arange(len(labels)), labels] - np.log(np.exp(sums).sum(1)))).sum())

    best = minimize(cost, np.array([1.0, 0.0, 0.0, 0.0, 0.0]), method="BFGS").x
    weights = {
        "person": (round(float(best[1]), 2), HALF["person"]),
        "owner": (round(float(best[2]), 2), HALF["owner"]),
        "firm": (FIRM, HALF["firm"]),
    }
    return Histories(weights, float(best[0]), np.append(best[3:], 0.0))


def learn(items: Sequence[Item], general: frozenset[str], vectors: Vectors | None) -> Weights:
    """Weights from these items, which stand in order of time."""
    found = clue_stream(items)
    histories = learn_histories(items, found, held_back(items, found, general, vectors))
    return Model(items, found, general, vectors).weights(histories)


def general_words(path: Path) -> frozenset[str]:
    """The words that may be learned: a list of general words, one a line."""
    return frozenset(path.read_text("utf-8").split())


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.train_purpose", description=__doc__)
    parser.add_argument("--general", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--output", type=Path, default=VOCABULARY / "weights.tsv")
    options = parser.parse_args(arguments)
    if options.general is None:
        print("which words are general? --general FILE, one word a line (docs/purpose.md); nothing learned")
        return
    items = [item for item in mail() if not item.label["automated"]]
    write(learn(items, general_words(options.general), load_vectors(options.vectors)), options.output)
    print(f"{options.output}: learned from {len(items)} mails")


if __name__ == "__main__":
    main(sys.argv[1:])
