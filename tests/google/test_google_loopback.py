"""The listener that Google's page sends the browser back to, and whatever else knocks there."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from connectors.connector import ConnectorError
from connectors.google import login
from connectors.google.loopback import ALLOWED, REFUSED, listening
from tests.fakes.google.login import CALENDAR_SCOPES
from tests.google.desk import Desk, follow


def page(url: str) -> tuple[int, str]:
    try:
        with urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_only_the_answer_to_our_question_is_taken() -> None:
    """A browser asks for an icon, another program tries every port, a silent line is opened in advance."""
    with listening() as loopback:
        loopback.state = "ours"
        silent = socket.create_connection(("127.0.0.1", urlsplit(loopback.address).port or 0))
        for path in ("favicon.ico", "", "?code=4/x", "?code=4/x&state=theirs"):
            assert page(f"{loopback.address}{path}")[0] == 404
        assert loopback.wait(0) is None
        assert page(f"{loopback.address}?state=ours&code=4/x") == (200, ALLOWED)
        assert loopback.wait(1) == f"{loopback.address}?state=ours&code=4/x"
        silent.close()


def test_who_clicked_cancel_is_not_told_that_all_is_well() -> None:
    with listening() as loopback:
        loopback.state = "ours"
        assert page(f"{loopback.address}?state=ours&error=access_denied") == (200, REFUSED)


def test_before_there_is_a_question_there_is_no_answer() -> None:
    with listening() as loopback:
        assert page(f"{loopback.address}?state=&code=4/x")[0] == 404


def test_a_browser_that_cannot_be_opened_is_told_at_once(desk: Desk) -> None:
    with pytest.raises(ConnectorError, match="no browser could be opened") as told:
        desk.log_in(lambda _: False)
    assert told.value.fix == 'Run: syncd login "work" --no-browser'


def test_nobody_comes_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "PATIENCE", 0.01)
    with pytest.raises(ConnectorError, match="no answer came from the browser") as told:
        desk.log_in(lambda _: True)
    assert "--no-browser" in told.value.fix


# What the owner is told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"web": {}}', "web application"),
        ('{"type": "service_account", "private_key": "x"}', "service_account_file"),
        ('{"installed": {"client_id": "x"}}', "client_secret, token_uri is missing"),
        ('{"installed": []}', "something else than a client"),
        ("[]", "something else than a client"),
        ("{garbled", "is not the JSON file of a client"),
    ],
)
def test_a_wrong_client_file(desk: Desk, content: str, told: str) -> None:
    (desk.folder / "client.json").write_text(content)
    with pytest.raises(ConnectorError) as error:
        desk.log_in()
    assert told in str(error.value)
    assert error.value.where == "work"


def changed(desk: Desk, **client: Any) -> None:
    file = desk.folder / "client.json"
    file.write_text(json.dumps({"installed": {**json.loads(file.read_text())["installed"], **client}}))


def test_a_client_that_google_no_longer_knows(desk: Desk) -> None:
    changed(desk, client_secret="of last year")
    with pytest.raises(ConnectorError, match="does not know the client") as told:
        desk.log_in()
    assert "client.json" in told.value.what
    assert "of last year" not in str(told.value)
    assert desk.secrets.get("work") is None


def test_a_token_server_that_does_not_answer(desk: Desk) -> None:
    changed(desk, token_uri="http://127.0.0.1:9/token")
    with pytest.raises(ConnectorError, match="does not answer"):
        desk.log_in()


def test_a_login_for_an_hour_is_none(desk: Desk) -> None:
    """Google gives a lasting one only with a new consent."""
    inner = desk.fake._tokens
    desk.fake._tokens = lambda refresh, more: inner(refresh, {})  # type: ignore[method-assign]
    with pytest.raises(ConnectorError, match="for one hour only") as told:
        desk.log_in()
    assert "myaccount.google.com" in told.value.fix


def test_the_box_that_is_missing_is_named(desk: Desk) -> None:
    desk.fake.allowed = frozenset()
    with pytest.raises(ConnectorError, match=r"gmail\.metadata is missing"):
        desk.log_in()
    assert CALENDAR_SCOPES[0] not in (desk.secrets.get("work") or "")


@pytest.mark.parametrize("pasted", ["", "   "])
def test_nothing_was_pasted(desk: Desk, pasted: str) -> None:
    with pytest.raises(ConnectorError, match="nothing was pasted"):
        login.log_in(desk.options(), desk.secrets, tell=lambda _: None, ask=lambda _: pasted)


def test_the_browser_may_be_quick(desk: Desk) -> None:
    """It may be back before anybody waits for it."""
    assert "is logged in" in desk.log_in(lambda url: urlopen(url, timeout=10).read())
    assert "is logged in" in desk.log_in(follow)
