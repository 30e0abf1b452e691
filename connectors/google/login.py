"""Leading the owner through Google's consent page, with an OAuth client of their own."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from connectors.connector import ConnectorError, Unreachable
from connectors.endpoints import is_loopback
from connectors.google.access import scopes_of
from connectors.google.loopback import listening
from connectors.options import GoogleAccountOptions
from connectors.secrets import Secrets

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

Json = dict[str, Any]

PATIENCE = 300.0
"""Seconds that the owner has for Google's pages."""

NOWHERE = "http://127.0.0.1:1/"
"""Where the browser of another machine is sent back to: nobody listens there, but the address bar keeps the code."""

for _talkative in ("requests_oauthlib", "oauthlib"):  # at DEBUG they write tokens and codes into the log
    logging.getLogger(_talkative).setLevel(logging.WARNING)


def log_in(
    options: GoogleAccountOptions,
    secrets: Secrets,
    *,
    browser: Callable[[str], object] | None = None,
    tell: Callable[[str], object] = print,
    ask: Callable[[str], str] = input,
) -> str:
    """Lead the owner through the consent page and keep the login; returns a sentence on how it went.

    Args:
        browser: opens a URL on this machine, and answers False where it cannot; without one (`--no-browser`) the
            owner opens it elsewhere and pastes back the address of the page that then fails to load, which holds
            the code.

    Raises:
        ConnectorError: there is no OAuth client, or the consent did not come.
    """
    if options.token_command or options.service_account_file:
        return f'"{options.name}" needs no login: the config names where its token comes from.'
    attempt = _Attempt(options, _client(options))
    answer = attempt.by_loopback(browser, tell) if browser else attempt.by_pasting(tell, ask)
    credentials = attempt.exchanged(answer)
    missing = set(scopes_of(options)) - set(getattr(credentials, "granted_scopes", None) or scopes_of(options))
    if missing:
        what = f"not everything was allowed on the consent page: {', '.join(sorted(missing))} is missing."
        fix = f"{_again(options)} and tick every box; syncd asks for nothing that could show the text of a mail."
        raise ConnectorError(what, where=options.name, fix=fix)
    if not getattr(credentials, "refresh_token", None):
        fix = f"Remove syncd at https://myaccount.google.com/connections. {_again(options)}"
        raise ConnectorError("Google gave a login for one hour only.", where=options.name, fix=fix)
    info = json.loads(credentials.to_json())  # type: ignore[attr-defined]
    lasts = attempt.lasts
    if lasts is not None:
        info["ends"] = (datetime.now(UTC) + lasts).isoformat(timespec="seconds")
    secrets.put(options.name, json.dumps(info))
    return f'"{options.name}" is logged in. Try it with: syncd sync'


def ends(options: GoogleAccountOptions, secrets: Secrets) -> datetime | None:
    """When the login runs out whatever one does, if Google said so: it does in a project in "Testing"."""
    kept = secrets.get(options.name)
    told = json.loads(kept).get("ends") if kept else None
    return datetime.fromisoformat(told) if told else None


def _again(options: GoogleAccountOptions) -> str:
    return f'Run: syncd login "{options.name}"'


def _client(options: GoogleAccountOptions) -> Json:
    fix = "Create a desktop client in the Google console and name its JSON file under client_file (docs/google.md)."
    where, file = options.name, options.client_file
    if file is None:
        raise ConnectorError("Google wants to know which program asks, and no client is named.", where=where, fix=fix)
    try:
        client = json.loads(file.read_text())
    except OSError as error:
        raise ConnectorError(f"{file} cannot be read: {error.strerror}.", where=where, fix=fix) from error
    except ValueError as error:
        raise ConnectorError(f"{file} is not the JSON file of a client.", where=where, fix=fix) from error
    kinds = ", ".join(f'"{kind}"' for kind in client) if isinstance(client, dict) else ""
    if not isinstance(client, dict) or not isinstance(client.get("installed"), dict):
        kind = 'a web application, not of a "Desktop app"' if "web" in kinds else "something else than a client"
        kind = "a service account: name it under service_account_file" if "private_key" in kinds else kind
        raise ConnectorError(f"{file} is the JSON file of {kind}.", where=where, fix=fix)
    missing = {"client_id", "client_secret", "auth_uri", "token_uri"} - client["installed"].keys()
    if missing:
        what = f"{file} is not complete: {', '.join(sorted(missing))} is missing."
        raise ConnectorError(what, where=where, fix="Download it again: Clients → your client → Add secret → JSON.")
    return client


