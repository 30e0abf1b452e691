"""From a kind of account to its connector. Adding a connector: its options, its module, a line in each table."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from connectors.connector import Connector
from connectors.options import (
    AccountOptions,
    GmailOptions,
    GoogleAccountOptions,
    GoogleCalendarOptions,
    IcsOptions,
    MaildirOptions,
    MboxOptions,
    MemoryOptions,
    MicrosoftAccountOptions,
    NetworkAccountOptions,
    OutlookCalendarOptions,
    OutlookMailOptions,
)
from connectors.patience import Patience, SystemClock, Turnstiles
from connectors.secrets import Forgetful, Secrets

KINDS: Mapping[str, type[AccountOptions]] = MappingProxyType(
    {
        "maildir": MaildirOptions,
        "mbox": MboxOptions,
        "ics": IcsOptions,
        "gmail": GmailOptions,
        "google_calendar": GoogleCalendarOptions,
        "outlook_mail": OutlookMailOptions,
        "outlook_calendar": OutlookCalendarOptions,
        "memory": MemoryOptions,
    }
)
"""Kind to the model of its options, light to import."""

# Kind to module and class; imported only when an account of that kind is opened.
_CONNECTORS: Mapping[str, tuple[str, str]] = {
    "maildir": ("connectors.maildir", "MaildirConnector"),
    "mbox": ("connectors.mbox.connector", "MboxConnector"),
    "ics": ("connectors.ics.connector", "IcsConnector"),
    "gmail": ("connectors.google.gmail", "GmailConnector"),
    "google_calendar": ("connectors.google.calendar", "GoogleCalendarConnector"),
    "outlook_mail": ("connectors.microsoft.mail", "OutlookMailConnector"),
    "outlook_calendar": ("connectors.microsoft.calendar", "OutlookCalendarConnector"),
    "memory": ("connectors.memory", "MemoryConnector"),
}


class Opener:
    """Opens the accounts of one process, which share their logins, a turnstile for each mailbox, and the clock by
    which they wait. Nothing is contacted before a method of a connector is called; threads may share an opener.

    Args:
        secrets: where logins of network accounts are kept; without it, they are forgotten with the process.
    """

    def __init__(self, secrets: Secrets | None = None) -> None:
        self._secrets: Secrets = secrets or Forgetful()
        self._turnstiles = Turnstiles()
        self._clock = SystemClock()

    def __call__(self, options: AccountOptions) -> Connector:
        module, name = _CONNECTORS[options.kind]
        connector_class = getattr(import_module(module), name)
        if not isinstance(options, NetworkAccountOptions):
            return cast(Connector, connector_class(options))
        more: dict[str, object] = {}
        if isinstance(options, GoogleAccountOptions | MicrosoftAccountOptions | IcsOptions):
            more["patience"] = Patience(self._clock)
        if isinstance(options, MicrosoftAccountOptions):
            more["turnstiles"] = self._turnstiles
        return cast(Connector, connector_class(options, self._secrets, **more))

    def stop(self) -> None:
        """The process is to end: whoever waits for a server's patience stops waiting, with `Interrupted`."""
        self._clock.stop()


def open_connector(options: AccountOptions, secrets: Secrets | None = None) -> Connector:
    """The connector of an account that shares nothing with others; see `Opener`."""
    return Opener(secrets)(options)
