"""Mail that comes back ends a relationship until its person is heard of again, and never before it came back."""

from __future__ import annotations

from datetime import UTC, date, datetime

from msgspec import structs

from rules.health.returns import Returns
from rules.meaning import RETURNED, Channel, Direction, Evidence, Interaction, Purpose


def contact(day: date, direction: Direction) -> Interaction:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Interaction(
        id=f"{day}{direction}",
        person="oskar@bryggan.example",
        address="oskar@bryggan.example",
        at=at,
        local=day,
        channel=Channel.EMAIL,
        confidence=1.0,
        direction=direction,
        purpose=Purpose(0.3, 0.4, 0.3),
        took_place=1.0,
        account="mail",
    )


def bounce(day: date) -> Interaction:
    reason = Evidence(RETURNED, "mail to this address came back", "ended", 4.0)
    return structs.replace(contact(day, Direction.IN), channel=Channel.NONE, took_place=0.0, evidence=(reason,))


def test_a_return_ends_it_from_its_day_on_until_they_write_again() -> None:
    returns = Returns(
        [
            contact(date(2026, 6, 1), Direction.IN),
            bounce(date(2026, 7, 3)),
            contact(date(2026, 7, 10), Direction.OUT),
            contact(date(2026, 9, 1), Direction.IN),
        ]
    )
    who = ("oskar@bryggan.example", "o@private.example")
    assert returns.since(who, date(2026, 7, 2)) is None
    assert returns.since(who, date(2026, 7, 3)) == date(2026, 7, 3)
    assert returns.since(who, date(2026, 8, 30)) == date(2026, 7, 3), "writing to them again brings nobody back"
    assert returns.since(who, date(2026, 9, 1)) is None
    assert returns.since(("o@private.example",), date(2026, 8, 1)) is None
    assert not Returns([contact(date(2026, 6, 1), Direction.IN)])
