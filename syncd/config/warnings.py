"""What is odd about a config and yet no reason to refuse it: a disk may be unmounted just now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from syncd.config.model import Config
from syncd.config.problems import dotted


def warnings(config: Config) -> Iterator[str]:
    """One sentence each."""
    if not config.account:
        yield "there is no [[account]], so there is nothing to read."
    for index, account in enumerate(config.account):
        for name in type(account).model_fields:
            value = getattr(account, name)
            if isinstance(value, Path) and not value.exists():
                yield f"{dotted(('account', index, name))}: {value} does not exist."
    for index, path in enumerate(config.rules):
        if not path.exists():
            yield f"{dotted(('rules', index))}: {path} does not exist."
    if not config.report.mailed:
        yield "the weekly mail is off: set report.to and report.smtp."
