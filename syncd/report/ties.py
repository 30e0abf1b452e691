"""What the report says of the whole circle: who is close, whether key people have privileges, what was given and
received, and what was weathered."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from rules.health.assessment import Facet, Portfolio
from rules.health.facets import SIDES
from rules.health.suggestions import often
from syncd.report import words

NAMES = 5  # in a line
UNMARKED = 3
WEATHERED = 2
# What somebody did who gave, with the number of times.
_GIFTS = {
    "visits": "asked to meet {times}",
    "unasked": "wrote or called without business {times}",
    "thanks": "said thank you {times}",
    "introductions": "introduced people {times}",
    "answers": "answered {times}",
}


def closeness(portfolio: Portfolio, names: Mapping[str, str], key: Collection[str]) -> tuple[str, ...]:
    """Who could be called in a crisis, and where that differs from whom the owner calls key. `names`: id -> name of
    everybody who may be named."""
    return tuple(
        filter(None, (*_lists(portfolio, names, key), _privileges(portfolio), *_weathered(portfolio, names)))
    )


def _lists(portfolio: Portfolio, names: Mapping[str, str], key: Collection[str]) -> Iterator[str]:
    bench = [f"{names[one]} (key)" if one in key else names[one] for one in portfolio.bench if one in names]
    if bench:
        size = portfolio.measures.get("bench")
        if size is None or size.value <= NAMES:
            yield f"You could call in a crisis: {words.listed(bench[:NAMES])}."
        else:
            before = "" if size.year_ago is None else f" ({size.year_ago:.0f} a year ago)"
            first = words.listed(bench[:NAMES])
            yield f"You could call {size.value:.0f} people in a crisis{before}, {first} first of all."
    for line, people, most in (
        ("Key to you, but not close of late: {}.", portfolio.key_but_distant, NAMES),
        ("Close to you, but not marked as key: {}.", portfolio.close_but_not_key, UNMARKED),
    ):
        found = [names[one] for one in people if one in names][:most]
        if found:
            yield line.format(words.listed(found))


def _privileges(portfolio: Portfolio) -> str:
    """Whether key people get faster answers and more visits than others."""
    hours, visits = (
        tuple(portfolio.measures.get(f"{measure}_{who}") for who in ("key", "others"))
        for measure in ("your_answer_to", "visits_with")
    )
    said = []
    if hours[0] and hours[1]:
        key, others = map(_hours, filter(None, hours))
        slower = "others as well" if key == others else f"others in {others}"
        said.append(f"Key people get your answers in {key}, {slower}.")
    if visits[0] and visits[1]:
        said.append(_visits(visits[0].value, visits[1].value))
    return " ".join(filter(None, said))


def _visits(key: float, others: float) -> str:
    """How often the owner met each of them in person; of nobody nothing."""
    of_key, of_others = (_on_average(often) for often in (key, others))
    if not of_key and not of_others:
        return ""
    if not of_key:
        said = f"none of the key people in person, each of the others {of_others}"
    else:
        rest = f"each of the others {of_others}" if of_others else "nobody else"
        said = f"each key person in person {of_key}, {rest}"
    return f"In half a year you met {said}, on average."


def _on_average(number: float) -> str:
    """2.2 times; empty where it is not even 0.1."""
    said = f"{number:.1f}".removesuffix(".0")
    return "" if said == "0" else {"1": "once", "2": "twice"}.get(said, f"{said} times")


def _hours(facet: Facet) -> str:
    return words.counted(max(1, round(facet.value)), "hour")


def _weathered(portfolio: Portfolio, names: Mapping[str, str]) -> Iterator[str]:
    known = [burst for burst in portfolio.weathered if burst.person in names and burst.back is not None]
    for burst in known[:WEATHERED]:
        assert burst.back is not None
        yield (
            f"Weathered: after {burst.mails} emails in two weeks with others copied in ({words.month(burst.first)}), "
            f"you and {names[burst.person]} have been back in personal contact since {words.day(burst.back)}."
        )


def given(portfolio: Portfolio) -> tuple[str, ...]:
    """What the owner gave in the last quarter, and what was received; empty where nothing was."""
    lines = []
    for side, who in zip(SIDES, ("You", "Others"), strict=True):
        found = [
            said.format(times=often(round(facet.value)))
            for kind, said in _GIFTS.items()
            if (facet := portfolio.measures.get(f"{side}_{kind}")) is not None and facet.value >= 1
        ]
        if found:
            lines.append(f"{who} {words.listed(found)}.")
    return tuple(lines)
