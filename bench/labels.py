"""Labels against careful readers: `python -m bench labels`.

Everything goes through the real Labeller, one stream per mailbox in order of time, so that context is what it would
be. Weights that were learned from labelled mail are learned anew for each fold, from other mailboxes only: every
figure of purpose is of mailboxes that the weights have never seen. Rules and topics were written by hand, by
somebody who had read some of these items; `tests/rules/purpose_cases.toml` holds others.

`SYNCD_GENERAL_WORDS` and `SYNCD_WORD_VECTORS` name the files that training takes (docs/purpose.md). Without them the
words of the shipped weights stand in, which keeps their meanings as they were learned from all mailboxes.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

from bench.labelled import LABELS, Item, calendar, mail, moment, owners
from bench.purpose_model import Histories, Model, Vectors, load_vectors
from bench.samples import FOLDS as SAMPLE_FOLDS
from bench.samples import OWNER, Sample, desk, message, samples
from bench.scores import Judged, confusions, reliability, table
from bench.train_purpose import FOLDS, clue_stream, held_back, learn_histories
from rules.engine.ruleset import RuleSet, load
from rules.labels.labeller import Labeller
from rules.meaning import PURPOSES, Decision, Owner, Purpose
from rules.purpose.clues import Clues
from rules.purpose.model import PurposeModel
from rules.purpose.weights import Weights, learned

CHANNELS = ("in_person", "video", "phone", "none")


def main() -> None:
    if not LABELS.exists():
        print(f"no labelled sets at {LABELS}: nothing to measure")
        return
    rules = load()
    _channels(rules)
    _mail(rules)


def _purpose(purpose: Purpose) -> tuple[str, float, tuple[float, float, float]]:
    shares = (purpose.relational, purpose.working, purpose.transactional)
    best = int(np.argmax(shares))
    return PURPOSES[best], shares[best], shares


def _channels(rules: RuleSet) -> None:
    labeller = Labeller(rules, Owner(frozenset()))
    decided = [(item, labeller.decide(item.observation)) for item in calendar()]
    for name, chosen in (("clear", [d for d in decided if d[0].clear]), ("all", decided)):
        print(f"\n-- calendar entries, {name}")
        judged = [Judged(i.label["label"], d.channel.value, d.confidence, str(i.label["summary"])) for i, d in chosen]
        table("channel", judged, CHANNELS)
        reliability("confidence", [one.sure for one in judged], [one.truth == one.given for one in judged])
        confusions(judged, 12)
        meetings = [(i, d) for i, d in chosen if i.label.get("purpose")]
        _meetings(meetings)


def _meetings(meetings: Sequence[tuple[Item, Decision]]) -> None:
    judged = []
    for item, decision in meetings:
        given, sure, shares = _purpose(decision.purpose)
        judged.append(Judged(item.label["purpose"], given, sure, str(item.label["summary"]), shares))
    table("purpose of meetings", judged, PURPOSES)
    reliability("relational", [one.shares[0] for one in judged], [one.truth == "relational" for one in judged])
    confusions(judged, 12)
    standing = [Judged(str(i.label["standing"]), str(d.standing), 1.0, str(i.label["summary"])) for i, d in meetings]
    table("standing series", standing, ("True", "False"))


def _mail(rules: RuleSet) -> None:
    items = mail()
    lesson = _lesson()
    by_item = {id(item): weights for weights, group in _folds(lesson) for item in items if item.group in group}
    _samples(rules, lesson)
    decided = [(item, decision) for item, decision in _decisions(items, rules, by_item)]
    baseline = _baseline([item for item in items if not item.label["automated"]])
    for chosen_set in ("purpose", "purpose-more"):
        for name in ("clear", "all"):
            chosen = [(i, d) for i, d in decided if i.set == chosen_set and (i.clear or name == "all")]
            print(f"\n-- {chosen_set}, {name} (held-back mailboxes)")
            robots = [
                Judged(
                    "yes" if i.label["automated"] else "no", "yes" if d.automated else "no", d.automated_probability
                )
                for i, d in chosen
            ]
            table("automated", robots, ("yes",))
            reliability("automated", [one.sure for one in robots], [one.truth == "yes" for one in robots])
            written = [(i, d) for i, d in chosen if not i.label["automated"]]
            judged = [_judged(item, decision.purpose) for item, decision in written]
            table("purpose", judged, PURPOSES)
            reliability("surest label", [one.sure for one in judged], [one.truth == one.given for one in judged])
            reliability("relational", [one.shares[0] for one in judged], [one.truth == PURPOSES[0] for one in judged])
            confusions(judged, 25 if chosen_set == "purpose" else 10)
            table("TF-IDF and logistic regression", [baseline[id(item)] for item, _ in written], PURPOSES)


def _judged(item: Item, purpose: Purpose) -> Judged:
    given, sure, shares = _purpose(purpose)
    return Judged(item.label["purpose"], given, sure, f"{item.label['subject']} | {item.label['from']}", shares)


def _training_words() -> tuple[frozenset[str], Vectors | None]:
    words = os.environ.get("SYNCD_GENERAL_WORDS")
    vectors = os.environ.get("SYNCD_WORD_VECTORS")
    if words:
        general = frozenset(Path(words).read_text("utf-8").split())
    else:
        print(
            "SYNCD_GENERAL_WORDS is not set: learning from the words of the shipped weights, without their meanings"
        )
        general = frozenset((*learned().words, *learned().meanings))
    return general, load_vectors(Path(vectors) if vectors else None)


@dataclass(frozen=True)
class _Lesson:
    """What weights are learned from. How much the past counts (five numbers) is learned once, from what mails of
    held-back mailboxes say by themselves."""

    items: list[Item]
    found: list[Clues]
    general: frozenset[str]
    vectors: Vectors | None
    histories: Histories

    def weights(self, chosen: Sequence[int], invented: Sequence[Sample]) -> Weights:
        items, found = [self.items[i] for i in chosen], [self.found[i] for i in chosen]
        return Model(items, found, self.general, self.vectors, invented).weights(self.histories)


def _lesson() -> _Lesson:
    items = [item for item in mail() if not item.label["automated"]]
    found = clue_stream(items)
    general, vectors = _training_words()
    histories = learn_histories(items, found, held_back(items, found, general, vectors))
    print(f"histories {histories.weights}, strength of the mail itself {histories.strength:.2f}")
    return _Lesson(items, found, general, vectors, histories)


def _folds(lesson: _Lesson) -> Iterator[tuple[Weights, frozenset[str]]]:
    """Weights that were learned without a group of mailboxes, and that group."""
    groups = [item.group for item in lesson.items]
    for train, test in GroupKFold(FOLDS).split(groups, groups=groups):
        yield lesson.weights(train, samples()), frozenset(groups[i] for i in test)


def _samples(rules: RuleSet, lesson: _Lesson) -> None:
    """The sample subjects as mail of a stranger at another firm, whole hands held back."""
    owner = Owner(frozenset({OWNER}))
    judged: dict[str, list[Judged]] = defaultdict(list)
    desks: dict[str, list[Judged]] = defaultdict(list)
    for fold in range(SAMPLE_FOLDS):
        learning = [sample for sample in samples() if sample.fold != fold]
        weights = lesson.weights(range(len(lesson.items)), learning)
        for language in sorted({sample.language for sample in samples()}):
            labeller = Labeller(rules, owner, PurposeModel(owner, weights))
            for sent, purpose in desk(language, fold):
                given, sure, shares = _purpose(labeller.decide(sent).purpose)
                desks[language].append(Judged(purpose, given, sure, sent.subject or "", shares))
        for sample in samples():
            if sample.fold == fold and sample.sure:
                decision = Labeller(rules, owner, PurposeModel(owner, weights)).decide(message(sample))
                given, sure, shares = _purpose(decision.purpose)
                judged[sample.language].append(Judged(sample.purpose, given, sure, sample.subject, shares))
    for language, ones in sorted(judged.items()):
        print(f"\n-- sample subjects, {language}, sure (held-back hands)")
        table("purpose", ones, PURPOSES)
        reliability("surest label", [one.sure for one in ones], [one.truth == one.given for one in ones])
        confusions(ones, 5)
    for language, ones in sorted(desks.items()):
        print(f"\n-- a desk of today, {language}: mail with thirty firms, a fifth of it personal (held-back hands)")
        table("purpose", ones, PURPOSES)
        reliability("relational", [one.shares[0] for one in ones], [one.truth == PURPOSES[0] for one in ones])


def _decisions(
    items: Sequence[Item], rules: RuleSet, weights: Mapping[int, Weights]
) -> Iterator[tuple[Item, Decision]]:
    """One Labeller per mailbox; its labelled mail in order of time."""
    whose = owners(items)
    streams: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        streams[item.group].append(item)
    for group, stream in streams.items():
        owner = Owner(whose[group])
        known = next((weights[id(item)] for item in stream if id(item) in weights), learned())
        labeller = Labeller(rules, owner, PurposeModel(owner, known))
        for item in sorted(stream, key=lambda item: moment(item.observation)):
            yield item, labeller.decide(item.observation)


def _baseline(items: Sequence[Item]) -> dict[int, Judged]:
    """The usual simple way, on the same folds: TF-IDF of subjects and a logistic regression."""
    subjects = np.array([item.label["subject"] or "" for item in items])
    truth = np.array([item.label["purpose"] for item in items])
    groups = [item.group for item in items]
    judged = {}
    for train, test in GroupKFold(FOLDS).split(subjects, groups=groups):
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            LogisticRegression(C=4, class_weight="balanced", max_iter=500),
        ).fit(subjects[train], truth[train])
        for place, given in zip(test, model.predict(subjects[test]), strict=True):
            judged[id(items[place])] = Judged(str(truth[place]), str(given), 1.0)
    return judged


if __name__ == "__main__":
    main()
