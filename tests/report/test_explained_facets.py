"""What `syncd explain` says of facets: what each means, and nothing where nothing was counted."""

from __future__ import annotations

from rules.health.assessment import Facet, Status
from rules.health.facets import AMOUNTS, MEASURES, facets, window
from syncd.explain import _MEANS, _facet, _verdict
from tests.health.desks import contact, sunday_of
from tests.report.weeks_made_up import ILSE, assessment


def test_every_facet_is_explained() -> None:
    known = {*MEASURES, *AMOUNTS, "open_with_you", "open_with_them", "rhythm"}
    assert known == _MEANS.keys()
    lines = list(_verdict(assessment(ILSE, Status.DRIFTING, facets={"continuity": Facet(0.5, 0.3, 0.7)})))
    assert lines[-2].startswith("  continuity")
    assert lines[-1] == "    months with personal contact"


def test_where_nothing_was_counted_stands_a_dash_and_the_past() -> None:
    """Somebody met for a year and then never again: what nobody did has no share of anything."""
    items = [contact(ILSE.id, week) for week in range(50)]
    found = facets(window(items, (), sunday_of(110)))
    assert found["richness"].counted == 0
    assert _facet("richness", found["richness"]).split() == ["richness", "—,", "before", "95%"]
    assert _facet("answered_by_you", found["answered_by_you"]).split() == ["answered", "by", "you", "—"]
    assert "—" not in _facet("continuity", found["continuity"]), "months pass whether anybody is met or not"
    assert "0.0 hours" in _facet("hours_met", found["hours_met"])


def test_the_probability_is_left_out_where_a_status_has_none() -> None:
    (first, *_) = _verdict(assessment(ILSE, Status.ENDED, probability=None))
    assert "probability" not in first


def test_names_and_reasons_are_plain_text() -> None:
    told = assessment(ILSE, Status.DRIFTING, "Mail from billing@nordkai.example went on.", facets={})
    assert "billing@nordkai.example" in "\n".join(_verdict(told))
