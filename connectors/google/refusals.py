"""What a failure at Google means: try again, log in, wait, missing, gone, or a defect."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.connector import ConnectorError, NeedsLogin, Throttled
from connectors.patience import Again, Clock, retry_after

TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "concurrentLimitExceeded", "RATE_LIMIT_EXCEEDED"})
OVER = frozenset({"quotaExceeded", "dailyLimitExceeded"})
TOO_NARROW = frozenset({"insufficientPermissions", "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
SWITCHED_OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})


ENDED, SCOPES, KEY = "ended", "scopes", "key"
"""Why the login is refused: it has come to its end, or it lacks permissions."""


class Missing(Exception):
    """The thing that was asked for is not there (404); the caller knows what that means."""


class Gone(Exception):
    """The cursor is not good any more (410)."""


class Misunderstood(ConnectorError):
    """The request is not one that Google knows (400): a cursor of another time, or a defect of ours."""


class Stale(Again):
    """The access token is not accepted, though it should still be good."""


_UNTIL = re.compile(r"Retry after (\d{4}-\d\d-\d\dT[\d:.]+Z)", re.IGNORECASE)
"""Gmail writes into the message of a 403 for how long the mailbox is closed to us."""

_ABSENT: Mapping[int, type[Exception]] = {404: Missing, 410: Gone}


class Refusals:
    """Sorts the failures of one account. `api` is the API's name; `remedy` what to do when the login is refused, by
    why it is."""

    def __init__(self, account: str, api: str, clock: Clock, remedy: Callable[[str], str]) -> None:
        self._account, self._name, self._clock, self._remedy = account, api, clock, remedy

    def sorted(self, error: Exception, name: str) -> Exception:
        """What a failure means: try again, log in, wait, missing, gone, or a defect."""
        from google.auth import exceptions as auth
        from googleapiclient.errors import HttpError
        from httplib2 import HttpLib2Error

        if isinstance(error, ConnectorError):
            return error
        if isinstance(error, HttpError):
            return self._refusal(error, name)
        if isinstance(error, auth.RefreshError):
            return self.no_login(error)
        if isinstance(error, ssl.SSLCertVerificationError):
            fix = "If it is a private server, name its certificate under ca_file."
            return ConnectorError(f"the server's certificate is not trusted: {error}.", where=self._account, fix=fix)
        if isinstance(error, (auth.TransportError, HttpLib2Error, OSError, TimeoutError)) or "IncompleteRead" in repr(
            error
        ):
            return Again(f"Google does not answer ({type(error).__name__})")
        return error

    def no_login(self, error: Exception) -> Exception:
        if getattr(error, "retryable", False):
            return Again("Google's login server does not answer")
        said = str(error.args[0]).rstrip(".") if error.args else "it is not good any more"
        what = f"Google no longer accepts the login ({said[:200]})."
        return NeedsLogin(what, where=self._account, fix=self._remedy(KEY if "JWT Signature" in said else ENDED))

    def _refusal(self, error: Any, name: str) -> Exception:
        status = int(error.resp.status)
        reason, message = _said(error)
        after = retry_after(error.resp.get("retry-after"), self._clock.now)
        if status in _ABSENT:
            return _ABSENT[status](message)
        if status == 401:
            return Stale("Google does not accept the access token")
        if status == 429 or (status == 403 and reason in TOO_FAST):
            return Again("Google asks for patience", after=self._closed_for(message, after), throttled=True)
        if status == 403 and reason in OVER:
            return Throttled(
                "the quota of this day is used up.", retry_after=3600, where=self._account, fix="It goes on tomorrow."
            )
        if status >= 500 or status < 300:  # the client library calls a garbled answer to a batch an error too
            return Again(f"Google fails with {status}", after=after)
        return self._forbidden(status, reason, name, message)

    def _closed_for(self, message: str, after: float | None) -> float | None:
        """Seconds to wait, by the header or by the moment that the message names."""
        until = _UNTIL.search(message)
        if until is None:
            return after
        wait = (datetime.fromisoformat(until[1]) - self._clock.now).total_seconds()
        return max(after or 0.0, wait)

    def _forbidden(self, status: int, reason: str, name: str, message: str) -> ConnectorError:
        where = self._account
        if status == 403 and (reason in SWITCHED_OFF or "has not been used in project" in message):
            api = "Gmail API" if self._name.startswith("gmail") else "Google Calendar API"
            fix = "Enable it there (docs/google.md), wait a minute, then run: syncd sync"
            return ConnectorError(f"the {api} is not enabled in your Google project.", where=where, fix=fix)
        if status == 403 and (reason in TOO_NARROW or "insufficient authentication scopes" in message):
            what = f"a permission is missing or was taken back (Google refuses {name})."
            return NeedsLogin(what, where=where, fix=self._remedy(SCOPES))
        if status == 403 or reason == "failedPrecondition":
            return ConnectorError(f"Google refuses {name}: {message}.", where=where, fix="See docs/google.md.")
        return Misunderstood(f"Google does not understand {name} ({status}): {message}.", where=where)


def _said(error: Any) -> tuple[str, str]:
    """Reason and message of an error answer, in either of Google's shapes."""
    try:
        told = json.loads(error.content)["error"]
    except (ValueError, TypeError, KeyError):
        return "", str(error.resp.reason)
    if not isinstance(told, dict):
        return "", str(told)
    details = [one for one in told.get("details") or () if isinstance(one, dict) and one.get("reason")]
    errors = told.get("errors") or details or [{}]
    return str(errors[0].get("reason") or told.get("status") or ""), str(told.get("message") or "").rstrip(".")
