"""Everything that is kept, as JSON lines: to look at, to hand to the person it tells of, to take along.

Each line names its kind under "record": person, interaction, traffic, observation, journal. docs/formats.md has them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from connectors.observations import encode
from rules.copies import Copy
from rules.meaning import Person
from syncd.config import Config
from syncd.forgetting import enforce, is_named
from syncd.ledger import Ledger
from syncd.ledger.journal_copy import line as journal_line
from syncd.rows import interaction_rows, people_rows


class NoExport(Exception):
    """The file is not what `syncd export` writes; the message says why."""


def lines(ledger: Ledger, config: Config, person: Person | None = None) -> Iterator[str]:
    """All records, or those that tell of one person. Streams: memory does not grow with the mail."""
    for row in people_rows(ledger, config):
        if person is None or row["person"] == person.id:
            yield _line("person", row)
    for row in interaction_rows(ledger, person=person.id if person else None, subjects=config.privacy.show_subjects):
        yield _line("interaction", row)
    if person is None:
        for traffic in ledger.meaning.traffic():
            yield _line("traffic", msgspec.to_builtins(traffic))
    for copy in ledger.facts.copies():
        if person is None or is_named(copy, person.addresses):
            yield from _observations(copy, subjects=config.privacy.show_subjects)
    for entry in ledger.journal.entries():
        if person is None or entry.subject in (person.id, *person.addresses):
            yield _line("journal", msgspec.json.decode(journal_line(entry)))


def _observations(copy: Copy, *, subjects: bool) -> Iterator[str]:
    places = [msgspec.to_builtins(placement) for placement in copy.placements]
    for revision in copy.revisions:
        observation: dict[str, Any] = msgspec.json.decode(encode(revision.observation))
        if not subjects:
            observation = {key: value for key, value in observation.items() if key not in {"subject", "title"}}
        where = {"account": copy.account, "source": copy.source, "seen_at": revision.seen_at, "places": places}
        yield _line("observation", {**where, "observation": observation})


def _line(record: str, values: dict[str, Any]) -> str:
    return msgspec.json.encode({"record": record, **values}).decode()


def take_over(ledger: Ledger, file: Path) -> int:
    """Add the journal of an export, or a copy of the journal, to this ledger's; returns how many entries were new.

    Facts are not taken over: a sync reads them from where they came.

    Raises:
        NoExport: a line is no JSON object, or no journal entry stands in the file.
    """
    found = list(_journal_lines(file))
    if not found:
        raise NoExport(f"{file}: there is no journal in it. Name a file that `syncd export` wrote.")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as copy:
        copy.write("\n".join(found))
        copy.flush()
        added = ledger.journal.restore(Path(copy.name))
    enforce(ledger)  # who was to be forgotten there is to be forgotten here
    return added


def _journal_lines(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8") as stream:
        for number, written in enumerate(stream, start=1):
            if not written.strip():
                continue
            try:
                told = msgspec.json.decode(written, type=dict[str, Any])
            except msgspec.DecodeError as error:
                raise NoExport(f"{file}, line {number}: no JSON object: {error}.") from None
            if told.pop("record", "journal") != "journal":
                continue
            if not {"id", "at", "kind", "subject", "data"} <= told.keys():
                raise NoExport(f"{file}, line {number}: no entry of a journal.")
            yield msgspec.json.encode(told).decode()
