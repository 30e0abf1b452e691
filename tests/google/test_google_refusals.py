"""What each refusal of Google means to the owner, in the shapes that Google answers in."""

from __future__ import annotations

import ssl
from typing import Any

import httplib2
import pytest
from googleapiclient.errors import HttpError

from connectors.connector import ConnectorError, NeedsLogin, Throttled
from connectors.google.refusals import Gone, Missing, Misunderstood, Refusals, Stale
from connectors.patience import Again
from tests.connectors.contract import NOW
from tests.fakes.clock import Clock
from tests.fakes.google.discovery import Refused
from tests.fakes.google.server import _error

LOGIN = 'Run: syncd login "work"'


def meaning(status: int, reason: str, message: str = "Told", headers: dict[str, str] | None = None) -> Exception:
    answer = _error(Refused(status, reason, message), gmail=True)
    return sorted_(HttpError(httplib2.Response({**(headers or {}), "status": str(status)}), answer.body))


def sorted_(error: Exception) -> Exception:
    return Refusals("work", "gmail.v1", Clock(NOW), lambda _: LOGIN).sorted(error, "messages.list")


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (400, "invalidArgument", Misunderstood),
        (401, "authError", Stale),
        (403, "insufficientPermissions", NeedsLogin),
        (403, "quotaExceeded", Throttled),
        (403, "dailyLimitExceeded", Throttled),
        (403, "forbidden", ConnectorError),
        (403, "domainPolicy", ConnectorError),
        (404, "notFound", Missing),
        (410, "fullSyncRequired", Gone),
        (410, "updatedMinTooLongAgo", Gone),
    ],
)
def test_what_is_not_worth_repeating(status: int, reason: str, kind: type[Exception]) -> None:
    meant = meaning(status, reason)
    assert type(meant) is kind
    if isinstance(meant, NeedsLogin):
        assert LOGIN in meant.fix
    if isinstance(meant, ConnectorError):
        assert meant.where == "work"
        assert meant.fix or isinstance(meant, Misunderstood)


@pytest.mark.parametrize(
    ("status", "reason", "throttled"),
    [
        (403, "rateLimitExceeded", True),
        (403, "userRateLimitExceeded", True),
        (403, "concurrentLimitExceeded", True),
        (429, "rateLimitExceeded", True),
        (429, "anything", True),
        (500, "backendError", False),
        (502, "", False),
        (503, "backendError", False),
    ],
)
def test_what_is_tried_again(status: int, reason: str, throttled: bool) -> None:
    meant = meaning(status, reason)
    assert isinstance(meant, Again)
    assert meant.throttled is throttled


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("Mon, 02 Mar 2026 12:01:00 GMT", 60.0), ("soon", None)])
def test_retry_after_is_honoured(header: str, seconds: float | None) -> None:
    for status in (403, 429, 503):
        meant = meaning(status, "rateLimitExceeded", headers={"retry-after": header})
        assert isinstance(meant, Again)
        assert meant.after == seconds


def test_a_moment_named_in_the_message_is_waited_for() -> None:
    meant = meaning(403, "userRateLimitExceeded", "User-rate limit exceeded.  Retry after 2026-03-02T12:15:00.000Z")
    assert isinstance(meant, Again)
    assert meant.after == 900


@pytest.mark.parametrize(
    "body", [b"<html>502</html>", b"", b"[]", b'{"error": "text"}', b'{"error": {"errors": []}}']
)
@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_an_answer_in_another_shape_is_sorted_by_its_status(status: int, body: bytes) -> None:
    """A proxy answers in HTML, and Google in more than one shape."""
    meant = sorted_(HttpError(httplib2.Response({"status": str(status)}), body))
    kinds: dict[int, Any] = {401: Stale, 403: ConnectorError, 404: Missing, 429: Again, 503: Again}
    assert isinstance(meant, kinds[status])


@pytest.mark.parametrize(
    "error",
    [ConnectionResetError("cut"), TimeoutError("slow"), OSError("no route"), httplib2.ServerNotFoundError("x")],
)
def test_a_line_that_breaks_is_tried_again(error: Exception) -> None:
    meant = sorted_(error)
    assert isinstance(meant, Again)
    assert not meant.throttled


def test_a_certificate_that_is_not_trusted_is_not() -> None:
    meant = sorted_(ssl.SSLCertVerificationError("self-signed certificate"))
    assert isinstance(meant, ConnectorError)
    assert "ca_file" in meant.fix


def test_an_api_that_is_not_enabled_names_the_step() -> None:
    message = "Gmail API has not been used in project 1 before or it is disabled."
    for meant in (meaning(403, "accessNotConfigured", message), meaning(403, "forbidden", message)):
        assert isinstance(meant, ConnectorError)
        assert not isinstance(meant, NeedsLogin)
        assert "Gmail API is not enabled" in meant.what
        assert "docs/google.md" in meant.fix


def test_an_account_without_a_mailbox() -> None:
    """Google says 400, and nothing is wrong with the request."""
    meant = meaning(400, "failedPrecondition", "Mail service not enabled")
    assert type(meant) is ConnectorError
    assert "Mail service not enabled" in meant.what


def test_a_defect_stays_one() -> None:
    error = KeyError("nothing of Google's")
    assert sorted_(error) is error
