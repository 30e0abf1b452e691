"""What a first sync of a Gmail mailbox costs: units, minutes of quota, time to the first report, and verify.

`SYNCD_BENCH_MESSAGES` (default 50,000) messages in threads as long as those of real mail in ../shared/data: Enron (by
subject), easy_ham and the kernel list (by reply), each repeated until the mailbox is full. Threads are spread over
four years as mail is: most of a thread within days. Clock and server are the tests' fakes; the minutes are theirs.
"""

from __future__ import annotations

import itertools
import mailbox
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.connector import Batch, Item
from connectors.google.gmail import PAGE, GmailConnector
from connectors.observations import Observation
from connectors.secrets import Forgetful

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fakes.clock import Clock
from tests.fakes.google.gmail import headers_of
from tests.fakes.google.server import FakeGoogle
from tests.fakes.mailbox import Mail
from tests.google.door import gmail_options, patience, transports

DATA = Path(__file__).parents[2] / "shared/data"
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
YEARS, RECENT = timedelta(days=4 * 365), timedelta(days=90)
_PREFIX = re.compile(r"^\s*((re|fw|fwd|aw|wg)\s*:\s*)+", re.IGNORECASE)


class Nothing:
    """A ledger that holds what it was given, by its etag alone."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def etags(self) -> dict[str, str]:
        return self.kept

    def observation(self, native_id: str) -> Observation | None:  # noqa: ARG002 - a contract
        return None


@dataclass(frozen=True)
class Result:
    units: int
    optimum: int
    listing: int
    minutes: float
    recent: float
    verify: int
    seconds: float

    @property
    def ratio(self) -> float:
        return self.units / (self.optimum + self.listing)

    @property
    def rate(self) -> float:
        return self.units / (6000 * self.minutes)


def threads_of(files: list[Path], *, by_subject: bool) -> list[int]:
    """Sizes of the threads of real mail, by subject without its prefixes or by replies."""
    sizes: Counter[str] = Counter()
    roots: dict[str, str] = {}
    for file in files:
        for mail in mailbox.mbox(file, create=False) if file.is_file() else _loose(file):
            key = _PREFIX.sub("", str(mail["subject"] or "")).strip().lower()
            own = str(mail["message-id"])
            if not by_subject:
                above = re.findall(r"<[^<>\s]+>", f"{mail['references'] or ''} {mail['in-reply-to'] or ''}")
                key = next((roots[one] for one in above if one in roots), above[0] if above else own)
                roots[own] = key
            sizes[key or own] += 1
    return sorted(sizes.values())


def _loose(folder: Path) -> Iterator[mailbox.mboxMessage]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield mailbox.mboxMessage(file.read_bytes())


def fill(fake: FakeGoogle, sizes: list[int], count: int) -> int:
    """A mailbox of `count` messages; answers the least that its headers can cost."""
    chance = random.Random(3)
    chance.shuffle(sizes)
    mails: list[tuple[datetime, str]] = []
    optimum = 0
    for number, size in enumerate(itertools.cycle(sizes)):
        size = min(size, count - len(mails))  # noqa: PLW2901 - the last thread is cut to fit
        began = NOW - timedelta(seconds=chance.uniform(1, YEARS.total_seconds()))
        for _ in range(size):
            later = timedelta(days=chance.expovariate(0.4))
            mails.append((min(NOW - timedelta(seconds=1), began + later), f"t{number}"))
        optimum += min(20 * size, 40)
        if len(mails) >= count:
            break
    for number, (at, thread) in enumerate(sorted(mails)):
        headers = headers_of("Anna <anna@y.example>", "mara@x.example", f"No {number}", at, f"{number}@y.example")
        fake.mailbox.deliver(Mail(f"{number:08x}", thread, at, headers, frozenset({"INBOX"})))
    return optimum


def measure(sizes: list[int], count: int) -> Result:
    """One first sync, and a verify after it."""
    fake = FakeGoogle(clock=Clock(NOW))
    optimum = fill(fake, sizes, count)
    options = gmail_options()
    connector = GmailConnector(options, Forgetful(), transports=transports(fake, options), patience=patience(fake))
    held, began, recent = Nothing(), time.perf_counter(), 0.0
    wanted = sum(mail.received >= NOW - RECENT for mail in fake.mailbox.mails.values())
    seen = 0
    for batch in connector.batches("mail", None, held, NOW):
        held.kept.update((item.native_id, item.etag) for item in batch.items)
        seen += _recent(batch)
        if not recent and seen >= wanted:
            recent = fake.clock.monotonic() / 60
    units, minutes = sum(spent for _, _, spent, _ in fake.log), fake.clock.monotonic() / 60
    assert len(held.kept) == count
    assert not fake.gmail.may_have_sent_body
    before = len(fake.log)
    assert sum(1 for _ in connector.listing("mail", NOW)) == count
    verify = sum(spent for _, _, spent, _ in fake.log[before:])
    listing = 5 * -(-count // PAGE)
    return Result(units, optimum, listing, minutes, recent, verify, time.perf_counter() - began)


def _recent(batch: Batch) -> int:
    return sum(_received(item) >= NOW - RECENT for item in batch.items)


def _received(item: Item) -> datetime:
    received = getattr(item.observation, "received", None)
    assert isinstance(received, datetime)
    return received


def main() -> None:
    """One table, a line for each kind of mail."""
    if not DATA.exists():
        print("skipped: the real mail is not here (../shared/data)")
        return
    count = int(os.environ.get("SYNCD_BENCH_MESSAGES", "50000"))
    kernel = sorted(path for path in (DATA / "headers").rglob("*lkml*"))
    kinds = {
        "enron, by subject": threads_of(sorted((DATA / "mail").glob("enron-*.mbox")), by_subject=True),
        "easy_ham": threads_of([DATA / "mail/spamassassin-easy_ham.mbox"], by_subject=False),
        "lkml": threads_of(kernel, by_subject=False),
        "no threads at all": [1],
    }
    print(f"{count:,} messages, 6,000 units a minute; one by one they cost {20 * count:,} units")
    print("threads of           mean size    units   to optimum  rate used   90 days   whole   verify   seconds")
    for name, sizes in kinds.items():
        if not sizes:
            print(f"{name:20} no mail found")
            continue
        r = measure(sizes, count)
        print(
            f"{name:20} {sum(sizes) / len(sizes):9.2f} {r.units:9,} {r.ratio:11.4f} {r.rate:10.3f}"
            f" {r.recent:6.1f} min {r.minutes:5.0f} min {r.verify:5} u {r.seconds:7.0f}"
        )


if __name__ == "__main__":
    main()
