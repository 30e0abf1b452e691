"""The way to Microsoft's login server, as msal asks for it: a session of requests that keeps to the account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from connectors.trust import trusted

TIMEOUT = 60.0


class LoginLine(requests.Session):
    """Waits for an answer no longer than `TIMEOUT` seconds, and trusts the account's `ca_file` alone, where there is
    one: by itself requests would put REQUESTS_CA_BUNDLE of the environment before it."""

    def __init__(self, ca_file: Path | None, account: str) -> None:
        super().__init__()
        if ca_file:
            trusted(ca_file, account)  # requests would take a wrong file for a line that is down
        self.verify = str(ca_file) if ca_file else True
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(max_retries=1))

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """See requests: a `verify` that is no path is looked for in the environment."""
        wanted = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, wanted, cert)

    def request(self, *arguments: Any, **more: Any) -> requests.Response:
        """See requests."""
        return super().request(*arguments, **{"timeout": TIMEOUT, **more})
