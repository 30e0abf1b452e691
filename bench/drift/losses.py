"""Where people are lost between files and verdicts: the same counts, with what the pipeline made of them put in, one
kind of thing after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.drift import product
from bench.drift.adapter import diary
from bench.drift.measure import judge
from bench.drift.records import World
from rules.health.diary import MAIL, RICH, Diary
from rules.meaning import Channel, Interaction
from syncd.ledger import Ledger

if TYPE_CHECKING:
    from bench.drift.pipeline import Run

Ints = NDArray[np.int64]


def read_back(one: Run) -> dict[int, Interaction]:
    """What became of each contact: its number -> the interaction, where there is one."""
    places = {(address, at.timestamp()): i for (address, at), i in one.writer.places.items()}
    with Ledger.open(f"sqlite:///{Path(one.folder) / 'ledger.db'}") as ledger:
        made = ledger.meaning.interactions()
    found = {}
    for item in made:
        number = places.get((item.address, item.at.timestamp()))
        if number is not None:
            found[number] = item
    return found


def tell(runs: Sequence[Run]) -> None:
    """Found and wrong on the counts alone and after each thing that the files brought in."""
    worlds = [one.world for one in runs]
    back = [read_back(one) for one in runs]
    for name, change in CHANGES.items():
        scores = [product.scores(one, told=change(one, items)) for one, items in zip(worlds, back, strict=True)]
        result = judge(worlds, scores, product.FLAG)
        print(
            f"    {name:36s} found {result.found:3d} wrong {result.false:3d} delay {result.delay():3.0f}", flush=True
        )
    _labels(worlds, back)


def _purpose(one: World, items: dict[int, Interaction]) -> Diary:
    told = diary(one)
    return replace(told, personal=_column(told.personal, items, lambda item: item.purpose.relational))


def _small(one: World, items: dict[int, Interaction]) -> Diary:
    told = diary(one)
    alone = _column(np.ones(len(told.personal)), items, lambda item: item.small)
    candidate = _column(np.ones(len(told.personal)), items, lambda item: float(not (item.standing or item.crowd)))
    return replace(told, personal=told.personal * alone, candidate=candidate > 0.5)


def _took_place(one: World, items: dict[int, Interaction]) -> Diary:
    told = diary(one)
    return replace(told, took_place=_column(told.took_place, items, lambda item: item.took_place))


def _channel(one: World, items: dict[int, Interaction]) -> Diary:
    told = diary(one)
    kind = _column(told.kind.astype(float), items, lambda item: MAIL if item.channel is Channel.EMAIL else RICH)
    return replace(told, kind=kind.astype(np.int64))


def _missing(one: World, items: dict[int, Interaction]) -> Diary:
    """Contacts that became no interaction count as traffic of the firm."""
    told = diary(one)
    kept = np.isin(np.arange(len(told.week)), list(items))
    lost = ~kept & (one.contacts.channel == 3)
    week = np.concatenate([told.traffic_week, told.week[lost]])
    firm = np.concatenate([told.traffic_organisation, one.contacts.person[lost]])
    order = np.argsort(week, kind="stable")
    columns = ("week", "address", "place", "kind", "personal", "candidate", "took_place", "ours", "theirs")
    return replace(
        told,
        **{name: getattr(told, name)[kept] for name in columns},
        traffic_week=week[order],
        traffic_organisation=firm[order],
    )


def _column(
    usual: NDArray[np.float64], items: dict[int, Interaction], of: Callable[[Interaction], float]
) -> NDArray[np.float64]:
    found = usual.copy()
    for number, item in items.items():
        found[number] = of(item)
    return found


CHANGES: dict[str, Callable[[World, dict[int, Interaction]], Diary]] = {
    "the counts": lambda one, _: diary(one),
    "with the purposes of the files": _purpose,
    "with what counts as small or standing": _small,
    "with what took place": _took_place,
    "with the channels": _channel,
    "with what was taken for traffic": _missing,
}


def _labels(worlds: Sequence[World], back: Sequence[dict[int, Interaction]]) -> None:
    """How far the pipeline's purposes agree with what was written, before and after a change."""
    for warm in (True, False):
        said = [
            item.purpose.relational
            for one, items in zip(worlds, back, strict=True)
            for number, item in items.items()
            if bool(one.contacts.labelled[number]) is warm
        ]
        share = np.array(said) > 0.5
        name = "warm" if warm else "cold"
        print(f"    written {name}: mean P(relational) {np.mean(said):.2f}, over half {share.mean():.3f}", flush=True)
