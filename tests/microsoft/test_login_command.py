"""`syncd login` and what follows, by the real command line in processes of its own, against the fakes over TLS."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.connectors.online_machine import SECRET
from tests.fakes.certificate import server_side, write_certificate
from tests.fakes.clock import Clock
from tests.fakes.mailbox import Mail
from tests.fakes.microsoft.server import FakeMicrosoft
from tests.fakes.wire import serving

CONFIG = """
database = "sqlite:///{folder}/ledger.db"

[owner]
name = "Mara Visser"
addresses = ["mara@visser-advies.example"]
timezone = "Europe/Amsterdam"

[[account]]
name = "mail"
kind = "outlook_mail"
client_id = "11111111-2222-3333-4444-555555555555"
tenant = "visser-advies.example"
endpoint = "{url}"
authority = "{url}"
ca_file = "{folder}/ca.pem"
"""


BROWSER = """
import ssl, sys, urllib.error, urllib.request

class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

trusted = ssl.create_default_context(cafile=sys.argv[1])
page = urllib.request.build_opener(Stay, urllib.request.HTTPSHandler(context=trusted))
try:
    page.open(sys.argv[2], timeout=30)
except urllib.error.HTTPError as answer:
    target, _, query = answer.headers["location"].partition("?")
    posts = "response_mode=form_post" in sys.argv[2]  # the page posts itself
    urllib.request.urlopen(target if posts else f"{target}?{query}", query.encode() if posts else None, timeout=30)
