"""The header reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import BadItem
from connectors.dates import parse_date
from connectors.encoded_words import decode_words
from connectors.headers import HEADER_LIMIT, KEPT, Circumstances, from_fields, header_end, named, read_message
from connectors.observations import Address, Message, decode, encode
from connectors.text import clean_text

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HERE = Circumstances("n", NOW)


def read(block: str | bytes, here: Circumstances = HERE) -> Message:
    return read_message(block if isinstance(block, bytes) else block.encode(), here)


def test_reads_a_message() -> None:
    message = read(
        "Return-Path: <bounce@firm.example>\nReceived: from a by b;\n\tMon, 2 Mar 2026 10:00:05 +0100\n"
        "From: Ann <ann@firm.example>\nSender: bob@firm.example\nTo: Mara <mara@visser.example>,\n\tx@y.example\n"
        "Cc:\nDate: Mon, 2 Mar 2026 10:00:00 +0100\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?q?_aus_Ulm?=\n"
        "Message-ID: <1@firm.example>\nIn-Reply-To: <0@visser.example>\nReferences: <a@b>\n\t<0@visser.example>\n"
        'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="secret"\nX-Unknown: never\n'
        "List-Unsubscribe: <https://news.example/u/123?token=secret>, <mailto:leave@news.example?subject=secret>\n"
    )
    assert message.from_ == Address("ann@firm.example", "Ann")
    assert message.sender == Address("bob@firm.example")
    assert [mailbox.address for mailbox in message.to or ()] == ["mara@visser.example", "x@y.example"]
    assert message.cc == ()
    assert message.bcc is None
    assert message.date == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert message.date.utcoffset() == timedelta(hours=1)
    assert message.received == datetime(2026, 3, 2, 9, 0, 5, tzinfo=UTC)
    assert message.subject == "Grüße aus Ulm"
    assert (message.message_id, message.in_reply_to) == ("1@firm.example", "0@visser.example")
    assert message.references == ("a@b", "0@visser.example")
    assert message.headers == {
        "return-path": "<bounce@firm.example>",
        "content-type": "multipart/report; report-type=delivery-status",
        "list-unsubscribe": "<https://news.example>, <mailto:leave@news.example>",
    }
    assert decode(encode(message)) == message


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    block = end.join(["From: a@b.example", "Subject: one", "\ttwo", "To: c@d.example", "", "Subject: body"])
    data = block.encode()
    message = read(data[: header_end(data)])
    assert (message.subject, message.to) == ("one two", (Address("c@d.example"),))


def test_mixed_line_ends() -> None:
    message = read(b"From: a@b.example\r\nSubject: x\nTo: c@d.example\r\n")
    assert (message.subject, message.to) == ("x", (Address("c@d.example"),))


def test_header_end_never_lies_in_the_body() -> None:
    for first, second in (("\n\n", "\r\n\r\n"), ("\r\n\r\n", "\n\n"), ("\n\r\n", "\n\n")):
        data = f"A: b{first}body{second}more".encode()
        assert b"body" not in data[: header_end(data)]


def test_an_address_that_was_cut_in_the_middle_is_nobody() -> None:
    people = ", ".join(f"person{number}@example.org" for number in range(5_000))
    message = read(f"From: a@b.example\nTo: {people}\n")
    assert message.truncated
    assert message.to
    assert all((one.address or "").endswith("@example.org") for one in message.to)


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        (b"a\x00b\x1b[31m\xe2\x80\xaec", "ab [31mc"),
        (b"=?utf-8?q?a_b?=  =?utf-8?q?c?=", "a bc"),
        (b"=?utf-8?b?w7w=?=", "ü"),
        (b"=?utf-8?b?w7w?=", "ü"),
        (b"=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),
        (b"=?UTF-8?Q?a?=b", "ab"),
        (b"=?nonsense?q?a?=", "=?nonsense?q?a?="),
        (b"=?utf-8*de?q?a?=", "a"),
        (b"=?iso-8859-1?q?caf=E9?= au lait", "café au lait"),
        (b"=?utf-8?q?broken", "=?utf-8?q?broken"),
        (b"=?hex?q?61?=", "61"),
        (b"=?utf-7?q?+2D8-?=", "\ufffd"),
    ],
)
def test_subjects(raw: bytes, subject: str) -> None:
    assert read(b"Subject: " + raw + b"\n").subject == subject


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Mon, 2 Mar 2026 10:00:00 +0100", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2 Mar 2026 10:00 GMT", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 02 Mar 26 10:00:00 EST", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("Mon, 2 Mar 2026 10:00:00 -0000", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 2 Mar 2026 10:00:60 +0000", datetime(2026, 3, 2, 10, 0, 59, tzinfo=UTC)),
        ("Mon Mar  2 10:00:00 2026", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 2 Mar 2026 10:00:00 +9999", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Thu, 31 Feb 2026 10:00:00 +0000", None),
        ("Mon, 2 Mar 99999 10:00:00 +0000", None),
        ("Mon, 2 Mar 0000 10:00:00 +0000", None),
        ("Mon, 2 Mar 0001 10:00:00 +0000", None),
        ("Mon, 2 Mar 1979 10:00:00 +0000", None),
        ("Mon, 2 Mar 2028 10:00:00 +0000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates(raw: str, expected: datetime | None) -> None:
    assert read(f"From: a@b.example\nDate: {raw}\n").date == expected


def test_a_weaker_witness_of_the_time_is_heard_last() -> None:
    delivered = NOW - timedelta(days=1)
    here = Circumstances("n", NOW, delivered=delivered)
    assert read("Date: nonsense\n", here).received == delivered
    assert read("Date: Mon, 2 Mar 2026 10:00:00 +0000\n", here).received is None


def test_headers_that_stand_twice() -> None:
    message = read("To: a@b.example\nSubject: first\nTo: c@d.example\nSubject: second\n second\nFrom: x@y.example\n")
    assert [mailbox.address for mailbox in message.to or ()] == ["a@b.example", "c@d.example"]
    assert message.subject == "first"


@pytest.mark.parametrize(
    "block", [b"", b"\n", b"RIFF\x00\x01\x02binary", b"no header here\nnor here\n", b" folded\n"]
)
def test_no_header_is_a_bad_item(block: bytes) -> None:
    with pytest.raises(BadItem):
        read(block)


def test_a_message_without_known_headers_is_a_message() -> None:
    assert read("X-Something: else\n").from_ is None


def test_long_blocks_are_cut_and_marked() -> None:
    recipients = ", ".join(f"person{n}@firm.example" for n in range(20_000))
    message = read(f"From: a@b.example\nTo: {recipients}\nSubject: never reached\n")
    assert message.truncated
    assert message.subject is None
    assert 1_000 < len(message.to or ()) < 20_000


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "piece",
    ["=?utf-8?q?a?= ", "=?utf-8?q?", "=?", "To: a@b\n", "\n ", "\t\n", "Subject: x\n", "<a@b> ", "((((", "\r", ":\n"],
)
@pytest.mark.parametrize(
    "name", ["Subject", "To", "References", "List-Unsubscribe", "Received", "Date", "Content-Type"]
)
def test_hostile_blocks_are_read_in_time(name: str, piece: str) -> None:
    block = f"From: a@b.example\n{name}: " + piece * (HEADER_LIMIT // len(piece))
    assert read(block).id == "n"


def test_named_headers_of_a_server_are_read_alike() -> None:
    pairs = [("FROM", "Ann <ann@firm.example>"), ("To", "a@b.example"), ("to", "c@d.example"), ("X-Nothing", "1")]
    by_name = from_fields(named(pairs), HERE)
    assert by_name == read("From: Ann <ann@firm.example>\nTo: a@b.example\nTo: c@d.example\n")


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=120)


@given(
    st.lists(st.tuples(st.sampled_from(["From", "To", "Subject", "Date", "References", "X-Y", "List-Id"]), VALUES))
)
def test_any_block_is_read_or_refused(lines: list[tuple[str, str]]) -> None:
    block = "".join(f"{name}: {value}\n" for name, value in lines).encode()
    if not lines:
        return
    message = read(block)
    assert decode(encode(message)) == message
    for text in (message.subject or "", *(message.headers or {}).values()):
        assert clean_text(text) == text


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(block: bytes) -> None:
    try:
        message = read(block)
    except BadItem:
        return
    assert decode(encode(message)) == message


@given(st.datetimes(datetime(1990, 1, 2), datetime(2026, 3, 1)), st.integers(-14 * 60, 14 * 60))
def test_a_written_date_is_read_back(moment: datetime, offset: int) -> None:
    written = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset)))
    assert parse_date(format_datetime(written)) == written


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=60))
def test_plain_subjects_agree_with_the_standard_library(subject: str) -> None:
    block = f"Subject: {subject}\n".encode()
    if "=?" in subject:
        return
    assert read(block).subject == " ".join(str(message_from_bytes(block)["Subject"]).split())


@given(st.text())
def test_clean_text_is_clean(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode()
    assert len(cleaned) <= 1_000
    assert not any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 or c in "\u202e\u2066\x7f\x85" for c in cleaned)
    assert clean_text(cleaned) == cleaned


@given(st.text(max_size=200))
def test_text_without_encoded_words_stays(text: str) -> None:
    if "=?" not in text:
        assert decode_words(text) == text


def test_the_formats_page_names_every_kept_header() -> None:
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8").lower()
    assert not [name for name in KEPT if f"`{name}`" not in page]
