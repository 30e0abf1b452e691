"""When what is due. Pure: the time is always an argument."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncd.config import Config
from syncd.config.model import Weekday

FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=6)


def report_moment(config: Config, now: datetime) -> datetime:
    """The last moment up to `now` at which a weekly report was due, aware, in the owner's zone.

    An hour that a change to summer time skips falls on the hour after it; one that comes twice on the first.
    """
    zone = ZoneInfo(config.owner.timezone)
    local = now.astimezone(zone)
    days = (local.weekday() - list(Weekday).index(config.report.weekday)) % 7
    for back in (days, days + 7):
        day = local.date() - timedelta(days=back)
        moment = datetime(day.year, day.month, day.day, config.report.hour, tzinfo=zone)
        if moment <= now:
            return moment
    raise AssertionError("one of two weeks lies in the past")


def report_due(config: Config, now: datetime, since: datetime | None, last: datetime | None) -> datetime | None:
    """The moment for which a report should go out now, or None.

    `since`: since when there are facts; a week that ended before has nothing to tell. `last`: when the last report
    went out. After a long downtime one report goes out, not one for each week that was missed.
    """
    if not config.report.mailed or since is None:
        return None
    moment = report_moment(config, now)
    return moment if since <= moment and (last is None or last < moment) else None


@dataclass
class Turns:
    """Whose turn it is: per account, when it is read next. Failing accounts wait longer and longer."""

    every: timedelta
    due: dict[str, datetime] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)

    def expect(self, names: list[str], now: datetime) -> None:
        """Follow the config: new accounts are due now, those that left are dropped, the rest keep their turn."""
        self.due = {name: min(self.due.get(name, now), now + self.every) for name in names}
        self.failures = {name: count for name, count in self.failures.items() if name in self.due}

    def hurry(self, name: str, now: datetime) -> None:
        """Something changed there: read it now."""
        if name in self.due:
            self.due[name] = min(self.due[name], now)

    def ready(self, now: datetime) -> list[str]:
        """Accounts that are due, the longest waiting first."""
        return sorted((name for name, moment in self.due.items() if moment <= now), key=lambda name: self.due[name])

    def begun(self, name: str, now: datetime) -> None:
        self.due[name] = now + self.every

    def ended(self, name: str, now: datetime, *, well: bool, retry_at: datetime | None = None) -> None:
        """Set the next turn. `retry_at`: the other side asked for patience until then."""
        if name not in self.due:
            return
        self.failures[name] = 0 if well else self.failures.get(name, 0) + 1
        if not well:
            patience = min(FIRST_RETRY * 2 ** min(self.failures[name] - 1, 16), LAST_RETRY)
            self.due[name] = max(now + patience, retry_at or now)

    def next_due(self) -> datetime | None:
        return min(self.due.values(), default=None)
