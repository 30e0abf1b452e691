"""The systemd unit: put into place, looked at, removed. Everything that is run or written can be said first."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from syncd.config import load
from syncd.config.places import SYSTEM_CONFIG, user_config

Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]

USER = "syncd"
_EXEC_START = re.compile(r"(?m)^ExecStart=.*$")


class ServiceError(Exception):
    """The unit could not be installed or asked; the text says why and what to do."""


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own commands
    except FileNotFoundError as error:
        raise ServiceError(f"There is no {command[0]} here: syncd installs itself into systemd only.") from error


def unit_text(file: Path, *, user: bool, program: Path | None = None) -> str:
    """The unit as it is to be installed: our own file with the real program and config in ExecStart."""
    template = _units() / ("syncd-user.service" if user else "syncd.service")
    command = [str(program or Path(sys.executable).with_name("syncd")), "--config", str(file.absolute()), "run"]
    # systemd expands % and $ by itself
    line = " ".join(shlex.quote(part).replace("%", "%%").replace("$", "$$") for part in command)
    return _EXEC_START.sub(lambda _: f"ExecStart={line}", template.read_text("utf-8"))


def install(
    file: Path,
    *,
    user: bool,
    local_servers: bool = False,
    dry_run: bool = False,
    root: Path = Path("/"),
    run: Run = _run,
) -> Iterator[str]:
    """Write the unit and start it; yields what was done (or would be), line by line.

    `local_servers` allows the system unit to talk to servers on this machine. `root` is / but in tests.

    Raises:
        ConfigProblems: a service with this config would not start.
        ServiceError: something that had to be run failed.
    """
    if not user and os.geteuid() != 0 and not dry_run:
        raise ServiceError("The system unit is installed by root: run the same with sudo, or without --system.")
    config = file if user or file != user_config() else SYSTEM_CONFIG
    load(config)
    unit = unit_path(user=user, root=root)
    writes = {unit: unit_text(config, user=user)}
    if local_servers and not user:
        drop_in = Path("syncd.service.d", "local-servers.conf")
        writes[unit.parent / drop_in] = (_units() / drop_in).read_text("utf-8")
    for path, text in writes.items():
        yield f"write {path}"
        if not dry_run:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    for command in _install_commands(config, user=user, run=run):
        yield shlex.join(command)
        if not dry_run:
            _must(command, run)
    yield "See how it does with: syncd service status" + ("" if user else " --system")


def _install_commands(config: Path, *, user: bool, run: Run) -> Iterator[list[str]]:
    if not user:
        if run(["id", "--user", USER]).returncode != 0:
            home = ["--home-dir", "/var/lib/syncd", "--no-create-home"]
            yield ["useradd", "--system", "--user-group", *home, "--shell", "/usr/sbin/nologin", USER]
        if config.parent == SYSTEM_CONFIG.parent:
            yield ["chown", "-R", f"{USER}:{USER}", str(config.parent)]
    yield [*_systemctl(user=user), "daemon-reload"]
    yield [*_systemctl(user=user), "enable", "--now", "syncd.service"]


def uninstall(*, user: bool, dry_run: bool = False, root: Path = Path("/"), run: Run = _run) -> Iterator[str]:
    """Stop the unit and remove its files; config and ledger stay. Yields what was done."""
    unit = unit_path(user=user, root=root)
    if not unit.exists():
        raise ServiceError(f"{unit} does not exist: there is nothing to uninstall.")
    steps = [[*_systemctl(user=user), "disable", "--now", "syncd.service"], [*_systemctl(user=user), "daemon-reload"]]
    for step, command in enumerate(steps):
        if step == 1:
            for path in (unit, unit.parent / "syncd.service.d" / "local-servers.conf"):
                if path.exists():
                    yield f"remove {path}"
                    if not dry_run:
                        path.unlink()
        yield shlex.join(command)
        if not dry_run:
            _must(command, run)


def status(*, user: bool, run: Run = _run) -> tuple[bool, str]:
    """Whether the unit runs, and what systemd says of it."""
    running = run([*_systemctl(user=user), "is-active", "syncd.service"]).stdout.strip() == "active"
    said = run([*_systemctl(user=user), "status", "--no-pager", "--lines=10", "syncd.service"])
    return running, (said.stdout or said.stderr).rstrip()


def login(account: str, *, run: Callable[[Sequence[str]], int] | None = None) -> int:
    """Log in an account of the system service as its user, on this terminal; returns the exit code."""
    program = str(Path(sys.executable).with_name("syncd"))
    command = ["sudo", "-u", USER, program, "--config", str(SYSTEM_CONFIG), "login", account]
    try:
        return (run or subprocess.call)(command)
    except FileNotFoundError as error:
        by_root = shlex.join(["runuser", "-u", USER, "--", *command[3:]])
        raise ServiceError(f"There is no sudo here. As root, run: {by_root}") from error


def unit_path(*, user: bool, root: Path = Path("/")) -> Path:
    """Where the unit lies once it is installed."""
    if user:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
        return base / "systemd" / "user" / "syncd.service"
    return root / "etc" / "systemd" / "system" / "syncd.service"


def _units() -> Path:
    """The unit files: within the package once it is installed, beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "_systemd"
    return installed if installed.is_dir() else package.parent / "systemd"


def _systemctl(*, user: bool) -> list[str]:
    return ["systemctl", "--user"] if user else ["systemctl"]


def _must(command: Sequence[str], run: Run) -> None:
    done = run(command)
    if done.returncode != 0:
        raise ServiceError(f"{shlex.join(command)} failed: {(done.stderr or done.stdout).strip()}")
