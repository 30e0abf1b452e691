"""Which accounts need a login at their provider, and who does it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from connectors.options import AccountOptions, NetworkAccountOptions
from syncd.config import Config
from syncd.config.likeness import did_you_mean

# Kinds whose provider wants a person in front of a browser, and the function that leads there.
_INTERACTIVE: dict[str, str] = {}


class LoginError(Exception):
    """There is nothing to log in, or it did not work; the text says what to do instead."""


def log_in(config: Config, name: str) -> str:
    """Log in the account `name`; returns a sentence on how it went.

    Raises:
        LoginError: no such account, or its kind knows no login.
    """
    account = _account(config, name)
    if account.kind in _INTERACTIVE:
        module, _, function = _INTERACTIVE[account.kind].rpartition(".")
        do: Callable[[AccountOptions], str] = getattr(import_module(module), function)
        return do(account)
    if isinstance(account, NetworkAccountOptions):
        raise LoginError(
            f'"{name}" is of kind {account.kind}: it takes user and password_command (or token_command) in the '
            "config and needs no login. Try it with: syncd doctor"
        )
    raise LoginError(f'"{name}" is of kind {account.kind}: it is read from disk and needs no login.')


def _account(config: Config, name: str) -> AccountOptions:
    for account in config.account:
        if account.name == name:
            return account
    names = [account.name for account in config.account]
    hint = did_you_mean(name, names) or f"The config has: {', '.join(names) or 'none yet'}."
    raise LoginError(f'There is no account "{name}". {hint}')
