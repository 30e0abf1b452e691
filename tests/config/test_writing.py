"""The model written down: the sample, the reference page, the schema; and edits that keep what people wrote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import tomlkit
from pydantic import BaseModel

from connectors.registry import KINDS
from syncd.config import Config, ConfigProblems, load, parse
from syncd.config.editing import replace, set_key
from syncd.config.first import first_config, kind_of
from syncd.config.keys import tables
from syncd.config.model import Section
from syncd.config.reference import reference
from syncd.config.sample import sample

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
COMMENTED = """\
# my own words
[owner]   # me
addresses = ["mara@visser.example"] # always this one

[[account]]
name = "old mail"
kind = "mbox"
path = "mail.mbox"  # from 2019

[[person]]
addresses = ["ilse@nordkai.example"]
"""


def test_the_reference_page_is_current() -> None:
    assert PAGE.read_text() == reference(), "run: .venv/bin/python -m syncd.config.reference > docs/configuration.md"


def test_the_reference_names_every_key() -> None:
    page = reference()
    for table in tables():
        for key in table.keys:
            assert f"| `{key.name}` |" in page
            assert key.description, f"{table.header} {key.name} has no description"


def _models(model: type[BaseModel]) -> set[type[BaseModel]]:
    return {model, *Section.__subclasses__(), *KINDS.values()}


def test_every_table_of_the_model_has_its_words() -> None:
    for model in _models(Config):
        assert (model.__doc__ or "").strip().endswith("."), model


def test_the_sample_is_a_config_once_the_owner_is_known(tmp_path: Path) -> None:
    text = sample({"owner": {"addresses": ["mara@visser.example"]}})
    assert parse(text, tmp_path / "syncd.toml").owner.addresses == ("mara@visser.example",)


def test_every_line_of_the_sample_is_valid_once_uncommented(tmp_path: Path) -> None:
    shown = [line for line in sample({}).splitlines() if line and not line.startswith("#   ")]
    lines = [line.removeprefix("# ") for line in shown if "=" in line or line.lstrip("# ").startswith("[")]
    lines = [line for line in lines if not line.endswith("=") and "weekday" not in line.partition("=")[2]]
    text = "\n".join(lines).replace('["i.nordkai@other.example"]', '["else@other.example"]')
    with pytest.raises(ConfigProblems) as refused:
        parse(text, tmp_path / "syncd.toml")
    # what an example cannot know: every kind calls its account the same, and a calendar lies in one place
    assert {problem.what.partition(" too")[0] for problem in refused.value.problems} == {
        '= "work" is the name of account[1]',
        "has both path and endpoint",
    }


def test_the_schema_accepts_what_we_accept() -> None:
    schema = Config.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    good = {
        "owner": {"addresses": ["mara@visser.example"]},
        "account": [{"name": "m", "kind": "mbox", "path": "m.mbox"}],
        "report": {"from": "a@b.example", "weekday": "friday"},
    }
    jsonschema.validate(good, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**good, "databse": "x"}, schema)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "syncd.toml"
    path.write_text(COMMENTED)
    return path


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("report.hour", "8", "hour = 8"),
        ("owner.name", "Mara Visser", 'name = "Mara Visser"'),
        ("account[old mail].path", "new.mbox", 'path = "new.mbox"  # from 2019'),
        ("account[1].live", "true", "live = true"),
        ("person[ilse@nordkai.example].renews", "2027-03-31", "renews = 2027-03-31"),
        ("person[Ilse@Nordkai.example].key", "true", "key = true"),
        ("rules", '["mine.toml"]', 'rules = ["mine.toml"]'),
    ],
)
def test_set_changes_one_key_and_keeps_every_word(file: Path, key: str, value: str, line: str) -> None:
    set_key(file, key, value)
    text = file.read_text()
    assert line in text
    for comment in ("# my own words", "# me", "# always this one", "# from 2019"):
        assert comment in text
    load(file)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("report.hour", "25", "at most 23"),
        ("report.hur", "8", 'Did you mean "hour"'),
        ("account.path", "x", "which one|Which one"),
        ("account[2].path", "x", r"has no \[\[account\]\]"),
        ("account[old mial].path", "x", 'Did you mean "old mail"'),
        ("person[1]", "x", "whole table"),
        ("owner.addresses", "[]", "at least one"),
        ("..", "x", "no path"),
        ("", "x", "no path"),
    ],
)
def test_set_never_writes_what_would_be_refused(file: Path, key: str, value: str, why: str) -> None:
    with pytest.raises(ConfigProblems, match=why):
        set_key(file, key, value)
    assert file.read_text() == COMMENTED
    assert [path.name for path in file.parent.iterdir()] == ["syncd.toml"]


def test_replace_keeps_mode_and_follows_links(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    replace(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o640
    fresh = tmp_path / "deep" / "fresh.toml"
    replace(fresh, "x")
    assert fresh.stat().st_mode & 0o777 == 0o600


def test_first_config(tmp_path: Path) -> None:
    file = tmp_path / "conf" / "syncd.toml"
    places = {"mbox": [tmp_path / "mail.mbox", tmp_path / "other" / "mail.mbox"], "ics": [tmp_path / "cal.ics"]}
    first_config(file, ["mara@visser.example"], places, name='Mara "M" Visser', timezone="Europe/Amsterdam")
    config = load(file)
    assert [(account.name, account.kind) for account in config.account] == [
        ("cal", "ics"),
        ("mail", "mbox"),
        ("mail 2", "mbox"),
    ]
    assert config.owner.name == 'Mara "M" Visser'


def test_first_config_writes_nothing_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems):
        first_config(tmp_path / "syncd.toml", ["mara"], {})
    assert not list(tmp_path.iterdir())


def test_what_lies_at_a_path(tmp_path: Path) -> None:
    (tmp_path / "maildir" / "cur").mkdir(parents=True)
    (tmp_path / "nested" / "inbox" / "cur").mkdir(parents=True)
    (tmp_path / "calendars" / "work").mkdir(parents=True)
    (tmp_path / "calendars" / "work" / "a.ics").write_text("BEGIN:VCALENDAR")
    (tmp_path / "export").write_text("\ufeffBEGIN:VCALENDAR")
    (tmp_path / "mail").write_text("From x")
    kinds = {
        name: kind_of(tmp_path / name) for name in ("maildir", "nested", "calendars", "export", "mail", "no.ics")
    }
    assert kinds == {
        "maildir": "maildir",
        "nested": "maildir",
        "calendars": "ics",
        "export": "ics",
        "mail": "mbox",
        "no.ics": "ics",
    }


def test_the_page_is_printed_by_its_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "syncd.config.reference"], capture_output=True, text=True, check=True
    )
    assert done.stdout == reference()
    assert tomlkit.parse(done.stdout.partition("```toml\n")[2].partition("```")[0]) is not None
