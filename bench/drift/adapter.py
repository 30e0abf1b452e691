"""From a simulated desk's plain records to what the health rules read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from bench.drift.records import MAIL, START, World
from rules.health.assessment import History
from rules.health.diary import MAIL as MAIL_KIND
from rules.health.diary import RICH as RICH_KIND
from rules.health.diary import Diary
from rules.health.weeks import sunday, week_of
from rules.meaning import Channel, Coverage, Direction, Interaction, Merge, Person, Purpose, Traffic

FIRST_WEEK = week_of(START)
_CHANNELS = (Channel.IN_PERSON, Channel.VIDEO, Channel.PHONE, Channel.EMAIL)


def first_address(person: int) -> str:
    return f"p{person}@f{person}.example"


def second_address(person: int) -> str:
    return f"p{person}@new{person}.example"


def person_of(address: str) -> int:
    return int(address[1 : address.index("@")])


def end(world: World) -> date:
    return sunday(FIRST_WEEK + world.weeks - 1)


def frame(world: World) -> History:
    """People, merges and coverage, without contacts."""
    people, merges = [], []
    truth = world.truth
    for i in range(world.people):
        known = truth.merge[i] < world.weeks
        addresses = (first_address(i), second_address(i)) if known else (first_address(i),)
        people.append(Person(addresses[0], addresses, organisation=f"f{i}.example"))
        if known:
            merges.append(Merge(sunday(FIRST_WEEK + int(truth.merge[i])), *addresses))
    span = ((START, end(world) + timedelta(days=1)),)
    return History(people, merges, [], [], Coverage(mail=span, calendar=span))


def diary(world: World) -> Diary:
    """The short way for large desks: columns to columns."""
    c = world.contacts
    number = c.person * 2 + c.second
    used, address = np.unique(number, return_inverse=True)
    names = [(second_address if n % 2 else first_address)(int(n // 2)) for n in used]
    order = np.argsort(world.bills[:, 1], kind="stable") if len(world.bills) else np.zeros(0, int)
    bills = world.bills[order]
    return Diary(
        names,
        [f"f{i}.example" for i in range(world.people)],
        FIRST_WEEK + c.week,
        address,
        np.arange(len(c.week)),
        np.where(c.channel == MAIL, MAIL_KIND, RICH_KIND),
        c.relational,
        np.ones(len(c.week), bool),
        c.took_place,
        c.outgoing & c.opens,
        ~c.outgoing & c.opens,
        np.zeros(len(c.week), bool),
        FIRST_WEEK + bills[:, 1],
        bills[:, 0],
    )


def history(world: World) -> History:
    """The long way: every contact as an `Interaction`."""
    c, base = world.contacts, frame(world)
    items = []
    for i in range(len(c.week)):
        day = START + timedelta(days=int(c.week[i]) * 7 + i % 5)
        mail = c.channel[i] == MAIL
        relational, transactional = float(c.relational[i]), float(c.transactional[i])
        address = (second_address if c.second[i] else first_address)(int(c.person[i]))
        items.append(
            Interaction(
                id=str(i),
                person=address,
                address=address,
                at=datetime.combine(day, time(10), UTC),
                local=day,
                channel=_CHANNELS[c.channel[i]],
                confidence=0.9,
                direction=(Direction.OUT if c.outgoing[i] else Direction.IN) if mail else Direction.BOTH,
                purpose=Purpose(relational, 1 - relational - transactional, transactional),
                took_place=float(c.took_place[i]),
                account="simulated",
                minutes=0.0 if mail else 45.0,
                starts=bool(c.opens[i]),
                organised=not mail and bool(c.outgoing[i] and c.opens[i]),
            )
        )
    items.sort(key=lambda item: item.at)
    traffic = []
    for person, week in world.bills:
        day = START + timedelta(days=int(week) * 7 + 1)
        domain = f"f{person}.example"
        at = datetime.combine(day, time(11), UTC)
        traffic.append(Traffic(domain, at, day, f"billing@{domain}", Direction.IN, Purpose(0.02, 0.08, 0.9)))
    traffic.sort(key=lambda item: item.at)
    return History(base.people, base.merges, items, traffic, base.coverage)
