"""Every command, as a person or a program would use it: output, exit code, and which stream says what."""

from __future__ import annotations

import io
import json
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.main import get_command

from rules.health.assessment import Assessment, Change, Status
from syncd import reports
from syncd.assess import Assessed
from syncd.cli.app import app, run
from syncd.config import load
from syncd.report import AssessedWeek, choice
from tests.cli.small_desk import ILSE, JAN, ME, Desk

CONTRACT = {
    *("init", "login", "sync", "run", "status", "doctor", "verify", "people", "interactions", "explain", "log"),
    *("answer", "report", "backtest", "rules", "config", "story", "service", "import", "export", "forget", "demo"),
}
GROUPS = {
    "rules": {"check", "try", "list"},
    "config": {"check", "schema", "show", "set"},
    "service": {"install", "uninstall", "status", "login"},
}


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_promised_command_is_there() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert commands.keys() == CONTRACT
    for group, names in GROUPS.items():
        assert commands[group].commands.keys() == names
    for name, command in commands.items():
        assert command.help, name


def test_sync_tells_its_figures_alone_on_stdout(desk: Desk) -> None:
    first = desk.ask("sync", "--stats", "json")
    assert first.code == 0
    sources = json.loads(first.out)["sources"]
    assert sum(source["stored"] for source in sources) == 90
    again = json.loads(desk.ask("sync", "--stats", "json").out)["sources"]
    for source in [*sources, *again]:
        assert source["listed"] == source["stored"] + source["unchanged"] + source["quarantined"]
    assert sum(source["stored"] for source in again) == 0


def test_sync_of_one_account_and_of_none(desk: Desk) -> None:
    told = json.loads(desk.ask("sync", "calendar", "--stats", "json").out)
    assert {source["account"] for source in told["sources"]} == {"calendar"}
    wrong = desk.ask("sync", "calender")
    assert (wrong.code, wrong.out) == (1, "")
    assert 'Did you mean "calendar"?' in wrong.err


def test_a_failing_source_is_said_and_the_rest_goes_on(desk: Desk) -> None:
    (desk.folder / "calendar.ics").unlink()
    told = desk.ask("sync", "--stats", "json")
    assert told.code == 1
    assert "calendar" in told.err
    stored = {source["account"]: source["stored"] for source in json.loads(told.out)["sources"]}
    assert stored["old mail"] == 80
    assert desk.ask("status").code == 1


def test_status_and_verify(synced: Desk) -> None:
    status = lines(synced.ask("status", "--format", "jsonl").out)
    assert {(row["account"], row["held"]) for row in status} == {("old mail", 80), ("calendar", 10)}
    clean = synced.ask("verify", "--format", "json")
    assert clean.code == 0
    assert all(row["differences"] == [] for row in json.loads(clean.out))


def test_verify_finds_what_is_missing(synced: Desk) -> None:
    box = synced.folder / "mail.mbox"
    text = box.read_text()
    box.write_text(text + text.split("From MAILER")[1].join(["From MAILER", ""]).replace("<0@", "<new@"))
    found = synced.ask("verify")
    assert found.code == 1
    assert "missing" in found.err
    assert synced.ask("sync").code == 0
    assert synced.ask("verify").code == 0


def test_status_names_accounts_that_were_never_read(desk: Desk) -> None:
    told = desk.ask("status")
    assert told.code == 1
    assert told.out.count("Never read yet") == 2


def test_people_in_a_pipe_and_for_machines(synced: Desk) -> None:
    plain = synced.ask("people").out.splitlines()
    assert plain[0].split("\t")[0] == ILSE
    rows = lines(synced.ask("people", "--format", "jsonl").out)
    assert {row["person"] for row in rows} == {ILSE, JAN}
    assert rows[0]["interactions"] == 50
    assert json.loads(synced.ask("people", "--suggestions", "--format", "json").out) == []


def test_interactions_keep_their_public_form(synced: Desk) -> None:
    rows = lines(synced.ask("interactions", "--format", "jsonl").out)
    assert len(rows) == 90
    for row in rows:
        assert {
            "id",
            "person",
            "at",
            "channel",
            "confidence",
            "direction",
            "purpose",
            "took_place",
            "account",
        } <= row.keys()
        assert sum(row["purpose"].values()) == pytest.approx(1, abs=0.001)  # type: ignore[attr-defined]
        assert row["direction"] in {"in", "out", "both"}
        assert {"rule", "because", "for", "weight"} == row["evidence"][0].keys()  # type: ignore[index]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)  # type: ignore[type-var]


def test_interactions_filtered(synced: Desk) -> None:
    meals = lines(synced.ask("interactions", "--channel", "in_person", "--format", "jsonl").out)
    assert len(meals) == 10
    january = ("--from", "2026-01-01", "--to", "2026-01-31")
    assert len(lines(synced.ask("interactions", "--person", "Jan", *january, "--format", "jsonl").out)) == 8


