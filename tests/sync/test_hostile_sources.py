"""Files made to hurt, read by the real connectors into real ledgers: nothing stops, nothing is read twice, nothing is
lost, within a limit of time and memory."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.observations import Event, Message
from connectors.options import AccountOptions, IcsOptions, MaildirOptions, MboxOptions
from syncd.ledger import Ledger
from syncd.sync import sync
from syncd.verify import verify
from tests.connectors.limits import within
from tests.connectors.worlds import calendar, event, mail
from tests.ledger.conftest import Databases

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECONDS, MEGABYTES = 20, 600
LINE = b"From a@b.example Mon Mar  3 10:00:00 2025\n"
TEXTS = [
    b"a\x00b", b"\xed\xa0\x80", b"\xff\xfe", "\u202egpj.exe".encode(), b"=?idna?q?xn--=2D?=", b"=?x-unknown?b?////?=",
    b"=?utf-16?q?=D8?=", b"=?unicode_escape?q?=5CuD800?=", b"=?utf-8?q?=00=00?=", b"\x1b]0;title\x07",
    b"%esc:a%0000;",
]  # fmt: skip
DATES = [
    b"Mon, 1 Jan 99999 00:00:00 +0000",
    b"1 Jan 0000 00:00:00 -0000",
    b"Mon, 2 Mar 2026 10:00:00 -0000",
    b"0",
    b"",
]
PEOPLE = [b"alice@example.org)bob@evil.example", b'"a\x00" <a\x00@b.example>', b"\xed\xa0\x80@b.example", b"<" * 999]


def letters() -> list[bytes]:
    """Every hostile text in every header that is read, every date, every way to write somebody ambiguously."""
    found = [mail(1), mail(2)]
    for number, text in enumerate(TEXTS):
        names = (b"Subject", b"Message-ID", b"In-Reply-To", b"References", b"List-Id", b"X-Gmail-Labels", b"X-Folder")
        headers = b"".join(name + b": <" + text + b"@x>\n" for name in names)
        found.append(headers + b"From: " + text + b" <%d@x.example>\nDate: %s\n\n" % (number, DATES[2]))
    found += [b"Subject: d%d\nFrom: d@x.example\nDate: %s\n\n" % pair for pair in enumerate(DATES)]
    found += [b"Subject: p%d\nFrom: %s\nTo: %s\nDate: %s\n\n" % (n, p, p, DATES[2]) for n, p in enumerate(PEOPLE)]
    return found


def write_maildir(root: Path, names: list[bytes], contents: list[bytes]) -> None:
    names_of_folders = (b"\xff\xfe", b"&bad", b"a\nb", b"..")
    folders = [root, *(root / os.fsdecode(b"." + name) for name in names_of_folders)]
    for folder in folders:
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(contents):
        name = b"%d." % (1_700_000_000 + number) + names[number % len(names)]
        (folders[number % len(folders)] / "cur" / os.fsdecode(name)).write_bytes(content)


def write_calendar(path: Path, uids: list[bytes]) -> None:
    entries = b"".join(
        b"BEGIN:VEVENT\r\nUID:%s\r\nSUMMARY:%s\r\nDTSTART:20260102T100000Z\r\nATTENDEE;CN=%s:mailto:%s@b.example\r\n"
        b"LOCATION:%s\r\nEND:VEVENT\r\n" % (uid, uid, uid, uid, uid)
        for uid in uids
    )
    whole = calendar(event(1), event(2))
    path.write_bytes(whole.replace(b"END:VCALENDAR", entries + b"END:VCALENDAR"))


def taken(url: str, accounts: list[AccountOptions]) -> tuple[list[str], list[str]]:
    """Sync twice and verify; the words of all that was read, and all that went wrong."""
    with Ledger.open(url) as ledger:
        first, again = (sync(ledger, accounts, now=NOW) for _ in range(2))
        wrong = [f"{stats.account}: {stats.trouble}" for stats in (*first.failures, *again.failures)]
        wrong += [f"{stats.account}: read twice" for stats in again.sources if stats.stored or stats.removed]
        verdict = verify(ledger, accounts, now=NOW)
        wrong += [str(check) for check in verdict.sources if check.differences or check.trouble]
        words = [_words(copy.newest) for copy in ledger.facts.copies()]
    return sorted(words), wrong


def _words(observation: Message | Event) -> str:
    return (observation.subject if isinstance(observation, Message) else observation.title) or ""


@pytest.mark.timeout(120)
def test_hostile_mail_is_taken_in_on_both(databases: Databases, tmp_path: Path) -> None:
    contents = letters()
    write_maildir(tmp_path / "Maildir", [b"\xff:2,S", b"new\nline", b"x" * 200, b"%esc:a", b" ", b"a!2,S"], contents)
    (tmp_path / "m.mbox").write_bytes(b"\n".join(LINE + content for content in contents))
    accounts: list[AccountOptions] = [
        MaildirOptions(name="maildir", path=tmp_path / "Maildir"),
        MboxOptions(name="mbox", path=tmp_path / "m.mbox"),
    ]
    words, wrong = within(SECONDS, MEGABYTES, taken, databases(), accounts)
    assert wrong == []
    assert words.count("item 1") == words.count("item 2") == 2
    assert len(words) == 2 * len(contents)


@pytest.mark.timeout(120)
def test_hostile_calendars_are_taken_in_on_both(databases: Databases, tmp_path: Path) -> None:
    folder = tmp_path / "calendars"
    folder.mkdir()
    uids = [*TEXTS, b"", b"#", b"a#b", b"x" * 5_000, b"../../etc/passwd"]
    write_calendar(folder / "one.ics", uids)
    write_calendar(folder / os.fsdecode(b"\xff\n.ics"), uids)
    accounts: list[AccountOptions] = [IcsOptions(name="ics", path=folder)]
    words, wrong = within(SECONDS, MEGABYTES, taken, databases(), accounts)
    assert wrong == []
    assert words.count("item 1") == words.count("item 2") == 2
    assert len(words) >= 2 * len(uids)


pieces = st.sampled_from([*TEXTS, b"a", b"#", b"/", b".", b":", b"\\", b"%", b",S=1", b":2,S", b"\t", b"\r"])
hostile = st.lists(pieces, min_size=1, max_size=4).map(b"".join)


@given(st.lists(hostile, min_size=1, max_size=4, unique=True))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_name_and_uid_is_taken_in(tmp_path: Path, names: list[bytes]) -> None:
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    files = [name.replace(b"/", b"").replace(b"\0", b"") for name in names]
    write_maildir(folder / "Maildir", files, [mail(number) for number in range(len(files))])
    write_calendar(folder / "c.ics", [name.replace(b"\r", b"") for name in names])
    accounts: list[AccountOptions] = [
        MaildirOptions(name="maildir", path=folder / "Maildir"),
        IcsOptions(name="ics", path=folder / "c.ics"),
    ]
    words, wrong = taken(f"sqlite:///{folder}/ledger.db", accounts)
    assert wrong == []
    assert len(words) >= len(names) + 2
