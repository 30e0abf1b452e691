"""Whose certificates an account trusts: those that everybody does, or those of its `ca_file` alone."""

from __future__ import annotations

import ssl
from pathlib import Path

from connectors.connector import ConnectorError


def trusted(ca_file: Path | None, account: str) -> ssl.SSLContext:
    """What a client checks a server's certificate with.

    Raises:
        ConnectorError: the file is no PEM file of certificates.
    """
    if ca_file is None:
        import httpx

        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except OSError as error:
        what = f"the certificates in {ca_file} cannot be read: {error.strerror or error}."
        raise ConnectorError(what, where=account, fix="Correct ca_file: a PEM file is wanted.") from error
