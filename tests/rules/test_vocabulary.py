"""Words that the vocabulary does not hold, words in titles, and the sample subjects that weights are learned from."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.observations import Event
from rules.meaning import PURPOSES
from rules.purpose.model import title_parts
from rules.purpose.weights import learned, words_of
from rules.texts.subjects import COMPOUND, PART, read, spelled_out

SUBJECTS = Path(__file__).parents[2] / "bench" / "subjects"
WORDS = st.text("abcdeßäé", min_size=1, max_size=14)


def test_a_compound_is_what_stands_inside_it() -> None:
    known = frozenset({"projekt", "besprechung", "essen", "abschied"})
    assert spelled_out(["projektbesprechung"], known) == ("besprechung", "projekt")
    assert spelled_out(["abschiedsessen", "freitag"], known) == ("essen", "abschied", "freitag")


def test_a_known_word_stays_whole() -> None:
    assert spelled_out(["mittagessen"], frozenset({"mittagessen", "mittag", "essen"})) == ("mittagessen",)


def test_without_a_vocabulary_words_stay_as_they_are() -> None:
    assert spelled_out(["projektbesprechung"], frozenset()) == ("projektbesprechung",)


@given(words=st.lists(WORDS), known=st.frozensets(WORDS))
def test_spelling_out_gives_known_parts_or_the_word(words: list[str], known: frozenset[str]) -> None:
    for word in words:
        parts = spelled_out([word], known)
        if parts != (word,):
            assert word not in known
            assert len(word) >= COMPOUND
            assert all(part in known and part in word and len(part) >= PART for part in parts)
    assert spelled_out(words, known) == tuple(part for word in words for part in spelled_out([word], known))


@pytest.mark.parametrize(
    ("subject", "best"),
    [
        ("Abschiedsessen am Freitag", "relational"),
        ("Rechnungskorrektur", "transactional"),
        ("verjaardagsborrel", "relational"),
        ("Projektutvärdering", "working"),
    ],
)
def test_shipped_weights_read_compounds(subject: str, best: str) -> None:
    words = read(subject).words
    assert not set(words) <= learned().known
    sums = [sum(column) for column in zip(*words_of(words, learned()).values(), strict=True)]
    assert PURPOSES[sums.index(max(sums))] == best


def title(text: str) -> dict[str, tuple[float, float, float]]:
    start = datetime(2026, 3, 4, 10, tzinfo=UTC)
    event = Event(id="e", title=text, start=start, end=start + timedelta(hours=1))
    return dict(title_parts(event, learned()))


def test_words_of_a_title_speak_for_themselves() -> None:
    delivery = title("Updated: Delivery for Tom")
    assert set(delivery) & {"title updated", "title tom"} == set()
    assert max(delivery["title delivery"]) == delivery["title delivery"][2]


@pytest.mark.skipif(not SUBJECTS.exists(), reason="the sample subjects are not part of a distribution")
@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "nl", "pt", "sv"])
def test_sample_subjects_are_well_formed(language: str) -> None:
    rows = [line.split("\t") for line in (SUBJECTS / f"{language}.tsv").read_text("utf-8").splitlines()]
    assert len(rows) >= 800
    assert {len(row) for row in rows} == {4}
    counts = Counter(purpose for purpose, _, _, _ in rows)
    assert set(counts) == set(PURPOSES)
    assert min(counts.values()) > len(rows) / 5
    assert {sure for _, sure, _, _ in rows} == {"1", "2"}
    twice = [bare for bare, count in Counter(read(row[3]).bare.lower() for row in rows).items() if count > 1]
    assert not twice