def test_subjects_can_be_kept_from_every_list(synced: Desk) -> None:
    synced.append("\n[privacy]\nshow_subjects = false\n")
    for command in (("interactions", "--format", "jsonl"), ("explain", "Ilse"), ("report",)):
        told = synced.ask(*command)
        assert told.code == 0
        assert "How are you" not in told.out
        assert "Lunch with" not in told.out


def test_explain_says_why(synced: Desk) -> None:
    told = synced.ask("explain", "ilse")
    assert told.code == 0
    assert ILSE in told.out
    assert "because" in told.out
    row = json.loads(synced.ask("explain", ILSE, "--format", "jsonl").out)
    assert row["person"] == ILSE
    assert row["latest"]


def test_who_is_meant(synced: Desk) -> None:
    several = synced.ask("explain", "example")
    assert several.code == 1
    assert ILSE in several.err
    assert JAN in several.err
    nobody = synced.ask("explain", "Else")
    assert nobody.code == 1
    assert 'Did you mean "Ilse"?' in nobody.err


def test_log_counts_as_contact(synced: Desk) -> None:
    logged = synced.ask("log", "Ilse", "--phone", "2026-05-01")
    assert logged.code == 0, logged.err
    rows = lines(synced.ask("interactions", "--channel", "phone", "--format", "jsonl").out)
    assert [(row["person"], row["account"]) for row in rows] == [(ILSE, "journal")]


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("log", "Ilse"), 2, "--phone"),
        (("log", "Ilse", "--phone", "--video"), 2, "--phone"),
        (("log", "Ilse", "--phone", "2999-01-01"), 1, "not come yet"),
        (("log", "Ilse", "--phone", "last week"), 2, "Say 2026-05-31, today or yesterday."),
        (("interactions", "--from", "31.5.2026"), 2, '"31.5.2026" is no day.'),
        (("interactions", "--from", "today", "--to", "yesterday"), 2, "is later than"),
        (("backtest", "--from", "today", "--to", "yesterday"), 2, "is later than"),
        (("answer", "Ilse", "maybe"), 2, "right, wrong, snooze, ended"),
        (("config", "set", "drift.false_flags", "-1"), 78, "drift.false_flags = -1"),
        (("answer", "Ilse", "wrong", "--until", "2999-01-01"), 1, "--until"),
        (("report", "--format", "pdf"), 2, "pdf"),
        (("people", "--nonsense"), 2, "Try: syncd people --help"),
        (("nonsense",), 2, "Try: syncd --help"),
        (("login", "old mail"), 1, "needs no login"),
        (("login", "new mail"), 1, 'Did you mean "old mail"?'),
        (("import", "/nonexistent"), 1, "/nonexistent"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(
    synced: Desk, arguments: tuple[str, ...], code: int, why: str
) -> None:
    told = synced.ask(*arguments)
    assert told.code == code
    assert told.out == ""
    assert why in told.err
    assert "Traceback" not in told.err


def test_answer_by_the_code_in_the_report(synced: Desk) -> None:
    report = json.loads(synced.ask("report", "--format", "json").out)
    code = next(row["code"] for row in report["people"] if row["person"] == ILSE)
    told = synced.ask("answer", code.lower(), "snooze", "--until", "2999-01-01")
    assert told.code == 0, told.err
    assert "until 2999-01-01" in told.out
    entries = [row for row in lines(synced.ask("export").out) if row.get("table") == "journal"]
    assert [entry["subject"] for entry in entries] == [ILSE]


def test_an_answer_counts_in_a_report_that_ends_with_its_sources(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export ends before it is read; what is said of its report is said later still."""
    monkeypatch.setattr("syncd.telling.is_flagged", lambda *_, **__: True)
    flagged = Change("2026-W20", ILSE, Status.DRIFTING, (), 0.9)
    drifting = Assessment(ILSE, "2026-W20", Status.DRIFTING, (), date(2026, 3, 2), 0.9, "Fewer meetings.", "Call.")
    week = AssessedWeek("2026-W20", [drifting])
    monkeypatch.setattr(reports, "changes", lambda _: [flagged])
    monkeypatch.setattr(Assessed, "week", property(lambda _: week))
    monkeypatch.setattr(choice, "LATELY", timedelta())
    before = json.loads(synced.ask("report", "--format", "json").out)
    assert before["suggested"] == [ILSE]
    day = before["as_of"]
    assert synced.ask("answer", "Ilse", "wrong").code == 0
    assert json.loads(synced.ask("report", "--format", "json").out)["suggested"] == []
    then = json.loads(synced.ask("report", "--as-of", day, "--format", "json").out)
    assert then["suggested"] == [ILSE], "of a day that was asked for only what was known then"


def test_without_a_flag_there_is_nothing_to_judge(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    synced.ask("log", "Ilse", "--phone", "2026-05-01")
    monkeypatch.setattr("syncd.telling.is_flagged", lambda *_, **__: False)
    told = synced.ask("answer", "Ilse", "wrong")
    assert (told.code, told.out) == (1, "")
    assert "There is no flag on Ilse" in told.err
    kinds = [row["kind"] for row in lines(synced.ask("export").out) if row.get("table") == "journal"]
    assert kinds == ["logged"]
    monkeypatch.setattr("syncd.telling.is_flagged", lambda *_, **__: True)
    assert "false alarm" in synced.ask("answer", "Ilse", "wrong").out


def test_report_in_every_form(synced: Desk) -> None:
    told = json.loads(synced.ask("report", "--as-of", "2026-05-31", "--format", "json").out)
    assert told["as_of"] == "2026-05-31"
    assert {row["person"] for row in told["people"]} == {ILSE, JAN}
    assert {"summary", "coverage"} <= told.keys()
    page = synced.folder / "deep" / "report.html"
    for command in ("report", "export"):
        refused = synced.ask(command, "--output", str(page))
        assert (refused.code, "there is no folder" in refused.err) == (1, True)
    page.parent.mkdir()
    written = synced.ask("report", "--format", "html", "--output", str(page))
    assert written.code == 0
    assert "<html" in page.read_text().lower()
    assert page.stat().st_mode & 0o777 == 0o600
    assert "Message-ID:" in synced.ask("report", "--format", "eml").out
    assert synced.ask("report").out.strip()


def test_backtest_gives_a_line_for_each_change(synced: Desk) -> None:
    rows = lines(synced.ask("backtest", "--from", "2026-01-05", "--to", "2026-05-31", "--format", "jsonl").out)
    assert {row["person"] for row in rows} == {ILSE, JAN}
    for row in rows:
        assert {"week", "person", "addresses", "status", "also", "probability"} == row.keys()
    weeks = [str(row["week"]) for row in rows]
    assert weeks == sorted(weeks)
    story = synced.ask("story", "Jan", "--format", "jsonl")
    known = [row["week"] for row in rows if row["person"] == JAN and row["status"] != "unknown"]
    assert [row["week"] for row in lines(story.out)] == known  # the exports end before the backtest does


def test_a_story_of_exports_ends_where_the_report_does(synced: Desk) -> None:
    report = json.loads(synced.ask("report", "--format", "json").out)
    told = lines(synced.ask("story", "Jan", "--format", "jsonl").out)
    assert str(told[-1]["sunday"]) <= report["as_of"] < "2026-06-30"
    assert told[-1]["status"] == next(one["status"] for one in report["people"] if one["person"] == JAN)


def test_forget_erases_and_keeps_out(synced: Desk) -> None:
    told = synced.ask("forget", "Jan", "--yes")
    assert told.code == 0, told.err
    synced.ask("sync")
    for command in (("people",), ("interactions",), ("export",)):
        assert JAN not in synced.ask(*command).out
    assert JAN.encode() not in (synced.folder / "ledger.db").read_bytes()


def test_forget_asks_first(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    told = synced.ask("forget", "Jan")
    assert (told.code, "Nothing was erased" in told.err) == (1, True)
    assert JAN in synced.ask("people").out


def test_an_archive_moves_everything_to_a_new_ledger(synced: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    synced.ask("log", "Ilse", "--in-person", "2026-05-02")
    file = tmp_path_factory.mktemp("export") / "all.jsonl"
    assert synced.ask("export", "--output", str(file)).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert "nobody reads" not in file.read_text()
    before = synced.ask("interactions", "--format", "jsonl").out
    refused = synced.ask("import", str(file))
    assert (refused.code, "empty ledger" in refused.err) == (1, True)
    synced.ask("config", "set", "database", "sqlite:///new.db")
    taken = synced.ask("import", str(file))
    assert taken.code == 0, taken.err
    assert synced.ask("interactions", "--format", "jsonl").out == before
    assert json.loads(synced.ask("sync", "--stats", "json").out)["sources"][0]["stored"] == 0


def test_a_copy_of_the_journal_brings_back_what_was_said(synced: Desk) -> None:
    synced.ask("log", "Ilse", "--in-person", "2026-05-02")
    copy = synced.folder / "ledger.journal.jsonl"
    synced.ask("config", "set", "database", "sqlite:///new.db")
    synced.ask("sync")
    assert synced.ask("import", str(copy)).out == "1 entries of the journal taken over.\n"
    assert "in_person" in synced.ask("interactions", "--from", "2026-05-02", "--to", "2026-05-02").out


def test_export_of_one_person_tells_of_nobody_else(synced: Desk) -> None:
    told = synced.ask("export", "--person", "Jan")
    assert JAN in told.out
    assert ILSE not in told.out


def test_config_commands(desk: Desk) -> None:
    fine = desk.ask("config", "check")
    assert (fine.code, fine.out) == (0, f"{desk.config} is fine.\n")
    assert desk.ask("config", "set", "report.hour", "9").out == "report.hour = 9\n"
    assert "hour = 9" in desk.ask("config", "show").out
    assert json.loads(desk.ask("config", "schema").out)["title"] == "Config"
    refused = desk.ask("config", "set", "report.hour", "99")
    assert refused.code == 78
    assert "hour = 9" in desk.config.read_text()


@pytest.mark.parametrize("command", [("sync",), ("people",), ("report",), ("config", "check"), ("run",), ("status",)])
def test_a_bad_config_ends_every_command_with_78(desk: Desk, command: tuple[str, ...]) -> None:
    desk.append("\n[reprot]\nhour = 1\n")
    told = desk.ask(*command)
    assert (told.code, told.out) == (78, "")
    assert 'Did you mean "report"?' in told.err


def test_without_a_config_it_says_how_to_begin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--config", str(tmp_path / "none.toml"), "people"]) == 78
    assert "init" in capsys.readouterr().err


def test_init_by_options_and_then_the_whole_way(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    fresh = tmp_path_factory.mktemp("home") / "conf" / "syncd.toml"
    box = desk.folder / "mail.mbox"
    given = ["--address", ME, "--name", "Mara", "--mbox", str(box), "--timezone", "Europe/Amsterdam"]
    assert run(["--config", str(fresh), "init", *given]) == 0
    assert run(["--config", str(fresh), "config", "check"]) == 0
    assert run(["--config", str(fresh), "init", *given]) == 1
    assert run(["--config", str(fresh), "init", *given, "--force"]) == 0


def test_init_without_an_address_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--config", str(tmp_path / "syncd.toml"), "init", "--non-interactive"]) == 78
    assert "owner.addresses is missing" in capsys.readouterr().err
    assert not (tmp_path / "syncd.toml").exists()


def test_init_asks(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.config.unlink()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{ME} m@old.example\nMara\n{tmp_path / 'calendar.ics'}\n"))
    assert desk.ask("init").code == 0
    shown = desk.ask("config", "show").out
    assert "m@old.example" in shown
    assert 'kind = "ics"' in shown


def test_init_takes_a_calendars_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "syncd.toml"
    address = "https://calendar.example/private-5ecret/basic.ics"
    given = ["init", "--address", ME, "--ics", address, "--ics", "webcal://other.example/basic.ics"]
    assert run(["--config", str(file), *given]) == 0
    assert file.stat().st_mode & 0o077 == 0
    assert [(one.name, getattr(one, "endpoint", None)) for one in load(file).account] == [
        ("calendar", address),
        ("calendar 2", "https://other.example/basic.ics"),
    ]
    assert run(["--config", str(file), "init", "--address", ME, "--ics", "http://x.example/5ecret", "--force"]) == 78
    told = capsys.readouterr()
    assert "sends everything readable" in told.err
    assert "5ecret" not in told.out + told.err


def test_init_asks_for_an_address_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.config.unlink()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{ME}\n\nhttps://calendar.example/private-5ecret/basic.ics\n"))
    assert desk.ask("init").code == 0
    assert 'endpoint = "https://calendar.example/…"' in desk.ask("config", "show").out


def test_doctor_lists_what_is_well_and_what_is_not(synced: Desk) -> None:
    well = synced.ask("doctor", "--format", "jsonl")
    assert well.code == 0, well.out
    findings = {row["check"]: row["result"] for row in lines(well.out)}
    assert findings["hosts contacted"] == "none"
    synced.config.chmod(0o666)
    (synced.folder / "mail.mbox").unlink()
    ill = synced.ask("doctor")
    assert ill.code == 1
    assert "chmod go-w" in ill.out
    assert "mail.mbox" in ill.out


def test_doctor_names_every_host(synced: Desk) -> None:
    synced.append(f'\n[report]\nto = "{ME}"\nsmtp = "smtps://smtp.example.org"\n')
    assert "smtp.example.org" in synced.ask("doctor").out


def test_doctor_with_a_bad_config_says_so(desk: Desk) -> None:
    desk.append("\n[reprot]\n")
    told = desk.ask("doctor")
    assert told.code == 1
    assert "reprot" in told.out


def test_logged_day_defaults_to_the_owners_today(synced: Desk) -> None:
    told = synced.ask("log", JAN, "--video")
    assert told.code == 0, told.err
    day = date.fromisoformat(told.out.rstrip(".\n").split()[-1])
    assert abs((day - date.today()).days) <= 1
