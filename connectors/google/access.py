"""Access to Google's APIs: by the owner's login, a service account, or a command that prints a token.

Kept between runs is what google-auth calls authorised-user info, as JSON, under the account's name in the secrets.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connectors.connector import NeedsLogin
from connectors.google.refusals import KEY, SCOPES
from connectors.options import GoogleAccountOptions
from connectors.secrets import Secrets, from_command
from connectors.trust import trusted

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

    from connectors.google.service import Http

Json = dict[str, Any]

GMAIL_SCOPES = ("https://www.googleapis.com/auth/gmail.metadata",)
CALENDAR_SCOPES = (
    "https://www.googleapis.com/auth/calendar.events.readonly",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
)
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
TIMEOUT = 60.0

for _talkative in ("requests_oauthlib", "oauthlib"):  # at DEBUG they write tokens and codes into the log
    logging.getLogger(_talkative).setLevel(logging.WARNING)


def scopes_of(options: GoogleAccountOptions) -> tuple[str, ...]:
    """The smallest scopes that the account's kind works with."""
    return GMAIL_SCOPES if options.kind == "gmail" else CALENDAR_SCOPES


class Transports:
    """Makes an authorised transport for every thread; all share one login, kept in the secrets when renewed."""

    def __init__(
        self, options: GoogleAccountOptions, secrets: Secrets, plain: Callable[[], Http] | None = None
    ) -> None:
        self._options, self._secrets = options, secrets
        self._plain = plain or self._plain_http
        self._credentials: Credentials | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Http:
        """An authorised transport; nothing is sent yet.

        Raises:
            NeedsLogin: there is no login.
        """
        return _Authorised(self)

    def request(self, http: Http, uri: str, method: str, body: Any, headers: Json, more: Json) -> tuple[Any, bytes]:
        """Send with a good access token; a token that has run out is renewed first."""
        with self._lock:
            credentials = self._login()
            if not credentials.valid:
                self._refresh(credentials)
            credentials.apply(headers)  # type: ignore[no-untyped-call]
        return http.request(uri, method=method, body=body, headers=headers, **more)

    def plain(self) -> Http:
        return self._plain()

    def remedy(self, why: str) -> str:
        """What to do when the login is refused: it has ended, a permission is lacking, or the key is none."""
        options, scopes = self._options, ", ".join(scopes_of(self._options))
        if options.token_command:
            good = f"that allows {scopes}" if why == SCOPES else "that is still good"
            return f"See whether this command prints a token {good}: {options.token_command}"
        if options.service_account_file and why == KEY:
            return f"Make a new key of the service account and save it as {options.service_account_file}."
        if options.service_account_file:
            return f"Let the service account act for {options.user} with {scopes} (docs/google.md, delegation)."
        if why == SCOPES:
            return f'Run: syncd login "{options.name}" and tick every box.'
        return f'Run: syncd login "{options.name}". If this happens every week, see docs/google.md, "every week".'

    def renew(self) -> bool:
        """The access token was refused though it should be good: get another."""
        with self._lock:
            self._refresh(self._login())
        return True

    def _plain_http(self) -> Http:
        import httplib2

        ca = None
        if self._options.ca_file:
            trusted(self._options.ca_file, self._options.name)  # httplib2 takes it for a line that is down
            ca = str(self._options.ca_file)
        http: Http = httplib2.Http(timeout=TIMEOUT, ca_certs=ca)
        return http

    def _refresh(self, credentials: Credentials) -> None:
        from google_auth_httplib2 import Request

        http = self._plain()
        try:
            credentials.refresh(Request(http))  # type: ignore[no-untyped-call]
        finally:
            _close(http)
        if hasattr(credentials, "to_json") and getattr(credentials, "refresh_token", None):
            kept = json.loads(self._secrets.get(self._options.name) or "{}")
            self._secrets.put(self._options.name, json.dumps(kept | json.loads(credentials.to_json())))

    def _login(self) -> Credentials:
        if self._credentials is None:
            self._credentials = credentials_of(self._options, self._secrets)
        return self._credentials


