"""What it means that Microsoft's login refuses, or gives no answer that can be read, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.connector import ConnectorError, NeedsLogin, Unreachable
from connectors.options import MicrosoftAccountOptions

DOCS = "docs/microsoft.md"

# What Entra's error codes mean for a person who wants to go on (Entra's reference of AADSTS codes).
_ADMIN = f"Send your administrator the section “For administrators” of {DOCS}."
_AGAIN = 'Run: syncd login "{name}"'
_DEVICE = (
    "your organisation allows this only from devices or networks that it trusts",
    f"Log in with the browser of a managed device (without --no-browser). If that is refused, too: {_ADMIN}",
)
_MEANINGS: Mapping[int, tuple[str, str]] = {
    90094: ("your organisation wants an administrator to approve the app", _ADMIN),
    90095: ("your organisation wants an administrator to approve the app", _ADMIN),
    65001: ("the app has not been allowed to read your mailbox yet", f"{_AGAIN} and accept; if you cannot: {_ADMIN}"),
    65004: ("the permission was not given", f"{_AGAIN} and accept. {DOCS} says what it lets syncd see."),
    53000: _DEVICE,
    53001: _DEVICE,
    53003: _DEVICE,
    530003: _DEVICE,
    530033: _DEVICE,
    50076: ("your organisation wants a second factor now", _AGAIN),
    50079: ("your organisation wants you to set up a second factor", f"{_AGAIN} and follow the browser."),
    50078: ("the second factor has to be shown again", _AGAIN),
    50173: ("the login was ended, most often by a new password", _AGAIN),
    50133: ("the login was ended, most often by a new password", _AGAIN),
    70043: ("your organisation ends logins after some time, and this one has ended", _AGAIN),
    70044: ("your organisation ends logins after some time, and this one has ended", _AGAIN),
    700082: ("the login has ended because it was not used for 90 days", _AGAIN),
    50105: ("your administrator has not assigned the app to you", f"Ask for it by the name of the app. {_ADMIN}"),
    50020: ("this account does not belong to the tenant of the config", "Mend tenant, or log in as somebody of it."),
    90002: ("there is no such tenant", "Mend tenant in the config: your organisation's domain or tenant id."),
    700016: (
        "the tenant does not know this client_id",
        "Copy the “Application (client) ID” of the registration again, and mend tenant if it is another's.",
    ),
    7000218: ("the registration is not a public client", "Switch on “Allow public client flows” in it."),
    50011: ("the registration lacks the address http://localhost", f"Add it as {DOCS} shows."),
    500113: ("the registration lacks the address http://localhost", f"Add it as {DOCS} shows."),
    700027: (
        "the certificate is not the one that the registration knows",
        "Upload the certificate of the config's file under “Certificates & secrets”, or mend certificate.",
    ),
}


def broken(error: Exception, options: MicrosoftAccountOptions) -> ConnectorError:
    """What it means that no answer of the login server could be read."""
    name, said = options.name, f"{error} {error.__context__}"
    if "CERTIFICATE_VERIFY_FAILED" in said:
        fix = "If it is a private server or a proxy that looks inside, name its certificate under ca_file."
        return ConnectorError("the certificate of Microsoft's login is not trusted.", where=name, fix=fix)
    if "OIDC Discovery failed" in said:
        what, fix = _MEANINGS[90002]
        return NeedsLogin(f"{what} ({options.tenant}).", where=name, fix=fix)
    status = re.search(r"HTTP Error: (\d{3})", said)
    why = f"it fails with {status[1]}" if status else type(error).__name__
    fix = "See whether this machine reaches it; a sync tries again by itself."
    return Unreachable(f"Microsoft's login does not answer ({why}).", where=name, fix=fix)


def refused(result: Mapping[str, Any], name: str, fix: str) -> NeedsLogin:
    """What it means that the account `name` got no token; `fix` where its reason is none that is known."""
    said = str(result.get("error_description") or result.get("error") or "no token came").splitlines()[0]
    # A browser brings the refusal back as text alone.
    for code in (*(result.get("error_codes") or ()), *map(int, re.findall(r"AADSTS(\d{4,9})", said))):
        if code in _MEANINGS:
            what, better = _MEANINGS[code]
            return NeedsLogin(f"{what} (AADSTS{code}).", where=name, fix=better.format(name=name))
    return NeedsLogin(f"Microsoft no longer accepts the login ({said[:200]}).", where=name, fix=fix)
