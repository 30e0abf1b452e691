"""What the loop does beside reading: bring the meaning up to date, send the weekly report."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.connector import ConnectorError
from rules.engine.ruleset import RuleSet
from syncd.config import Config
from syncd.daemon.schedule import report_due
from syncd.ledger import Ledger
from syncd.upkeep import Kept, refresh

log = logging.getLogger("syncd.daemon")

SHARE, FREE = 50, 2.0  # new facts wait so many times as long as the last interpretation took, beyond so many seconds
WHILE_BUSY = timedelta(minutes=10)  # how often meaning is made anew while accounts still bring facts
RETRY = timedelta(minutes=15)


class Chores:
    """`rules` are those in force, `trouble` is what is wrong just now, as a part of a sentence.

    `alive` is called as work goes on.
    """

    def __init__(
        self,
        ledger: Ledger,
        rules: RuleSet,
        alive: Callable[[], None],
        timer: Callable[[], float] = time.thread_time,
    ) -> None:
        self.rules = rules
        self._ledger, self._alive, self._timer = ledger, alive, timer
        self._kept = Kept()
        self.meaning_is_stale = True  # at once: rules, config or the day are others
        self.facts_are_new = False
        self._day: date | None = None
        self.trouble = ""
        self._not_before: datetime | None = None
        self._resting_until: datetime | None = None
        self._report_not_before: datetime | None = None

    def tidy(self, config: Config, now: datetime, *, busy: bool) -> None:
        """Do what is due. Failures are logged and tried again; they never end the daemon."""
        day = now.astimezone(ZoneInfo(config.owner.timezone)).date()
        if day != self._day:  # what was planned may be past now, and a week be over
            self._day, self.meaning_is_stale = day, True
        waiting = busy and self._not_before is not None and now < self._not_before
        resting = self._resting_until is not None and now < self._resting_until
        if (self.meaning_is_stale and not waiting) or (self.facts_are_new and not waiting and not resting):
            self._make_meaning(config, now)
        if self._report_not_before is None or self._report_not_before <= now:
            self._send_report(config, now)

    def _make_meaning(self, config: Config, now: datetime) -> None:
        self.meaning_is_stale = self.facts_are_new = False
        self._not_before = now + WHILE_BUSY
        began = self._timer()
        try:
            changes = refresh(
                self._ledger,
                config,
                now=now,
                rules=self.rules,
                progress=lambda *_: self._alive(),
                kept=self._kept,
            )
        except Exception:
            self.trouble = "a defect keeps the meaning from being made anew"
            log.exception("%s", self.trouble)
            return
        finally:
            self._resting_until = now + timedelta(seconds=SHARE * max(0.0, self._timer() - began - FREE))
        self.trouble = ""
        if changes.summary():
            log.info("%s", changes.summary())

    def _send_report(self, config: Config, now: datetime) -> None:
        from syncd.outbox import last_sent, send_weekly

        since = min((state.added_at for state in self._ledger.facts.sources()), default=None)
        moment = report_due(config, now, since, last_sent(self._ledger))
        if moment is None:
            return
        try:
            sent = send_weekly(self._ledger, config, moment, now)
            self._report_not_before = None if sent else now + RETRY
            if sent:
                log.info("the weekly report of %s went to %s", moment.date(), config.report.to)
        except ConnectorError as error:
            self._report_not_before = now + RETRY
            log.error("the weekly report could not be sent and is tried again in %s: %s", RETRY, error)  # noqa: TRY400
        except Exception:
            self._report_not_before = now + RETRY
            log.exception("the weekly report could not be sent; it is tried again in %s", RETRY)
