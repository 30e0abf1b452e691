"""Installs the servers and the browser that some tests talk to; does nothing when all are there.

They come from Debian's own packages, where this user may install them. What is missing afterwards is named, with
the tests that will be skipped for it; under CI=true a missing one is a failure, so that nothing is skipped unseen.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """What has to be there (any of `paths`), the package that brings it, and what is skipped without it."""

    name: str
    paths: tuple[str, ...]
    package: str
    skipped: str

    def there(self) -> bool:
        return any(shutil.which(path) or glob.glob(path) for path in self.paths)  # noqa: PTH207 # absolute pattern


PROGRAMS = (
    Program("PostgreSQL", ("/usr/lib/postgresql/*/bin/postgres",), "postgresql", "the ledger on PostgreSQL"),
    Program("systemd", ("systemd-analyze",), "systemd", "the systemd units, checked and scored"),
    Program("Chromium", ("chromium", "chromium-browser", "google-chrome"), "chromium", "pictures of the report"),
)


def install(packages: list[str]) -> None:
    """Install Debian packages; says what went wrong, and leaves it at that."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print("Installing for the tests:", " ".join(packages), flush=True)  # noqa: T201
    for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *command], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"apt-get {command[0]} failed: {done.stderr.strip()[-500:]}", file=sys.stderr)  # noqa: T201
            return


def main() -> int:
    missing = [program for program in PROGRAMS if not program.there()]
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        install([program.package for program in missing])
        missing = [program for program in missing if not program.there()]
    for program in missing:
        print(f"{program.name} is missing (apt-get install {program.package}); skipped: {program.skipped}")  # noqa: T201
    return 1 if missing and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
