"""The first sync of a large Maildir into a new ledger, and the rebuild of its meaning, beside a headers-only scan.

`SYNCD_BENCH_MESSAGES` (default 20,000; 100,000 is the figure of the README) messages as `bench.headers` writes them.
Every run is a process of its own, so that its peak memory is its own; scans by the standard library and syncs are
interleaved, medians shown. Memory is measured at a tenth of the messages too: it must not grow with the mailbox.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.headers import write_maildir

ROUNDS = 3

_SCAN = """
import time
from pathlib import Path
from bench.headers import parsed_by_stdlib
began = time.perf_counter()
parsed_by_stdlib(Path({root!r}))
"""
_SYNC = """
import time
from datetime import UTC, datetime
from pathlib import Path
from connectors.options import MaildirOptions
from syncd.ledger import Ledger
from syncd.sync import sync
ledger = Ledger.open("sqlite:///{ledger}")
began = time.perf_counter()
result = sync(ledger, [MaildirOptions(name="bench", path=Path({root!r}))], now=datetime.now(UTC))
assert result.ok and sum(stats.listed for stats in result.sources) == {count}
"""
_INTERPRET = """
import time
from pathlib import Path
from syncd.config import load
from syncd.interpret import interpret
from syncd.ledger import Ledger
config = load(Path({config!r}))
ledger = Ledger.open(config.database)
began = time.perf_counter()
interpret(ledger, config)
assert len(ledger.meaning.interactions()) > 100
"""
_REPORT = """
import json, resource
print(json.dumps([time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def run(script: str, **values: object) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a script in a process of its own."""
    code = script.format(**values) + _REPORT
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, memory = json.loads(done.stdout.splitlines()[-1])
    return seconds, memory


def measure(folder: Path, count: int, rounds: int) -> None:
    """Print the figures for one size."""
    root = folder / f"mail-{count}"
    write_maildir(root, count)
    scans, syncs, agains, meanings = [], [], [], []
    for number in range(rounds):
        ledger = folder / f"{count}-{number}.db"
        config = folder / f"{count}-{number}.toml"
        config.write_text(
            f'database = "sqlite:///{ledger}"\n[owner]\naddresses = ["mara@visser.example"]\ntimezone = "UTC"\n'
            f'[[account]]\nname = "bench"\nkind = "maildir"\npath = "{root}"\n'
        )
        scans.append(run(_SCAN, root=str(root)))
        syncs.append(run(_SYNC, root=str(root), ledger=str(ledger), count=count))
        agains.append(run(_SYNC, root=str(root), ledger=str(ledger), count=count))
        meanings.append(run(_INTERPRET, config=str(config)))
    stdlib = statistics.median(seconds for seconds, _ in scans)
    print(f"-- {count:,} messages, median of {rounds} (lowest to highest)")
    rows = (("standard library", scans), ("first sync", syncs), ("second sync", agains), ("meaning", meanings))
    for name, runs in rows:
        seconds = sorted(value for value, _ in runs)
        middle = statistics.median(seconds)
        memory = max(value for _, value in runs)
        print(
            f"{name:18} {count / middle:9,.0f}/s  {stdlib / middle:6.2f} times the scan  {middle:7.2f} s "
            f"({seconds[0]:.2f} to {seconds[-1]:.2f})  peak {memory:,.0f} MB",
            flush=True,
        )


def main() -> None:
    """Print the medians at two sizes."""
    count = int(os.environ.get("SYNCD_BENCH_MESSAGES", "20000"))
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), count // 10, 1)
        measure(Path(folder), count, ROUNDS)
