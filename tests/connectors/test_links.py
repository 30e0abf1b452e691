"""Links and phone numbers of descriptions."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.links import find_links, find_phones, reduced

ZOOM = "https://us02web.zoom.us/j/123"


@pytest.mark.parametrize(
    "link",
    [
        f"{ZOOM}?pwd=secret#frag",
        "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fus02web.zoom.us%2Fj%2F123%3Fpwd%3Dx&data=05",
        "https://www.google.com/url?q=https%3A%2F%2Fus02web.zoom.us%2Fj%2F123&sa=D",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__us02web.zoom.us_j_123-3Fpwd-3Dx&d=DwMF",
        "https://urldefense.com/v3/__https://us02web.zoom.us/j/123?pwd=x__;!!AbC!dEf$",
        "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fus02web.zoom.us%2fj%2f123&c=E,1",
        "https://secure-web.cisco.com/1abcDEF/https%3A%2F%2Fus02web.zoom.us%2Fj%2F123",
        "https://slack-redir.net/link?url=https%3A%2F%2Fus02web.zoom.us%2Fj%2F123",
        f"https://eu-west-1.protection.sophos.com/?d=zoom.us&u={urlsafe_b64encode(ZOOM.encode()).decode().rstrip('=')}",
        "https://google.com/url?q=https://x.safelinks.protection.outlook.com/?url%3Dhttps%253A%252F%252Fus02web.zoom.us%252Fj%252F123",
        "https://user:password@us02web.zoom.us:443/j/123",
        "https%3A%2F%2Fus02web.zoom.us%2Fj%2F123%3Fpwd%3Dx",
    ],
)
def test_wrappers_are_opened(link: str) -> None:
    assert find_links(f"Join <{link}>, please.") == (ZOOM,)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://protect-eu.mimecast.com/s/AbCdEf?domain=zoom.us", "https://zoom.us/"),
        ("https://urldefense.com/v3/__https:/meet.example/*room__;Iw!!a", "https://meet.example/"),
        ("https://www.google.com/maps/place/x?q=1", "https://www.google.com/maps/place/x"),
        ("zoommtg://zoom.us/join?confno=123", "zoommtg://zoom.us/join"),
        ("tel:+49301234", "tel:+49301234"),
        ("https://meet.example:8443/x", "https://meet.example:8443/x"),
        ("https://[broken", None),
        ("https://x.example:99999999/", None),
        ("no link", None),
    ],
)
def test_reduced(link: str, expected: str | None) -> None:
    assert reduced(link) == expected


def test_links_stand_once_in_order_and_few() -> None:
    text = "https://b.example/1 https://a.example/2, https://b.example/1) " + " ".join(
        f"https://x.example/{n}" for n in range(200)
    )
    found = find_links(text)
    assert found[:2] == ("https://b.example/1", "https://a.example/2")
    assert len(found) == 50


def test_html_is_read_too() -> None:
    assert find_links('<a href="https://a.example/b?x=1&amp;y=2">here</a>') == ("https://a.example/b",)


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("call +49 30 901820 today", None, ("+49 30 901820",)),
        ("call 030 901820 today", "DE", ("030 901820",)),
        ("call 030 901820 today", None, ()),
        ('<a href="tel:+1-650-253-0000">dial</a>', None, ("+1-650-253-0000",)),
        ("Meeting ID: 650 253 0000", "US", ()),
        ("dial (650) 253-0000", "US", ("(650) 253-0000",)),
        ("https://zoom.us/j/6502530000", "US", ()),
    ],
)
def test_phones(text: str, region: str | None, expected: tuple[str, ...]) -> None:
    assert find_phones(text, region) == expected


@given(st.text(max_size=300))
def test_any_text_is_searched(text: str) -> None:
    for link in find_links(text):
        assert "?" not in link
        assert "#" not in link
    assert len(find_phones(text, "US")) <= 20


@given(st.text(max_size=100))
def test_any_link_is_reduced(text: str) -> None:
    for link in (
        f"https://urldefense.com/v3/__{text}__;{text}!!",
        f"https://www.google.com/url?q={text}",
        f"https://{text}",
    ):
        found = reduced(link)
        assert found is None or "?" not in found
