"""The loop: the one thread that decides what happens next. Accounts, watchers and signals send it letters."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue

from rules.engine import ruleset
from rules.engine.ruleset import RuleSet
from syncd.config import Config, ConfigProblems, load
from syncd.daemon import notify
from syncd.daemon.chores import Chores
from syncd.daemon.schedule import Turns
from syncd.daemon.turns import Changed, Finished, Letter, Stop, Turn
from syncd.daemon.watching import Watch
from syncd.ledger import Ledger
from syncd.ledger.facts import Trouble
from syncd.ledger.naming import spoken
from syncd.logins import opener
from syncd.upkeep import retention_of

log = logging.getLogger("syncd.daemon")

LONGEST_NAP = 30.0  # seconds between two looks at the clock, which may have been set or slept through
SETTLING = timedelta(seconds=1)  # a program that writes mail or a config does it in several steps
FAREWELL = 15.0  # seconds that a busy account gets to end its batch


class Loop:
    """Works until it is told to stop, or until the config names another ledger."""

    def __init__(
        self,
        file: Path,
        config: Config,
        rules: RuleSet,
        ledger: Ledger,
        letters: SimpleQueue[Letter],
        now: Callable[[], datetime],
    ) -> None:
        self.file, self.config, self.ledger = file.absolute(), config, ledger
        self._letters, self._now = letters, now
        self._opener = opener(config)
        self._busy: dict[str, Turn] = {}
        self._untried = {account.name for account in config.account}
        self._turns = Turns(timedelta(minutes=config.sync.every_minutes))
        self._chores = Chores(ledger, rules, self._alive)
        self._touched: dict[Path, datetime] = {}
        self._trouble = ""
        self._watch = Watch(lambda path: letters.put(Changed(path)))

    def work(self) -> bool:
        """Returns True when told to stop, False when the ledger is another one now."""
        try:
            self._follow(self.config)
            notify.notify(READY="1", STATUS="Reading all accounts")
            while True:
                letter = self._next_letter()
                if isinstance(letter, Stop):
                    log.info("stopping (%s)", letter.why)
                    return True
                if not self._settled(letter):
                    return False
                self._tick()
        finally:
            self._watch.stop()
            self._say_farewell()

    def _next_letter(self) -> Letter | None:
        """The next letter, or None when it is time for something else."""
        moments = [*(at + SETTLING for at in self._touched.values()), self._turns.next_due()]
        waits = [(moment - self._now()).total_seconds() for moment in moments if moment is not None]
        # An account that is both due and busy must not make the loop spin.
        floor = 1.0 if self._busy else 0.0
        patience = (notify.watchdog_seconds() or 2 * LONGEST_NAP) / 3
        with suppress(Empty):
            return self._letters.get(timeout=max(min([*waits, LONGEST_NAP, patience]), floor, 0.01))
        return None

    def _settled(self, letter: Letter | None) -> bool:
        """Act on a letter, and on changes that have settled. False: another ledger is wanted."""
        if isinstance(letter, Changed):
            self._touched[letter.path] = self._now()
        elif isinstance(letter, Finished):
            self._finished(letter)
        settled = [path for path, at in self._touched.items() if at + SETTLING <= self._now()]
        for path in settled:
            del self._touched[path]
            if path == self.file or path in self.config.rules:
                if not self._reload():
                    return False
            else:
                for account in self.config.account:
                    if getattr(account, "path", None) == path:
                        self._turns.hurry(account.name, self._now())
        return True

    def _reload(self) -> bool:
        try:
            config = load(self.file)
            rules = ruleset.load(config.rules)
        except (ConfigProblems, ruleset.RuleProblems) as problems:
            self._trouble = "the config or its rules have problems, the last good ones stay in force"
            log.error("%s: %s", self._trouble, problems)  # noqa: TRY400 - the owner's mistake, no traceback
            return True
        mended, self._trouble = bool(self._trouble), ""
        if config == self.config and rules.digest == self._chores.rules.digest:
            if mended:
                log.info("the config and its rules are in order again; nothing changed")
            return True
        log.info("the config or its rules changed")
        self._chores.rules = rules
        same_ledger = config.database == self.config.database
        changed = [account.name for account in config.account if account not in self.config.account]
        self.config, self._opener = config, opener(config)
        if same_ledger:
            self._follow(config)
            for name in changed:  # another path or another filter is not to wait for the next turn
                self._turns.hurry(name, self._now())
        return same_ledger

    def _follow(self, config: Config) -> None:
        """Take turns, watches and meaning from this config."""
        self._turns.every = timedelta(minutes=config.sync.every_minutes)
        self._turns.expect([account.name for account in config.account], self._now())
        self._untried &= {account.name for account in config.account}
        self._chores.meaning_is_stale = True
        self._cover()

    def _cover(self) -> None:
        paths = [getattr(account, "path", None) for account in self.config.account]
        self._watch.cover([self.file, *self.config.rules, *(path for path in paths if isinstance(path, Path))])

    def _finished(self, letter: Finished) -> None:
        self._busy.pop(letter.account, None)
        self._untried.discard(letter.account)
        if letter.result is None:
            return
        waits = [
            stats.trouble.retry_at for stats in letter.result.failures if stats.trouble and stats.trouble.retry_at
        ]
        retry_at = max(waits, default=None)
        self._turns.ended(letter.account, self._now(), well=letter.result.ok, retry_at=retry_at)
        for stats in letter.result.failures:
            if stats.trouble is not None:
                log.warning("%s: %s %s", spoken(stats.account, stats.source), stats.trouble.what, stats.trouble.fix)
        stored = sum(stats.stored for stats in letter.result.sources)
        removed = sum(stats.removed for stats in letter.result.sources)
        if stored or removed:
            log.info("%s: %d new or changed, %d gone", letter.account, stored, removed)
            self._chores.facts_are_new = True

    def _tick(self) -> None:
        """What the time itself asks for: due turns, late accounts, meaning, the weekly report."""
        now = self._now()
        for name in self._turns.ready(now):
            self._begin(name, now)
        for turn in list(self._busy.values()):
            self._look_after(turn, now)
        if not self._untried and not self._watch_is_waiting():
            self._chores.tidy(self.config, now, busy=bool(self._busy))
        self._alive()

    def _watch_is_waiting(self) -> bool:
        """Whether a change of rules or config is about to settle: what is made now would be made again."""
        return any(path == self.file or path in self.config.rules for path in self._touched)

    def _begin(self, name: str, now: datetime) -> None:
        if name in self._busy:
            return
        account = next(account for account in self.config.account if account.name == name)
        self._cover()  # a folder that was missing may be there now
        self._turns.begun(name, now)
        turn = self._busy[name] = Turn(account, now, self._opener, retention_of(self.config))
        turn.start(self.ledger, self._letters, self._now)

    def _look_after(self, turn: Turn, now: datetime) -> None:
        deadline = turn.began + timedelta(minutes=self.config.sync.deadline_minutes)
        if now < deadline:
            return
        turn.ending.set()  # it ends after the batch it is in, and goes on from there at its next turn
        if turn.reported_hung or now < deadline + timedelta(minutes=self.config.sync.deadline_minutes):
            return
        turn.reported_hung = True
        self._untried.discard(turn.account.name)
        minutes = int((now - turn.began).total_seconds() // 60)
        trouble = Trouble(
            "Hung", f"no answer for {minutes} minutes.", "Look at the server; syncd goes on waiting.", now
        )
        log.warning("%s: %s", turn.account.name, trouble.what)
        for state in self.ledger.facts.sources():
            if state.account == turn.account.name:
                self.ledger.facts.trouble(state.id, trouble)

    def _alive(self) -> None:
        """Tell systemd that we move, which a look into the ledger has just shown."""
        self.ledger.facts.version()
        parts = [f"{len(self.config.account)} accounts, {len(self._busy)} being read", self._trouble]
        notify.notify(WATCHDOG="1", STATUS="; ".join(part for part in (*parts, self._chores.trouble) if part))

    def _say_farewell(self) -> None:
        for turn in self._busy.values():
            turn.end()
        for turn in self._busy.values():
            if turn.thread is not None:
                turn.thread.join(FAREWELL / len(self._busy))
