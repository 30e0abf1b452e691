"""A first sync of Outlook mail against the fake: requests and bytes beside the floor of one chain per folder.

`SYNCD_BENCH_OUTLOOK` (default 50,000) messages in three folders; no real network is contacted.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from datetime import timedelta
from email.utils import format_datetime

from connectors.microsoft.graph import PAGE
from connectors.microsoft.mail import OutlookMailConnector
from connectors.secrets import Forgetful
from tests.connectors.contract import Held
from tests.fakes.mailbox import Mail
from tests.fakes.microsoft.server import FakeMicrosoft
from tests.microsoft.gate import FixedTokens, mail_options, patience, transport

FOLDERS = ("F-inbox", "F-inbox", "F-sent", "F-archive")


def main() -> None:
    """Print one line per figure."""
    count = int(os.environ.get("SYNCD_BENCH_OUTLOOK", "50000"))
    fake, options, held = FakeMicrosoft(), mail_options(), Held()
    sizes: Counter[str] = Counter()
    for number in range(count):
        at = fake.clock.now - timedelta(minutes=30 * number + 1)
        folder = FOLDERS[number % len(FOLDERS)]
        sizes[folder] += 1
        headers = (("From", "anna@nordkai.example"), ("Subject", f"{number}"), ("Date", format_datetime(at)))
        fake.mailbox.deliver(Mail(f"m{number}", f"t{number}", at, headers, frozenset({folder})))
    connector = OutlookMailConnector(
        options, Forgetful(), tokens=FixedTokens(fake, options), patience=patience(fake), transport=transport(fake)
    )
    recent, wanted = 0, sum(number * 30 < 90 * 24 * 60 for number in range(count))
    for batch in connector.batches("mail", None, held, fake.clock.now):
        held.write(batch)
        if not recent and len(held.kept) >= wanted:
            recent = len(fake.log)
    floor = sum(math.ceil(size / PAGE) for size in sizes.values())
    total = sum(size for _, _, _, size, _ in fake.log)
    print(f"{len(held.kept):,} messages, {len(fake.log)} requests (floor {floor}, {len(fake.log) / floor:.3f} times)")
    print(f"{total / 1e6:.1f} MB; the last 90 days after {recent} requests; at most {fake.most_at_once} at once")


if __name__ == "__main__":
    main()
