"""The owner's login at Microsoft Entra by msal: browser first, device code second, a certificate for servers.

msal keeps its tokens in a cache of its own; it is stored whole, as text, under the account's name in the secrets.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from connectors.connector import ConnectorError, NeedsLogin
from connectors.microsoft.refusals import DOCS, broken, refused
from connectors.options import MicrosoftAccountOptions
from connectors.secrets import Secrets, from_command

Json = dict[str, Any]

GRAPH = "https://graph.microsoft.com"
AUTHORITY = "https://login.microsoftonline.com"
_NATIONAL: Mapping[str, str] = {
    "https://graph.microsoft.us": "https://login.microsoftonline.us",
    "https://dod-graph.microsoft.us": "https://login.microsoftonline.us",
    "https://microsoftgraph.chinacloudapi.cn": "https://login.chinacloudapi.cn",
}
"""National clouds: the Graph of each, and where it logs in."""

# At DEBUG msal writes down the code that the browser brings back, and the verifier that makes tokens of it.
logging.getLogger("msal").setLevel(logging.WARNING)


def authority_of(options: MicrosoftAccountOptions) -> str:
    """The login server's URL, without the tenant."""
    return options.authority or _NATIONAL.get(options.endpoint or "", AUTHORITY)


def _resource(options: MicrosoftAccountOptions) -> str:
    """What permissions are asked of: a national cloud's own Graph; behind a proxy it is still Microsoft's."""
    endpoint = options.endpoint or GRAPH
    return endpoint if endpoint in _NATIONAL else GRAPH


def scopes_of(options: MicrosoftAccountOptions) -> list[str]:
    """The smallest permission that the account's kind works with; msal adds offline_access by itself."""
    return [f"{_resource(options)}/{'Mail.ReadBasic' if options.kind == 'outlook_mail' else 'Calendars.ReadBasic'}"]


