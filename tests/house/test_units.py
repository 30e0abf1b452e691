"""The systemd units: understood without complaint, and scored; `syncd service` puts them where they belong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from syncd import service
from syncd.cli.app import run

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "systemd"
ALLOWED = 1.1  # of 10, less is safer

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None and os.environ.get("CI") != "true",
    reason="systemd-analyze is missing: apt-get install systemd",
)


def analyze(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "SYSTEMD_PAGER": "cat", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, env=environment, check=False
    )


def placed(folder: Path, name: str, *, drop_in: bool = False) -> Path:
    """The unit as installed, with a program that exists everywhere."""
    unit = folder / "syncd.service"
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", (UNITS / name).read_text()))
    if drop_in:
        shutil.copytree(UNITS / "syncd.service.d", folder / "syncd.service.d")
    return unit


@needs_systemd
@pytest.mark.parametrize("drop_in", [False, True])
def test_the_system_unit_is_understood(tmp_path: Path, drop_in: bool) -> None:
    said = analyze("verify", str(placed(tmp_path, "syncd.service", drop_in=drop_in)), folder=tmp_path)
    # A mistyped value still returns 0, but not silently.
    assert (said.returncode, said.stderr) == (0, "")


@needs_systemd
def test_the_user_unit_is_understood(tmp_path: Path) -> None:
    said = analyze("--user", "verify", str(placed(tmp_path, "syncd-user.service")), folder=tmp_path)
    assert (said.returncode, said.stderr) == (0, "")


@needs_systemd
def test_a_mistyped_value_would_be_seen(tmp_path: Path) -> None:
    unit = placed(tmp_path, "syncd.service")
    unit.write_text(unit.read_text().replace("ProtectHome=yes", "ProtectHome=yess"))
    said = analyze("verify", str(unit), folder=tmp_path)
    assert (said.returncode, "yess" in said.stderr) == (0, True)


@needs_systemd
def test_the_system_unit_is_shut_tight(tmp_path: Path) -> None:
    unit = placed(tmp_path, "syncd.service")
    said = analyze("security", "--offline=true", "--threshold=11", "--no-pager", str(unit), folder=tmp_path)
    score = re.search(r"exposure level for syncd\.service: ([0-9.]+)", said.stdout)
    assert score is not None, said.stderr
    assert float(score[1]) <= ALLOWED


def test_no_python_lies_among_the_units() -> None:
    # It would shadow `import systemd`.
    assert not list(UNITS.rglob("*.py"))
    assert {path.name for path in UNITS.iterdir()} == {"syncd.service", "syncd-user.service", "syncd.service.d"}


class Systemd:
    """Stands for the commands of a machine: remembers them, answers as it was told."""

    def __init__(self, **answers: int) -> None:
        self.asked: list[str] = []
        self.answers = answers

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self.asked.append(" ".join(command))
        return subprocess.CompletedProcess(command, self.answers.get(command[0], 0), "active\n", "it is broken")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    file = tmp_path / "my config" / "100%.toml"
    file.parent.mkdir()
    file.write_text('[owner]\naddresses = ["mara@visser.example"]\n')
    return file


def test_install_for_one_person(config: Path, tmp_path: Path) -> None:
    systemd = Systemd()
    done = list(service.install(config, user=True, run=systemd))
    unit = tmp_path / "home" / "systemd" / "user" / "syncd.service"
    assert f"write {unit}" in done
    assert f"'{config.parent}/100%%.toml' run" in unit.read_text()
    assert systemd.asked == ["systemctl --user daemon-reload", "systemctl --user enable --now syncd.service"]
    assert "remove" in " ".join(service.uninstall(user=True, run=systemd))
    assert not unit.exists()
    with pytest.raises(service.ServiceError, match="nothing to uninstall"):
        list(service.uninstall(user=True, run=systemd))


def test_install_for_the_machine(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    systemd = Systemd(id=1)
    list(service.install(config, user=False, local_servers=True, root=tmp_path, run=systemd))
    folder = tmp_path / "etc" / "systemd" / "system"
    assert (folder / "syncd.service").exists()
    assert "IPAddressAllow=localhost" in (folder / "syncd.service.d" / "local-servers.conf").read_text()
    assert any(asked.startswith("useradd --system") for asked in systemd.asked)
    assert systemd.asked[-1] == "systemctl enable --now syncd.service"
    list(service.uninstall(user=False, root=tmp_path, run=systemd))
    assert not list(folder.rglob("*.service"))


def test_install_stops_at_what_fails_and_says_it(config: Path) -> None:
    with pytest.raises(service.ServiceError, match="daemon-reload failed: it is broken"):
        list(service.install(config, user=True, run=Systemd(systemctl=1)))


def test_the_system_unit_wants_root(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(service.ServiceError, match="sudo"):
        list(service.install(config, user=False, run=Systemd()))


def test_nothing_is_done_on_a_dry_run(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--config", str(config), "service", "install", "--dry-run"]) == 0
    assert "systemctl --user enable" in capsys.readouterr().out
    assert not service.unit_path(user=True).exists()


def test_a_service_that_would_not_start_is_not_installed(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("[owner]\n")
    assert run(["--config", str(config), "service", "install"]) == 78
    assert "owner.addresses" in capsys.readouterr().err


def test_status_and_login(config: Path) -> None:
    assert service.status(user=True, run=Systemd()) == (True, "active")
    asked: list[str] = []

    def call(command: Sequence[str]) -> int:
        asked.extend(command)
        return 3

    assert service.login("work", run=call) == 3
    assert asked[:3] == ["sudo", "-u", "syncd"]
    assert asked[-2:] == ["login", "work"]
