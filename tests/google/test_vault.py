"""Logins on disk: encrypted, for their owner's eyes, whole after any kill."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from connectors.connector import NeedsLogin
from syncd.secrets import FILE, KEY, SecretsError, Vault

CANARY = "1//refresh-canary"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_put_is_got(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "new" / "folder")
    assert vault.get("work") is None
    vault.put("work", CANARY)
    vault.put("home", "other")
    assert Vault(tmp_path / "new" / "folder").get("work") == CANARY
    vault.delete("work")
    vault.delete("nobody")
    assert (vault.get("work"), vault.get("home")) == (None, "other")


def test_files_are_encrypted_and_their_owners(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        Vault(tmp_path).put("work", CANARY)
    finally:
        os.umask(old)
    assert {mode(file) for file in tmp_path.iterdir()} == {0o600}
    assert all(CANARY.encode() not in file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.parametrize("spoil", ["another key", "no key", "half a file", "a list"])
def test_what_cannot_be_read_says_what_to_do(tmp_path: Path, spoil: str) -> None:
    vault = Vault(tmp_path)
    vault.put("work", CANARY)
    match spoil:
        case "another key":
            (tmp_path / KEY).write_bytes(Fernet.generate_key())
        case "no key":
            (tmp_path / KEY).write_bytes(b"")
        case "half a file":
            (tmp_path / FILE).write_text('{"work": "gAAA')
        case _:
            (tmp_path / FILE).write_text("[]")
    with pytest.raises(SecretsError) as told:
        vault.get("work")
    assert "og in again" in told.value.fix
    assert isinstance(told.value, NeedsLogin), "the account waits, the others go on"
    assert str(tmp_path) in str(told.value)


def test_a_kill_in_between_leaves_the_old_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault(tmp_path)
    vault.put("work", CANARY)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            vault.put("work", "new")
    assert Vault(tmp_path).get("work") == CANARY
    Vault(tmp_path).put("work", "newer")
    assert Vault(tmp_path).get("work") == "newer"


def test_a_kill_while_the_key_is_written_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", killed)
        with pytest.raises(KeyboardInterrupt):
            Vault(tmp_path).put("work", CANARY)
    assert not (tmp_path / KEY).exists()
    Vault(tmp_path).put("work", CANARY)
    assert Vault(tmp_path).get("work") == CANARY


def test_under_systemd_the_key_is_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, state = tmp_path / "credentials", tmp_path / "state"
    given.mkdir()
    (given / KEY).write_bytes(Fernet.generate_key() + b"\n")
    given.chmod(0o500)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    Vault(state).put("work", CANARY)
    assert not (state / KEY).exists()
    assert Vault(state).get("work") == CANARY
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(SecretsError):
        Vault(state).get("work")


def _put(folder: str, name: str) -> None:
    for number in range(20):
        Vault(Path(folder)).put(name, f"{name} {number}")


def test_two_processes_lose_nothing_of_each_other(tmp_path: Path) -> None:
    """A service that renews one login while its owner logs in to another account."""
    context = multiprocessing.get_context("spawn")
    names = ["work", "home", "other"]
    workers = [context.Process(target=_put, args=(str(tmp_path), name)) for name in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert {name: Vault(tmp_path).get(name) for name in names} == {name: f"{name} 19" for name in names}
    assert set(json.loads((tmp_path / FILE).read_text())) == set(names)
