"""Single calls to Graph and batches of them: what is asked again, what is not, and after how long."""

from __future__ import annotations

import json

import httpx
import pytest

from connectors.connector import ConnectorError, NeedsLogin, Throttled, Unreachable
from connectors.microsoft.graph import IN_A_BATCH, Graph
from tests.fakes.microsoft.server import FakeMicrosoft
from tests.microsoft.gate import FixedTokens, mail_options, patience


class Server:
    """Answers batches as it is told: for each part a list of answers, of which the last one stays."""

    def __init__(self, answers: dict[str, list[tuple[int, dict[str, str]]]]) -> None:
        self.fake = FakeMicrosoft()
        self.asked: list[tuple[float, list[str]]] = []
        self._answers = answers
        options = mail_options()
        transport = httpx.MockTransport(self._answer)
        self.graph = Graph(options, FixedTokens(self.fake, options), patience(self.fake), transport=transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        parts = json.loads(request.content)["requests"]
        paths = [part["url"].removeprefix("/me") for part in parts]
        assert all('IdType="ImmutableId"' in part["headers"]["Prefer"] for part in parts)
        self.asked.append((self.fake.clock.monotonic(), paths))
        told = []
        for part, path in zip(parts, paths, strict=True):
            waiting = self._answers.get(path, [(200, {})])
            status, headers = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            body = {"id": path} if status == 200 else {"error": {"code": "x", "message": "y"}}
            told.append({"id": part["id"], "status": status, "headers": headers, "body": body})
        return httpx.Response(200, json={"responses": told[::-1]})


def test_only_throttled_parts_are_asked_again_and_not_too_soon() -> None:
    server = Server(
        {
            "/b": [(429, {"Retry-After": "20"}), (200, {})],
            "/c": [(429, {"retry-after": "50"}), (429, {"Retry-After": "5"}), (200, {})],
            "/d": [(404, {})],
            "/e": [(424, {}), (200, {})],
            "/f": [(503, {}), (200, {})],
        }
    )
    answers = server.graph.get_all(["/a", "/b", "/c", "/d", "/e", "/f"])
    assert [answer and answer["id"] for answer in answers] == ["/a", "/b", "/c", None, "/e", "/f"]
    assert [paths for _, paths in server.asked] == [
        ["/a", "/b", "/c", "/d", "/e", "/f"],
        ["/b", "/c", "/e", "/f"],
        ["/c"],
    ]
    times = [at for at, _ in server.asked]
    assert times[1] - times[0] >= 50, "the longest wait of all parts"
    assert times[2] - times[1] >= 5


def test_a_part_that_was_refused_its_token_gets_another() -> None:
    server = Server({"/b": [(401, {}), (200, {})]})
    assert server.graph.get_all(["/a", "/b"]) == [{"id": "/a"}, {"id": "/b"}]
    assert [paths for _, paths in server.asked] == [["/a", "/b"], ["/b"]]


def test_batches_have_at_most_twenty_parts_and_each_counts() -> None:
    server = Server({})
    assert len(server.graph.get_all([f"/{number}" for number in range(45)])) == 45
    assert [len(paths) for _, paths in server.asked] == [IN_A_BATCH, IN_A_BATCH, 5]
    assert server.graph.cost().quota_units == 45


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [(429, {}, Throttled), (503, {}, Unreachable), (403, {}, NeedsLogin), (400, {}, ConnectorError)],
)
def test_a_part_that_never_succeeds_ends_the_call(
    status: int, headers: dict[str, str], error: type[ConnectorError]
) -> None:
    server = Server({"/b": [(status, headers)]})
    with pytest.raises(error):
        server.graph.get_all(["/a", "/b"])
    assert all(paths == ["/b"] for _, paths in server.asked[1:]), "what was answered is not asked again"


def test_a_gateway_that_refuses_in_html_is_waited_for() -> None:
    fake, options = FakeMicrosoft(), mail_options()
    answers = [httpx.Response(503, text="<html>busy</html>"), httpx.Response(200, text='{"val'), httpx.Response(200)]
    transport = httpx.MockTransport(lambda _: answers.pop(0))
    graph = Graph(options, FixedTokens(fake, options), patience(fake), transport=transport)
    assert graph.get("/messages") == {}
    assert answers == []


def test_the_token_goes_to_no_other_host() -> None:
    """A link of Graph's is followed on the account's own host, whatever it names."""
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, json={})

    fake, options = FakeMicrosoft(), mail_options(endpoint="https://graph.example")
    graph = Graph(options, FixedTokens(fake, options), patience(fake), transport=httpx.MockTransport(answer))
    graph.get("https://elsewhere.example/v1.0/me/messages/delta?$deltatoken=x")
    assert str(asked[0]) == "https://graph.example/v1.0/me/messages/delta?$deltatoken=x"
