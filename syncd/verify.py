"""The proof that nothing is lost: every source is listed anew, by a way of its own, and compared with the facts.

Missing: the source has it, the ledger does not. Extra: the ledger says the source holds it, and it does not. Changed:
both have it, in another state. Damaged: the ledger contradicts itself. These are differences. What is quarantined,
private, forgotten or expired is known to be left out on purpose, and is only counted. Compared is the time that the
last sync saw: an occurrence that lay behind its horizon is not missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import DatabaseError

from connectors import registry
from connectors.connector import Connector, ConnectorError, Listed
from connectors.options import AccountOptions
from syncd.ledger import Ledger
from syncd.ledger.facts import HELD, Holding, SourceState
from syncd.ledger.naming import escaped, stored


@dataclass(frozen=True, slots=True)
class Difference:
    """One item on which source and ledger disagree. `kind`: missing, extra, changed, damaged."""

    kind: str
    native_id: str
    why: str


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """One source compared. `left_out` counts what is not held on purpose: quarantined, private, forgotten, expired.

    `trouble`: the source could not be listed, so nothing is known of it. `withdrawn`: the account no longer offers
    it; what it showed is `held`, and there is nothing to compare it with, which is no difference.
    """

    account: str
    source: str
    listed: int = 0
    held: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    trouble: str | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """All sources compared. `damage`: what the database says of itself, none of it tied to one source."""

    sources: tuple[SourceCheck, ...]
    damage: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.damage and all(not check.differences and check.trouble is None for check in self.sources)


def verify(
    ledger: Ledger,
    accounts: Sequence[AccountOptions],
    *,
    now: datetime,
    open_connector: Callable[[AccountOptions], Connector] = registry.open_connector,
    only: Collection[str] | None = None,
) -> Verdict:
    """Compare every source of the accounts (`only` these names) with the facts. Changes nothing on either side."""
    states = {(state.account, state.name): state for state in ledger.facts.sources()}
    checks: list[SourceCheck] = []
    for account in accounts:
        if only is None or account.name in only:
            checks.extend(_check_account(ledger, account, open_connector, states, now))
    return Verdict(tuple(checks), ledger.facts.damage())


def _check_account(
    ledger: Ledger,
    account: AccountOptions,
    open_connector: Callable[[AccountOptions], Connector],
    states: Mapping[tuple[str, str], SourceState],
    now: datetime,
) -> Iterator[SourceCheck]:
    try:
        connector = open_connector(account)
    except ConnectorError as error:
        yield SourceCheck(account.name, "", trouble=str(error))
        return
    offered = set()
    try:
        for source in connector.sources():
            offered.add((account.name, stored(source.name)))
            name = stored(source.name)
            state = states.get((account.name, name))
            # A series reaches further by the day: what has come into sight since the last sync, none could have seen.
            listing = list(connector.listing(source.name, (state and state.listed_at) or now))
            try:
                yield compare(account.name, name, listing, ledger, state)
            except DatabaseError as error:
                yield SourceCheck(account.name, name, trouble=f"the ledger cannot be read: {error.orig}")
        for key, state in states.items():
            if state.account == account.name and key not in offered:
                held = ledger.facts.counts().get(state.id, {})
                yield SourceCheck(account.name, state.name, held=held.get(HELD, 0), withdrawn=True)
    except ConnectorError as error:
        yield SourceCheck(account.name, "", trouble=str(error))
    finally:
        connector.close()


def compare(
    account: str, source: str, listing: Sequence[Listed], ledger: Ledger, state: SourceState | None
) -> SourceCheck:
    """One source's listing against what the ledger holds of it; `state` None: the ledger has never seen it."""
    unseen = {stored(line.native_id): line.etag and escaped(line.etag) for line in listing}
    listed = len(unseen)
    left_out: Counter[str] = Counter()
    differences: list[Difference] = []
    held = 0
    unplaced = frozenset[str]() if state is None else ledger.facts.unplaced(state.id)
    for holding in () if state is None else ledger.facts.holdings(state.id):
        there = holding.native_id in unseen
        etag = unseen.pop(holding.native_id, None)
        held += holding.present and holding.state == HELD
        difference = _judge(holding, etag, there=there, unplaced=holding.native_id in unplaced)
        if difference is not None:
            differences.append(difference)
        elif holding.state != HELD and holding.present:
            left_out[holding.state] += 1
    differences.extend(Difference("missing", native, "the ledger has never seen it") for native in unseen)
    return SourceCheck(account, source, listed, held, dict(left_out), tuple(differences))


def _judge(holding: Holding, etag: str | None, *, there: bool, unplaced: bool) -> Difference | None:
    native = holding.native_id
    if there and holding.removed:
        return Difference("missing", native, "the ledger has it as removed")
    if not there and holding.present:
        return Difference("extra", native, "the source no longer holds it")
    if there and holding.present and etag is not None and etag != holding.etag:
        return Difference("changed", native, "the ledger has an earlier state of it")
    if holding.state == HELD and holding.present and (holding.empty or unplaced):
        return Difference("damaged", native, "what the ledger has of it is incomplete")
    return None
