"""The owner's desk: a fake Google on loopback, a client file, a place for secrets, a browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import HTTPRedirectHandler, build_opener, urlopen

from connectors.google import login
from connectors.google.gmail import GmailConnector
from connectors.options import GmailOptions, GoogleAccountOptions
from connectors.patience import Patience
from connectors.secrets import Forgetful
from tests.connectors.contract import NOW, Held
from tests.fakes.google.server import FakeGoogle


class Desk:
    """The owner's machine: a fake Google on loopback, the client's file, the place for secrets."""

    def __init__(self, url: str, fake: FakeGoogle, folder: Path) -> None:
        self.url, self.fake, self.folder = url, fake, folder
        self.secrets = Forgetful()
        client = {"client_id": fake.client_id, "client_secret": fake.client_secret, "token_uri": f"{url}/token"}
        (folder / "client.json").write_text(json.dumps({"installed": {**client, "auth_uri": f"{url}/auth"}}))

    def options(self, kind: type[GoogleAccountOptions] = GmailOptions, **more: Any) -> Any:
        given: dict[str, Any] = {"name": "work", "client_file": self.folder / "client.json", "endpoint": self.url}
        return kind(**given | more)

    def log_in(self, browser: Callable[[str], object] | None = None, **more: Any) -> str:
        return login.log_in(self.options(), self.secrets, browser=browser or follow, **more)

    def connector(self, **more: Any) -> GmailConnector:
        return GmailConnector(self.options(**more), self.secrets, patience=Patience(clock=self.fake.clock, seed=1))

    def sync(self, **more: Any) -> int:
        held, connector = Held(), self.connector(**more)
        try:
            for batch in connector.batches("mail", None, held, NOW):
                held.write(batch)
        finally:
            connector.close()
        return len(held.kept)


def follow(url: str) -> None:
    """A browser: the owner clicks Allow and is sent back to the loopback address."""
    threading.Thread(target=lambda: urlopen(url, timeout=10).read(), daemon=True).start()


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def where_it_leads(url: str) -> str:
    """The address of the page that does not load, as the owner copies it."""
    try:
        build_opener(_Stay).open(url, timeout=10)
    except OSError as answer:
        return str(answer.headers["location"])  # type: ignore[attr-defined]
    raise AssertionError("no redirect")
