"""The first config: `syncd init`, once it knows the answers."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from syncd.config.editing import replace
from syncd.config.reading import parse
from syncd.config.sample import sample


def first_config(
    file: Path,
    addresses: Sequence[str],
    places: Mapping[str, Sequence[Path | str]],
    *,
    name: str | None = None,
    timezone: str | None = None,
) -> None:
    """Write a commented config to `file`. `places`: kind of account to the paths of such accounts; a calendar may lie
    at an address of the web.

    Raises:
        ConfigProblems: what was given makes no valid config; nothing was written.
    """
    owner = {"addresses": list(addresses) or None, "name": name, "timezone": timezone}
    accounts: list[dict[str, Any]] = []
    for kind, paths in places.items():
        for place in paths:
            taken = {account["name"] for account in accounts}
            accounts.append({"kind": kind, **_account(str(place), kind, taken)})
    text = sample({"owner": owner}, accounts)
    parse(text, file)
    replace(file, text)


def _account(place: str, kind: str, taken: set[str]) -> dict[str, Any]:
    """Name and place of an account."""
    if is_address(place):  # the last part of its path may be a secret, and every published calendar is `basic.ics`
        return {"name": _free_name("calendar", taken), "endpoint": place}
    path = Path(place).expanduser()
    return {"name": _free_name(path.stem or kind, taken), "path": path.absolute()}


def is_address(place: str) -> bool:
    """Whether it lies on the web."""
    return "://" in place


def kind_of(place: str | Path) -> str:
    """Which kind of account lies at this path or address, judged by what is there."""
    if is_address(str(place)):
        return "ics"
    path = Path(place).expanduser()
    if path.is_dir():
        if any((folder / "cur").is_dir() for folder in (path, *path.iterdir())):
            return "maildir"
        return "ics" if next(path.rglob("*.ics"), None) is not None else "mbox"
    return "ics" if _first_bytes(path).lstrip().upper().startswith(b"BEGIN:VCALENDAR") else "mbox"


def _first_bytes(path: Path) -> bytes:
    if not path.is_file():
        return b"BEGIN:VCALENDAR" if path.suffix.lower() == ".ics" else b""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        return stream.read(64).removeprefix(b"\xef\xbb\xbf")


def _free_name(wanted: str, taken: set[str]) -> str:
    name, number = wanted[:60], 2
    while name in taken:
        name, number = f"{wanted[:60]} {number}", number + 1
    return name
