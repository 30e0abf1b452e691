"""A first sync of Outlook mail against the fake: requests, bytes and fake time beside the floor.

The floor is one chain of changes per folder, folders in parallel up to four.

`SYNCD_BENCH_OUTLOOK` (default 50,000) messages, one every half hour; no real network is contacted. The fake's clock
knows no threads, so time is worked out from its log: a request takes `LATENCY` seconds and its bytes at `RATE`; what
one thread asks comes one after the other, chains and the list of recent weeks share four lanes in the order in which
they begin.

And what `Calendars.ReadBasic` does not see: the labelled calendar entries of ../shared/data with and without the
links and phone numbers that stand in their descriptions alone.
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

import msgspec

from bench.labelled import LABELS, Item, calendar
from connectors.microsoft.graph import AT_ONCE, PAGE
from connectors.microsoft.mail import RECENT, OutlookMailConnector
from connectors.observations import Event
from connectors.secrets import Forgetful
from rules.engine.ruleset import load
from rules.labels.labeller import Labeller
from rules.meaning import Owner

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


def unseen() -> None:
    """How many channels are told right with descriptions, and without; and the entries that only they tell."""
    if not LABELS.exists():
        print(f"no labelled sets at {LABELS}: what is not seen cannot be measured")
        return
    labeller, items = Labeller(load(), Owner(frozenset())), calendar()
    with_texts = [labeller.decide(item.observation).channel.value for item in items]
    without = [labeller.decide(_without_description(item)).channel.value for item in items]
    for name, chosen in (("clear", [item.clear for item in items]), ("all", [True for _ in items])):
        labels = [item.label["label"] if wanted else None for item, wanted in zip(items, chosen, strict=True)]
        count = sum(label is not None for label in labels)
        right = [sum(map(str.__eq__, told, map(str, labels))) for told in (with_texts, without)]
        lost = Counter(
            f"{label} -> {after}"
            for label, before, after in zip(labels, with_texts, without, strict=True)
            if before == label != after
        )
        print(f"{count} entries, {name}: channel right {right[0]} with descriptions, {right[1]} without")
        for what, number in lost.most_common():
            print(f"    {number:3} {what}")
    told_alone = [item.observation != _without_description(item) for item in items]
    right = [
        sum(alone and one == item.label["label"] for alone, one, item in zip(told_alone, told, items, strict=True))
        for told in (with_texts, without)
    ]
    print(
        f"{sum(told_alone)} of {len(items)} entries have a link or a phone number in their description alone: "
        f"of these {right[0]} right with it, {right[1]} without"
    )


def _without_description(item: Item) -> Event:
    """What Graph would still give: its own online meeting, and links and numbers of title and location."""
    event = item.observation
    assert isinstance(event, Event)
    points = [str(point["uri"]) for point in (item.label["conference_data"] or {}).get("entry_points", ())]
    shown = " ".join(filter(None, [event.title, event.location, *points]))
    links = tuple(link for link in event.links or () if link in shown)
    phones = tuple(phone for phone in event.phones or () if phone in shown)
    return msgspec.structs.replace(event, links=links or None, phones=phones or None)


def main() -> None:
    """What is not seen, and one line per kind of mailbox."""
    unseen()
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
