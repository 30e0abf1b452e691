"""The weights of `rules/packs/look.toml`: `python -m bench.train_automation` prints them beside those that stand.

A logistic regression over labelled mail, in which the evidence of all other rules stands as it is and only the look
of senders and subjects is weighed. Invented mail of today and of eight languages (`tests/rules/cases`) stands beside
the old mail of one firm, so that what only held there does not win. The figures are of mailboxes held back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from bench.labelled import mail, owners
from connectors.observations import Message, from_json
from rules.context import Context
from rules.engine.matching import Matcher, matcher
from rules.engine.ruleset import RuleSet, load
from rules.engine.weighing import Weighed
from rules.labels import automation
from rules.labels.labeller import AUTOMATED_PRIOR, ByRules, Labeller
from rules.meaning import Owner

CASES = Path(__file__).resolve().parents[1] / "tests" / "rules" / "cases"
OF_CASES = 1.5  # weight of an invented mail, of an ambiguous label, and the pull of weights towards zero
OF_DOUBT = 0.4
PULL = 2.0
FOLDS = 5
Numbers = npt.NDArray[np.float64]


class Sample:
    """Mails as rows: which look rules fired, what all other rules say, the truth, its weight, its mailbox."""

    def __init__(self, rules: RuleSet) -> None:
        self.names = [rule.name for rule in rules.of_kind("message") if rule.name.startswith("look.")]
        self._matcher: Matcher = matcher(rules, "message")
        self._rules = rules
        self._rows: list[tuple[set[str], float, bool, float, str]] = []

    def add_labelled(self) -> None:
        known = owners(mail())
        labellers = {group: Labeller(self._rules, Owner(own), ByRules()) for group, own in known.items()}
        for item in mail():
            assert isinstance(item.observation, Message)
            labeller = labellers[item.group]
            weight = 1.0 if item.clear else OF_DOUBT
            self._add(
                item.observation, known[item.group], labeller.context, item.label["automated"], weight, item.group
            )
            labeller.decide(item.observation)

    def add_cases(self) -> None:
        own = frozenset({"me@visser.example"})
        for path in sorted(CASES.glob("??.jsonl")):
            for line in path.read_text("utf-8").splitlines():
                row = json.loads(line)
                message = from_json(json.dumps(row["observation"]))
                if isinstance(message, Message):
                    self._add(message, own, Context(), row["expect"]["automated"], OF_CASES, path.stem)

    def _add(
        self, message: Message, own: frozenset[str], context: Context, truth: bool, weight: float, group: str
    ) -> None:
        domains = frozenset(address.rpartition("@")[2] for address in own)
        fired = automation.judge(message, self._matcher, automation.structure(message, own, domains, context))
        look = {one.rule.name for one in fired if one.rule.name.startswith("look.")}
        others = Weighed.of(tuple(one for one in fired if one.rule.name not in look)).sums
        self._rows.append((look, others.get("automated", 0.0), truth, weight, group))

    def arrays(self) -> tuple[Numbers, Numbers, Numbers, Numbers, list[str]]:
        features = np.array([[name in row[0] for name in self.names] for row in self._rows], dtype=float)
        columns = [np.array([float(row[k]) for row in self._rows]) for k in (1, 2, 3)]  # type: ignore[arg-type]
        return features, columns[0], columns[1], columns[2], [row[4] for row in self._rows]


def fit(features: Numbers, offset: Numbers, truth: Numbers, weight: Numbers) -> Numbers:
    """Weights of the features and, last, the prior."""

    def loss(w: Numbers) -> tuple[float, Numbers]:
        odds = features @ w[:-1] + w[-1] + offset
        slope = weight * (1 / (1 + np.exp(-odds)) - truth)
        value = float(weight @ (np.logaddexp(0, odds) - truth * odds) + PULL / 2 * w[:-1] @ w[:-1])
        return value, np.append(features.T @ slope + PULL * w[:-1], slope.sum())

    found: Numbers = minimize(loss, np.zeros(features.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return found


def held_back(features: Numbers, offset: Numbers, truth: Numbers, weight: Numbers, groups: list[str]) -> Numbers:
    """Probabilities of each mail by weights that have not seen its mailbox."""
    number: dict[str, int] = defaultdict(lambda: len(number) % FOLDS)
    fold = np.array([number[group] for group in groups])
    result = np.zeros(len(truth))
    for one in range(FOLDS):
        rest, back = fold != one, fold == one
        w = fit(features[rest], offset[rest], truth[rest], weight[rest])
        result[back] = 1 / (1 + np.exp(-(features[back] @ w[:-1] + w[-1] + offset[back])))
    return result


def train() -> None:
    """Print the figures on held-back mailboxes and the weights, old and new."""
    rules = load()
    sample = Sample(rules)
    sample.add_labelled()
    sample.add_cases()
    features, offset, truth, weight, groups = sample.arrays()
    chance = held_back(features, offset, truth, weight, groups)
    for name, chosen in (("clear labelled mail", weight == 1.0), ("invented mail", weight == OF_CASES)):
        said, true = chance[chosen] >= 0.5, truth[chosen] == 1
        print(f"{name}: {chosen.sum()} mails, F1 {2 * (said & true).sum() / (said.sum() + true.sum()):.3f} held back")
    w = fit(features, offset, truth, weight)
    print(f"prior {AUTOMATED_PRIOR:+.1f} -> {w[-1]:+.1f}")
    for name, new, count in sorted(zip(sample.names, w, features.sum(0), strict=False), key=lambda row: row[1]):
        print(f"{name:34} {rules.rules[name].evidence['automated']:+.1f} -> {new:+.1f}  ({count:.0f} mails)")


if __name__ == "__main__":
    train()
