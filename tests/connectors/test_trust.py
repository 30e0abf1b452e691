"""Which servers an account trusts, and what is said of a `ca_file` that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.connector import ConnectorError
from connectors.google.access import Transports
from connectors.microsoft.graph import Graph
from connectors.microsoft.login import Tokens
from connectors.microsoft.login_line import LoginLine
from connectors.patience import Patience
from connectors.secrets import Forgetful
from connectors.trust import trusted
from tests.fakes.certificate import server_side, write_certificate
from tests.fakes.wire import Request, Response, serving
from tests.google.door import gmail_options
from tests.microsoft.gate import mail_options


def answer(request: Request) -> Response:
    return Response.of({"path": request.path})


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_ca_file_stands_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Many a company's machine sets these, and requests takes them for the better word."""
    for name in ("own", "other"):
        (tmp_path / name).mkdir()
        write_certificate(tmp_path / name)
    monkeypatch.setenv(variable, str(tmp_path / "other" / "ca.pem"))
    with (
        serving(answer, server_side(tmp_path / "own")) as url,
        LoginLine(tmp_path / "own" / "ca.pem", "mail") as line,
    ):
        assert line.get(f"{url}/there").json() == {"path": "/there"}


def test_without_a_ca_file_the_environment_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with serving(answer, server_side(tmp_path)) as url, LoginLine(None, "mail") as line:
        assert line.get(f"{url}/there").status_code == 200


@pytest.mark.parametrize("there", [False, True])
def test_a_ca_file_that_is_none(tmp_path: Path, there: bool) -> None:
    """No client takes it for a server that does not answer, to try it for hours."""
    file = tmp_path / "ca.pem"
    if there:
        file.write_text("no certificate")
    outlook, gmail = mail_options(ca_file=file, token_command="echo token"), gmail_options(ca_file=file)
    ways = (
        lambda: trusted(file, "mail"),
        lambda: Graph(outlook, Tokens(outlook, Forgetful()), Patience()).get("/messages"),
        lambda: Tokens(mail_options(ca_file=file), Forgetful()).get(),
        lambda: Transports(gmail, Forgetful()).plain(),
    )
    for way in ways:
        with pytest.raises(ConnectorError, match=r"ca\.pem cannot be read") as told:
            way()
        assert told.value.fix == "Correct ca_file: a PEM file is wanted."