"""


class Desk:
    """A config, the fake behind it, and the commands of an owner."""

    def __init__(self, folder: Path, fake: FakeMicrosoft) -> None:
        self.folder, self.fake = folder, fake

    def ask(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and all that was said."""
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_CA_BUNDLE")}
        done = subprocess.run(
            [sys.executable, "-m", "syncd", "--config", str(self.folder / "syncd.toml"), *arguments],
            capture_output=True, text=True, check=False, timeout=120,
            env={**environment, "COLUMNS": "300", "NO_COLOR": "1", "BROWSER": self._browser()},
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert SECRET not in said
        assert "Traceback" not in said
        return done.returncode, " ".join(said.split())

    def _browser(self) -> str:
        """A browser in which the person always accepts; it runs beside the command."""
        program = self.folder / "browser.py"
        program.write_text(BROWSER)
        return f"{sys.executable} {program} {self.folder / 'ca.pem'} %s &"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def desk(tmp_path: Path, certificate: Path) -> Iterator[Desk]:
    fake = FakeMicrosoft(clock=Clock(datetime.now(UTC)))
    fake.entra.pending = 0
    for number in range(5):
        at = fake.clock.now - timedelta(hours=number + 1)
        headers = (("From", "anna@nordkai.example"), ("Subject", f"{number}"), ("Date", format_datetime(at)))
        fake.mailbox.deliver(Mail(f"m{number}", f"t{number}", at, headers, frozenset({"F-inbox"})))
    (tmp_path / "ca.pem").write_bytes((certificate / "ca.pem").read_bytes())
    with serving(fake.handle, server_side(certificate)) as url:
        fake.base = fake.entra.login = url
        (tmp_path / "syncd.toml").write_text(CONFIG.format(folder=tmp_path, url=url))
        yield Desk(tmp_path, fake)


def test_before_the_login_every_command_says_what_to_run(desk: Desk) -> None:
    code, said = desk.ask("sync")
    assert code == 1
    assert 'nobody has logged in yet. Run: syncd login "mail"' in said


def test_a_login_by_code_a_sync_and_a_verification(desk: Desk) -> None:
    code, said = desk.ask("login", "mail", "--no-browser")
    assert (code, said) == (0, '"mail" is logged in. Try it with: syncd sync Sign in.')
    code, said = desk.ask("sync", "--stats", "json")
    assert code == 0
    assert '"stored": 5' in said or '"stored":5' in said
    assert desk.ask("verify")[0] == 0
    for file in desk.folder.iterdir():
        assert SECRET.encode() not in file.read_bytes(), "the cache is encrypted"
    desk.fake.entra.access.clear()
    assert desk.ask("sync")[0] == 0, "silently renewed"
    desk.fake.entra.access.clear()
    desk.fake.entra.revoked.update(desk.fake.entra.refresh)
    code, said = desk.ask("sync")
    assert code == 1
    assert 'the login was ended, most often by a new password (AADSTS50173). Run: syncd login "mail"' in said


def test_a_login_in_the_browser(desk: Desk) -> None:
    code, said = desk.ask("login", "mail")
    assert code == 0
    assert said.startswith('"mail" is logged in. Try it with: syncd sync Your browser opens.')
    assert desk.ask("sync")[0] == 0
    page = next(request for request in desk.fake.requests if request.path.endswith("/authorize"))
    assert page.one("code_challenge_method") == "S256"
    assert set((page.one("scope") or "").split()) == {
        "https://graph.microsoft.com/Mail.ReadBasic", "offline_access", "openid", "profile",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("consent", "words"),
    [
        ("declined", 'the permission was not given (AADSTS65004). Run: syncd login "mail" and accept.'),
        ("admin", "your organisation wants an administrator to approve the app (AADSTS90094)."),
    ],
)
def test_refusals_in_the_browser(desk: Desk, consent: str, words: str) -> None:
    desk.fake.entra.consent = consent
    code, said = desk.ask("login", "mail")
    assert code == 1
    assert words in said


@pytest.mark.parametrize(
    ("consent", "words"),
    [
        (
            "admin",
            "your organisation wants an administrator to approve the app (AADSTS90094). Send your administrator",
        ),
        ("conditional", "only from devices or networks that it trusts (AADSTS53003). Log in with the browser"),
        ("unassigned", "your administrator has not assigned the app to you (AADSTS50105). Ask for it"),
        ("second factor", 'wants a second factor now (AADSTS50076). Run: syncd login "mail"'),
        ("declined", 'the permission was not given (AADSTS65004). Run: syncd login "mail"'),
    ],
)
def test_refusals(desk: Desk, consent: str, words: str) -> None:
    desk.fake.entra.consent = consent
    code, said = desk.ask("login", "mail", "--no-browser")
    assert code == 1
    assert words in said
    assert not (desk.folder / "logins").exists()


def test_a_certificate_that_nobody_trusts(desk: Desk) -> None:
    file = desk.folder / "syncd.toml"
    file.write_text(file.read_text().replace(f'ca_file = "{desk.folder}/ca.pem"', ""))
    code, said = desk.ask("login", "mail", "--no-browser")
    assert code == 1
    assert "the certificate of Microsoft's login is not trusted" in said
    assert "name its certificate under ca_file" in said


def test_a_server_that_is_not_there(desk: Desk) -> None:
    file = desk.folder / "syncd.toml"
    file.write_text(file.read_text().replace(desk.fake.base, "https://localhost:9"))
    code, said = desk.ask("login", "mail", "--no-browser")
    assert code == 1
    assert "Microsoft's login does not answer" in said
    assert "See whether this machine reaches it" in said
    assert "HTTPSConnectionPool" not in said


def test_a_tenant_that_is_not_there(desk: Desk) -> None:
    desk.fake.entra.tenants = frozenset({"visser.example"})
    code, said = desk.ask("login", "mail", "--no-browser")
    assert code == 1
    assert "there is no such tenant (visser-advies.example). Mend tenant in the config" in said


def test_a_wrong_client_id(desk: Desk) -> None:
    file = desk.folder / "syncd.toml"
    file.write_text(file.read_text().replace("11111111-", "99999999-"))
    code, said = desk.ask("login", "mail", "--no-browser")
    assert code == 1
    assert "the tenant does not know this client_id (AADSTS700016). Copy the" in said
