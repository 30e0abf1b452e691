"""What no single value shows: keys that contradict each other. Looks at the parsed file, so that these problems are
reported together with wrong values elsewhere in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.endpoints import is_loopback
from syncd.config.problems import PathInFile

Contradiction = tuple[PathInFile, str, str]


def contradictions(raw: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Each as (path, what, fix)."""
    yield from _account_names(raw)
    yield from _people(raw)
    yield from _domains(raw)
    yield from _report(raw)


def _account_names(raw: Mapping[str, Any]) -> Iterator[Contradiction]:
    seen: dict[str, int] = {}
    for index, account in enumerate(_tables(raw, "account")):
        name = account.get("name")
        if not isinstance(name, str):
            continue
        if name in seen:
            what = f'= "{name}" is the name of account[{seen[name] + 1}] too'
            yield ("account", index, "name"), what, "Give each account a name of its own."
        seen.setdefault(name, index)


def _people(raw: Mapping[str, Any]) -> Iterator[Contradiction]:
    owner = raw.get("owner")
    own = set(_addresses(owner.get("addresses"))) if isinstance(owner, dict) else set()
    seen: dict[str, int] = {}
    for index, person in enumerate(_tables(raw, "person")):
        mine = _addresses(person.get("addresses"))
        for address in mine:
            if address in own:
                yield (
                    ("person", index, "addresses"),
                    f'has "{address}", which is an address of the owner',
                    "Remove it.",
                )
            elif seen.get(address, index) != index:
                what = f'has "{address}", which person[{seen[address] + 1}] has too'
                yield ("person", index, "addresses"), what, "Leave it at one of them, or make them one person."
            seen.setdefault(address, index)
        for address in set(mine) & set(_addresses(person.get("not_same"))):
            what = f'has "{address}", which stands under addresses too'
            yield ("person", index, "not_same"), what, "Leave it at one of them."


def _domains(raw: Mapping[str, Any]) -> Iterator[Contradiction]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(_tables(raw, "domain")):
        name = entry.get("domain")
        if isinstance(name, str) and seen.setdefault(name.strip().lower(), index) != index:
            what = f'= "{name}" stands in domain[{seen[name.strip().lower()] + 1}] too'
            yield ("domain", index, "domain"), what, "Make them one."


def _report(raw: Mapping[str, Any]) -> Iterator[Contradiction]:
    report = raw.get("report")
    if not isinstance(report, dict):
        return
    if "smtp" in report and "to" not in report:
        yield ("report", "smtp"), "is set, but nobody is to get the report", 'Add to = "your@address.example".'
    if "to" in report and "smtp" not in report:
        fix = 'Add smtp = "smtps://smtp.example.org", or remove `to`.'
        yield ("report", "to"), "is set, but there is no mail server to send it by", fix
    if "user" in report and "password_command" not in report:
        fix = 'Add password_command = "pass show mail".'
        yield ("report", "user"), "is set, but there is no password_command", fix
    if report.get("security") == "none" and not is_loopback(_host(report.get("smtp"))):
        fix = 'Write security = "starttls" or "tls".'
        yield ("report", "security"), '= "none" would send the report unencrypted over a network', fix


def _host(url: Any) -> str:
    try:
        return (urlsplit(url).hostname or "") if isinstance(url, str) else ""
    except ValueError:
        return ""


def _tables(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = raw.get(key)
    return [entry if isinstance(entry, dict) else {} for entry in found] if isinstance(found, list) else []


def _addresses(value: Any) -> list[str]:
    return [entry.strip().lower() for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
