"""What is offered for the config can be pasted into it."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from types import SimpleNamespace

import pytest

from syncd.config import Config, load
from syncd.ledger import Ledger
from syncd.rows import suggestion_rows, suggestion_text
from tests.cli.small_desk import ME, START, Desk, mail


@pytest.mark.parametrize(("one", "other"), [("ilse@nordkai.example", "i@old.example"), (ME, "mara@home.example")])
def test_entries_are_toml_that_the_config_accepts(one: str, other: str) -> None:
    owner = {"addresses": [ME], "timezone": "Europe/Amsterdam"}
    config = Config.model_validate({"owner": owner})
    ledger = SimpleNamespace(
        meaning=SimpleNamespace(suggestions=lambda: [SimpleNamespace(one=one, other=other, evidence=())])
    )
    (row,) = suggestion_rows(ledger, config)  # type: ignore[arg-type]
    for word in ("same", "not_same"):
        assert row[word] in suggestion_text(row)
        assert row[word].count("\n") >= 1
        read = tomllib.loads(row[word])
        merged = {**read, "owner": {**owner, **read.get("owner", {})}}
        taken = Config.model_validate(merged)
        named = {address for person in taken.person for address in (*person.addresses, *person.not_same)}
        assert {one, other} <= named | set(taken.owner.addresses)


HOME = "mvisser@home.example"


def other_address(desk: Desk) -> Ledger:
    """A desk that has mail from an address that spells the owner's name, asked after; its ledger."""
    box = desk.folder / "mail.mbox"
    letters = [mail(800 + n, HOME, ME, "To do at home", START + timedelta(days=n)) for n in range(9)]
    box.write_text(box.read_text() + "".join(letters))
    assert [desk.ask(word).code for word in ("sync", "people")] == [0, 0]
    ledger = Ledger.open(load(desk.config).database)
    assert [(one.one, one.other) for one in ledger.meaning.suggestions()] == [(ME, HOME)]
    return ledger


@pytest.mark.parametrize("kind", ["merged", "parted"])
@pytest.mark.parametrize("turned", [False, True])
def test_an_answer_on_the_owners_own_address_makes_nobody_of_the_owner(desk: Desk, kind: str, turned: bool) -> None:
    with other_address(desk) as ledger:
        before = {one.id: one.addresses for one in ledger.meaning.people()}
        one, other = (HOME, ME) if turned else (ME, HOME)
        ledger.journal.add(kind, one, START, other=other, message="answer")
    assert desk.ask("report", "--as-of", "2026-05-24").code == 0
    with Ledger.open(load(desk.config).database) as ledger:
        after = {one.id: one.addresses for one in ledger.meaning.people()}
        assert not ledger.meaning.suggestions(), "it is not asked again"
    assert HOME in before
    assert ME not in after
    assert after == {name: all_ for name, all_ in before.items() if name != HOME or kind == "parted"}
