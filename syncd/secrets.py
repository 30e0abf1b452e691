"""Logins on disk: one encrypted file beside the ledger, whose key lies elsewhere where there is an elsewhere.

Tokens are renewed every hour, so the file must be writable; under systemd the key comes as a credential, which is
not (`LoadCredential=syncd.key`). Without one, the key is a file of its own, readable by its owner only.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from connectors.connector import NeedsLogin
from syncd.config import Config
from syncd.config.places import state_directory
from syncd.ledger import database

KEY, FILE = "syncd.key", "logins"


class SecretsError(NeedsLogin):
    """The logins cannot be read; the text says what to do. The account waits for it, the others go on."""


class Vault:
    """Implements `connectors.secrets.Secrets`. Every value is encrypted by itself (Fernet: AES and HMAC)."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._key_file = folder / KEY
        self._lock = threading.Lock()

    @classmethod
    def of(cls, config: Config) -> Vault:
        """The vault beside the config's ledger, or in the state directory if the ledger is on a server."""
        file = database.file_of(database.parse(config.database))
        return cls(file.parent if file else state_directory())

    def get(self, name: str) -> str | None:
        """Raises SecretsError where a login is there but the key does not fit."""
        kept = self._read().get(name)
        if kept is None:
            return None
        try:
            return self._cipher().decrypt(kept.encode()).decode()
        except InvalidToken as error:
            fix = f'Put the right key back, or log in again: syncd login "{name}"'
            raise SecretsError(f"{self._file} was encrypted with another key.", fix=fix) from error

    def put(self, name: str, value: str) -> None:
        with self._alone():
            kept = self._read()
            kept[name] = self._cipher().encrypt(value.encode()).decode()
            self._write(kept)

    def delete(self, name: str) -> None:
        with self._alone():
            kept = self._read()
            if kept.pop(name, None) is not None:
                self._write(kept)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other thread, and no other process: a login must not be lost to a service that renews another one."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._lock:
            descriptor = os.open(self._file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)

    def _read(self) -> dict[str, str]:
        try:
            kept: dict[str, str] = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise SecretsError(
                f"{self._file} cannot be read: {error}.", fix="Move it away and log in again."
            ) from error
        if not isinstance(kept, dict):
            raise SecretsError(f"{self._file} holds no logins.", fix="Move it away and log in again.")
        return kept

    def _write(self, kept: dict[str, str]) -> None:
        """All or nothing: a kill in between leaves the old file."""
        fresh = self._file.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file)

    def _cipher(self) -> Fernet:
        credential = os.environ.get("CREDENTIALS_DIRECTORY")
        given = Path(credential) / KEY if credential else None
        try:
            if given is not None and given.exists():
                return Fernet(given.read_bytes().strip())
            return Fernet(self._own_key())
        except ValueError as error:
            where = given if given is not None and given.exists() else self._key_file
            raise SecretsError(f"{where} holds no key.", fix="Remove it and log in again.") from error

    def _own_key(self) -> bytes:
        try:
            return self._key_file.read_bytes().strip()
        except FileNotFoundError:
            self._key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written elsewhere and then linked: nobody ever sees half a key, and whoever comes second takes the first's.
        fresh = self._key_file.with_suffix(f".{os.getpid()}.{threading.get_ident()}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, self._key_file)
        fresh.unlink()
        return self._key_file.read_bytes().strip()
