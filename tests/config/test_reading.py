"""A good config, read: values, paths beside the file, defaults, and where problems are said to be."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from connectors.options import MboxOptions
from rules.engine import ruleset
from rules.meaning import Channel, Circle
from syncd.config import ConfigProblems, find_config, load, parse
from syncd.config.effective import effective, without_password
from syncd.config.lines import find_lines, line_of
from syncd.config.model import Weekday
from syncd.config.warnings import warnings

OWNER = '[owner]\naddresses = ["Mara.Visser@Visser-Advies.com"]\n'

# The example of the design: these keys are fixed.
WHOLE = """\
database = "sqlite:////var/lib/syncd/ledger.db"

[owner]
name = "Mara Visser"
addresses = ["mara.visser@visser-advies.com"]
own_domains = ["visser-advies.com"]
timezone = "Europe/Amsterdam"

[[account]]
name = "old mail"
kind = "mbox"
path = "mail.mbox"

[[person]]
addresses = ["ilse@nordkai.example"]
circle = "customer"
key = true
renews = 2027-03-31

[drift]
false_flags = 1.0
moved_down_false_flags = 0.5

[sync]
every_minutes = 10

[report]
to = "mara.visser@visser-advies.com"
weekday = "monday"
hour = 7
smtp = "smtps://smtp.example.org"
user = "mara"
password_command = "pass show mail"
"""


def test_every_fixed_key_is_read(tmp_path: Path) -> None:
    file = tmp_path / "syncd.toml"
    file.write_text(WHOLE)
    config = load(file)
    assert config.database == "sqlite:////var/lib/syncd/ledger.db"
    assert config.owner.timezone == "Europe/Amsterdam"
    account = config.account[0]
    assert isinstance(account, MboxOptions)
    assert account.path == tmp_path / "mail.mbox"
    person = config.person[0]
    assert (person.circle, person.key, person.renews) == (Circle.CUSTOMER, True, date(2027, 3, 31))
    assert config.drift.moved_down_false_flags == 0.5
    assert config.sync.every_minutes == 10
    assert config.report.weekday is Weekday.MONDAY
    assert config.report.mailed


def test_paths_are_relative_to_the_file_and_home_is_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/mara")
    monkeypatch.chdir("/")
    text = f'database = "sqlite:///ledger.db"\nrules = ["my.toml", "~/ours.toml", "/etc/theirs.toml"]\n{OWNER}'
    config = parse(text, tmp_path / "syncd.toml")
    assert config.database == f"sqlite:///{tmp_path}/ledger.db"
    assert config.rules == (tmp_path / "my.toml", Path("/home/mara/ours.toml"), Path("/etc/theirs.toml"))


def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "Europe/Lisbon")
    config = parse(OWNER, tmp_path / "syncd.toml")
    assert config.database.startswith(f"sqlite:///{tmp_path}/syncd/syncd-")
    assert parse(OWNER, tmp_path / "syncd.toml").database == config.database
    assert parse(OWNER, tmp_path / "other.toml").database != config.database
    assert config.owner.timezone == "Europe/Lisbon"
    assert config.owner.addresses == ("mara.visser@visser-advies.com",)
    assert not config.report.mailed


def test_the_users_config_has_the_users_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    config = parse(OWNER, tmp_path / "config" / "syncd" / "syncd.toml")
    assert config.database == f"sqlite:///{tmp_path}/syncd/ledger.db"


def test_the_systems_config_has_the_systems_ledger() -> None:
    config = parse(OWNER, Path("/etc/syncd/syncd.toml"))
    assert config.database == "sqlite:////var/lib/syncd/ledger.db"


def test_postgresql_by_its_short_name(tmp_path: Path) -> None:
    text = f'database = "postgresql://syncd@localhost/syncd"\n{OWNER}'
    assert parse(text, tmp_path / "x.toml").database == "postgresql+psycopg://syncd@localhost/syncd"


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "syncd.toml"
    file.write_bytes(b"\xef\xbb\xbf" + OWNER.encode())
    assert load(file).owner.addresses


def test_a_config_never_changes_once_read(tmp_path: Path) -> None:
    config = parse(OWNER, tmp_path / "x.toml")
    with pytest.raises(ValueError, match="frozen"):
        config.database = "sqlite://"


def test_prefers_is_a_channel(tmp_path: Path) -> None:
    people = '[[person]]\naddresses = ["a@b.example"]\nprefers = "phone"\n[[person]]\naddresses = ["c@b.example"]\n'
    text = OWNER + people
    first, second = parse(text, tmp_path / "x.toml").person
    assert (first.channel, second.channel) == (Channel.PHONE, None)
    (domain,) = parse(OWNER + '[[domain]]\ndomain = "b.example"\nprefers = "video"\n', tmp_path / "x.toml").domain
    assert domain.channel is Channel.VIDEO


def test_which_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNCD_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert find_config() == tmp_path / "syncd" / "syncd.toml"
    monkeypatch.setenv("SYNCD_CONFIG", "/somewhere/else.toml")
    assert find_config() == Path("/somewhere/else.toml")
    assert find_config(Path("named.toml")) == Path("named.toml")


def test_effective_shows_defaults_and_no_secret(tmp_path: Path) -> None:
    text = f'database = "postgresql+psycopg://syncd:geheim@db.example/syncd?sslpassword=geheim"\n{OWNER}'
    shown = effective(parse(text, tmp_path / "x.toml"))
    assert "geheim" not in shown
    assert "every_minutes = 10.0" in shown
    assert 'addresses = ["mara.visser@visser-advies.com"]' in shown


def test_without_password_leaves_the_rest() -> None:
    assert without_password("postgresql+psycopg://u:p@h:1/d") == "postgresql+psycopg://u:***@h:1/d"
    assert without_password("sqlite:////var/lib/x.db") == "sqlite:////var/lib/x.db"


def test_what_is_odd_is_said_but_not_refused(tmp_path: Path) -> None:
    config = parse(
        f'rules = ["no.toml"]\n{OWNER}[[account]]\nname = "m"\nkind = "mbox"\npath = "no"\n', tmp_path / "x"
    )
    found = list(warnings(config))
    assert any(f"account[1].path: {tmp_path / 'no'} does not exist" in warning for warning in found)
    assert any("rules[1]" in warning for warning in found)
    assert any("weekly mail is off" in warning for warning in found)


def test_lines_of_keys_tables_and_what_lies_between() -> None:
    text = 'a = 1\n[t]\nb = """\n[[x]]\nc = 2\n"""\n# [[x]]\n[[x]]\nc = [\n  1,\n]\n[[x]]\n"d" = 3\n[t.u]\nx.y = 1\n'
    lines = find_lines(text)
    assert lines["a",] == 1
    assert lines["t", "b"] == 3
    assert lines["x", 0] == 8
    assert lines["x", 0, "c"] == 9
    assert lines["x", 1, "d"] == 13
    assert lines["t", "u", "x", "y"] == 15
    assert line_of(("x", 1, "missing"), lines) == 12
    assert line_of(("nowhere",), lines) is None


def problems_of(text: str) -> ConfigProblems | None:
    try:
        parse(text, Path("/nowhere/syncd.toml"))
    except ConfigProblems as problems:
        return problems
    return None


@given(st.text())
def test_any_text_without_an_owner_has_problems(text: str) -> None:
    problems = problems_of(text)
    assert problems is not None
    assert problems.problems
    assert str(problems).startswith("/nowhere/syncd.toml: ")


_TEXTS = st.text("ab@. \n-/:", max_size=12)
_VALUES = st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans(), _TEXTS, st.just([]), st.just({}))
_KEYS = st.sampled_from(
    ["addresses", "name", "kind", "path", "hour", "to", "smtp", "timezone", "circle", "renews", "domain", "not_same"]
)
_TOP = st.sampled_from(
    ["owner", "account", "person", "domain", "report", "sync", "drift", "database", "rules", "odd"]
)
_TABLES = st.dictionaries(_KEYS, _VALUES, max_size=5)


@given(st.dictionaries(_TOP, st.one_of(_VALUES, _TABLES, st.lists(_TABLES, max_size=3))))
def test_any_structure_is_a_config_or_has_problems_in_its_lines(raw: dict[str, object]) -> None:
    text = tomlkit.dumps(raw)
    problems = problems_of(text)
    for problem in problems.problems if problems else ():
        assert problem.what
        assert problem.line is None or 1 <= problem.line <= text.count("\n") + 1


RULE = (
    """{ name = "mine.sauna", because = "we sweat", fields = ["title"], """
    """patterns = ['PATTERN'], evidence = { LABEL = 6.0 } },"""
)


def own_rules(pattern: str = r"\bsauna\b", label: str = "in_person") -> str:
    return f"rule = [\n  {RULE.replace('PATTERN', pattern).replace('LABEL', label)}\n]\n{OWNER}"


def test_rules_may_stand_in_the_config_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(own_rules())
    config = load(path)
    assert config.rules == (path,)
    assert ruleset.load(config.rules).rules["mine.sauna"].evidence == {"in_person": 6.0}
    assert "rules" not in tomllib.loads(effective(config))


@pytest.mark.parametrize("text", [own_rules(pattern="("), own_rules(label="sweaty")])
def test_a_wrong_rule_in_the_config_is_named_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        parse(text, tmp_path / "x.toml")
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == ("rule mine.sauna", 2)
