"""What is offered for the config can be pasted into it."""

from __future__ import annotations

import tomllib
from types import SimpleNamespace

import pytest

from syncd.config import Config
from syncd.rows import suggestion_rows, suggestion_text
from tests.cli.small_desk import ME


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