class _Authorised:
    """One thread's transport. `remedy`: what to do when the login is refused."""

    def __init__(self, transports: Transports) -> None:
        self._transports, self._http = transports, transports.plain()
        self.remedy = transports.remedy

    def renew(self) -> bool:
        return self._transports.renew()

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **more: Any
    ) -> tuple[Any, bytes]:
        return self._transports.request(self._http, uri, method, body, dict(headers or {}), more)

    def close(self) -> None:
        _close(self._http)


def _close(http: Http) -> None:
    close = getattr(http, "close", None)
    if close:
        close()


def credentials_of(options: GoogleAccountOptions, secrets: Secrets) -> Credentials:
    """The login by whichever way the config names.

    Raises:
        NeedsLogin: none of them leads anywhere; the error says which command to type.
    """
    if options.token_command:
        return _from_command(options)
    if options.service_account_file:
        return _delegated(options, options.service_account_file)
    from google.oauth2.credentials import Credentials

    kept = secrets.get(options.name)
    if kept is None:
        raise NeedsLogin("nobody has logged in yet.", where=options.name, fix=f'Run: syncd login "{options.name}"')
    info = json.loads(kept)
    missing = set(scopes_of(options)) - set(info.get("scopes") or ())
    if missing:
        what = f"the login does not cover {', '.join(sorted(missing))}."
        fix = f'Run: syncd login "{options.name}" and tick every box.'
        raise NeedsLogin(what, where=options.name, fix=fix)
    credentials = Credentials.from_authorized_user_info(info)  # type: ignore[no-untyped-call]
    # google-auth reads everything from there but the address, for which it always takes Google's own.
    there: Credentials = credentials.with_token_uri(info.get("token_uri") or TOKEN_URI)
    return there


def _from_command(options: GoogleAccountOptions) -> Credentials:
    from google.oauth2.credentials import Credentials

    def fetch(request: object, scopes: Sequence[str]) -> tuple[str, datetime]:
        del request, scopes
        token = from_command(options.token_command or "", options.name)
        # google-auth counts in naive UTC; the command is asked again before a usual token runs out.
        return token, datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=45)

    return Credentials(None, refresh_handler=fetch, scopes=list(scopes_of(options)))  # type: ignore[no-untyped-call]


def _delegated(options: GoogleAccountOptions, file: Path) -> Credentials:
    """A service account with domain-wide delegation, acting for `user`."""
    from google.oauth2.service_account import Credentials

    if not options.user:
        raise NeedsLogin(
            "a service account must know for whom it acts.",
            where=options.name,
            fix='Write user = "you@your-domain" into the account.',
        )
    try:
        key: Credentials = Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
            str(file), scopes=list(scopes_of(options))
        )
    except (OSError, ValueError) as error:
        fix = "Name the JSON key of the service account under service_account_file."
        raise NeedsLogin(f"{file} is no key of a service account: {error}.", where=options.name, fix=fix) from error
    delegated: Credentials = key.with_subject(options.user)  # type: ignore[no-untyped-call]
    return delegated


def hosts(options: GoogleAccountOptions, api: str) -> tuple[str, ...]:
    """The hosts that an account of Google contacts, the owner's browser included."""
    own = urlsplit(options.endpoint).hostname if options.endpoint else None
    if options.token_command:
        return (own or api,)
    told = _uris(options)
    logins = (told.get("token_uri", TOKEN_URI), told.get("auth_uri", "https://accounts.google.com"))
    wanted = logins[:1] if options.service_account_file else logins
    return tuple(dict.fromkeys((own or api, *(urlsplit(uri).hostname or uri for uri in wanted))))


def _uris(options: GoogleAccountOptions) -> dict[str, str]:
    """Where the owner's client or service account logs in, as its file says."""
    file = options.service_account_file or options.client_file
    try:
        told = json.loads(file.read_text()) if file else {}
        told = told.get("installed", told)
        return {key: str(told[key]) for key in ("token_uri", "auth_uri") if told.get(key)}
    except (OSError, ValueError, AttributeError):
        return {}