class Tokens:
    """Access tokens, renewed as needed; threads may share it."""

    def __init__(self, options: MicrosoftAccountOptions, secrets: Secrets, http_client: Any = None) -> None:
        self._options, self._secrets, self._http_client = options, secrets, http_client
        self._app: Any = None
        self._cache: Any = None
        self._lock = threading.Lock()
        self._commanded: str | None = None

    def get(self, *, refused: str | None = None) -> str:
        """A good access token: another one than the one that was `refused`. Where several threads were refused the
        same token, it is renewed once.

        Raises:
            NeedsLogin: the owner has to log in (again); the error says with which command.
            Unreachable: the login server does not answer.
        """
        with self._lock:
            if self._options.token_command:
                if self._commanded in {None, refused}:
                    self._commanded = from_command(self._options.token_command, self._options.name)
                return str(self._commanded)
            ask = self._by_certificate if self._options.certificate else self._silently
            token = ask()
            if token == refused:
                token = ask(fresh=True)
            self._keep()
            return token

    def mailbox(self) -> str:
        """Whose mailbox the tokens open: an address, or "" where only a command outside knows. To be asked after
        `get`."""
        options = self._options
        if not (options.certificate or options.token_command):
            with self._lock:
                accounts = self._public().get_accounts()
            return str(accounts[0].get("username") or accounts[0]["home_account_id"]).lower() if accounts else ""
        return (options.user or "").lower()

    def not_accepted(self) -> NeedsLogin:
        """What to say when every new token is refused, too."""
        fix = f'Run: syncd login "{self._options.name}"'
        if self._options.token_command:
            fix = f"See what it prints: {self._options.token_command}"
        elif self._options.certificate:
            fix = f"Check user and tenant; {DOCS} leads through it."
        return NeedsLogin("Microsoft accepts none of the tokens.", where=self._options.name, fix=fix)

    def _silently(self, *, fresh: bool = False) -> str:
        app = self._public()
        accounts = app.get_accounts()
        again = f'Run: syncd login "{self._options.name}"'
        if not accounts:
            raise NeedsLogin("nobody has logged in yet.", where=self._options.name, fix=again)
        result = self._asked(
            lambda: app.acquire_token_silent_with_error(
                scopes_of(self._options), account=accounts[0], force_refresh=fresh
            )
        )
        if not result or "access_token" not in result:
            raise refused(result or {}, self._options.name, again)
        return str(result["access_token"])

    def _by_certificate(self, *, fresh: bool = False) -> str:
        app = self._confidential()
        if fresh:
            app.remove_tokens_for_client()
        result = self._asked(lambda: app.acquire_token_for_client(scopes=[f"{_resource(self._options)}/.default"]))
        if "access_token" not in result:
            raise refused(
                result, self._options.name, f"Check certificate, client_id and tenant; {DOCS} leads through it."
            )
        return str(result["access_token"])

    def _asked(self, ask: Callable[[], Any]) -> Any:
        from msal.exceptions import MsalError

        try:
            return ask()
        except (OSError, ValueError, RuntimeError, MsalError) as error:
            # requests' errors are OSErrors; msal raises the others when it looks for the tenant's doors
            raise broken(error, self._options) from error

    def _public(self) -> Any:
        if self._app is None:
            import msal

            self._cache = msal.SerializableTokenCache()
            kept = self._secrets.get(self._options.name)
            if kept:
                self._cache.deserialize(kept)
            self._app = self._asked(
                lambda: msal.PublicClientApplication(
                    client_id(self._options),
                    token_cache=self._cache,
                    **self._doors(),
                )
            )
        return self._app

    def _confidential(self) -> Any:
        if self._app is None:
            import msal

            file = self._options.certificate
            assert file is not None
            try:
                pem = file.read_text()
                thumbprint = _thumbprint(pem)
            except (OSError, ValueError) as error:
                fix = "Name a PEM file with certificate and private key under certificate."
                raise NeedsLogin(f"{file} cannot be read: {error}.", where=self._options.name, fix=fix) from error
            self._app = self._asked(
                lambda: msal.ConfidentialClientApplication(
                    client_id(self._options),
                    client_credential={"private_key": pem, "public_certificate": pem, "thumbprint": thumbprint},
                    **self._doors(),
                )
            )
        return self._app

    def _doors(self) -> dict[str, Any]:
        """Where msal finds the login server. Of one that Microsoft's public cloud does not know it must not ask."""
        doors: dict[str, Any] = {"authority": f"{authority_of(self._options)}/{self._options.tenant}"}
        if self._options.authority:
            doors["instance_discovery"] = False
        from connectors.microsoft.login_line import LoginLine

        doors["http_client"] = self._http_client or LoginLine(self._options.ca_file, self._options.name)
        return doors

    def _keep(self) -> None:
        if self._cache is not None and self._cache.has_state_changed:
            self._secrets.put(self._options.name, self._cache.serialize())

    def log_in(self, *, browser: bool = True, tell: Callable[[str], object] = print) -> str:
        """Lead the owner through the login; returns a sentence on how it went.

        Args:
            browser: a browser on this machine, by a loopback address with PKCE; else a code to type on another
                device, which many administrators block.
            tell: shows the owner what to do.

        Raises:
            NeedsLogin: it was refused; the error says why and what to ask for.
        """
        if self._options.token_command or self._options.certificate:
            return f'"{self._options.name}" needs no login: the config names where its token comes from.'
        app = self._public()
        result = self._asked(lambda: self._interactively(app, tell) if browser else self._by_code(app, tell))
        if "access_token" not in result:
            raise refused(result, self._options.name, "Try again; without a browser on this machine: --no-browser.")
        self._keep()
        return f'"{self._options.name}" is logged in. Try it with: syncd sync'

    def _interactively(self, app: Any, tell: Callable[[str], object]) -> Json:
        tell("Your browser opens. Log in there and accept.")
        result: Json = app.acquire_token_interactive(
            scopes=scopes_of(self._options),
            timeout=300,
            prompt="select_account",
            auth_uri_callback=lambda link: tell(f"No browser opened. Open this page in one on this machine: {link}"),
        )
        return result

    def _by_code(self, app: Any, tell: Callable[[str], object]) -> Json:
        flow: Json = app.initiate_device_flow(scopes=scopes_of(self._options))
        if "user_code" not in flow:
            return flow
        tell(str(flow["message"]))
        result: Json = app.acquire_token_by_device_flow(flow)
        return result


def client_id(options: MicrosoftAccountOptions) -> str:
    """The app registration's id.

    Raises:
        ConnectorError: the config has none.
    """
    if options.client_id is None:
        fix = f"Register an app and write its id under client_id. {DOCS} leads you through it."
        raise ConnectorError("Microsoft wants to know which program asks.", where=options.name, fix=fix)
    return options.client_id


def _thumbprint(pem: str) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    certificate = x509.load_pem_x509_certificate(pem.encode())
    return certificate.fingerprint(hashes.SHA1()).hex()  # noqa: S303 - Entra names certificates by it


def hosts(options: MicrosoftAccountOptions) -> tuple[str, ...]:
    """The hosts that an account at Microsoft contacts."""
    from urllib.parse import urlsplit

    own = str(urlsplit(options.endpoint or GRAPH).hostname)
    return (own,) if options.token_command else (own, str(urlsplit(authority_of(options)).hostname))
