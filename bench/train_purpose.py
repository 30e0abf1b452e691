"""Makes `rules/vocabulary/weights.tsv` from the labelled mail and the sample subjects.
Run: python -m bench.train_purpose --general FILE

A multinomial logistic regression over clues (`rules.purpose.clues`), general words and, where vectors of words are
given, the meaning of words. What ships is general vocabulary: words that occur in several mailboxes or samples and
stand in the list of general words, which has no names of people or firms.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bench.labelled import Item, mail, owners
from bench.samples import Sample, sample_clues, samples
from bench.train_titles import learn_titles
from connectors.observations import Message
from rules.context import Context
from rules.meaning import PURPOSES, Purpose
from rules.organisations import domain_of, is_free_mail, registrable
from rules.purpose.bygones import Bygones
from rules.purpose.clues import Clues, clues
from rules.purpose.weights import Scores, Weights
from rules.subjects import VOCABULARY, read, spelled_out

AMBIGUOUS = 0.4  # weight of an item whose reader was in doubt
READ_AGAIN = 3.0  # weight of an item of the smaller set, which was read two and three times
SAMPLE = 0.2  # weight of a sample subject: more of it makes mail of today better and that of the archive worse
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
# Mails after which a history weighs half of what an endless one would.
HALF = {"person": 1.0, "owner": 5.0, "firm": 5.0}
# In a mailbox of one firm the mail with other firms is little: this weight is set by hand, not learned. A customer
# whose firm has only ever sent orders is likely to send another.
FIRM = 0.4
FOLDS = 6
LEAST = {"word": 0.02, "meaning": 0.2}  # what weighs less is not written down

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


def write(weights: Weights, path: Path) -> None:
    lines = ["# Made by `python -m bench.train_purpose`. Log-odds: relational, working, transactional."]
    written: set[str] = set()
    for kind, table in (
        ("clue", weights.clues), ("word", weights.words), ("meaning", weights.meanings),
        ("history", weights.histories), ("title", weights.titles),
    ):  # fmt: skip
        for name in sorted(table):
            numbers = table[name]
            if max(map(abs, numbers[:3])) >= LEAST.get(kind, 0.0):
                lines.append("\t".join((kind, name, *(f"{number:g}" for number in numbers))))
                if kind in ("word", "meaning"):
                    written.add(name)
    lines.append("neutral\t" + " ".join(sorted(weights.known - written)))  # one line: a service wants to start
    path.write_text("\n".join(lines) + "\n", "utf-8")


def held_back(
    items: Sequence[Item], found: Sequence[Clues], general: frozenset[str], vectors: Vectors | None
) -> Matrix:
    """What each mail says by itself, learned from other mailboxes only."""
    made = np.zeros((len(items), 3))
    groups = [item.group for item in items]
    for train, test in GroupKFold(FOLDS).split(made, groups=groups):
        model = Model([items[i] for i in train], [found[i] for i in train], general, vectors, samples())
        made[test] = model.probabilities([found[i] for i in test])
    return made


def learn_histories(items: Sequence[Item], found: Sequence[Clues], alone: Matrix) -> Histories:
    """Weights of the past, by maximum likelihood; `alone` is what each mail says by itself, in order of time."""
    past = {name: np.zeros((len(items), 3)) for name in ("person", "owner")}
    known: dict[str, Bygones] = defaultdict(lambda: Bygones({name: (1.0, HALF[name]) for name in past}))
    nothing = Context()
    for row, (item, one) in enumerate(zip(items, found, strict=True)):
        for name, scores in known[item.group].of(one, None, nothing):
            if name.removeprefix("history:") in past:  # what is added for firms by hand shall not be taken back
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
    weights = Model(items, found, general, vectors, samples()).weights(histories)
    return replace(weights, titles=learn_titles(weights))


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
    print(f"{options.output}: learned from {len(items)} mails and {len(samples())} sample subjects")


if __name__ == "__main__":
    main(sys.argv[1:])
