"""The sample data reads as mail and calendars, says what it planted, and never changes for the same seed."""

from __future__ import annotations

import ast
import email
import hashlib
import json
import tomllib
from collections import Counter
from datetime import UTC, date, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

import icalendar
import pytest
import recurring_ical_events

from syncd.demo import DemoResult, last_sunday, write
from syncd.demo.cast import CAST

END = date(2026, 11, 22)
CANARY = "quince marmalade 7319"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> DemoResult:
    return write(tmp_path_factory.mktemp("demo") / "sample", end=END, canary=CANARY)


@pytest.fixture(scope="module")
def mails(sample: DemoResult) -> list[Message]:
    paths = sorted((sample.folder / "mail").rglob("cur/*"))
    return [email.message_from_bytes(path.read_bytes()) for path in paths]


def digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return total.hexdigest()


def test_the_same_seed_and_end_give_the_same_bytes_and_another_seed_gives_others(
    sample: DemoResult, tmp_path: Path
) -> None:
    write(tmp_path / "same", end=END, canary=CANARY)
    write(tmp_path / "other", seed=2, end=END, canary=CANARY)
    assert digest(tmp_path / "same") == digest(sample.folder) != digest(tmp_path / "other")


def test_it_is_two_and_a_half_years_of_about_ten_thousand_messages(sample: DemoResult, mails: list[Message]) -> None:
    assert sample.messages == len(mails)
    assert 8_000 <= sample.messages <= 12_000
    assert sample.entries > 1_500
    assert (sample.end - sample.start).days > 2.4 * 365


def test_every_letter_parses_and_has_an_id_of_its_own(mails: list[Message]) -> None:
    ids = Counter(mail["Message-ID"] for mail in mails)
    assert [id_ for id_, count in ids.items() if count > 1] == []
    for mail in mails:
        assert mail.defects == []
        assert mail["From"]
        assert mail["To"]
        assert mail["Subject"]
        assert parsedate_to_datetime(mail["Date"]).tzinfo


def test_names_and_subjects_in_three_languages_survive_their_encoding(mails: list[Message]) -> None:
    subjects = {str(make_header(decode_header(mail["Subject"]))) for mail in mails}
    senders = " ".join(str(make_header(decode_header(mail["From"]))) for mail in mails[:4000])
    assert "Herzlichen Glückwunsch!" in subjects
    assert "Bijpraten" not in subjects
    assert any(subject.startswith("AW: ") for subject in subjects)
    assert "Even bijpraten?" in subjects
    assert "Zoë Martens" in senders


def test_calendars_expand_with_exceptions_and_every_meeting_service(sample: DemoResult) -> None:
    calendar = icalendar.Calendar.from_ical((sample.folder / "calendars" / "work.ics").read_bytes())
    expanded = recurring_ical_events.of(calendar).between(sample.start, date(2027, 1, 1))
    assert len(expanded) > 1_500
    text = (sample.folder / "calendars" / "work.ics").read_bytes().replace(b"\r\n ", b"").decode()
    for service in ("zoom.us", "teams.microsoft.com", "safelinks", "meet.google.com", "webex.com", "whereby.com",
                    "meet.jit.si", "meet.goto.com", "EXDATE", "RECURRENCE-ID", "CANCELLED", "DECLINED"):  # fmt: skip
        assert service in text, service


def test_everybody_falls_quiet_in_the_crisis(sample: DemoResult, mails: list[Message]) -> None:
    first, last = sample.crisis
    people = {figure.address for figure in CAST}
    days = Counter(
        parsedate_to_datetime(mail["Date"]).date() for mail in mails if parseaddr(mail["From"])[1] in people
    )
    during = sum(count for day, count in days.items() if first <= day <= last)
    before = sum(count for day, count in days.items() if 0 < (first - day).days <= (last - first).days + 1)
    assert during < 0.25 * before


def test_the_truth_names_every_planted_story(sample: DemoResult) -> None:
    truth = json.loads((sample.folder / "truth.json").read_text(encoding="utf-8"))
    assert len(truth["people"]) == len(CAST) == len(sample.people)
    statuses = Counter(person["status"] for person in truth["people"])
    assert statuses["drifting"] >= 4
    assert {"moved_down", "going_quiet", "one_sided", "never_personal", "ended"} <= set(statuses)
    circles = Counter(person["circle"] for person in truth["people"])
    assert all(circles[circle] >= 10 for circle in ("customer", "supplier", "team", "other"))
    assert sum(len(person["addresses"]) == 2 for person in truth["people"]) == 1


def test_a_slide_into_the_billing_address_shows_in_the_mail(sample: DemoResult, mails: list[Message]) -> None:
    figure = next(figure for figure in CAST if figure.story == "into_billing")
    since = next(person.since for person in sample.people if person.name == figure.name)
    assert since is not None
    billing = f"{figure.billing}@{figure.domain}"
    dates: dict[str, list[date]] = {billing: [], figure.address: []}
    for mail in mails:
        sender = parseaddr(mail["From"])[1]
        if sender in dates and not mail["Subject"].startswith(("Accepted", "Invitation", "Declined")):
            dates[sender].append(parsedate_to_datetime(mail["Date"]).date())
    weeks_before, weeks_after = (since - sample.start).days / 7, (sample.end - since).days / 7
    rate_before = sum(day < since for day in dates[billing]) / weeks_before
    assert sum(day >= since for day in dates[billing]) / weeks_after > 3 * rate_before
    assert sum(day >= since for day in dates[figure.address]) < 0.15 * len(dates[figure.address])


def test_the_canary_stands_in_every_body_and_description_and_in_no_header(sample: DemoResult) -> None:
    for path in (sample.folder / "mail").rglob("cur/*"):
        head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
        assert CANARY in body
        assert CANARY not in head
    text = (sample.folder / "calendars" / "work.ics").read_bytes().replace(b"\r\n ", b"").decode()
    assert text.count(CANARY) > 1_500
    assert all(CANARY not in line or line.startswith("DESCRIPTION") for line in text.splitlines())


def test_the_configuration_is_toml_with_accounts_and_key_people(sample: DemoResult) -> None:
    config = tomllib.loads(sample.config.read_text(encoding="utf-8"))
    assert {account["kind"] for account in config["account"]} == {"maildir", "ics"}
    assert all((sample.folder / account["path"]).is_dir() for account in config["account"])
    assert sum(person.get("key", False) for person in config["person"]) == 3


def test_every_address_is_one_that_nobody_can_own(mails: list[Message]) -> None:
    addresses = {parseaddr(mail["From"])[1] for mail in mails}
    assert {address.rpartition(".")[2] for address in addresses} == {"example"}


def test_an_existing_sample_is_not_written_over(sample: DemoResult) -> None:
    with pytest.raises(FileExistsError, match="remove it or choose another folder"):
        write(sample.folder, end=END)


def test_the_default_end_is_the_last_sunday() -> None:
    assert last_sunday(date(2026, 11, 22)) == date(2026, 11, 22)
    assert last_sunday(date(2026, 11, 23)) == date(2026, 11, 22)
    assert last_sunday(datetime.now(UTC).date()).weekday() == 6


def test_the_sample_knows_neither_rules_nor_connectors() -> None:
    import syncd.demo

    modules = sorted(Path(syncd.demo.__path__[0]).glob("*.py"))
    assert len(modules) > 5
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.split(".")[0] in {"rules", "connectors"} for name in names), module.name
