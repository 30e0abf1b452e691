"""An owner's walk with the real command line: log in, sync, lose the login, be told what to type, go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.clock import Clock
from tests.fakes.google.calendar import FakeCalendar
from tests.fakes.google.gmail import METADATA, headers_of
from tests.fakes.google.login import CALENDAR_SCOPES
from tests.fakes.google.server import FakeGoogle
from tests.fakes.mailbox import Entry, Mail
from tests.fakes.wire import serving
from tests.google.diary import timed

BROWSER = """#!{python}
import sys, urllib.request
page = urllib.request.urlopen(sys.argv[1], timeout=20).read().decode()
open({page!r}, "w").write(page)
"""


class Home:
    """A machine with a config of two accounts, and a browser in which the owner clicks Allow."""

    def __init__(self, url: str, fake: FakeGoogle, folder: Path) -> None:
        self.fake, self.folder, self.page = fake, folder, folder / "page.txt"
        client = {"client_id": fake.client_id, "client_secret": fake.client_secret}
        uris = {"token_uri": f"{url}/token", "auth_uri": f"{url}/auth"}
        (folder / "client.json").write_text(json.dumps({"installed": client | uris}))
        accounts = "".join(
            f'[[account]]\nname = "{name}"\nkind = "{kind}"\nclient_file = "client.json"\nendpoint = "{url}"\n'
            for name, kind in {"mail": "gmail", "agenda": "google_calendar"}.items()
        )
        self.config = folder / "syncd.toml"
        owner = '[owner]\nname = "Mara"\naddresses = ["mara@x.example"]\ntimezone = "Europe/Amsterdam"\n'
        self.config.write_text(f'database = "sqlite:///{folder}/ledger.db"\n{owner}{accounts}')
        self.config.chmod(0o600)
        self.browser = folder / "browser"
        self.browser.write_text(BROWSER.format(python=sys.executable, page=str(self.page)))
        self.browser.chmod(0o755)

    def syncd(self, *arguments: str, stdin: str = "", browser: str | None = None) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        command = [sys.executable, "-m", "syncd", "--config", str(self.config), *arguments]
        there = {"HOME": str(self.folder), "BROWSER": browser or str(self.browser)}
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=60, env={**os.environ, **there}, check=False
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    def stored(self) -> dict[str, int]:
        """What a sync stored, by account."""
        _, out, _ = self.syncd("sync", "--stats", "json")
        return {source["account"]: source["stored"] for source in json.loads(out)["sources"]}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    now = datetime.now(UTC)
    fake = FakeGoogle(clock=Clock(now))
    fake.calendar = FakeCalendar(fake.mailbox)
    for number in range(3):
        at = now - timedelta(days=number + 1)
        headers = headers_of("Anna <anna@y.example>", "mara@x.example", f"No {number}", at, f"{number}@y.example")
        fake.mailbox.deliver(Mail(f"m{number}", f"t{number}", at, headers, frozenset({"INBOX"})))
    at = (now - timedelta(days=2)).replace(microsecond=0)
    data = {"id": "lunch", "status": "confirmed", "iCalUID": "lunch@google.com", "summary": "Lunch"}
    data |= {"start": timed(at), "end": timed(at + timedelta(hours=1))}  # type: ignore[dict-item]
    fake.mailbox.write(Entry("lunch", fake.mailbox.address, data))
    with serving(fake.handle) as url:
        yield Home(url, fake, tmp_path)


def test_from_the_first_login_to_the_second(home: Home) -> None:
    code, _, told = home.syncd("sync")
    assert code == 1
    assert 'Run: syncd login "mail"' in told
    assert 'Run: syncd login "agenda"' in told

    for account in ("mail", "agenda"):
        code, out, told = home.syncd("login", account)
        assert (code, out.strip()) == (0, f'"{account}" is logged in. Try it with: syncd sync')
        assert "Your browser opens" in told
        assert "You can close this page" in home.page.read_text()
    assert home.stored() == {"mail": 3, "agenda": 1}

    for grant in home.fake.grants.values():
        grant.revoked = METADATA in grant.scopes
    home.fake.mailbox.write(Entry("lunch", home.fake.mailbox.address, {**_lunch(home), "summary": "Dinner"}))
    code, out, told = home.syncd("sync", "--stats", "json")
    assert code == 1
    assert "Google no longer accepts the login (invalid_grant" in told
    assert 'Run: syncd login "mail".' in told
    assert {one["account"]: one["stored"] for one in json.loads(out)["sources"]}["agenda"] == 1, "the other goes on"

    assert home.syncd("login", "mail")[0] == 0
    assert home.syncd("sync")[0] == 0
    assert home.syncd("verify")[0] == 0


def _lunch(home: Home) -> dict[str, object]:
    return dict(home.fake.mailbox.entries[home.fake.mailbox.address, "lunch"].data)


def test_permissions_that_were_taken_back_name_the_command(home: Home) -> None:
    for account in ("mail", "agenda"):
        home.syncd("login", account)
    for grant in home.fake.grants.values():
        grant.scopes = frozenset({CALENDAR_SCOPES[0]})
    code, _, told = home.syncd("sync")
    assert code == 1
    for account in ("mail", "agenda"):
        assert f'Run: syncd login "{account}" and tick every box.' in told
    assert "every week" not in told


def test_over_ssh_without_a_browser(home: Home) -> None:
    code, _, told = home.syncd("login", "mail", "--no-browser", stdin="http://127.0.0.1:1/?state=theirs&code=4/x\n")
    assert code == 1
    assert "what was pasted is the answer to another login" in told
    code, _, told = home.syncd("login", "mail", "--no-browser")
    assert code == 1
    assert "nothing was pasted" in told
