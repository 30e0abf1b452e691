"""Accounts with their logins: opening a connector that finds them, and leading the owner through a login."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Iterator
from datetime import datetime

from connectors.options import (
    AccountOptions,
    GoogleAccountOptions,
    MicrosoftAccountOptions,
    NetworkAccountOptions,
)
from connectors.registry import Opener
from syncd.config import Config
from syncd.config.likeness import did_you_mean


class LoginError(Exception):
    """There is nothing to log in; the text says what to do instead."""


def opener(config: Config) -> Opener:
    """What opens the config's accounts: network accounts get the logins that lie beside the ledger."""
    if not any(isinstance(account, NetworkAccountOptions) for account in config.account):
        return Opener()
    from syncd.secrets import Vault

    return Opener(Vault.of(config))


def endings(config: Config) -> Iterator[tuple[str, datetime]]:
    """Accounts whose login ends at a set time, as Google's do while a project is in "Testing"."""
    from syncd.secrets import SecretsError, Vault

    for account in config.account:
        if isinstance(account, GoogleAccountOptions) and not (account.token_command or account.service_account_file):
            from connectors.google.login import ends

            try:
                when = ends(account, Vault.of(config))
            except SecretsError:  # told by whoever opens the account
                continue
            if when is not None:
                yield account.name, when


def log_in(config: Config, name: str, *, browser: bool, tell: Callable[[str], object]) -> str:
    """Lead the owner through the login of the account `name`; returns a sentence on how it went.

    `browser` False: on a machine without one, by a page opened elsewhere or a code typed there.

    Raises:
        LoginError: no such account, or its kind knows no login.
        ConnectorError: the provider refused; the text says what to ask for.
    """
    account = _account(config, name)
    if isinstance(account, GoogleAccountOptions | MicrosoftAccountOptions):
        from syncd.secrets import Vault

        vault = Vault.of(config)
        if isinstance(account, GoogleAccountOptions):
            from connectors.google import login as google

            return google.log_in(account, vault, browser=webbrowser.open if browser else None, tell=tell)
        from connectors.microsoft import login as microsoft

        return microsoft.Tokens(account, vault).log_in(browser=browser, tell=tell)
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
