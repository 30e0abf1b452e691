"""The sample subjects under `bench/subjects`: invented, labelled, in eight languages (see the README there)."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from random import Random

from connectors.observations import Event, Message, from_json
from rules.purpose.clues import Clues, clues

FOLDER = Path(__file__).parent / "subjects"
FOLDS = 4
DESK = 300  # mails of a desk
DESK_SHARES = {"relational": 0.2, "working": 0.4, "transactional": 0.4}
OWNER = "owner@here.example"
_OTHER = "ab@elsewhere.example"
# Clues of a sample that say something: what stands in its words. Prefixes are set by taste, people are nobody.
_SAID = (
    "topic:", "topics:", "length:", "case:", "acronyms:", "numbers:", "bang", "question", "dots", "document", "code",
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """An invented subject. `purpose` is its label; `sure` whether nearly every reader would agree; `fold` the fold
    in which it is held back: the hand that wrote it, or a fourth of the work of a language's only hand."""

    language: str
    purpose: str
    sure: bool
    subject: str
    fold: int


@cache
def samples() -> tuple[Sample, ...]:
    """All sample subjects, by language."""
    return tuple(chain.from_iterable(_of(path) for path in sorted(FOLDER.glob("*.tsv"))))


def _of(path: Path) -> list[Sample]:
    lines = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    hands = {hand for _, _, hand, _ in lines}
    return [
        Sample(
            path.stem, purpose, sure == "2", subject,
            (int(hand) - 1 if len(hands) > 1 else zlib.crc32(subject.encode())) % FOLDS,
        )
        for purpose, sure, hand, subject in lines
    ]  # fmt: skip


@dataclass(frozen=True)
class Title:
    """An invented title of a meeting with `people` others that begins at `hour`."""

    language: str
    purpose: str
    sure: bool
    people: int
    hour: int
    recurring: bool
    title: str


@cache
def titles() -> tuple[Title, ...]:
    """All sample titles, by language."""
    found = []
    for path in sorted((FOLDER / "titles").glob("*.tsv")):
        for line in path.read_text("utf-8").splitlines():
            purpose, sure, people, hour, recurring, title = line.split("\t")
            found.append(Title(path.stem, purpose, sure == "2", int(people), int(hour), recurring == "y", title))
    return tuple(found)


def meeting(title: Title) -> Event:
    """The title as an accepted meeting of the owner with people of other firms."""
    guests = [{"address": f"p{n}@firm{n}.example", "response": "accepted"} for n in range(title.people)]
    raw = {
        "kind": "event", "id": "sample", "title": title.title, "status": "confirmed", "all_day": False,
        "start": f"2026-03-04T{title.hour:02}:00:00+00:00", "end": f"2026-03-04T{title.hour:02}:50:00+00:00",
        "organizer": {"address": OWNER}, "attendees": [*guests, {"address": OWNER, "response": "accepted"}],
        "attendee_count": title.people + 1, "recurring": title.recurring,
    }  # fmt: skip
    found = from_json(json.dumps(raw))
    assert isinstance(found, Event)
    return found


def message(sample: Sample) -> Message:
    """The sample as mail from somebody at another firm."""
    return _mail("sample", datetime(2026, 3, 4, 10, tzinfo=UTC), sample.subject, _OTHER, OWNER)


def _mail(id_: str, when: datetime, subject: str, writer: str, reader: str) -> Message:
    raw = {
        "kind": "message", "id": id_, "date": when.isoformat(), "subject": subject,
        "from": {"address": writer}, "to": [{"address": reader}],
    }  # fmt: skip
    found = from_json(json.dumps(raw))
    assert isinstance(found, Message)
    return found


def desk(language: str, fold: int) -> list[tuple[Message, str]]:
    """What a consultant's mailbox may look like: a few months of mail with thirty people of thirty firms, a fifth of
    it personal, and what each mail was for; out of one fold's samples that nearly every reader would agree on."""
    chance = Random(fold)
    pools: dict[str, list[Sample]] = {}
    for sample in samples():
        if sample.language == language and sample.fold == fold and sample.sure:
            pools.setdefault(sample.purpose, []).append(sample)
    if not pools:
        return []
    found = []
    for number in range(DESK):
        purpose = chance.choices(list(DESK_SHARES), list(DESK_SHARES.values()))[0]
        sample, person = chance.choice(pools[purpose]), chance.randrange(30)
        ends = [f"a.b{person}@firm{person}.example", OWNER]
        writer, reader = ends if chance.random() < 0.6 else reversed(ends)
        when = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(hours=5 * number)
        found.append((_mail(f"desk {number}", when, sample.subject, writer, reader), purpose))
    return found


def sample_clues(sample: Sample) -> Clues:
    """What the sample's words show by themselves, and nothing of who wrote to whom."""
    found = clues(message(sample), frozenset({OWNER}), frozenset())
    said = tuple(name for name in found.names if name.startswith(_SAID) and " " not in name)
    return Clues(found.text, found.words, (said,), None, out=False, colleague=False)
