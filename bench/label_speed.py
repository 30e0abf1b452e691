"""Labelling beside reading: `python -m bench label_speed`.

The same mail four ways: its headers read, labelled by a fresh process, labelled again by a new Labeller as after a
change of rules, and as `rules try` from lines of JSON to lines of JSON. Every round is a process of its own, since
what is remembered is most of the speed; processor time, medians. The packs are loaded before the clock starts, and
what that takes is told apart.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.labelled import DATA

ROUNDS = 3
MAILBOXES = {
    "enron-delainey-d": ("david.delainey@enron.com", "w..delainey@enron.com", "dave.delainey@enron.com"),
    "enron-dean-c": ("clint.dean@enron.com", "craig.dean@enron.com"),
    "spamassassin-easy_ham": ("zzzz@localhost.netnoteinc.com",),
}


def measure(name: str) -> dict[str, float]:
    """Seconds of processor time for each way, on the mail of one file; run it in a process of its own."""
    began = time.process_time()
    from connectors.headers import Circumstances, header_end, read_message
    from connectors.observations import encode
    from rules.engine.ruleset import load
    from rules.labels.labeller import Labeller
    from rules.labels.trial import try_lines
    from rules.meaning import Owner

    rules = load()
    owner = Owner(frozenset(MAILBOXES[name]))
    blocks = [part[part.find(b"\n") + 1 :] for part in _file(name).read_bytes().split(b"\nFrom ") if part]
    blocks = [block[: header_end(block)] for block in blocks]
    circumstances = Circumstances("one", datetime.now(UTC))
    Labeller(rules, owner).decide(read_message(blocks[0], circumstances))
    took = {"start": time.process_time() - began, "messages": float(len(blocks))}

    def timed(way: str, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        made = work()
        took[way] = time.process_time() - began
        return made

    messages = timed("headers", lambda: [read_message(block, circumstances) for block in blocks])
    timed("labels", lambda: list(Labeller(rules, owner).label(messages)))
    timed("labels again", lambda: list(Labeller(rules, owner).label(messages)))
    lines = [encode(message) for message in messages]
    timed("rules try", lambda: list(try_lines(lines, owner.addresses, rules)))
    return took


def _file(name: str) -> Path:
    return DATA / "mail" / f"{name}.mbox"


def main() -> None:
    """Print each way's rate and its time as a multiple of the header reader's."""
    for name in MAILBOXES:
        if not _file(name).exists():
            print(f"no mailbox at {_file(name)}: not measured")
            continue
        call = [sys.executable, "-c", f"import json, bench.label_speed as b; print(json.dumps(b.measure({name!r})))"]
        rounds = [json.loads(subprocess.run(call, capture_output=True, check=True).stdout) for _ in range(ROUNDS)]
        middle = {way: statistics.median(one[way] for one in rounds) for way in rounds[0]}
        count = int(middle["messages"])
        print(f"-- {name}: {count:,} messages, start {middle['start']:.2f} s")
        for way in ("headers", "labels", "labels again", "rules try"):
            ratio = middle[way] / middle["headers"]
            print(f"{way:14} {count / middle[way]:9,.0f}/s  {ratio:5.2f} times the header reader's time", flush=True)


if __name__ == "__main__":
    main()
