"""What can go wrong in a way that the person at the keyboard can act on. Everything else is a bug and keeps its
traceback."""

from __future__ import annotations

import sys

DONE, FOUND, USAGE, CONFIG, INTERRUPTED = 0, 1, 2, 78, 130


class Failed(Exception):
    """What happened, where, and what to do next, as one text. Ends the command with `code`."""

    def __init__(self, text: str, code: int = FOUND) -> None:
        super().__init__(text)
        self.code = code


def known_failure(error: BaseException) -> tuple[str, int] | None:
    """The text and exit code for an error that is no bug; None for one that is."""
    from connectors.connector import ConnectorError
    from syncd.config.problems import ConfigProblems

    if isinstance(error, Failed):
        return str(error), error.code
    if isinstance(error, ConfigProblems):
        return str(error), CONFIG
    if isinstance(error, ConnectorError):
        return str(error), FOUND
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}", FOUND
    return _database_failure(error)


def _database_failure(error: BaseException) -> tuple[str, int] | None:
    # Asked of the loaded modules: a command that never touched a database need not import one to fail.
    sqlalchemy_errors = sys.modules.get("sqlalchemy.exc")
    if sqlalchemy_errors is None or not isinstance(error, sqlalchemy_errors.OperationalError):
        return None
    reason = str(error.orig).strip().splitlines()[0]
    return f"The ledger cannot be used: {reason}. Look at `database` in the config, then run: syncd doctor", FOUND
