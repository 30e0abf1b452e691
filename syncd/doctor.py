"""Everything that could be wrong, looked at one by one, each with what to do about it."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from connectors.connector import Connector, ConnectorError
from connectors.options import AccountOptions, IcsOptions
from syncd.config import Config, ConfigProblems, load
from syncd.config.effective import without_password
from syncd.config.warnings import warnings
from syncd.ledger import Ledger, LedgerError
from syncd.ledger.naming import spoken
from syncd.leftovers import IN_USE, standing
from syncd.logins import endings, opener

LITTLE_ROOM = 200 * 1024 * 1024  # bytes
STALE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `result` is a fact in words; `fix` what to do if it is not `well`."""

    check: str
    result: str
    well: bool = True
    fix: str = ""

    def row(self) -> dict[str, object]:
        return {"check": self.check, "result": self.result, "well": self.well, "fix": self.fix}


def examine(
    file: Path,
    *,
    now: datetime | None = None,
    connect: Callable[[AccountOptions], Connector] | None = None,
) -> Iterator[Finding]:
    """Look at config, ledger, accounts and service; lists every host that is ever contacted."""
    moment = now or datetime.now(UTC)
    yield Finding("python", f"{sys.version.split()[0]} at {sys.executable}")
    try:
        config = load(file)
    except ConfigProblems as problems:
        yield Finding("config", str(problems), well=False, fix="Mend the file, then run: syncd config check")
        return
    yield Finding("config", str(file))
    yield from _modes(file, config)
    yield from (Finding("config", warning, well="the weekly mail is off" in warning) for warning in warnings(config))
    yield from _ledger(config, moment)
    connect = connect or opener(config)
    for account in config.account:
        yield from _account(account, connect, moment)
    for name, ends in endings(config):
        what = f'the login ends on {ends:%Y-%m-%d} whatever you do: your Google project is in "Testing"'
        yield Finding(f"account {name}", what, well=False, fix='Publish it: docs/google.md, "every week".')
    yield _hosts(config, connect)


def _modes(file: Path, config: Config) -> Iterator[Finding]:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o004 and any(_is_published(account) for account in config.account):
        what = f"others may read it ({mode:o}), and whoever knows a calendar's address can read the calendar"
        yield Finding("config", what, well=False, fix=f"chmod o-r {file}")
    if mode & 0o022:
        fix = f"chmod go-w {file}"
        yield Finding("config", f"others may write it ({mode:o}), and it names commands to run", well=False, fix=fix)


def _ledger(config: Config, now: datetime) -> Iterator[Finding]:
    shown = without_password(config.database)
    try:
        with Ledger.open(config.database) as ledger:
            states = ledger.facts.sources()
            yield Finding(
                "ledger", f"{shown}, {sum(sum(c.values()) for c in ledger.facts.counts().values()):,} items"
            )
            path = ledger.path
            aside = {at: held.get("quarantined", 0) for at, held in ledger.facts.counts().items()}
    except LedgerError as error:
        yield Finding("ledger", error.happened, well=False, fix=error.fix)
        return
    if path is not None:
        yield from _disk(path)
    for state in states:
        name = spoken(state.account, state.name)
        if standing(state, config) != IN_USE:
            fix = "Bring it back, or delete what it showed: see syncd status"
            yield Finding("source", f"{name}: kept, and no longer read", fix=fix)
            continue
        if state.trouble:
            yield Finding("source", f"{name}: {state.trouble.what}", well=False, fix=state.trouble.fix)
        elif state.live and state.listed_at and now - state.listed_at > STALE:
            fix = "Run: syncd sync, or see whether the service runs: syncd service status"
            yield Finding("source", f"{name}: not read since {state.listed_at:%Y-%m-%d}", well=False, fix=fix)
        if count := aside.get(state.id, 0):
            # Well all the same: a mailbox of years holds some that nobody can read.
            what = f"{name}: {count} item{'' if count == 1 else 's'} could not be read and kept aside"
            yield Finding("source", what, fix="See which and why with: syncd verify --quarantined")


def _disk(path: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield Finding("ledger", f"others may read it ({mode:o})", well=False, fix=f"chmod 600 {path}")
    if not os.access(path, os.W_OK):
        yield Finding("ledger", "this user may not write it", well=False, fix="Run as the user that owns it.")
    free = shutil.disk_usage(path.parent).free
    if free < LITTLE_ROOM:
        yield Finding("disk", f"{free // 2**20} MB free", well=False, fix=f"Make room where {path} lies.")


def _is_published(account: AccountOptions) -> bool:
    return isinstance(account, IcsOptions) and account.endpoint is not None


def _account(
    account: AccountOptions, connect: Callable[[AccountOptions], Connector], now: datetime
) -> Iterator[Finding]:
    try:
        connector = connect(account)
        try:
            sources = connector.sources()
            names = [source.title or source.name for source in sources]
            if _is_published(account):  # naming its one source asks nobody
                next(iter(connector.listing(sources[0].name, now)), None)
        finally:
            connector.close()
    except ConnectorError as error:
        yield Finding(f"account {account.name}", error.happened, well=False, fix=error.fix)
        return
    yield Finding(
        f"account {account.name}", f"{account.kind}: {', '.join(names) or 'nothing to read'}", well=bool(names)
    )


def _hosts(config: Config, connect: Callable[[AccountOptions], Connector]) -> Finding:
    hosts: set[str] = set()
    for account in config.account:
        try:
            connector = connect(account)
        except ConnectorError:
            continue
        hosts.update(connector.hosts())
        connector.close()
    for url in (config.report.smtp, config.database):
        host = urlsplit(url).hostname if url else None
        hosts.update([host] if host else [])
    return Finding("hosts contacted", ", ".join(sorted(hosts)) or "none")
