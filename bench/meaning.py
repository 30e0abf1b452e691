"""From stored copies to interactions: folding, identity, extraction, each in messages a second, and memory.

100,000 invented messages of 3,000 people (SYNCD_BENCH_MESSAGES sets another number), one process. Processor time, so
that a busy machine spoils it less.
"""

from __future__ import annotations

import os
import random
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from connectors.observations import Address, Message
from rules.interactions.extraction import extract
from rules.meaning import Channel, Decision, Owner, Purpose
from rules.occurrences.copies import Copy, Placement, Revision
from rules.occurrences.gathering import fold
from rules.people.identity import resolve

T = TypeVar("T")

START = datetime(2018, 1, 1, tzinfo=UTC)
MARA = Address("mara@visser.example", "Mara Visser")
OWNER = Owner(frozenset({"mara@visser.example"}), frozenset({"visser.example"}), "Mara Visser", "Europe/Amsterdam")
GIVEN = ("anna", "ben", "cleo", "dora", "emil", "finn", "gina", "hugo")


def copies(count: int, seed: int = 1) -> list[Copy]:
    """Mail as a consultant has it: two in five written by the owner, half of it answers, some with copies."""
    chance = random.Random(seed)
    people = [_person(chance, number) for number in range(3000)]
    made = []
    for number in range(count):
        who, sent = chance.choice(people), chance.random() < 0.4
        answers = number > 0 and chance.random() < 0.4
        message = Message(
            str(number),
            message_id=f"{number}@bench.example",
            date=START + timedelta(minutes=25 * number),
            subject=f"{'Re: ' if answers else ''}Project {chance.randrange(20_000)} offer",
            from_=MARA if sent else who,
            to=(who if sent else MARA, *chance.sample(people, chance.choice((0, 0, 1, 2)))),
            cc=tuple(chance.sample(people, chance.choice((0, 0, 0, 1, 3)))),
            in_reply_to=f"{max(0, number - chance.randrange(1, 200))}@bench.example" if answers else None,
            headers={"content-type": "multipart/alternative"},
            size=20_000,
        )
        placement = Placement("Sent" if sent else "INBOX", None, START)
        made.append(Copy(number, "work", "mail", (Revision(START, message),), (placement,)))
    return made


def _person(chance: random.Random, number: int) -> Address:
    given = chance.choice(GIVEN)
    surname = "".join(chance.choice("aeioubdklmnrst") for _ in range(7))
    return Address(f"{given}.{surname}@firm{number % 700}.example", f"{given.title()} {surname.title()}")


def _timed(name: str, count: int, work: Callable[[], T]) -> T:
    started = time.process_time()
    result = work()
    seconds = time.process_time() - started
    print(f"{name:12} {seconds:6.2f} s  {count / seconds:9,.0f} messages/s")
    return result


def main() -> None:
    """Print the figures."""
    count = int(os.environ.get("SYNCD_BENCH_MESSAGES", "100000"))
    stored = copies(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    occurrences = _timed("fold", count, lambda: fold(stored, timezone=OWNER.timezone))
    plain = Purpose(0.2, 0.7, 0.1)
    decisions = [Decision(one.id, Channel.EMAIL, 0.9, False, 0.02, False, plain) for one in occurrences]
    identities = _timed(
        "identity", count, lambda: resolve(occurrences, decisions, OWNER, is_role=lambda a: a.startswith("billing@"))
    )
    interactions, _ = _timed("interactions", count, lambda: extract(occurrences, decisions, identities, OWNER))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"{len(identities.people):,} people, {len(interactions):,} interactions, {grown} MB more than the copies")
