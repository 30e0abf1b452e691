"""Mail that is left out because the owner's own server found that it does not come from whom it names."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.observations import Message
from rules.labels.authenticity import is_forged
from rules.occurrences.copies import Copy
from rules.occurrences.gathering import fold
from rules.texts.folders import role_of
from syncd.config import Config
from syncd.ledger import Ledger


def notes(ledger: Ledger, config: Config) -> Iterator[str]:
    """How many mails that are, in a sentence; nothing where no server is believed or none found any. A mail that lies
    in several folders counts once."""
    servers = frozenset(config.owner.authserv_ids)
    if not servers:
        return
    failed = ledger.facts.saying("authentication-results", "fail")
    found = [copy for copy in ledger.facts.copies(failed) if _is_left_out(copy, servers)]
    number = sum(one.stands for one in fold(found, timezone=config.owner.timezone))
    if number:
        mails, name = ("mail is", "it names") if number == 1 else ("mails are", "they name")
        yield (
            f"{number} {mails} counted for nobody: your server found a sender that is not whom {name} "
            "(owner.authserv_ids)."
        )


def _is_left_out(copy: Copy, servers: frozenset[str]) -> bool:
    sent = any(role_of(placement.place, placement.role) == "sent" for placement in copy.placements)
    return isinstance(copy.newest, Message) and not sent and is_forged(copy.newest, servers)
