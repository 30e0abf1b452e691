"""Making a report asks nobody anything: no stylesheet, picture or font is fetched, whatever a name or title holds."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from rules.health.assessment import Status
from syncd.report.render import eml, html
from tests.report.weeks_made_up import ILSE, JASPER, assessment, report

LOCKS = Path(__file__).parents[2] / "locks"
# Both fetch the stylesheets that a page names, by default: a sender's name would be enough to be told of.
FETCHING = ("css_inline", "css-inline", "premailer", "pynliner", "toronado", "inlinestyler")
TEMPTING = (
    '<link rel="stylesheet" href="http://127.0.0.1:1/a.css">',
    "<style>@import url(http://127.0.0.1:1/b.css)</style>",
    '<img src="http://127.0.0.1:1/c.png">',
)


@pytest.mark.parametrize("tempting", TEMPTING)
def test_no_connection_is_opened(tempting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("somebody was asked")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    people = [replace(one, name=tempting, organisation=tempting) for one in (ILSE, JASPER)]
    found = report([assessment(one, Status.DRIFTING, tempting, suggestion=tempting) for one in people], people=people)
    page, letter = html(found), eml(found)
    assert "127.0.0.1" in page.replace("\u2060", ""), "it is shown as text"
    assert len(letter) > len(page) / 2
    for tag in re.findall(r"<[^>]*>", page):
        assert "127.0.0.1" not in tag
        assert not re.match(r"<(?:link|img|import)", tag, re.IGNORECASE)


def test_nothing_that_fetches_stylesheets_is_installed() -> None:
    locked = "".join(file.read_text() for file in LOCKS.iterdir())
    assert "jinja2==" in locked
    for name in FETCHING:
        assert f"\n{name}==" not in locked
        assert "-" in name or find_spec(name) is None
