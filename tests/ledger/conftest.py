"""Ledgers to test with: SQLite in a file, and PostgreSQL by a server of the test's own where one can be started."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from syncd.ledger import Ledger

Databases = Callable[[], str]
"""Gives the URL of a new, empty database with every call."""


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _run(program: Path, *arguments: str) -> None:
    """Run one of the server's programs; as its own user where we are root, because PostgreSQL refuses root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*user, str(program), *arguments], check=True, capture_output=True, cwd="/")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A PostgreSQL server on a free port of this machine; yields its URL without a database's name."""
    programs = _programs()
    if programs is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is missing: python tests/setup_servers.py")
        pytest.skip("PostgreSQL is not installed: python tests/setup_servers.py")
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data, port = str(folder / "data"), _free_port()
    _run(programs / "initdb", "-D", data, "-U", "syncd", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
    settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=32MB"
    _run(programs / "pg_ctl", "-D", data, "-w", "-l", str(folder / "server.log"), "-o", settings, "start")
    try:
        yield f"postgresql+psycopg://syncd@127.0.0.1:{port}"
    finally:
        _run(programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    # Not under pytest's own folder: only its owner may enter that, and the server runs as somebody else.
    with tempfile.TemporaryDirectory(prefix="syncd-postgres-") as folder, server(Path(folder)) as url:
        yield url


@pytest.fixture
def postgres(postgres_server: str) -> Databases:
    """New databases on PostgreSQL."""
    count = iter(range(1000))

    def new() -> str:
        name = f"test_{os.getpid()}_{next(count)}"
        plain = postgres_server.replace("+psycopg", "")
        with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return f"{postgres_server}/{name}"

    return new


@pytest.fixture
def sqlite(tmp_path: Path) -> Databases:
    """New databases on SQLite."""
    count = iter(range(1000))
    return lambda: f"sqlite:///{tmp_path}/{next(count)}/ledger.db"


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """New databases on both, one after the other."""
    found: Databases = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def ledger(databases: Databases) -> Iterator[Ledger]:
    """An empty ledger, on both."""
    with Ledger.open(databases()) as opened:
        yield opened
