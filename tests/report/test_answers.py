"""Answers by mail to oneself: short codes out, subjects of one's own sent mail back in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.observations import Address, Message
from rules.occurrences.copies import Copy, Placement, Revision
from syncd.answering import listen
from syncd.config import Config
from syncd.interpret import interpret
from syncd.ledger import Ledger
from syncd.report.answers import Hearing, Told, code, hear, mailto, parse, subject
from syncd.sync import sync
from syncd.upkeep import refresh
from tests.report.weeks_made_up import ILSE, KATHARINA, ME, PEOPLE, TWINS, entry

AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def copy(line: str, *, sender: str = ME, to: tuple[str, ...] = (ME,), place: str = "Sent", number: int = 1) -> Copy:
    message = Message(
        id=f"m{number}", message_id=f"m{number}@visser-advies.example", date=AT, subject=line,
        from_=Address(sender), to=tuple(Address(address) for address in to),
    )  # fmt: skip
    return Copy(number, "mail", "mail", (Revision(AT, message),), (Placement(place, None, AT),))


def heard(*copies: Copy, journal: tuple[object, ...] = ()) -> Hearing:
    return hear(copies, [ME, "mara@visser-advies.example"], PEOPLE, [TWINS], journal)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("syncd: right K7Q2", Told("right", ("K7Q2",))),
        ("  SYNCD :  Wrong   k7q2 ", Told("wrong", ("K7Q2",))),
        ("syncd: snooze KOIL 6 weeks", Told("snooze", ("K011",), "6 weeks")),
        ("syncd: same AAAA BBBB", Told("same", ("AAAA", "BBBB"))),
        ("syncd: same AAAA", None),
        ("syncd: 3 people to think of (2026-W47)", None),
        ("Re: syncd: right K7Q2", None),
        ("syncd:", None),
        ("syncd right K7Q2", None),
        ("", None),
    ],
)
def test_subjects_are_read(line: str, told: Told | None) -> None:
    assert parse(line) == told


@given(st.text(max_size=200))
def test_no_subject_breaks_the_reader(line: str) -> None:
    told = parse(line)
    assert told is None or parse(subject(told.word, *told.codes)) == Told(told.word, told.codes)


@given(st.emails(), st.sampled_from(["right", "wrong", "snooze", "ended", "phone"]))
def test_a_link_gives_back_its_own_answer(address: str, word: str) -> None:
    link = mailto("a+b&c@x.example", word, code(address))
    assert "&" not in link
    told = parse(unquote(link.partition("?subject=")[2]))
    assert told == Told(word, (code(address),))


def test_codes_are_stable_and_tell_people_apart() -> None:
    assert code("ILSE@nordkai.example") == code(ILSE.id) == "5Z8R"
    codes = {code(f"person{n}@firm.example") for n in range(200)}
    assert len(codes) >= 198
    assert all(len(one) == 4 and not set(one) & set("ILOU") for one in codes)


def test_a_word_on_a_flag_becomes_an_answer() -> None:
    (one,) = heard(copy(subject("right", code(ILSE.id)))).heard
    assert (one.kind, one.subject, one.at) == ("answer", ILSE.id, AT)
    assert one.data == {"word": "right", "on": "2026-11-24", "message": "m1@visser-advies.example"}


@pytest.mark.parametrize(
    ("detail", "until"),
    [("", "2027-01-19"), ("6 weeks", "2027-01-05"), ("2027-03-01", "2027-03-01"), ("2020-01-01", "2027-01-19"),
     ("until the cows come home", "2027-01-19")],
)  # fmt: skip
def test_a_snooze_lasts_as_long_as_was_said(detail: str, until: str) -> None:
    (one,) = heard(copy(f"syncd: snooze {code(ILSE.id)} {detail}")).heard
    assert one.data["until"] == until


@pytest.mark.parametrize(
    ("line", "channel", "on"),
    [("phone {}", "phone", "2026-11-24"), ("phone {} yesterday", "phone", "2026-11-23"),
     ("met {} 2026-11-20", "in_person", "2026-11-20"), ("video {} 2027-01-01", "video", "2026-11-24")],
)  # fmt: skip
def test_a_contact_that_nobody_saw_is_logged(line: str, channel: str, on: str) -> None:
    (one,) = heard(copy("syncd: " + line.format(code(KATHARINA.id)))).heard
    assert (one.kind, one.subject) == ("logged", KATHARINA.id)
    assert (one.data["channel"], one.data["on"]) == (channel, on)


def test_twins_are_merged_or_parted() -> None:
    codes = code(TWINS.one), code(TWINS.other)
    same, other = heard(copy(subject("same", *codes)), copy(subject("other", *codes), number=2)).heard
    assert (same.kind, same.subject, same.data["other"]) == ("merged", TWINS.one, TWINS.other)
    assert other.kind == "parted"


def test_only_the_owners_own_sent_mail_to_themselves_counts() -> None:
    line = subject("ended", code(ILSE.id))
    forged = copy(line, place="INBOX")
    outward = copy(line, to=(ME, "eve@evil.example"), number=2)
    foreign = copy(line, sender="eve@evil.example", number=3)
    nobody = copy(line, to=(), number=4)
    assert heard(forged, outward, foreign, nobody) == Hearing()
    assert len(heard(copy(line, to=("mara@visser-advies.example",))).heard) == 1


def test_an_answer_is_heard_once() -> None:
    one = copy(subject("right", code(ILSE.id)))
    again = copy(subject("right", code(ILSE.id)))
    assert len(heard(one, again).heard) == 1
    noted = entry("answer", ILSE.id, date(2026, 11, 24), word="right", message="m1@visser-advies.example")
    assert heard(one, journal=(noted,)).heard == ()


def test_a_code_that_nobody_has_is_said_back() -> None:
    found = heard(copy("syncd: right ZZZZ"))
    assert found.heard == ()
    assert found.unclear == ("“syncd: right ZZZZ”: nobody has the code ZZZZ; take it from the newest report.",)


def test_a_word_that_is_none_is_said_back_where_a_code_follows() -> None:
    (said,) = heard(copy(subject("rigth", code(ILSE.id)))).unclear
    assert said.startswith("“syncd: rigth …”: say one of right, wrong, snooze")
    for line in (
        "syncd: rigth ZZZZ",
        "syncd: 3 people to think of",
        f"Re: syncd: rigth {code(ILSE.id)}",
        "rigth 1234",
    ):
        assert heard(copy(line)) == Hearing()


def test_of_two_with_one_code_the_flagged_one_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncd.report.answers.code", lambda _: "AAAA")
    assert heard(copy("syncd: right AAAA")).heard == ()
    flagged = entry("flagged", KATHARINA.id, date(2026, 11, 23), week="2026-W47")
    (one,) = heard(copy("syncd: right AAAA"), journal=(flagged,)).heard
    assert one.subject == KATHARINA.id


def test_answers_come_in_order_of_time() -> None:
    def many() -> Iterator[Copy]:
        for number in range(5):
            message = Message(
                id=f"m{number}", date=AT - timedelta(days=number), subject=subject("right", code(ILSE.id)),
                from_=Address(ME), to=(Address(ME),),
            )  # fmt: skip
            yield Copy(number, "mail", "mail", (Revision(AT, message),), (Placement("Sent", None, AT),))

    found = heard(*many()).heard
    assert len(found) == 5
    assert [one.at for one in found] == sorted(one.at for one in found)


def test_a_mail_on_disk_becomes_an_entry_of_the_journal(tmp_path: Path) -> None:
    config = owner_config(tmp_path)
    hello = mail_source(1, ILSE.id, "Lunch on Friday?")
    deliver(tmp_path, 1, hello)
    with Ledger.open(config.database) as ledger:
        sync(ledger, config.account, now=AT)
        interpret(ledger, config, now=AT)
        version = ledger.facts.version()
        deliver(tmp_path, 2, mail_source(2, ME, subject("snooze", code(ILSE.id)) + " 2 weeks"))
        sync(ledger, config.account, now=AT + timedelta(minutes=10))
        (one,) = listen(ledger, [ME], version).heard
        assert listen(ledger, [ME], version).heard == (), "the same mail is not heard twice"
        (written,) = ledger.journal.entries("answer")
        assert (written.subject, written.data) == (ILSE.id, one.data)
        assert written.data["until"] == "2026-12-08"


def test_a_ledger_begun_anew_hears_the_answers_that_lie_in_the_mail(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = owner_config(tmp_path)
    deliver(tmp_path, 1, mail_source(1, ILSE.id, "Lunch on Friday?"))
    deliver(tmp_path, 2, mail_source(2, ME, subject("ended", code(ILSE.id))))
    deliver(tmp_path, 3, mail_source(3, ME, "syncd: right ZZZZ"))
    with Ledger.open(config.database) as ledger:
        sync(ledger, config.account, now=AT)
        refresh(ledger, config, now=AT)
        assert [(one.subject, one.data["word"]) for one in ledger.journal.entries("answer")] == [(ILSE.id, "ended")]
        refresh(ledger, config, now=AT)
    (said,) = [one.getMessage() for one in caplog.records if "understood" in one.message]
    assert said.startswith("An answer that you sent by mail could not be understood: “syncd: right ZZZZ”: nobody has")


def owner_config(folder: Path) -> Config:
    return Config.model_validate(
        {
            "database": f"sqlite:///{folder / 'ledger.db'}",
            "owner": {"addresses": [ME], "timezone": "UTC"},
            "account": [{"name": "mail", "kind": "maildir", "path": str(folder / "mail")}],
        }
    )


def mail_source(number: int, to: str, line: str) -> bytes:
    return (
        f"From: Mara Visser <{ME}>\nTo: {to}\nSubject: {line}\nMessage-ID: <m{number}@visser-advies.example>\n"
        f"Date: Tue, 24 Nov 2026 08:3{number}:00 +0000\n\nHello.\n"
    ).encode()


def deliver(folder: Path, number: int, source: bytes) -> None:
    for home in ("mail", "mail/.Sent"):
        for part in ("cur", "new", "tmp"):
            (folder / home / part).mkdir(parents=True, exist_ok=True)
    (folder / "mail/.Sent/cur" / f"{number}.demo:2,S").write_bytes(source)
