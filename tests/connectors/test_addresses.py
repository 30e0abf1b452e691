"""Address lists: what must come out, and what must never."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.addresses import parse_address, parse_addresses, usable
from connectors.observations import Address


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ann@firm.example", [("ann@firm.example", None)]),
        ("Ann Other <Ann@Firm.Example>", [("ann@firm.example", "Ann Other")]),
        (
            '"Other, Ann" <ann@firm.example>, bob@x.example',
            [("ann@firm.example", "Other, Ann"), ("bob@x.example", None)],
        ),
        ("Other, Ann <ann@firm.example>", [("ann@firm.example", "Other, Ann")]),
        ("ann@firm.example (Ann Other)", [("ann@firm.example", "Ann Other")]),
        ("=?utf-8?q?J=C3=BCrgen?= <j@x.example>", [("j@x.example", "Jürgen")]),
        ('"=?utf-8?b?SsO8cmdlbg==?=" <j@x.example>', [("j@x.example", "Jürgen")]),
        ("Team: ann@x.example, bob@x.example;", [("ann@x.example", None), ("bob@x.example", None)]),
        ("undisclosed-recipients:;", []),
        ("<@relay.example,@other.example:ann@x.example>", [("ann@x.example", None)]),
        ('"ann@x.example" <ann@x.example>', [("ann@x.example", None)]),
        ("\"'Ann Other'\" <ann@x.example>", [("ann@x.example", "Ann Other")]),
        ('"john smith"@x.example', [('"john smith"@x.example', None)]),
        ("mailto:ann@x.example", [("ann@x.example", None)]),
        ("w..delainey@enron.com", [("w..delainey@enron.com", None)]),
        ("d'arcy.carroll@enron.com", [("d'arcy.carroll@enron.com", None)]),
        ("Tara <tara@x.example>@ENRON", [(None, "Tara <tara@x.example>@ENRON")]),
        ("/O=ENRON/OU=NA/CN=RECIPIENTS", [(None, "/O=ENRON/OU=NA/CN=RECIPIENTS")]),
        ("Ann Other", [(None, "Ann Other")]),
        ("müller@müller.example", [("müller@müller.example", None)]),
        ("ann@[192.0.2.1]", [("ann@[192.0.2.1]", None)]),
        ("", []),
        (",,;,", []),
    ],
)
def test_reads(raw: str, expected: list[tuple[str | None, str | None]]) -> None:
    assert parse_addresses(raw) == tuple(Address(address, name) for address, name in expected)


@pytest.mark.parametrize(
    "raw",
    [
        "alice@example.org)bob@evil.example",
        "alice@example.org(bob@evil.example",
        "<alice@example.org><bob@evil.example>",
        "<alice@example.org>bob@evil.example",
        "alice@example.org@evil.example",
        "alice@example.org <bob",
        "alice@example.org\\bob@evil.example",
        "alice @example.org bob@evil.example",
        "=?utf-8?q?alice=40example.org?=",
        "alice@exam\u202eple.org",
        "alice@example.org\x00",
    ],
)
def test_takes_nobody_for_somebody_else(raw: str) -> None:
    """CVE-2023-27043 and its kin: a mailbox that can be read in two ways has no usable address."""
    assert [mailbox.address for mailbox in parse_addresses(raw) if mailbox.address] == []
    assert parse_addresses(raw), "somebody was there"


def test_angle_brackets_win_over_a_name_that_is_an_address() -> None:
    assert parse_address('"alice@example.org" <bob@evil.example>') == Address("bob@evil.example", "alice@example.org")


PIECES = st.sampled_from(
    ["a@b.example", "alice@example.org", "bob@evil.example", '"', "(", ")", "<", ">", ",", ";", ":", "\\", " ", "\t",
     "Ann", "=?utf-8?q?x?=", "@", ".", "\n", "ü", "\u202e"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
def test_what_comes_out_stands_in_what_came_in(raw: str) -> None:
    for mailbox in parse_addresses(raw):
        if mailbox.address:
            assert mailbox.address in raw.lower()
            assert mailbox.address.count("@") == 1 or mailbox.address.startswith('"')
            assert not re.search(r"[\s<>(),;:\\]", re.sub(r'^".*"', "", mailbox.address))


@given(st.text(max_size=300))
def test_any_text_is_read(raw: str) -> None:
    for mailbox in parse_addresses(raw):
        assert mailbox.address or mailbox.name is None or mailbox.name == mailbox.name.strip()


@given(st.emails(), st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=40))
def test_a_written_mailbox_is_read_back(address: str, name: str) -> None:
    quoted = '"' + name.replace("\\", "").replace('"', "") + '"'
    if usable(address) is None:
        return  # the strategy makes addresses that no mail system delivers
    assert parse_addresses(f"{quoted} <{address}>")[0].address == address.lower()


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "piece", ["(", "<", '"', "\\", ":", "a:", "a@b,", "<@a,", "a@b:", "(a)", ";", "=?", "a <", " "]
)
def test_hostile_lists_are_read_in_linear_time(piece: str) -> None:
    hostile = piece * (64 * 1024 // len(piece))
    for written in (hostile, f"a@b.example, {hostile} x@y.example"):
        assert all(one.address is None or "@" in one.address for one in parse_addresses(written))
