"""Small histories to test with: a person is a list of contacts in weeks."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from rules.health.assessment import Answer, History
from rules.meaning import Channel, Coverage, Direction, Interaction, Merge, Person, Purpose, Traffic

START = date(2022, 1, 3)
END = date(2030, 1, 7)
WARM = Purpose(0.94, 0.04, 0.02)
WORK = Purpose(0.04, 0.9, 0.06)
ORDER = Purpose(0.03, 0.07, 0.9)


def contact(
    address: str,
    week: int,
    channel: Channel = Channel.IN_PERSON,
    purpose: Purpose = WARM,
    *,
    day: int = 0,
    direction: Direction | None = None,
    title: str | None = None,
    **rest: object,
) -> Interaction:
    local = START + timedelta(days=7 * week + day)
    mail = channel is Channel.EMAIL
    at = datetime.combine(local, time(9), UTC)
    return Interaction(
        id=f"{address}/{week}/{day}/{channel.value}",
        person=address,
        address=address,
        at=at,
        local=local,
        channel=channel,
        confidence=0.9,
        direction=direction or (Direction.IN if mail else Direction.BOTH),
        purpose=purpose,
        took_place=1.0 if mail else 0.95,
        account="test",
        minutes=0.0 if mail else 60.0,
        title=title,
        **rest,  # type: ignore[arg-type]
    )


def bill(organisation: str, week: int) -> Traffic:
    local = START + timedelta(days=7 * week + 2)
    at = datetime.combine(local, time(12), UTC)
    return Traffic(organisation, at, local, f"billing@{organisation}", Direction.IN, ORDER)


def person(address: str, *more: str, **rest: object) -> Person:
    return Person(address, (address, *more), organisation=address.split("@")[1], **rest)  # type: ignore[arg-type]


def whole(first: date = START, last: date = END) -> Coverage:
    return Coverage(mail=((first, last),), calendar=((first, last),))


def history(
    people: Sequence[Person],
    items: Iterable[Interaction],
    *,
    merges: Sequence[Merge] = (),
    traffic: Iterable[Traffic] = (),
    coverage: Coverage | None = None,
    answers: Sequence[Answer] = (),
) -> History:
    return History(
        people,
        merges,
        sorted(items, key=lambda one: (one.at, one.id)),
        sorted(traffic, key=lambda one: one.at),
        coverage or whole(),
        answers,
    )


def address(number: int) -> str:
    return f"p{number}@firm{number}.example"


def usual(number: int, weeks: int, rng: random.Random, *, until: int | None = None) -> list[Interaction]:
    """Somebody met in a third of the weeks (until a week), with project mail in half of them throughout."""
    who = address(number)
    found = []
    for week in range(weeks):
        if rng.random() < 0.35 and (until is None or week < until):
            found.append(contact(who, week, rng.choice([Channel.IN_PERSON, Channel.PHONE]), day=rng.randrange(5)))
        if rng.random() < 0.5:
            found.append(contact(who, week, Channel.EMAIL, WORK, day=rng.randrange(5)))
    return found


def desk(people: int, weeks: int, *, seed: int = 1, fallen: int = 0, until: int = 90) -> list[Interaction]:
    """`people` persons of whom the first `fallen` are not met any more from the week `until` on."""
    rng = random.Random(seed)
    found = []
    for number in range(people):
        found += usual(number, weeks, rng, until=until if number < fallen else None)
    return found


def persons(number: int) -> list[Person]:
    return [person(address(i)) for i in range(number)]


def sunday_of(week: int) -> date:
    return START + timedelta(days=7 * week + 6)
