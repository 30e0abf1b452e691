"""The zones that calendars name: IANA's, Windows', vendors' spellings of both, and definitions of their own."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

_SAFE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,3}")
_OFFSET = re.compile(r"\(?(?:UTC|GMT)\s*([+-])(\d{1,2}):?(\d{2})?\)?", re.IGNORECASE)
_CITY = re.compile(r"[A-Za-z]+/[A-Za-z_]+(?:/[A-Za-z_]+)?")


@lru_cache(maxsize=1_000)
def iana(name: str) -> str | None:
    """The IANA name of the zone that a calendar calls `name`, or None if it is not known by that name.

    Knows Windows names ("W. Europe Standard Time"), names behind a vendor's prefix
    ("/freeassociation.sourceforge.net/Europe/Berlin") and fixed offsets ("GMT+0200").
    """
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    name = name.strip().strip('"').strip("/")[:200]
    for candidate in (name, WINDOWS_TO_OLSON.get(name), *_suffixes(name)):
        if candidate and is_zone(candidate):
            return candidate
    offset = _OFFSET.fullmatch(name)
    if offset and offset[3] in (None, "00"):
        return f"Etc/GMT{'-' if offset[1] == '+' else '+'}{int(offset[2])}" if int(offset[2]) <= 12 else None
    return None


def _suffixes(name: str) -> list[str]:
    parts = name.split("/")
    tails = ["/".join(parts[start:]) for start in range(1, len(parts)) if len(parts) - start > 1]
    return [*tails, *_CITY.findall(name)]


@lru_cache(maxsize=1_000)
def is_zone(name: str) -> bool:
    """Whether `name` is a zone of the IANA data base; a path such as `../../etc` is none."""
    if not _SAFE.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # ZoneInfoNotFoundError is a LookupError; a folder is an OSError
        return False
    return True


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    table: dict[str, str] = {}
    text = resources.files("tzdata").joinpath("zoneinfo/zone1970.tab").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            countries, _, zone, *_ = line.split("\t")
            table[zone] = countries.partition(",")[0]
    return table


def country(zone: str | None) -> str | None:
    """The two letters of the country in which the zone lies, for national phone numbers; None if it says none."""
    return _countries().get(zone) if zone else None
