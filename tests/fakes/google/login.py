"""Login at the fake Google: consent page, tokens, revocation, delegation."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tests.fakes.clock import Clock
from tests.fakes.google.discovery import Json, Refused
from tests.fakes.google.gmail import METADATA
from tests.fakes.mailbox import Mailbox
from tests.fakes.wire import Request, Response

CALENDAR_SCOPES = (
    "https://www.googleapis.com/auth/calendar.events.readonly",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
)
SECRET = "CANARYTOKEN"
"""Stands in every token and code that is given out; must never stand in a log."""
AUDIENCE = "https://oauth2.googleapis.com/token"
_PERMANENT = 10.0**12
_WEEK = 7 * 24 * 3600


@dataclass
class Grant:
    """A refresh token and what it may do. `expires`: fake seconds after which it is forgotten (7 days in Testing)."""

    scopes: frozenset[str]
    expires: float = _PERMANENT
    revoked: bool = False
    challenge: str = ""  # of PKCE


@dataclass
class FakeLogin:
    """The owner's account as far as it is a matter of logins, and the owner at the consent page."""

    clock: Clock = field(default_factory=Clock)
    mailbox: Mailbox = field(default_factory=Mailbox)
    client_id: str = "client-1.apps.googleusercontent.com"
    client_secret: str = "not-a-secret"
    allowed: frozenset[str] | None = None  # the boxes that the owner ticks on the consent page; None: all
    denied: bool = False  # the owner clicks Cancel
    testing: bool = False  # the consent screen is in "Testing": a login ends after seven days
    service_key: RSAPublicKey | None = None  # of the service account; None: there is none
    delegated: frozenset[str] = frozenset((METADATA, *CALENDAR_SCOPES))  # what a service account may ask for
    grants: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, tuple[str, float]] = field(default_factory=dict)  # access token -> (refresh token, its end)
    _codes: dict[str, Grant] = field(default_factory=dict)
    _issued: int = 0

    def grant(self, scopes: Sequence[str] = (METADATA, *CALENDAR_SCOPES), *, expires: float = _PERMANENT) -> str:
        """A refresh token, as after a login."""
        self._issued += 1
        token = f"1//refresh-{SECRET}-{self._issued}"
        self.grants[token] = Grant(frozenset(scopes), expires)
        return token

    def token_for(self, refresh: str) -> str:
        """A fresh access token, good for an hour."""
        self._issued += 1
        token = f"ya29.access-{SECRET}-{self._issued}"
        self.access[token] = (refresh, self.clock.monotonic() + 3600)
        return token

    def token(self, request: Request) -> Response:
        form = {key: values[-1] for key, values in parse_qs(request.body.decode()).items()}
        kind = form.get("grant_type", "")
        if kind == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return self._delegated(form)
        if self._client(request, form) != (self.client_id, self.client_secret):
            return Response.of({"error": "invalid_client", "error_description": "Unauthorized"}, 401)
        if kind == "authorization_code" and form.get("code") in self._codes:
            granted = self._codes.pop(form["code"])
            answer = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if granted.challenge != base64.urlsafe_b64encode(answer).decode().rstrip("="):
                return Response.of({"error": "invalid_grant", "error_description": "Invalid code verifier."}, 400)
            self._issued += 1
            refresh = f"1//refresh-{SECRET}-{self._issued}"
            more: Json = {"refresh_token": refresh}
            if self.testing:
                granted.expires = self.clock.monotonic() + _WEEK
                more["refresh_token_expires_in"] = _WEEK - 1
            self.grants[refresh] = granted
            return self._tokens(refresh, more)
        refresh = form.get("refresh_token", "")
        known = self.grants.get(refresh)
        if kind != "refresh_token" or known is None or known.revoked or known.expires <= self.clock.monotonic():
            text = "Token has been expired or revoked."
            return Response.of({"error": "invalid_grant", "error_description": text}, 400)
        return self._tokens(refresh, {})

    @staticmethod
    def _client(request: Request, form: Json) -> tuple[str, str]:
        """Id and secret, in the body or as Basic credentials: either is good (RFC 6749, 2.3.1)."""
        basic = request.headers.get("authorization", "").removeprefix("Basic ")
        if basic:
            name, _, secret = base64.b64decode(basic).decode().partition(":")
            return name, secret
        return form.get("client_id", ""), form.get("client_secret", "")

    def _tokens(self, refresh: str, more: Json) -> Response:
        scope = " ".join(sorted(self.grants[refresh].scopes))
        body = {"access_token": self.token_for(refresh), "expires_in": 3599, "scope": scope, "token_type": "Bearer"}
        return Response.of(body | more)

    def _delegated(self, form: Json) -> Response:
        """A service account that acts for the owner: it signs, `sub` must be the owner, `aud` the vendor's own
        address."""
        if self.service_key is None:
            return Response.of({"error": "invalid_grant", "error_description": "Invalid grant: no account."}, 400)
        try:  # its times are the machine's, not the fake's
            claims = jwt.decode(form["assertion"], self.service_key, ["RS256"], audience=AUDIENCE)
        except jwt.InvalidTokenError as error:
            unsigned = isinstance(error, jwt.InvalidSignatureError)
            text = "Invalid JWT Signature." if unsigned else f"Invalid JWT: {error}"
            return Response.of({"error": "invalid_grant", "error_description": text}, 400)
        asked = frozenset(claims["scope"].split())
        if claims.get("sub") != self.mailbox.address or not asked <= self.delegated:
            text = "Client is unauthorized to retrieve access tokens using this method, or not for this user."
            return Response.of({"error": "unauthorized_client", "error_description": text}, 401)
        refresh = self.grant(sorted(asked))
        return self._tokens(refresh, {})

    def consent(self, request: Request) -> Response:
        """The owner clicks Allow: the browser is sent back to the loopback address with a code."""
        self._issued += 1
        code = f"4/code-{SECRET}-{self._issued}"
        asked = frozenset((request.one("scope") or "").split())
        back = request.one("redirect_uri") or ""
        if not re.match(r"http://(127\.0\.0\.1|localhost):\d+", back) or request.one("client_id") != self.client_id:
            return Response.of({"error": "redirect_uri_mismatch"}, 400)
        if self.denied:
            query = {"error": "access_denied", "state": request.one("state") or ""}
            return Response(302, headers={"location": f"{back}?{urlencode(query)}"})
        granted = asked if self.allowed is None else asked & self.allowed
        self._codes[code] = Grant(granted, challenge=request.one("code_challenge") or "")
        query = {"code": code, "state": request.one("state") or "", "scope": " ".join(sorted(granted))}
        return Response(302, headers={"location": f"{back}?{urlencode(query)}"})

    def scopes(self, request: Request) -> frozenset[str]:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        refresh, until = self.access.get(bearer, ("", 0.0))
        grant = self.grants.get(refresh)
        if grant is None or grant.revoked or until <= self.clock.monotonic():
            raise Refused(401, "authError", "Invalid Credentials")
        return grant.scopes
