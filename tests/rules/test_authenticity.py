"""Whose From is believed: the owner's own server decides, and nobody else's word counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.observations import Message
from rules.labels.authenticity import is_forged

OURS = frozenset({"mx.visser.example"})


def forged(header: str | None, servers: frozenset[str] = OURS) -> bool:
    return is_forged(Message("m", headers=None if header is None else {"authentication-results": header}), servers)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ("", False),
        ("mx.visser.example; none", False),
        ("mx.visser.example; dmarc=pass header.from=nordkai.example", False),
        ("mx.visser.example; dmarc=fail (p=REJECT) header.from=nordkai.example", True),
        ("MX.Visser.Example 1; DMARC = FAIL", True),
        ("mx.visser.example (it says; dmarc=pass); dmarc=fail", True),
        ("mx.visser.example; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example; dmarc=fail", True),
        ("mx.visser.example; spf=fail; dkim=fail", True),
        ("mx.visser.example; spf=fail; dkim=fail; dkim=pass", False),
        ("mx.visser.example; spf=fail; dkim=none", False),
        ("mx.visser.example; spf=fail; dkim=fail; dmarc=none", False),
        ("mx.visser.example; spf=softfail; dkim=fail", False),
        ("mx.visser.example; dmarc=temperror", False),
        ("mx.visser.example; arc=pass; dmarc=fail", False),
        ("mx.visser.example; x-dmarc=fail", False),
        ('mx.visser.example; reason="dmarc=fail"', False),
        ("mx.evil.example; dmarc=fail", False),
        ("mx.evil.example; mx.visser.example; dmarc=fail", False),
        ("(mx.visser.example) mx.evil.example; dmarc=fail", False),
        ("mx.visser.example.evil.example; dmarc=fail", False),
        ("; dmarc=fail", False),
    ],
)
def test_what_the_header_says(header: str | None, expected: bool) -> None:
    assert forged(header) is expected


@given(st.text(max_size=500))
def test_without_a_named_server_every_from_is_believed(text: str) -> None:
    assert not forged(text, frozenset())
    assert not forged(f"mx.evil.example; {text}")


@given(
    st.lists(st.sampled_from(["(", ")", ";", "dmarc=fail", "dmarc=pass", " ", "mx.visser.example", "="]), max_size=60)
)
def test_any_header_is_read(parts: list[str]) -> None:
    header = "mx.visser.example;" + "".join(parts)
    assert forged(header) in {True, False}
    assert not forged(f"{header};dmarc=pass") or "(" in header
