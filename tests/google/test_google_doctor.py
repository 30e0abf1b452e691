"""What the owner of a Google account is told by doctor, and by the commands that log in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd import logins
from syncd.config import load
from syncd.doctor import examine
from syncd.secrets import Vault
from tests.fakes.clock import Clock
from tests.fakes.google.server import FakeGoogle
from tests.fakes.wire import serving
from tests.google.desk import follow

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("testing", [True, False])
@pytest.mark.parametrize("kind", ["gmail", "google_calendar"])
def test_login_and_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, testing: bool, kind: str) -> None:
    fake = FakeGoogle(clock=Clock(NOW), testing=testing)
    from tests.fakes.google.calendar import FakeCalendar

    fake.calendar = FakeCalendar(fake.mailbox)
    monkeypatch.setattr("webbrowser.open", follow)
    with serving(fake.handle) as url:
        client = {"client_id": fake.client_id, "client_secret": fake.client_secret}
        uris = {"token_uri": f"{url}/token", "auth_uri": f"{url}/auth"}
        (tmp_path / "client.json").write_text(json.dumps({"installed": client | uris}))
        file = tmp_path / "syncd.toml"
        file.write_text(
            f'database = "sqlite:///{tmp_path}/ledger.db"\n[owner]\nname = "Mara"\naddresses = ["mara@x.example"]\n'
            f'[[account]]\nname = "work"\nkind = "{kind}"\nclient_file = "client.json"\nendpoint = "{url}"\n'
        )
        file.chmod(0o600)
        before = {finding.check: finding for finding in examine(file)}
        assert before["account work"].fix == 'Run: syncd login "work"'
        config = load(file)
        assert "logged in" in logins.log_in(config, "work", browser=True, tell=print)
        findings = list(examine(file))
    bad = [finding for finding in findings if finding.check == "account work" and not finding.well]
    assert len(bad) == testing
    if testing:
        assert "every week" in bad[0].fix
        assert "Testing" in bad[0].result
    assert next(f for f in findings if f.check == "hosts contacted").result == "127.0.0.1"
    assert Vault.of(config).get("work")
