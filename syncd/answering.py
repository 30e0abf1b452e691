"""Answers that the owner sent by mail to themselves, taken from new facts into the journal."""

from __future__ import annotations

from collections.abc import Iterable

from syncd.ledger import Ledger
from syncd.ledger.journal import Saying
from syncd.report.answers import Hearing, hear


def listen(ledger: Ledger, owner_addresses: Iterable[str], since: int = 0) -> Hearing:
    """Write down what the mail that changed since a version of the facts says; returns it.

    To be called before meaning is made from these facts. Hearing the same mail again adds nothing.
    """
    items = ledger.facts.changed(since)
    if not items:
        return Hearing()
    copies = ledger.facts.copies(items if since else None)
    hearing = hear(
        copies, owner_addresses, ledger.meaning.people(), ledger.meaning.suggestions(), ledger.journal.entries()
    )
    ledger.journal.add_all([Saying(one.kind, one.subject, one.at, dict(one.data)) for one in hearing.heard])
    return hearing
