"""Verify some time after the last sync: series that never end have come closer since, and nothing is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from connectors.options import AccountOptions, IcsOptions
from syncd.ledger import Ledger
from syncd.sync import sync
from syncd.verify import Verdict, verify
from tests.connectors.worlds import calendar, event
from tests.google.life import GoogleLife
from tests.microsoft.life import OutlookLife

SUNDAY = datetime(2026, 3, 8, 9, 30, tzinfo=UTC)
# Later the same day, the next midnight, a week, over the first Monday, and into another year.
LATER = [timedelta(hours=hours) for hours in (0, 13, 15, 24, 24 * 8, 24 * 35, 24 * 290)]


class Life(Protocol):
    """Something with an endless series in it."""

    def add(self) -> None:
        """Another entry, of next week."""
        ...

    def sync(self) -> None: ...

    def look(self, later: timedelta) -> Verdict:
        """What verify says so long after the sync."""
        ...


class OnDisk:
    def __init__(self, folder: Path) -> None:
        self.path, self.count = folder / "calendar.ics", 0
        self.ledger = Ledger.open(f"sqlite:///{folder}/ledger.db")
        self.accounts: list[AccountOptions] = [IcsOptions(name="dates", path=self.path)]
        self.add()

    def add(self) -> None:
        series = "RRULE:FREQ=DAILY\r\n"
        self.path.write_bytes(calendar(event(0, extra=series), *(event(n + 1) for n in range(self.count))))
        self.count += 1

    def sync(self) -> None:
        assert sync(self.ledger, self.accounts, now=SUNDAY).ok

    def look(self, later: timedelta) -> Verdict:
        return verify(self.ledger, self.accounts, now=SUNDAY + later)


class Online:
    def __init__(self, life: GoogleLife | OutlookLife) -> None:
        self.life, self.ledger = life, life.ledger
        life.fake.clock.sleep((SUNDAY - life.fake.clock.now).total_seconds())
        life.arrange(-7, 200)

    def add(self) -> None:
        self.life.arrange(7)

    def sync(self) -> None:
        assert self.life.run().ok

    def look(self, later: timedelta) -> Verdict:
        life = self.life
        return verify(self.ledger, life.accounts, now=SUNDAY + later, open_connector=life.connect)


MAKERS: dict[str, Callable[[Path], OnDisk | Online]] = {
    "ics": OnDisk,
    "google": lambda _: Online(GoogleLife()),
    "outlook": lambda _: Online(OutlookLife()),
}


@pytest.fixture(params=sorted(MAKERS))
def life(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Life]:
    made = MAKERS[request.param](tmp_path)
    yield made
    if isinstance(made, Online):
        made.life.close()
    else:
        made.ledger.close()


def test_what_has_come_into_sight_since_is_not_missing(life: Life) -> None:
    life.sync()
    for later in LATER:
        verdict = life.look(later)
        assert verdict.clean, (later, verdict)
        assert sum(check.held for check in verdict.sources) > 10


def test_what_was_added_since_is(life: Life) -> None:
    life.sync()
    life.add()
    found = [one.kind for check in life.look(timedelta(hours=1)).sources for one in check.differences]
    assert found == ["missing"]
