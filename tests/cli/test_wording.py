"""Small things that a reader stumbles over: cut sentences, types of Python, lines that do not exist."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator

import pytest
from typer.main import get_command

from syncd.cli.app import app
from syncd.sync import SourceStats, SyncResult
from tests.cli.small_desk import JAN, ME, Desk, write_mailbox


@pytest.mark.parametrize("command", [(), ("rules",), ("config",), ("service",)])
def test_no_sentence_of_the_help_is_cut(desk: Desk, command: tuple[str, ...]) -> None:
    told = desk.ask(*command, "--help").out
    assert not [line for line in told.splitlines() if line.endswith("...") and "Usage" not in line]


def every_command() -> Iterator[str]:
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        yield from (f"{name} {inner}" for inner in command.commands) if hasattr(command, "commands") else (name,)


@pytest.mark.parametrize("command", sorted(every_command()))
def test_arguments_and_options_name_no_types_of_python(desk: Desk, command: str) -> None:
    told = desk.ask(*command.split(), "--help")
    assert told.code == 0
    assert not re.findall(r"<(?:list|str|int|path|Path|Day)\b", told.out)


@pytest.mark.parametrize("command", ["sync --stats xml", "people --format xml", "report --format pdf"])
def test_a_wrong_word_is_answered_with_the_right_ones(desk: Desk, command: str) -> None:
    told = desk.ask(*command.split())
    assert told.code == 2
    assert "is not one of" in told.err
    assert "Value error" not in told.err


def test_a_source_that_is_not_there_may_not_be_emptied(synced: Desk) -> None:
    told = synced.ask("sync", "--accept-removals", "old mial")
    assert (told.code, told.err) == (1, 'There is no source "old mial". Did you mean "old mail"?\n')
    assert synced.ask("sync", "--accept-removals", "old mail").code == 0


def test_a_report_is_not_written_over_a_folder(synced: Desk) -> None:
    told = synced.ask("report", "--output", str(synced.folder))
    assert (told.code, told.err) == (1, f"{synced.folder} is a folder. Name a file in it with --output.\n")


def test_where_nobody_can_answer_nothing_is_erased(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    told = synced.ask("forget", JAN)
    assert told.code == 1
    assert told.err.endswith("\nNothing was erased. Where nobody can answer, say --yes.\n")
    assert synced.ask("explain", JAN).code == 0


def test_nobody_is_meant_by_nothing(synced: Desk) -> None:
    assert synced.ask("explain", " ").err.startswith("Say who is meant")


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


def test_a_shared_mailbox_says_how_it_becomes_a_person(desk: Desk) -> None:
    write_mailbox(desk.folder / "mail.mbox", ("contact@firm.example",))
    desk.ask("sync")
    told = desk.ask("explain", "Contact@firm.example")
    assert told.code == 1
    assert "counts as business with firm.example" in told.err
    desk.append('[[person]]\naddresses = ["contact@firm.example"]\n')
    assert desk.ask("explain", "contact@firm.example").code == 0


def test_somebody_who_shares_the_owners_first_name_is_found() -> None:
    from rules.meaning import Owner, Person
    from syncd.lookup import find_person

    other = Person(id="mara@shop.example", name="Mara Jansen", addresses=("mara@shop.example",))
    assert find_person([other], "mara", Owner(frozenset({ME}), name="Mara Visser")) is other


def test_a_mistyped_given_name_is_guessed() -> None:
    from rules.meaning import Person
    from syncd.lookup import NobodyMeant, find_person

    ilse = Person(id="ilse@nordkai.example", name="Ilse Brandsma", addresses=("ilse@nordkai.example",))
    with pytest.raises(NobodyMeant, match='Did you mean "Ilse"'):
        find_person([ilse], "ilsa")
