"""The ledger: one database with three kinds of state.

facts     what the connectors saw, as revisions with their placements
meaning   what the rules made of it; rebuilt from the facts at any time
journal   what the owner said and what syncd said; append-only, never derived
"""

from syncd.ledger.database import LedgerError
from syncd.ledger.ledger import Ledger

__all__ = ["Ledger", "LedgerError"]
