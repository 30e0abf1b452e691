"""How fast a Maildir becomes messages, beside the standard library's reader of headers on the same files.

`SYNCD_BENCH_MESSAGES` (default 20,000) messages are written once, with the sizes and headers of a business mailbox:
about 2 KB of headers, 20 KB in all, a tenth of them with encoded words. Runs are interleaved, medians shown.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from email.utils import format_datetime, getaddresses, parsedate_to_datetime
from pathlib import Path

from connectors.maildir import MaildirConnector
from connectors.observations import Observation
from connectors.options import MaildirOptions

ROUNDS = 5
_WANTED = (
    "from", "to", "cc", "date", "subject", "message-id", "in-reply-to", "references", "list-id", "precedence",
    "return-path", "content-type",
)  # fmt: skip


def write_maildir(root: Path, count: int, seed: int = 7) -> None:
    """`count` messages between 400 people over two years."""
    chance = random.Random(seed)
    for folder in ("cur", "new", "tmp"):
        (root / folder).mkdir(parents=True)
    people = [f"Person {n} <person{n}@firm{n % 60}.example>" for n in range(400)]
    people[::10] = [f"=?utf-8?q?J=C3=BCrgen_{n}?= <juergen{n}@firm{n % 60}.example>" for n in range(0, 400, 10)]
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for number in range(count):
        moment = start + timedelta(seconds=number * 63_000_000 // count)
        name = f"{int(moment.timestamp())}.M{number}P99.host,S=20000:2,S"
        (root / "cur" / name).write_bytes(_message(chance, people, number, moment))


def _message(chance: random.Random, people: list[str], number: int, moment: datetime) -> bytes:
    date = format_datetime(moment)
    hops = "".join(
        f"Received: from relay{n}.example (relay{n}.example [192.0.2.{n}])\n"
        f"\tby mx{n}.example with ESMTPS id {number:08x}{n}\n"
        f"\tfor <mara@visser.example>; {date}\n"
        for n in range(3)
    )
    signature = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789+/", k=340))
    subject = (
        f"=?utf-8?q?Gr=C3=BC=C3=9Fe_{number}?=" if number % 10 == 0 else f"Re: offer {number} for the second quarter"
    )
    references = " ".join(f"<{n}@firm.example>" for n in range(max(number - 4, 0), number))
    robot = (
        "List-Id: <news.example>\nPrecedence: bulk\nList-Unsubscribe: <https://news.example/u?x=1>\n"
        if number % 4 == 0
        else ""
    )
    head = (
        f"Return-Path: <bounce@firm.example>\nDelivered-To: mara@visser.example\n{hops}"
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=firm.example; s=s1;\n\tb={signature}\n"
        f"ARC-Seal: i=1; a=rsa-sha256; t={number}; cv=none; b={signature}\n"
        f"Authentication-Results: mx.example; dkim=pass header.d=firm.example; spf=pass\n"
        f"From: {chance.choice(people)}\nTo: {', '.join(chance.sample(people, chance.choice((1, 1, 1, 2, 5))))}\n"
        f"Cc: {', '.join(chance.sample(people, chance.choice((0, 0, 1, 3))))}\nDate: {date}\nSubject: {subject}\n"
        f"Message-ID: <{number}@firm.example>\n"
        f"In-Reply-To: <{max(number - 1, 0)}@firm.example>\nReferences: {references}\n"
        f"{robot}MIME-Version: 1.0\nX-Mailer: Bench 1.0\nContent-Type: multipart/alternative; boundary=x{number}\n\n"
    )
    return head.encode() + b"x" * chance.choice((3_000, 12_000, 40_000))


class _Nothing:
    """A ledger that holds nothing."""

    def etags(self) -> Mapping[str, str]:
        return {}

    def observation(self, _: str) -> Observation | None:
        return None


def ours(root: Path) -> int:
    """Messages read by the Maildir connector."""
    connector = MaildirConnector(MaildirOptions(name="bench", path=root))
    return sum(len(batch.items) for batch in connector.batches("mail", None, _Nothing(), datetime.now(UTC)))


def parsed_by_stdlib(root: Path) -> int:
    """The same headers by BytesHeaderParser, addresses and date read."""
    parser = BytesHeaderParser()
    count = 0
    for path in root.glob("cur/*"):
        with path.open("rb") as file:
            message = parser.parse(file)
        found = {name: message.get(name) for name in _WANTED}
        getaddresses([str(found[name]) for name in ("from", "to", "cc") if found[name]])
        parsedate_to_datetime(str(found["date"]))
        count += 1
    return count


def floor(root: Path) -> int:
    """Open, read 8 KB, find the blank line, close: what no reader in Python can beat."""
    count = 0
    for entry in os.scandir(root / "cur"):
        descriptor = os.open(entry.path, os.O_RDONLY)
        count += os.read(descriptor, 8192).find(b"\n\n") > 0
        os.close(descriptor)
    return count


def main() -> None:
    """Print the medians."""
    count = int(os.environ.get("SYNCD_BENCH_MESSAGES", "20000"))
    root = Path(tempfile.mkdtemp(prefix="syncd-bench-"))
    try:
        write_maildir(root / "mail", count)
        ways: dict[str, Callable[[Path], int]] = {"ours": ours, "BytesHeaderParser": parsed_by_stdlib, "floor": floor}
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                began = time.perf_counter()
                assert way(root / "mail") == count
                rates[name].append(count / (time.perf_counter() - began))
        for name, found in rates.items():
            print(
                f"{name:20} {statistics.median(found):10,.0f} messages/s  ({', '.join(f'{r:,.0f}' for r in found)})"
            )
        ratio = statistics.median(rates["ours"]) / statistics.median(rates["BytesHeaderParser"])
        print(f"ours / BytesHeaderParser: {ratio:.1f}")
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at {count:,} messages")
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
