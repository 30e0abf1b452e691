"""Makes `rules/vocabulary/weights.tsv` from the labelled mail and the sample subjects.
Run: python -m bench.train_purpose --general FILE

A multinomial logistic regression over clues (`rules.purpose.clues`), general words and, where vectors of words are
given, the meaning of words. What ships is general vocabulary: words that occur in several mailboxes or samples and
stand in the list of general words, which has no names of people or firms.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn.model_selection import GroupKFold

from bench.labelled import Item, mail, owners
from bench.purpose_model import AMBIGUOUS, Histories, Matrix, Model, Vectors, load_vectors
from bench.samples import samples
from bench.train_titles import learn_titles
from connectors.observations import Message
from rules.context import Context
from rules.meaning import PURPOSES, Purpose
from rules.purpose.bygones import Bygones
from rules.purpose.clues import Clues, clues
from rules.purpose.weights import Weights
from rules.texts.organisations import domain_of, is_free_mail, registrable
from rules.texts.subjects import VOCABULARY

# Mails after which a history weighs half of what an endless one would.
HALF = {"person": 1.0, "owner": 5.0, "firm": 5.0}
# In a mailbox of one firm the mail with other firms is little: this weight is set by hand, not learned. A customer
# whose firm has only ever sent orders is likely to send another.
FIRM = 0.4
FOLDS = 6
LEAST = {"word": 0.02, "meaning": 0.2}  # what weighs less is not written down


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
