"""Whether an installed wheel works by itself: run by `.ci/run` with the venv it lies in and an empty folder.

No test of pytest's: it must not see this checkout. Everything is asked from a folder far away, by the console script.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    venv, work = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    work.mkdir(parents=True)
    python, syncd = venv / "bin" / "python", venv / "bin" / "syncd"
    environment = {"PATH": os.environ["PATH"], "HOME": str(work), "LANG": "C.UTF-8"}

    def ask(*command: str | Path) -> str:
        print("$", *(Path(part).name if isinstance(part, Path) else part for part in command))
        done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    where = ask(python, "-c", "import syncd, rules, connectors; print(syncd.__file__, rules.__file__)")
    assert str(venv) in where, f"not the installed packages: {where}"
    assert ask(syncd, "--version").startswith("syncd ")
    config = work / "demo" / "syncd.toml"
    ask(syncd, "demo", "demo")
    ask(syncd, "--config", config, "config", "check")
    stats = json.loads(ask(syncd, "--config", config, "sync", "--stats", "json"))
    assert sum(source["stored"] for source in stats["sources"]) > 1000, stats
    ask(syncd, "--config", config, "verify")
    report = json.loads(ask(syncd, "--config", config, "report", "--format", "json"))
    assert len(report["people"]) > 20, report["summary"]
    assert "<html" in ask(syncd, "--config", config, "report", "--format", "html").lower()
    ask(syncd, "--config", config, "report", "--format", "eml", "--output", "report.eml")
    assert ask(syncd, "--config", config, "rules", "list").count("\n") > 10
    units = ask(syncd, "--config", config, "service", "install", "--dry-run")
    assert "syncd.service" in units
    print(f"The wheel works: {len(report['people'])} people in the report.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
