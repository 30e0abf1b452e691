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
    GoogleCalendarOptions,
    IcsOptions,
    MaildirOptions,
    MboxOptions,
    MemoryOptions,
    NetworkAccountOptions,
    OutlookCalendarOptions,
    OutlookMailOptions,
)
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
    "mbox": ("connectors.mbox", "MboxConnector"),
    "ics": ("connectors.ics", "IcsConnector"),
    "gmail": ("connectors.google.gmail", "GmailConnector"),
    "google_calendar": ("connectors.google.calendar", "GoogleCalendarConnector"),
    "outlook_mail": ("connectors.microsoft.mail", "OutlookMailConnector"),
    "outlook_calendar": ("connectors.microsoft.calendar", "OutlookCalendarConnector"),
    "memory": ("connectors.memory", "MemoryConnector"),
}


def open_connector(options: AccountOptions, secrets: Secrets | None = None) -> Connector:
    """The connector of an account; nothing is opened or contacted before one of its methods is called.

    Args:
        secrets: where logins of network accounts are kept; without it, they are forgotten with the process.
    """
    module, name = _CONNECTORS[options.kind]
    connector_class = getattr(import_module(module), name)
    if isinstance(options, NetworkAccountOptions):
        return cast(Connector, connector_class(options, secrets or Forgetful()))
    return cast(Connector, connector_class(options))
