"""Where a login is kept between runs. The connectors know only this door; `syncd.secrets` is behind it."""

from __future__ import annotations

import subprocess
from typing import Protocol

from connectors.connector import NeedsLogin

COMMAND_SECONDS = 60


class Secrets(Protocol):
    """Texts under a name, one per account. Tokens change with every refresh, so it is written as often as read."""

    def get(self, name: str) -> str | None: ...

    def put(self, name: str, value: str) -> None: ...

    def delete(self, name: str) -> None: ...


class Forgetful:
    """Keeps secrets as long as the process lives: for tests, and where `token_command` keeps them elsewhere."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self._kept.get(name)

    def put(self, name: str, value: str) -> None:
        self._kept[name] = value

    def delete(self, name: str) -> None:
        self._kept.pop(name, None)


def from_command(command: str, account: str) -> str:
    """The first line that the owner's own command prints: a password or a bearer token.

    Raises:
        NeedsLogin: it fails or prints nothing; what it said on stderr is in the message, what on stdout never.
    """
    fix = f"Run it by hand, it must not ask anything: {command}"
    try:
        done = subprocess.run(  # noqa: S602 - the owner's own line of config, a shell command by design
            command, shell=True, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        what = f"the command for its secret did not end within {COMMAND_SECONDS} seconds."
        raise NeedsLogin(what, where=account, fix=fix) from error
    line = done.stdout.partition("\n")[0].strip()
    if done.returncode:
        said = f': "{done.stderr.strip().splitlines()[-1][:200]}"' if done.stderr.strip() else ""
        raise NeedsLogin(
            f"the command for its secret failed with code {done.returncode}{said}.", where=account, fix=fix
        )
    if not line:
        raise NeedsLogin("the command for its secret printed nothing.", where=account, fix=fix)
    return line
