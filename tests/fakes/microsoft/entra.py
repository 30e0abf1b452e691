"""The fake Microsoft Entra: the pages and doors by which a login comes to its tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tests.fakes.clock import Clock
from tests.fakes.microsoft.graph import Json
from tests.fakes.wire import Request, Response

MAIL = "Mail.ReadBasic"
CALENDAR = "Calendars.ReadBasic"
_HOUR = 3600

REFUSALS = {
    "declined": (65004, "access_denied", "User declined to consent to access the app."),
    "admin": (90094, "invalid_grant", "The grant requires admin permission."),
    "conditional": (53003, "invalid_grant", "Access has been blocked by Conditional Access policies."),
    "unassigned": (50105, "invalid_grant", "The signed in user is not assigned to a role for the application."),
    "second factor": (50076, "interaction_required", "You must use multi-factor authentication to access the app."),
}
"""What may be said instead of "granted": error number, OAuth's word, text."""


@dataclass
class Entra:
    """The login server of one tenant, and of one person in it.

    Attributes:
        login: how it calls itself.
        consent: "granted", or one of `REFUSALS`.
        tenants: the names under which it is known; None: any.
        certificate: the key of the certificate that the registration knows.
        pending: how often a device code is asked for before the person has typed it.
    """

    clock: Clock
    address: str
    login: str = "https://login.microsoftonline.com"
    client_id: str = "11111111-2222-3333-4444-555555555555"
    tenant: str = "t1"
    consent: str = "granted"
    tenants: frozenset[str] | None = None
    certificate: RSAPublicKey | None = None
    pending: int = 1
    refresh: dict[str, frozenset[str]] = field(default_factory=dict)
    access: dict[str, tuple[frozenset[str], float]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._codes: dict[str, tuple[frozenset[str], str | None, str]] = {}
        self._device: dict[str, frozenset[str]] = {}
        self._asked: dict[str, int] = {}
        self._issued = 0

    def token_for(self, scopes: Sequence[str] = (MAIL, CALENDAR)) -> str:
        """An access token, good for an hour."""
        self._issued += 1
        token = f"at-CANARYTOKEN-{self._issued}"
        self.access[token] = (frozenset(scopes), self.clock.monotonic() + _HOUR)
        return token

    def scopes_of(self, token: str) -> frozenset[str] | None:
        """What a token may do; None if it is not good (any more)."""
        scopes, until = self.access.get(token, (frozenset(), 0.0))
        return scopes if until > self.clock.monotonic() else None

    @staticmethod
    def is_asked(request: Request) -> bool:
        """Whether a request is for this server and not for Graph."""
        path = request.path
        return "/oauth2/v2.0/" in path or path.endswith(("/discovery/instance", "/.well-known/openid-configuration"))

    def handle(self, request: Request) -> Response:
        root = f"{self.login}/{request.path.split('/')[1]}"
        if request.path.endswith("/discovery/instance"):
            host = "login.microsoftonline.com"
            alias = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
            found = f"{self.login}/{self.tenant}/v2.0/.well-known/openid-configuration"
            return Response.of({"tenant_discovery_endpoint": found, "metadata": [alias]})
        if request.path.endswith("openid-configuration"):
            known = self.tenants is None or root.rpartition("/")[2] in self.tenants
            return _doors(root) if known else _refused(90002, "invalid_tenant", "Tenant not found.")
        if request.path.endswith("/authorize"):
            return self._authorize(request)
        form = {key: values[-1] for key, values in parse_qs(request.body.decode()).items()}
        if form.get("client_id") != self.client_id:
            return _refused(700016, "unauthorized_client", "Application was not found in the directory.")
        if request.path.endswith("/devicecode"):
            return self._devicecode(frozenset(form.get("scope", "").split()))
        return self._token(form)

    def _devicecode(self, scopes: frozenset[str]) -> Response:
        self._issued += 1
        code = f"dc-CANARYTOKEN-{self._issued}"
        self._device[code], self._asked[code] = scopes, 0
        told = {"user_code": "ABCD-1234", "verification_uri": "https://microsoft.com/devicelogin"}
        return Response.of({"device_code": code, **told, "expires_in": 900, "interval": 1, "message": "Sign in."})

    def _authorize(self, request: Request) -> Response:
        """The page in the browser. What it refuses goes back by the same way as a code."""
        back = request.one("redirect_uri") or ""
        if not re.match(r"http://localhost(:\d+)?", back):
            return Response.of({"error": "invalid_request", "error_description": "AADSTS50011: redirect URI"}, 400)
        if request.one("code_challenge_method") != "S256":
            return Response.of({"error": "invalid_request", "error_description": "AADSTS9002325: PKCE required"}, 400)
        state = request.one("state") or ""
        if self.consent == "declined":
            number, error, text = REFUSALS["declined"]
            return _back(back, {"error": error, "error_description": f"AADSTS{number}: {text}", "state": state})
        self._issued += 1
        code = f"code-CANARYTOKEN-{self._issued}"
        asked = frozenset((request.one("scope") or "").split())
        self._codes[code] = (asked, request.one("nonce"), request.one("code_challenge") or "")
        return _back(back, {"code": code, "state": state, "client_info": _encoded(_INFO)})

    def _token(self, form: dict[str, str]) -> Response:
        try:
            kind, scopes = self._granted(form)
        except _Refused as refused:
            return _refused(*refused.told)
        return Response.of(self.tokens(kind, scopes, form))

    def _granted(self, form: dict[str, str]) -> tuple[str, frozenset[str]]:
        """By which kind of grant, and what for."""
        if self.consent in REFUSALS:
            raise _Refused(*REFUSALS[self.consent])
        kind = form.get("grant_type", "")
        if kind.endswith("device_code"):
            code = form["device_code"]
            self._asked[code] += 1
            if self._asked[code] <= self.pending:
                raise _Refused(70016, "authorization_pending", "pending")
            return kind, self._device[code]
        if kind == "authorization_code":
            if form.get("code") not in self._codes:
                raise _Refused(70008, "invalid_grant", "The code has expired.")
            scopes, nonce, challenge = self._codes.pop(form["code"])
            if challenge != _digest(form.get("code_verifier", "")):
                raise _Refused(501481, "invalid_grant", "The Code_Verifier does not match the code_challenge.")
            form["nonce"] = nonce or ""
            return kind, scopes
        if kind == "refresh_token":
            if form["refresh_token"] not in self.refresh or form["refresh_token"] in self.revoked:
                raise _Refused(50173, "invalid_grant", "The grant has been revoked.")
            return kind, self.refresh[form["refresh_token"]]
        if kind != "client_credentials":
            raise _Refused(70003, "unsupported_grant_type", "")
        self._check(form.get("client_assertion", ""))
        return kind, frozenset(form.get("scope", "").split())

    def _check(self, assertion: str) -> None:
        """That it was signed with the certificate that the registration knows; its times are the machine's."""
        try:  # to whom it is addressed depends on what the config calls the tenant
            jwt.decode(assertion, self.certificate or "", ["RS256", "PS256"], options={"verify_aud": False})
        except jwt.PyJWTError as error:
            raise _Refused(700027, "invalid_client", f"Client assertion failed validation: {error}") from error

    def tokens(self, kind: str, scopes: frozenset[str], form: dict[str, str]) -> Json:
        """What a successful login brings; without a person (client credentials) it is an access token alone."""
        plain = [scope.rpartition("/")[2] for scope in scopes]
        if kind == "client_credentials":
            plain = [MAIL, CALENDAR]
        answer: Json = {"token_type": "Bearer", "expires_in": _HOUR, "scope": " ".join(sorted(scopes))}
        answer["access_token"] = self.token_for(plain)
        if kind == "client_credentials":
            return answer
        self._issued += 1
        token = f"rt-CANARYTOKEN-{self._issued}"
        self.refresh[token] = scopes
        now = int(self.clock.now.timestamp())
        claims = {"iss": f"{self.login}/{self.tenant}/v2.0", "aud": form["client_id"], "iat": now, "exp": now + _HOUR}
        claims |= {"oid": "o1", "tid": "t1", "sub": "s1", "preferred_username": self.address}
        claims |= {"nonce": form["nonce"]} if form.get("nonce") else {}
        answer |= {"refresh_token": token, "client_info": _encoded(_INFO)}
        answer["id_token"] = f"{_encoded({'alg': 'none'})}.{_encoded(claims)}."
        return answer


_INFO = {"uid": "o1", "utid": "t1"}


class _Refused(Exception):
    def __init__(self, number: int, error: str, text: str) -> None:
        super().__init__(text)
        self.told = (number, error, text)


def _doors(root: str) -> Response:
    at = f"{root}/oauth2/v2.0"
    told = {"issuer": f"{root}/v2.0", "authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/token"}
    told |= {"device_authorization_endpoint": f"{at}/devicecode", "jwks_uri": f"{root}/discovery/v2.0/keys"}
    return Response.of(told)


def _back(address: str, query: dict[str, str]) -> Response:
    return Response(302, headers={"location": f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"})


def _digest(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _encoded(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _refused(number: int, error: str, text: str) -> Response:
    told = {"error": error, "error_description": f"AADSTS{number}: {text}", "error_codes": [number]}
    return Response.of(told, 401 if error == "unauthorized_client" else 400)
