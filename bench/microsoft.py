"""A first sync of Outlook mail against the fake: requests, bytes and fake time beside the floor.

The floor is one chain of changes per folder, folders in parallel up to four.

`SYNCD_BENCH_OUTLOOK` (default 50,000) messages, one every half hour; no real network is contacted. The fake's clock
knows no threads, so time is worked out from its log: a request takes `LATENCY` seconds and its bytes at `RATE`; what
one thread asks comes one after the other, chains and the list of recent weeks share four lanes in the order in which
they begin.
"""

from __future__ import annotations

import math
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

from connectors.microsoft.graph import AT_ONCE, PAGE
from connectors.microsoft.mail import RECENT, OutlookMailConnector
from connectors.secrets import Forgetful

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.connectors.contract import Held
from tests.fakes.mailbox import Mail
from tests.fakes.microsoft.server import FakeMicrosoft
from tests.microsoft.gate import FixedTokens, mail_options, patience, transport

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "half in the inbox": ("F-inbox", "F-inbox", "F-sent", "F-archive"),
    "nine tenths in the inbox": (*["F-inbox"] * 9, "F-sent"),
}
LATENCY, RATE = 0.5, 2e6  # seconds, bytes a second: assumed, as no real mailbox could be measured


@dataclass(frozen=True)
class Result:
    """Each figure of the sync stands before the floor's. Minutes are fake."""

    requests: tuple[int, int]
    bytes: tuple[int, int]
    minutes: tuple[float, float]
    recent: float
    at_once: int

    @property
    def worst(self) -> float:
        return max(spent / floor for spent, floor in (self.requests, self.bytes, self.minutes))


def fill(fake: FakeMicrosoft, folders: tuple[str, ...], count: int) -> Counter[str]:
    """Answers how many lie in each folder."""
    sizes: Counter[str] = Counter(dict.fromkeys(("F-inbox", "F-sent", "F-archive"), 0))
    for number in range(count):
        at = fake.clock.now - timedelta(minutes=30 * number + 1)
        folder = folders[number % len(folders)]
        sizes[folder] += 1
        headers = (("From", "anna@nordkai.example"), ("Subject", f"{number}"), ("Date", format_datetime(at)))
        fake.mailbox.deliver(Mail(f"m{number}", f"t{number}", at, headers, frozenset({folder})))
    return sizes


def measure(folders: tuple[str, ...], count: int) -> Result:
    """One first sync."""
    fake, options, held = FakeMicrosoft(), mail_options(), Held()
    sizes = fill(fake, folders, count)
    connector = OutlookMailConnector(
        options, Forgetful(), tokens=FixedTokens(fake, options), patience=patience(fake), transport=transport(fake)
    )
    for batch in connector.batches("mail", None, held, fake.clock.now):
        held.write(batch)
    assert len(held.kept) == count
    before, lanes, after = _split(fake)
    chains = {path: spent for path, spent in lanes.items() if path.endswith("/delta")}
    requests = sum(max(1, math.ceil(size / PAGE)) for size in sizes.values())
    bytes_ = sum(size for _, path, _, size, _ in fake.log if path.endswith("/delta"))
    minutes = (sum(before) + _together(lanes.values()) + sum(after)) / 60
    recent = (sum(before) + _until_recent(fake, lanes)) / 60
    return Result(
        (len(fake.log), requests),
        (sum(size for *_, size, _ in fake.log), bytes_),
        (minutes, _together(chains.values()) / 60),
        recent,
        fake.most_at_once,
    )


def _split(fake: FakeMicrosoft) -> tuple[list[float], dict[str, list[float]], list[float]]:
    """Seconds of the requests before the lanes, in each lane's piece of work, and after them."""
    before: list[float] = []
    lanes: dict[str, list[float]] = {}
    after: list[float] = []
    for _, path, _, size, thread in fake.log:
        seconds = LATENCY + size / RATE
        if thread.startswith("lane "):
            lanes.setdefault(path, []).append(seconds)
        else:
            (after if lanes else before).append(seconds)
    return before, lanes, after


def _together(work: Iterable[list[float]]) -> float:
    """Seconds until all pieces of work are done, each in the lane that is free first."""
    lanes = [0.0] * AT_ONCE
    for piece in work:
        first = min(range(AT_ONCE), key=lanes.__getitem__)
        lanes[first] += sum(piece)
    return max(lanes)


def _until_recent(fake: FakeMicrosoft, lanes: Mapping[str, list[float]]) -> float:
    """Seconds until the list of recent weeks is through; the whole, if it ends before their beginning."""
    listed = lanes.get("/v1.0/me/messages", [])
    last = [request for request in fake.requests if request.path.endswith("/me/messages")]
    since = fake.clock.now - RECENT
    recent = sum(mail.received >= since for mail in fake.mailbox.mails.values())
    brought = sum(int(request.one("$top") or 0) for request in last)
    return sum(listed) if brought >= recent else _together(lanes.values())


def main() -> None:
    """One line per kind of mailbox."""
    count = int(os.environ.get("SYNCD_BENCH_OUTLOOK", "50000"))
    print(f"{count:,} messages; a request takes {LATENCY} s and its bytes at {RATE / 1e6:.0f} MB/s")
    print(
        "mailbox                      requests  floor  times      MB  floor  times  minutes  floor  times   90 days"
    )
    for name, folders in FOLDERS.items():
        r = measure(folders, count)
        print(
            f"{name:28} {r.requests[0]:8} {r.requests[1]:6} {r.requests[0] / r.requests[1]:6.3f}"
            f" {r.bytes[0] / 1e6:7.1f} {r.bytes[1] / 1e6:6.1f} {r.bytes[0] / r.bytes[1]:6.3f}"
            f" {r.minutes[0]:8.2f} {r.minutes[1]:6.2f} {r.minutes[0] / r.minutes[1]:6.3f} {r.recent:5.2f} min"
        )
        assert r.worst <= 1.1, "more than a tenth above the floor"
        assert r.at_once <= AT_ONCE


if __name__ == "__main__":
    main()
