"""The config in force as text, for `config show` and the log, without anything secret in it."""

from __future__ import annotations

from typing import Any

import tomlkit

from syncd.config.model import Config


def effective(config: Config) -> str:
    """Every key with its value as TOML; the password in a database URL is replaced by `***`."""
    plain = _plain(config.model_dump(mode="json", by_alias=True, exclude_none=True))
    if config.rule:  # the config itself stands last among the rule files
        plain["rules"] = plain["rules"][:-1] or None
    plain = {key: value for key, value in plain.items() if value is not None}
    return tomlkit.dumps({**plain, "database": without_password(config.database)})


def without_password(url: str) -> str:
    """`url` with the password of its login, and of its query, replaced."""
    from sqlalchemy import make_url

    parsed = make_url(url)
    query = {key: "***" if "pass" in key.lower() else value for key, value in parsed.query.items()}
    return parsed.set(query=query).render_as_string(hide_password=True)


def _plain(value: Any) -> Any:
    """Without empty lists and tables: they say nothing."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items() if entry not in ([], {}, ())}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value
