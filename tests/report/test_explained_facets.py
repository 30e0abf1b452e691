"""What `syncd explain` says of facets: what each means, and nothing where nothing was counted."""

from __future__ import annotations

from rules.health.assessment import Facet, Status
from rules.health.facets import AMOUNTS, MEASURES, SIDES, SPEEDS, facets, window
from rules.health.giving import GIFTS
from syncd.explain import _AMOUNTS, _SHARES, _verdict
from tests.health.desks import contact, sunday_of
from tests.report.weeks_made_up import ILSE, assessment


def test_every_facet_is_explained() -> None:
    gifts = {f"{side}_{kind}" for side in SIDES for kind in GIFTS}
    assert {*MEASURES, "rhythm"} == _SHARES.keys()
    assert {*AMOUNTS, *SPEEDS, *gifts, "open_with_you", "open_with_them"} == _AMOUNTS.keys()
    lines = list(_verdict(assessment(ILSE, Status.DRIFTING, facets={"continuity": Facet(0.5, 0.3, 0.7, 0.9, None)})))
    assert lines[-1].split("  ")[-1] == "of the months had personal contact; before 90%"


def test_where_nothing_was_counted_stands_a_dash_and_the_past() -> None:
    """Somebody met for a year and then never again: what nobody did has no share of anything."""
    items = [contact(ILSE.id, week) for week in range(50)]
    found = facets(window(items, (), sunday_of(110)))
    assert found["richness"].counted == 0
    lines = list(_verdict(assessment(ILSE, Status.DRIFTING, facets=found)))
    richness = next(line for line in lines if "meeting in person (video" in line)
    assert richness.split()[0] == "–"
    assert richness.endswith("; before 95%")
    assert not [line for line in lines if "you answered within" in line], "nothing was ever asked"
    assert [line for line in lines if "of the months" in line], "months pass whether anybody is met or not"
    assert not [line for line in lines if "0 times" in line and "year before" not in line]


def test_one_is_no_plural() -> None:
    one = {"given_thanks": Facet(1.0, 1.0, 1.0, unit="times"), "hours_met": Facet(1.04, 1.04, 1.04, unit="hours")}
    text = "\n".join(_verdict(assessment(ILSE, Status.DRIFTING, facets=one)))
    assert "1 time " in text
    assert "1.0 hours" in text


def test_the_probability_is_left_out_where_a_status_has_none() -> None:
    (first, *_) = _verdict(assessment(ILSE, Status.ENDED, probability=None))
    assert "sure" not in first


def test_names_and_reasons_are_plain_text() -> None:
    told = assessment(ILSE, Status.DRIFTING, "Mail from billing@nordkai.example went on.", facets={})
    assert "billing@nordkai.example" in "\n".join(_verdict(told))
