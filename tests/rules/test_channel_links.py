"""A link of a meeting service is known bare, wrapped by every gateway, percent-encoded and inside a text."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import quote

import pytest

from connectors.observations import Conference, Event
from rules.engine.ruleset import load
from rules.labels.labeller import ByRules, Labeller
from rules.meaning import Channel, Owner
from rules.texts import weblinks

RULES = load()
LABELLER = Labeller(RULES, Owner(frozenset({"me@example.org"})), ByRules())


def whole(link: str) -> str:
    return quote(link, safe="")


def proofpoint_v2(link: str) -> str:
    return whole(link).replace("-", "%2D").replace("_", "%5F").replace("%", "-").replace("-2F", "_")


WRAPPERS: dict[str, Callable[[str], str]] = {
    "bare": lambda link: link,
    "safelinks": lambda link: f"https://eur03.safelinks.protection.outlook.com/?url={whole(link)}&data=05%7C01&x=0",
    "teams safelinks": lambda link: f"https://statics.teams.cdn.office.net/x/safelinks.html?url={whole(link)}&l=en",
    "google": lambda link: f"https://www.google.com/url?q={whole(link)}&sa=D&source=calendar",
    "proofpoint 1": lambda link: f"https://urldefense.proofpoint.com/v1/url?u={whole(link)}&k=abc",
    "proofpoint 2": lambda link: f"https://urldefense.proofpoint.com/v2/url?u={proofpoint_v2(link)}&d=Dw&c=abc",
    "proofpoint 3": lambda link: f"https://urldefense.com/v3/__{link}__;!!abc!def$",
    "slack": lambda link: f"https://slack-redir.net/link?url={whole(link)}",
    "cisco": lambda link: f"https://secure-web.cisco.com/1abcDEF/{whole(link)}",
    "barracuda": lambda link: f"https://linkprotect.cudasvc.com/url?a={whole(link)}&c=E,1,abc",
    "sophos": lambda link: (
        f"https://eu.protection.sophos.com/?d=x.com&u={base64.b64encode(link.encode()).decode()}&i=a"
    ),
    "encoded": whole,
    "twice": lambda link: WRAPPERS["safelinks"](WRAPPERS["google"](link)),
}
PLACES: dict[str, Callable[[str], Event]] = {
    "links": lambda link: Event(id="e", title="Review", links=(link,), attendee_count=3),
    "location": lambda link: Event(id="e", title="Review", location=link, attendee_count=3),
    "title": lambda link: Event(id="e", title=f"Review {link}", attendee_count=3),
    "text": lambda link: Event(id="e", title="Review", location=f"Join here: {link} (code 123)", attendee_count=3),
    "conference": lambda link: Event(id="e", title="Review", conference=Conference(url=link), attendee_count=3),
}
LINKS = [
    (rule.provider, str(example))
    for rule in RULES
    if rule.group == "meeting link" and "links" in rule.fields
    for example in rule.examples
]


@pytest.mark.parametrize(("provider", "link"), LINKS, ids=[link for _, link in LINKS])
def test_every_service_is_known_however_its_link_is_wrapped(provider: str | None, link: str) -> None:
    wrappers = WRAPPERS if link.startswith("http") else {"bare": WRAPPERS["bare"]}
    wrong = []
    for wrapper, wrap in wrappers.items():
        for place, event in PLACES.items():
            decision = LABELLER.decide(event(wrap(link)))
            known = decision.channel is Channel.VIDEO and provider in (None, decision.conference_provider)
            if not known:
                wrong.append((wrapper, place, decision.channel, decision.conference_provider))
    assert not wrong


@pytest.mark.parametrize(
    "link",
    [
        "https://docs.google.com/document/d/1h5sMhBpPB5unJmBAS7KzDiPs",
        "https://www.northwind.example/agenda.pdf",
        "https://support.zoom.us/hc/en-us/articles/201362193",
        "https://teams.microsoft.com/l/channel/19%3aabc/General",
        "https://maps.app.goo.gl/abcDEF",
        "https://www.eventim.example/tickets?u=https",
    ],
)
def test_other_links_say_nothing_of_video(link: str) -> None:
    event = Event(id="e", title="Review", location="Room 5", links=(link,), attendee_count=4)
    assert LABELLER.decide(event).channel is Channel.IN_PERSON


def test_a_link_to_anywhere_is_not_read_out_of_a_foreign_query() -> None:
    link = "https://tracker.example/open?campaign=zoom.us/j/95357819945"
    assert weblinks.normal(link).startswith("tracker.example/")


@pytest.mark.parametrize("depth", [1, 5, 50, 500])
def test_wrappers_in_wrappers_end(depth: int) -> None:
    link = "https://zoom.us/j/95357819945"
    for _ in range(depth):
        link = "https://www.google.com/url?q=" + link
    assert weblinks.normal(link)


@pytest.mark.parametrize(
    "text", ["%", "%3a%2f%2f", "http://[", "https://", "://", "a:b:c", "https://[::1", "?" * 5000]
)
def test_what_is_no_link_does_no_harm(text: str) -> None:
    assert isinstance(weblinks.normal(text), str)
    assert isinstance(list(weblinks.find(text)), list)
    assert isinstance(weblinks.without(text), str)


@pytest.mark.parametrize(
    "link",
    [
        "https://github.com/jitsi/jitsi-meet",
        "https://support.zoom.us/hc/en-us/articles/1",
        "https://www.webex.com/downloads.html",
    ],
)
@pytest.mark.parametrize("field", ["title", "location"])
def test_a_word_in_the_path_of_a_link_is_nobodys_word(link: str, field: str) -> None:
    text = f"Release {link}"
    entry = Event(
        id="e",
        title=text if field == "title" else "Release",
        location=text if field == "location" else None,
        attendee_count=3,
    )
    decision = LABELLER.decide(entry)
    assert decision.channel is Channel.IN_PERSON