class _Attempt:
    """One walk to the consent page and back."""

    def __init__(self, options: GoogleAccountOptions, client: Json) -> None:
        from google_auth_oauthlib.flow import Flow

        self._options = options
        self._token_uri = client["installed"]["token_uri"]
        self._flow: Any = Flow.from_client_config(
            client, scopes=list(scopes_of(options)), autogenerate_code_verifier=True
        )

    def by_loopback(self, browser: Callable[[str], object], tell: Callable[[str], object]) -> str:
        """The address that this machine's browser was sent back to."""
        elsewhere = f"{_again(self._options)} --no-browser"
        with listening() as loopback:
            url, loopback.state = self._consent_page(loopback.address)
            if browser(url) is False:
                what = "no browser could be opened on this machine."
                raise ConnectorError(what, where=self._options.name, fix=elsewhere)
            tell("Your browser opens Google's page. Allow access there: tick every box.")
            answer = loopback.wait(PATIENCE)
        if answer is None:
            what = f"no answer came from the browser within {PATIENCE / 60:.0f} minutes."
            raise ConnectorError(what, where=self._options.name, fix=f"Try again, or: {elsewhere}")
        return answer

    def by_pasting(self, tell: Callable[[str], object], ask: Callable[[str], str]) -> str:
        """The address, or the code alone, that the owner copies from another browser."""
        url, _ = self._consent_page(NOWHERE)
        tell(
            f"Open this address in a browser on any machine and allow access there; tick every box:\n\n{url}\n\n"
            "The browser then shows a page that does not load. Copy the whole address of that page, which begins "
            f"with {NOWHERE}, and paste it here."
        )
        try:
            answer = ask("The address: ").strip()
        except EOFError:
            answer = ""
        if not answer:
            raise ConnectorError(
                "nothing was pasted.", where=self._options.name, fix=f"{_again(self._options)} --no-browser"
            )
        return answer

    def exchanged(self, answer: str) -> Credentials:
        """The code for the tokens; `answer` is the address that Google sent the browser to, or the code alone."""
        given = {"authorization_response": answer.replace("http://", "https://", 1)}  # loopback is as good (ibid.)
        if "://" not in answer:
            by_query = "code=" in answer or "error=" in answer
            query = f"https://127.0.0.1/?{answer.rpartition('?')[2]}"
            given = {"authorization_response": query} if by_query else {"code": answer}
        self._refused(parse_qs(urlsplit(given.get("authorization_response", "")).query).get("error", [""])[0])
        try:
            with _told_in_our_words(self._token_uri):
                self._flow.fetch_token(
                    **given, **({"verify": str(self._options.ca_file)} if self._options.ca_file else {})
                )
        except Exception as error:
            raise self._meaning(error) from error
        credentials: Credentials = self._flow.credentials
        return credentials

    @property
    def lasts(self) -> timedelta | None:
        """How long the login lasts whatever one does, if Google says so."""
        seconds = self._flow.oauth2session.token.get("refresh_token_expires_in")
        return timedelta(seconds=int(seconds)) if seconds else None

    def _consent_page(self, back: str) -> tuple[str, str]:
        """Its URL, and the state that the answer must repeat."""
        self._flow.redirect_uri = back
        with _told_in_our_words(self._token_uri):
            url, state = self._flow.authorization_url(access_type="offline", prompt="consent")
        return str(url), str(state)

    def _refused(self, reason: str) -> None:
        if not reason:
            return
        what = f"access was not allowed on Google's page ({reason})."
        fix = f"{_again(self._options)} and choose Allow (docs/google.md, when it does not work)."
        raise ConnectorError(what, where=self._options.name, fix=fix)

    def _meaning(self, error: Exception) -> ConnectorError:
        """What a failure at the token server means to the owner; the texts of the libraries mean little."""
        from requests import RequestException

        where, again = self._options.name, _again(self._options)
        if isinstance(error, RequestException):
            fix = "Look at the network, then try again; a code is good for some minutes and once."
            return Unreachable(f"{urlsplit(self._token_uri).hostname} does not answer.", where=where, fix=fix)
        reason = str(getattr(error, "error", "") or type(error).__name__)
        told = str(getattr(error, "description", "") or "").rstrip(".")
        what = f"Google did not accept the answer ({reason}{': ' if told else ''}{told})."
        match reason:
            case "invalid_client" | "unauthorized_client" | "deleted_client":
                what = f"Google does not know the client in {self._options.client_file} ({reason})."
                return ConnectorError(what, where=where, fix="Download its JSON file again (docs/google.md, step 5).")
            case "mismatching_state":
                what = "what was pasted is the answer to another login."
                return ConnectorError(
                    what, where=where, fix=f"{again} --no-browser, and paste the address it leads to."
                )
            case "invalid_grant":
                return ConnectorError(what, where=where, fix=f"A code is good for some minutes and once. {again}")
        return ConnectorError(what, where=where, fix=f"{again}, and if you paste: the whole address.")


@contextmanager
def _told_in_our_words(token_uri: str) -> Iterator[None]:
    """Switches of oauthlib that there are only as variables of the environment: a box that was not ticked is our
    message, and a token server on this machine may be plain http."""
    switches = {"OAUTHLIB_RELAX_TOKEN_SCOPE": "1"}
    parts = urlsplit(token_uri)
    if parts.scheme == "http" and is_loopback(parts.hostname or ""):
        switches["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    before = {name: os.environ.get(name) for name in switches}
    os.environ.update(switches)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
