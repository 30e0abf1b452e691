"""The gate before recurrence: what may be expanded at all, and what only under guard.

A few bytes of a rule can ask for years of computing (`FREQ=SECONDLY`, `INTERVAL=0`) or look for a day that never
comes (30 February, in every year up to 9999). The gate refuses the first; the second cannot be told apart from honest
rules by looking, so every rule that is not of a plainly harmless form is expanded in a process of its own.
"""

from __future__ import annotations

import re

from connectors.connector import BadItem
from connectors.icalendar.groups import value

_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_PRODUCT = 100
_RULES = 3
_DATES = 1_000
_EXCEPTIONS = 10_000
_OVERRIDES = 5_000
_EARLIEST_YEAR = 1900
_INTERVAL = 400

_START = re.compile(r"DTSTART[^:]*:\s*(\d{4})-?\d\d-?(\d\d)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d{1,9}")
_WEEKDAYS = re.compile(r"(?:[+-]?\d{1,2})?(?:MO|TU|WE|TH|FR|SA|SU)")

Rule = dict[str, list[str]]


def check(components: list[list[str]]) -> bool:
    """Whether the components of one UID can be expanded here (True) or only under guard (False).

    Raises:
        BadItem: they must not be expanded at all; the reason says why.
    """
    if len(components) > _OVERRIDES:
        raise BadItem(f"more than {_OVERRIDES} components under one UID")
    harmless = True
    for lines in components:
        rules = [parsed(value(line)) for line in lines if line[:5].upper() in ("RRULE", "EXRUL")]
        if len(rules) > _RULES:
            raise BadItem(f"more than {_RULES} recurrence rules")
        _count(lines, "RDATE", _DATES)
        _count(lines, "EXDATE", _EXCEPTIONS)
        start = next((match for line in lines if (match := _START.match(line))), None)
        for rule in rules:
            _refuse(rule)
            harmless = harmless and _is_harmless(rule, int(start[2]) if start else 31)
        if rules and start and int(start[1]) < _EARLIEST_YEAR:
            raise BadItem(f"a series that begins before {_EARLIEST_YEAR}")
    return harmless


def parsed(text: str) -> Rule:
    """A rule's parts, in upper case."""
    rule: Rule = {}
    for part in text.strip().strip(";").upper().split(";"):
        name, _, values = part.partition("=")
        rule[name.strip()] = [piece.strip() for piece in values.split(",")]
    return rule


def _count(lines: list[str], name: str, most: int) -> None:
    if sum(value(line).count(",") + 1 for line in lines if line[: len(name)].upper() == name) > most:
        raise BadItem(f"more than {most} dates in {name}")


def _refuse(rule: Rule) -> None:
    frequency = ",".join(rule.get("FREQ", ["nothing"]))
    if frequency not in _FREQUENCIES:
        raise BadItem(f"a series that repeats {frequency.lower()[:20]}; days, weeks, months and years are read")
    if "RSCALE" in rule:
        raise BadItem("a series by another calendar than the Gregorian")
    for name in ("INTERVAL", "COUNT"):
        number = ",".join(rule.get(name, ["1"]))
        if not _NUMBER.fullmatch(number) or (name == "INTERVAL" and int(number) < 1):
            raise BadItem(f"a series with {name}={number[:20]}")
    product = 1
    for name, values in rule.items():
        if name.startswith("BY"):
            product *= len(values)
    if product > _PRODUCT:
        raise BadItem(f"a series with more than {_PRODUCT} combinations in its rule")


def _is_harmless(rule: Rule, day: int) -> bool:
    """Rules that surely name a day again and again, by forms that calendar programs write; `day` of the month on
    which the series begins."""
    given = {name for name in rule if name.startswith("BY")}
    interval = int(rule.get("INTERVAL", ["1"])[0])
    if interval > _INTERVAL or not all(_WEEKDAYS.fullmatch(day) for day in rule.get("BYDAY", [])):
        return False
    frequency = rule["FREQ"][0]
    if frequency == "DAILY":
        return not given or (given == {"BYDAY"} and interval == 1)
    if frequency == "WEEKLY":
        return given <= {"BYDAY"}
    if frequency == "MONTHLY":
        return (
            not given
            or (given == {"BYDAY"} and _ordinals_within(rule, 4))
            or (given == {"BYMONTHDAY"} and _days_within(rule, 28))
            or (given == {"BYDAY", "BYSETPOS"} and _ordinals_within(rule, 0) and _positions_within(rule, 4))
        )
    return (
        not given
        or (given == {"BYMONTH"} and day <= 28)
        or (given == {"BYMONTH", "BYDAY"} and _ordinals_within(rule, 4))
        or (given == {"BYMONTH", "BYMONTHDAY"} and _days_within(rule, 28))
    )


def _ordinals_within(rule: Rule, most: int) -> bool:
    return all(abs(int(day[:-2] or 0)) <= most for day in rule["BYDAY"])


def _days_within(rule: Rule, most: int) -> bool:
    return all(_NUMBER.fullmatch(day) and 1 <= abs(int(day)) <= most for day in rule["BYMONTHDAY"])


def _positions_within(rule: Rule, a_day: int) -> bool:
    most = a_day * len(set(rule["BYDAY"]))
    return all(_NUMBER.fullmatch(place) and 1 <= abs(int(place)) <= most for place in rule["BYSETPOS"])
