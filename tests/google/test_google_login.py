"""Logging in at Google: in the browser, without one; what the owner is told."""

from __future__ import annotations

import json

import pytest

from connectors.connector import ConnectorError, NeedsLogin
from connectors.google import login
from connectors.options import GoogleCalendarOptions
from tests.fakes.google.calendar import FakeCalendar
from tests.fakes.google.gmail import METADATA
from tests.fakes.google.login import CALENDAR_SCOPES
from tests.google.desk import Desk, follow, where_it_leads


def test_in_the_browser(desk: Desk) -> None:
    assert "is logged in" in desk.log_in()
    assert desk.sync() == 3
    info = json.loads(desk.secrets.get("work") or "")
    assert info["scopes"] == [METADATA]
    asked = next(request for request in desk.fake.requests if request.path == "/auth")
    assert asked.one("access_type") == "offline"
    assert asked.one("code_challenge_method") == "S256"
    assert asked.one("scope") == METADATA


@pytest.mark.parametrize("part", ["address", "query", "code"])
def test_without_a_browser_the_address_is_pasted(desk: Desk, part: str) -> None:
    told: list[str] = []

    def ask(_: str) -> str:
        url = next(line for line in told[0].splitlines() if line.startswith("http"))
        back = where_it_leads(url)
        code = back.partition("code=")[2].partition("&")[0].replace("%2F", "/")
        return {"address": f"  {back} ", "query": back.partition("?")[2], "code": code}[part]

    assert "is logged in" in login.log_in(desk.options(), desk.secrets, tell=told.append, ask=ask)
    assert desk.sync() == 3


def test_calendar_asks_for_its_own_scopes(desk: Desk) -> None:
    desk.fake.calendar = FakeCalendar(desk.fake.mailbox)
    login.log_in(desk.options(GoogleCalendarOptions), desk.secrets, browser=follow)
    asked = next(request for request in desk.fake.requests if request.path == "/auth")
    assert set((asked.one("scope") or "").split()) == set(CALENDAR_SCOPES)


def test_cancel_on_the_consent_page(desk: Desk) -> None:
    desk.fake.denied = True
    with pytest.raises(ConnectorError, match="access_denied"):
        desk.log_in()
    assert desk.secrets.get("work") is None


def test_a_box_that_was_not_ticked(desk: Desk) -> None:
    desk.fake.allowed = frozenset({CALENDAR_SCOPES[0]})
    with pytest.raises(ConnectorError, match="not everything was allowed") as told:
        login.log_in(desk.options(GoogleCalendarOptions), desk.secrets, browser=follow)
    assert "tick every box" in told.value.fix
    assert desk.secrets.get("work") is None


def test_a_code_is_good_once(desk: Desk) -> None:
    with pytest.raises(ConnectorError, match="did not accept the answer"):
        login.log_in(desk.options(), desk.secrets, tell=lambda _: None, ask=lambda _: "4/used")


def test_an_answer_to_another_question_is_refused(desk: Desk) -> None:
    """Somebody else's address pasted here would log the owner into another mailbox."""
    with pytest.raises(ConnectorError, match="the answer to another login"):
        login.log_in(
            desk.options(),
            desk.secrets,
            tell=lambda _: None,
            ask=lambda _: "http://127.0.0.1:1/?code=4/x&state=theirs",
        )


def test_without_a_client_one_is_led_to_the_docs(desk: Desk) -> None:
    with pytest.raises(ConnectorError) as told:
        login.log_in(desk.options(client_file=None), desk.secrets, browser=follow)
    assert "docs/google.md" in told.value.fix
    (desk.folder / "client.json").write_text('{"web": {}}')
    with pytest.raises(ConnectorError, match="Desktop app"):
        desk.log_in()
    with pytest.raises(ConnectorError, match="cannot be read"):
        login.log_in(desk.options(client_file=desk.folder / "none.json"), desk.secrets, browser=follow)


def test_nobody_has_logged_in_yet(desk: Desk) -> None:
    with pytest.raises(NeedsLogin) as told:
        desk.sync()
    assert told.value.fix == 'Run: syncd login "work"'
