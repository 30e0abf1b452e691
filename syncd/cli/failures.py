"""What can go wrong in a way that the person at the keyboard can act on. Everything else is a bug and keeps its
traceback."""

from __future__ import annotations

import sys

DONE, FOUND, USAGE, CONFIG, INTERRUPTED = 0, 1, 2, 78, 130

# Errors that say themselves what happened, where, and what to do next.
_KNOWN = (
    ("syncd.config.problems", "ConfigProblems", CONFIG),
    ("rules.engine.ruleset", "RuleProblems", CONFIG),
    ("connectors.connector", "ConnectorError", FOUND),
    ("syncd.ledger.database", "LedgerError", FOUND),
    ("syncd.lookup", "NobodyMeant", FOUND),
    ("syncd.logins", "LoginError", FOUND),
    ("syncd.secrets", "SecretsError", FOUND),
    ("syncd.service", "ServiceError", FOUND),
    ("syncd.telling", "CannotTell", FOUND),
)


class Failed(Exception):
    """What happened, where, and what to do next, as one text. Ends the command with `code`."""

    def __init__(self, text: str, code: int = FOUND) -> None:
        super().__init__(text)
        self.code = code


def known_failure(error: BaseException) -> tuple[str, int] | None:
    """The text and exit code for an error that is no bug; None for one that is."""
    if isinstance(error, Failed):
        return str(error), error.code
    for module, name, code in _KNOWN:
        # Asked of the loaded modules only: a command that never touched a database need not import one to fail.
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            return str(error), code
    if isinstance(error, OSError):
        return (f"{error.filename}: {error.strerror}" if error.filename else str(error)), FOUND
    if isinstance(error, getattr(sys.modules.get("sqlalchemy.exc"), "OperationalError", ())):
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return f"The ledger cannot be used: {reason}. Run: syncd doctor", FOUND
    return None
