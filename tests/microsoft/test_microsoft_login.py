"""The login at Entra, by the real msal against the fake's doors."""

from __future__ import annotations

import logging
import threading
import urllib.request
import webbrowser
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.connector import NeedsLogin
from connectors.microsoft.login import Tokens, authority_of, hosts, scopes_of
from connectors.microsoft.mail import OutlookMailConnector
from connectors.microsoft.refusals import refused
from connectors.secrets import Forgetful, Secrets
from syncd.secrets import Vault
from tests.connectors.contract import Held
from tests.connectors.online_machine import SECRET
from tests.fakes.certificate import self_signed
from tests.fakes.logs import all_logged
from tests.fakes.microsoft.server import FakeMicrosoft
from tests.fakes.wire import Request
from tests.microsoft.gate import MsalDoor, mail_options, patience, transport


@pytest.fixture
def fake() -> FakeMicrosoft:
    return FakeMicrosoft()


def tokens(fake: FakeMicrosoft, secrets: Secrets, **more: Any) -> Tokens:
    return Tokens(mail_options(**more), secrets, MsalDoor(fake))


@pytest.fixture
def browser(fake: FakeMicrosoft, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Opens the fake's page and follows the redirect to the loopback address, as a browser would."""
    opened: list[str] = []

    def visit(url: str, *_: Any, **__: Any) -> bool:
        opened.append(url)
        answer = fake.handle(Request.of("GET", url))
        if answer.status == 302:
            target, _mark, query = answer.headers["location"].partition("?")
            form = query.encode() if "response_mode=form_post" in url else None  # the page posts itself
            back = urllib.request.Request(target if form else f"{target}?{query}", data=form)
            threading.Thread(target=lambda: urllib.request.urlopen(back, timeout=5).close(), daemon=True).start()
        return True

    monkeypatch.setattr(webbrowser, "open", visit)
    return opened


@pytest.fixture
def logged_in(fake: FakeMicrosoft, browser: list[str]) -> Secrets:
    secrets = Forgetful()
    tokens(fake, secrets).log_in(tell=lambda _: None)
    return secrets


def test_browser_with_pkce(fake: FakeMicrosoft, browser: list[str]) -> None:
    secrets = Forgetful()
    said: list[str] = []
    outcome = tokens(fake, secrets).log_in(tell=said.append)
    assert "logged in" in outcome
    (url,) = browser
    assert "code_challenge_method=S256" in url
    assert "redirect_uri=http%3A%2F%2Flocalhost" in url
    assert "Mail.ReadBasic" in url
    assert "offline_access" in url
    assert "Calendars" not in url, "no more than the kind needs"
    assert tokens(fake, secrets).get() in fake.entra.access


def test_device_code(fake: FakeMicrosoft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    secrets = Forgetful()
    said: list[str] = []
    tokens(fake, secrets).log_in(browser=False, tell=said.append)
    assert said == ["Sign in."]
    assert tokens(fake, secrets).get() in fake.entra.access


def test_silent_refresh_and_a_refused_token(fake: FakeMicrosoft, logged_in: Secrets) -> None:
    later = tokens(fake, logged_in)
    first = later.get()
    assert later.get() == first, "a good token is used again"
    second = later.get(refused=first)
    assert second != first
    assert later.get(refused=first) == second, "refused to several threads, renewed once"
    assert tokens(fake, logged_in).get() == second, "and kept"


def test_revoked(fake: FakeMicrosoft, logged_in: Secrets) -> None:
    later = tokens(fake, logged_in)
    first = later.get()
    fake.entra.revoked.update(fake.entra.refresh)
    with pytest.raises(NeedsLogin, match=r"new password.*syncd login .outlook"):
        later.get(refused=first)


def test_nobody_has_logged_in(fake: FakeMicrosoft) -> None:
    with pytest.raises(NeedsLogin, match="nobody has logged in yet"):
        tokens(fake, Forgetful()).get()


@pytest.mark.parametrize(
    ("consent", "words"), [("admin", "For administrators"), ("conditional", "devices or networks that it trusts")]
)
@pytest.mark.parametrize("with_browser", [True, False])
def test_refusals_say_what_to_ask_for(
    fake: FakeMicrosoft,
    browser: list[str],
    monkeypatch: pytest.MonkeyPatch,
    consent: str,
    words: str,
    with_browser: bool,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    fake.entra.consent = consent
    with pytest.raises(NeedsLogin, match=words):
        tokens(fake, Forgetful()).log_in(browser=with_browser, tell=lambda _: None)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("AADSTS65004: User declined to consent to access the app.", "permission was not given"),
        ("AADSTS90094: The grant requires admin permission.", "For administrators"),
        ("AADSTS999999: Something new.", "AADSTS999999"),
    ],
)
def test_what_a_browser_brings_back_as_text(said: str, words: str) -> None:
    assert words in str(refused({"error": "access_denied", "error_description": said}, "work", "Try again."))


def test_wrong_client_id(fake: FakeMicrosoft) -> None:
    with pytest.raises(NeedsLogin, match="does not know this client_id"):
        Tokens(mail_options().model_copy(update={"client_id": "other"}), Forgetful(), MsalDoor(fake)).log_in(
            browser=False, tell=lambda _: None
        )


def pem(fake: FakeMicrosoft, folder: Path, *, key_first: bool = True) -> Path:
    """A certificate with its key, and the registration knows it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    fake.entra.certificate = key.public_key()
    parts = self_signed(key, "syncd")
    file = folder / "syncd.pem"
    file.write_bytes(b"".join(parts if key_first else parts[::-1]))
    return file


@pytest.mark.parametrize("key_first", [True, False])
def test_certificate(fake: FakeMicrosoft, tmp_path: Path, key_first: bool) -> None:
    file = pem(fake, tmp_path, key_first=key_first)
    app = tokens(fake, Forgetful(), certificate=file, user=fake.mailbox.address, tenant="visser-advies.example")
    first = app.get()
    assert first in fake.entra.access
    assert app.get() == first
    assert app.get(refused=first) != first
    assert "needs no login" in app.log_in()


def test_a_certificate_that_the_registration_does_not_know(fake: FakeMicrosoft, tmp_path: Path) -> None:
    old = pem(fake, tmp_path).read_text()
    file = pem(fake, tmp_path)
    file.write_text(old)
    with pytest.raises(NeedsLogin, match=r"not the one that the registration knows \(AADSTS700027\)"):
        tokens(fake, Forgetful(), certificate=file, user=fake.mailbox.address, tenant="t1").get()


def test_a_file_that_is_no_certificate(fake: FakeMicrosoft, tmp_path: Path) -> None:
    file = tmp_path / "syncd.pem"
    for text in ("nothing", None):
        file.write_text(text) if text else file.unlink()
        with pytest.raises(NeedsLogin, match="PEM file"):
            tokens(fake, Forgetful(), certificate=file, user=fake.mailbox.address).get()


def test_token_command(fake: FakeMicrosoft, tmp_path: Path) -> None:
    kept = tmp_path / "token"
    kept.write_text("at-a\n")
    command = tokens(fake, Forgetful(), token_command=f"cat {kept}")
    assert command.get() == "at-a"
    kept.write_text("at-b\n")
    assert command.get() == "at-a"
    assert command.get(refused="at-a") == "at-b"


def connector(fake: FakeMicrosoft, login: Tokens) -> OutlookMailConnector:
    return OutlookMailConnector(
        mail_options(), Forgetful(), tokens=login, patience=patience(fake), transport=transport(fake)
    )


def test_a_command_whose_tokens_are_all_refused(fake: FakeMicrosoft) -> None:
    """Peers: revoked for weeks, and the status said "retrying"."""
    login = tokens(fake, Forgetful(), token_command="echo at-never")
    with pytest.raises(NeedsLogin, match="echo at-never"):
        list(connector(fake, login).batches("mail", None, Held(), fake.clock.now))


def test_the_cache_is_encrypted_on_disk(fake: FakeMicrosoft, browser: list[str], tmp_path: Path) -> None:
    tokens(fake, Vault(tmp_path)).log_in(tell=lambda _: None)
    assert tokens(fake, Vault(tmp_path)).get() in fake.entra.access
    for file in tmp_path.iterdir():
        for secret in (*fake.entra.access, *fake.entra.refresh):
            assert secret.encode() not in file.read_bytes()


def test_no_token_in_any_log(fake: FakeMicrosoft, browser: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    """Every library at DEBUG: a login, a refresh, a sync, a refusal, a revocation."""
    lines: list[str] = []
    with all_logged(lines.append):
        logging.getLogger("msal.oauth2").error("the canary sings")
        secrets = Forgetful()
        login = tokens(fake, secrets)
        login.log_in(tell=lambda _: None)
        list(connector(fake, login).batches("mail", None, Held(), fake.clock.now))
        fake.entra.access.clear()
        list(connector(fake, login).batches("mail", None, Held(), fake.clock.now))
        fake.entra.revoked.update(fake.entra.refresh)
        with pytest.raises(NeedsLogin) as told:
            login.get(refused=login.get())
    assert len(fake.entra.access) >= 1
    written = "\n".join([*lines, str(told.value), *capfd.readouterr()])
    assert "the canary sings" in written
    assert not [kept for kept in secrets._kept.values() if kept in written]
    assert SECRET not in written


@pytest.mark.parametrize(
    ("more", "authority", "resource"),
    [
        ({}, "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        (
            {"endpoint": "https://graph.microsoft.us"},
            "https://login.microsoftonline.us",
            "https://graph.microsoft.us",
        ),
        ({"endpoint": "https://proxy.example"}, "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        (
            {"endpoint": "https://proxy.example", "authority": "https://login.example"},
            "https://login.example",
            "https://graph.microsoft.com",
        ),
    ],
)
def test_national_clouds_and_proxies(more: dict[str, str], authority: str, resource: str) -> None:
    options = mail_options(**more)
    assert authority_of(options) == authority
    assert scopes_of(options) == [f"{resource}/Mail.ReadBasic"]
    assert hosts(options)[1] == authority.removeprefix("https://")


def test_an_authority_is_https() -> None:
    with pytest.raises(ValueError, match="must begin with https"):
        mail_options(authority="http://login.example")
