"""The four forms of one report: they say the same, survive mail programs, and cannot be misused by a sender."""

from __future__ import annotations

import email
import email.policy
import json
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.health.assessment import Portfolio, Status
from syncd.report import FORMS, Report, written
from syncd.report.answers import code, parse
from syncd.report.render import eml, html, json_text
from syncd.report.text import text
from syncd.report.words import shown_name, unlinked
from tests.report.weeks_made_up import BRAM, ILSE, ME, PEOPLE, USUAL, WEEK, assessment, report

VOID = {"meta", "br", "link", "img", "hr", "input"}
CLIPPED = 102_000  # bytes from which Gmail hides the rest of a mail
HOSTILE = (
    'Eve <img src=x onerror=alert(1)> www.evil.example https://evil.example/?a="b" \u202egnp.exe'
    "\r\nBcc: all@x.example"
)


class Page(HTMLParser):
    """Reads a page and keeps links, texts and what is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.tags: Counter[str] = Counter()
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        found = dict(attrs)
        if tag == "a":
            self.links.append(found.get("href") or "")
        self.fetched += [
            value for name, value in attrs if name in {"src", "srcset", "background", "action"} and value
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "title"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def hostile() -> Report:
    people = [replace(one, name=HOSTILE, organisation="www.evil.example") for one in PEOPLE]
    told = [replace(one, evidence=f"{HOSTILE} {one.evidence}", suggestion=HOSTILE) for one in USUAL]
    return report(told, people=people)


def test_the_page_is_well_formed_and_small_enough() -> None:
    page = html(report())
    read = Page(page)
    assert read.wrong == []
    assert read.open == []
    assert len(page.encode()) < CLIPPED
    assert len(eml(report())) < CLIPPED


def test_the_largest_report_is_not_clipped() -> None:
    crowd = [
        replace(BRAM, id=f"somebody.with.a.long.name.{n}@organisation.example", name="Some Body " * 6, key=n < 3)
        for n in range(80)
    ]
    statuses = [Status.DRIFTING] * 30 + [Status.WATCH] * 50
    told = [
        assessment(one, status, "So much to say. " * 20, suggestion="And to do. " * 12)
        for one, status in zip(crowd, statuses, strict=True)
    ]
    assert len(eml(report(told, people=crowd))) < CLIPPED


def test_nothing_is_fetched_and_every_link_is_a_mail_to_oneself() -> None:
    for found in (report(), hostile()):
        read = Page(html(found))
        assert read.fetched == []
        assert "url(" not in html(found)
        assert not {"img", "script", "iframe", "form", "link", "object", "svg"} & set(read.tags)
        assert read.links
        for link in read.links:
            assert link.startswith(f"mailto:{ME}?subject=syncd%3A%20")
            told = parse(unquote(parse_qs(urlsplit(link).query)["subject"][0]))
            assert told is not None
            assert set(told.codes) <= {one.code for one in found.people} | {
                code for twins in found.twins for code in twins.codes
            }


def test_what_a_sender_wrote_is_shown_as_text_and_becomes_no_link() -> None:
    page, plain = html(hostile()), unlinked(text(hostile()))
    for shown in (page, plain):
        assert not re.search(r"www\.evil|https://evil", shown)
        assert "\u202e" not in shown
        assert "evil" in shown, "it is shown all the same"
    assert "&lt;img" in page
    assert "<img" not in page


def test_no_name_starts_a_header_or_a_part() -> None:
    mail = email.message_from_bytes(eml(hostile()), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert "Bcc" not in mail
    assert sorted(name.lower() for name in mail) == sorted(
        ["from", "to", "subject", "date", "message-id", "list-id", "auto-submitted", "x-auto-response-suppress",
         "mime-version", "content-type"]
    )  # fmt: skip


def test_the_subject_names_nobody() -> None:
    for found in (report(), report([]), report(portfolio=Portfolio(WEEK, event="all are quiet"))):
        subject = str(email.message_from_bytes(eml(found), policy=email.policy.default)["Subject"])
        assert subject.startswith("syncd: ")
        assert not any(person.name and person.name.split()[0] in subject for person in PEOPLE)


def test_the_mail_comes_back_as_it_was_and_is_the_same_each_time() -> None:
    payload = eml(report(), to=ME, sender="syncd@visser-advies.example")
    assert payload == eml(report(), to=ME, sender="syncd@visser-advies.example")
    assert payload.isascii()
    assert b"\r\n" in payload
    assert b"\n" not in payload.replace(b"\r\n", b"")
    assert max(map(len, payload.split(b"\r\n"))) <= 998
    mail = email.message_from_bytes(payload, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().replace("\r\n", "\n") == unlinked(text(report()), but=ME)
    assert page.get_content().replace("\r\n", "\n").strip() == html(report()).strip()
    assert mail["Message-ID"] == "<syncd.2026-w47.57c555db947846aa9ac0@visser-advies.example>"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_another_week_or_reader_is_another_message() -> None:
    ids = {
        str(email.message_from_bytes(eml(found, to=to))["Message-ID"])
        for found in (report(), replace(report(), week="2026-W48"))
        for to in (ME, "other@visser-advies.example")
    }
    assert len(ids) == 4


def test_text_and_page_say_the_same() -> None:
    found = report()
    page, plain = Page(html(found)).text.replace("\u2060", ""), " ".join(text(found).split())
    facts = [found.summary, *found.notices, *found.left_out, *found.seen.lines, *found.close, *found.given]
    facts += [line.text for line in (*found.renewals, *found.came_back)]
    for card in found.cards:
        facts += [card.known.name, card.headline, card.known.evidence, card.known.suggestion, card.renewal]
    facts += [fact for one in found.watched for fact in (one.name, one.evidence)]
    facts += [fact for line in (*found.came_back, *found.call_first) for fact in (line.known.name, line.text)]
    facts += [fact for figure in found.figures for fact in (figure.label, figure.shown, figure.shown_before)]
    facts += [fact for twins in found.twins for fact in (twins.one, twins.other, twins.because)]
    for fact in facts:
        assert " ".join(fact.split()) in page, fact
        assert " ".join(fact.split()) in plain, fact
    for card in found.cards:
        for word in ("right", "wrong", "phone", "snooze", "ended"):
            assert f"syncd: {word} {card.known.code}" in plain


def test_json_lists_everybody_in_the_public_form() -> None:
    document = json.loads(json_text(report()))
    assert {"as_of", "summary", "coverage", "people"} <= set(document)
    assert document["as_of"] == "2026-11-22"
    people = {one["person"]: one for one in document["people"]}
    assert len(people) == len(USUAL)
    ilse = people[ILSE.id]
    assert {"person", "addresses", "circle", "status", "also", "since", "probability", "facets", "evidence",
            "suggestion"} <= set(ilse)  # fmt: skip
    assert (ilse["status"], ilse["since"], ilse["circle"]) == ("drifting", "2026-03-09", "customer")
    assert ilse["facets"]["transactional"]["value"] == 0.88
    assert ilse["addresses"] == [ILSE.id]
    assert ilse["code"] == code(ILSE.id)


def test_json_keeps_what_was_said_letter_by_letter() -> None:
    document = json.loads(json_text(hostile()))
    assert {one["name"] for one in document["people"]} == {HOSTILE}


def test_every_form_can_be_written_and_no_other() -> None:
    for form in FORMS:
        assert written(report(), form)
    with pytest.raises(ValueError, match="html, text, json, eml"):
        written(report(), "pdf")


@given(st.text(max_size=120))
@settings(max_examples=200)
def test_any_name_is_one_safe_line(name: str) -> None:
    shown = shown_name(name, "a@b.example")
    assert "\u2060" not in shown
    mailed = unlinked(shown, but="a@b.example")
    assert shown
    assert "\n" not in shown
    assert len(shown) <= 60
    assert shown.isprintable()
    assert not re.search(r"\w\.[a-z]|://", mailed) or shown == "a@b.example"
    assert unlinked(unlinked("www.x.example")) == unlinked("www.x.example")


# Contrast, as WCAG 2 counts it: 4.5 for text.


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_text_stands_out_from_its_ground_by_day() -> None:
    page = html(report())
    grounds = {"#fffdfa", "#ffffff", "#fbf1d9"}
    pairs = set(re.findall(r"background-color:(#\w{6});(?:border[^;]*;)?color:(#\w{6})", page))
    assert len(pairs) >= 4, "labels and buttons bring their own ground"
    pairs |= {(ground, colour) for ground in grounds for colour in ("#2b2622", "#6b625a", "#8c3f1f")}
    for ground, colour in pairs:
        assert contrast(ground, colour) >= 4.5, (ground, colour)


def test_every_text_stands_out_from_its_ground_by_night() -> None:
    dark = html(report()).split("prefers-color-scheme: dark", 1)[1].split("</style>", 1)[0]
    rules = {name: re.findall(r"(background-color|[^-]color): (#\w{6})", rule)
             for name, rule in re.findall(r"\.(\w+) \{([^}]*)\}", dark)}  # fmt: skip
    colours = {name: {key.strip(): value for key, value in found} for name, found in rules.items()}
    for ground in ("page", "sheet", "card", "note"):
        for ink in ("ink", "soft", "link"):
            assert contrast(colours[ground]["background-color"], colours[ink]["color"]) >= 4.5, (ground, ink)
    for own in ("btn", "go", "warn", "watch", "calm"):
        assert contrast(colours[own]["background-color"], colours[own]["color"]) >= 4.5, own


def test_every_class_of_the_night_is_used_and_every_ground_has_one() -> None:
    page = html(report([*USUAL, assessment(BRAM, Status.WATCH)]))
    body = page.split("</style>", 1)[1]
    used = {name for found in re.findall(r'class="([^"]+)"', body) for name in found.split()}
    assert {"page", "sheet", "card", "ink", "soft", "btn", "go", "warn", "rule", "s"} <= used
    for tag in re.findall(r"<[^>]*(?:background-color|bgcolor)[^>]*>", body):
        assert "class=" in tag, tag


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(chromium() is None, reason="no chromium on this machine to look at the page with")
@pytest.mark.parametrize("width", [700, 380])
def test_a_browser_draws_the_page_without_sideways_scrolling(tmp_path: Path, width: int) -> None:
    browser = chromium()
    assert browser
    (tmp_path / "report.html").write_text(html(report()), encoding="utf-8")
    frame = (
        f'<iframe id="f" src="report.html" width="{width}" height="900" style="border:0"></iframe><pre id="p"></pre>'
        "<script>f.onload = () => {"
        " p.textContent = 'width ' + f.contentWindow.document.documentElement.scrollWidth }</script>"
    )
    (tmp_path / "frame.html").write_text(frame, encoding="utf-8")
    address = (tmp_path / "frame.html").as_uri()
    shown = _chromium(browser, tmp_path, ["--allow-file-access-from-files", "--dump-dom", address])
    found = re.search(r"width (\d+)", shown)
    assert found, shown[-400:]
    assert int(found.group(1)) <= width


def _chromium(browser: str, folder: Path, arguments: list[str]) -> str:
    quiet: list[Any] = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
        f"--user-data-dir={folder / 'profile'}",
    ]  # fmt: skip
    return subprocess.run([*quiet, *arguments], check=True, capture_output=True, text=True, timeout=120).stdout


def test_joiners_are_in_the_mail_forms_only() -> None:
    found = hostile()
    assert "\u2060" not in text(found)
    assert "\u2060" not in json_text(found)
    mail = email.message_from_bytes(eml(found), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    plain, page = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert page is not None
    for shown in (plain.get_content(), Page(page.get_content()).text):
        assert "www.\u2060evil.\u2060example" in shown
        assert "www.evil" not in shown
    assert ME in plain.get_content(), "the owner's own address is there to be copied"
