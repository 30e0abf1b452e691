"""Logging: to stderr, where systemd picks it up. Libraries speak from warnings on; nothing secret gets through."""

from __future__ import annotations

import logging
import os
import re

# Bearer tokens, Authorization headers, passwords in URLs and query strings: whatever a library may log of a request.
_SECRETS = re.compile(
    r"(?i)(\bbearer\s+|\bauthorization['\"]?\s*[:=]\s*['\"]?(?:\w+\s+)?|"
    r"\b(?:access_token|refresh_token|id_token|client_secret|password|passwd|code|assertion)['\"]?\s*[:=]\s*['\"]?|"
    r"://[^/\s:@]*:)([^\s'\"&,;@}]+)"
)


class Redacting(logging.Formatter):
    """The finished line, tracebacks included, with secrets replaced by `***`."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def redacted(text: str) -> str:
    """`text` with everything that looks like a token or a password replaced by `***`."""
    return _SECRETS.sub(r"\1***", text)


def configure_logging(level: int = logging.INFO) -> None:
    """Send our own log to stderr from `level` on, everybody else's from WARNING on."""
    handler = logging.StreamHandler()
    # systemd puts the time before each line by itself
    stamp = "" if os.environ.get("JOURNAL_STREAM") else "%(asctime)s "
    handler.setFormatter(Redacting(f"{stamp}%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("syncd", "connectors", "rules"):
        logging.getLogger(ours).setLevel(level)
