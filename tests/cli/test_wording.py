"""Small things that a reader stumbles over: cut sentences, types of Python, lines that do not exist."""

from __future__ import annotations

import io
import json
import sys

import pytest

from syncd.sync import SourceStats, SyncResult
from tests.cli.small_desk import JAN, ME, Desk


@pytest.mark.parametrize("command", [(), ("rules",), ("config",), ("service",)])
def test_no_sentence_of_the_help_is_cut(desk: Desk, command: tuple[str, ...]) -> None:
    told = desk.ask(*command, "--help").out
    assert not [line for line in told.splitlines() if line.endswith("...") and "Usage" not in line]


@pytest.mark.parametrize("command", [("init",), ("rules", "try"), ("interactions",)])
def test_options_name_no_types_of_python(desk: Desk, command: tuple[str, ...]) -> None:
    assert "<list[" not in desk.ask(*command, "--help").out


def test_a_missing_rule_file_has_no_lines(desk: Desk) -> None:
    told = desk.ask("rules", "check", "nofile")
    assert told.code == 78
    assert told.err.startswith("nofile: cannot be read")


def test_an_address_is_asked_for_once(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert synced.ask("forget", JAN).err.count(JAN) == 1


def test_source_names_agree(synced: Desk) -> None:
    synced_names = {row["source"] for row in json.loads(synced.ask("sync", "--stats", "json").out)["sources"]}
    for command in ("status", "verify"):
        rows = [json.loads(line) for line in synced.ask(command, "--format", "jsonl").out.splitlines()]
        assert {row["source"] for row in rows} == synced_names


@pytest.mark.parametrize(("count", "words"), [(1, "in 1 source,"), (2, "in 2 sources,")])
def test_one_is_not_many(count: int, words: str) -> None:
    from syncd.rows import sync_summary

    result = SyncResult(tuple(SourceStats("mail", f"box{number}") for number in range(count)))
    assert words in sync_summary(result)


def test_a_placeholder_is_no_guess() -> None:
    from rules.meaning import Person
    from syncd.lookup import NobodyMeant, find_person

    nobody = Person(id="no.address@firm.example", name=None, addresses=("no.address@firm.example",))
    with pytest.raises(NobodyMeant, match="See who there is"):
        find_person([nobody], "noaddress@firm.example")


@pytest.mark.parametrize("said", [ME, ME.upper(), "mara+shop@visser.example", "Mara Visser", "mara"])
@pytest.mark.parametrize(
    "command",
    [("explain",), ("story",), ("log", "--phone"), ("answer", "ended"), ("forget",), ("export", "--person")],
)
def test_the_owner_is_no_stranger(synced: Desk, command: tuple[str, ...], said: str) -> None:
    words = [command[0], said, *command[1:]] if command[0] == "answer" else [*command, said]
    told = synced.ask(*words)
    assert told.code == 1
    assert told.err.startswith(f'"{said}" is you: the config ')
    assert told.err.endswith("See whom you deal with: syncd people\n")


def test_an_address_that_the_mail_gave_to_the_owner_says_how_to_give_it_away() -> None:
    from rules.meaning import Owner
    from syncd.lookup import NobodyMeant, find_person

    me = Owner(frozenset({ME}))
    with pytest.raises(NobodyMeant, match=r'"m@old.example" is you: your mail shows .*\[\[person\]\] addresses'):
        find_person([], "m@old.example", me, {"m@old.example"})


def test_somebody_who_shares_the_owners_first_name_is_found() -> None:
    from rules.meaning import Owner, Person
    from syncd.lookup import find_person

    other = Person(id="mara@shop.example", name="Mara Jansen", addresses=("mara@shop.example",))
    assert find_person([other], "mara", Owner(frozenset({ME}), name="Mara Visser")) is other
