"""What `syncd explain` says of facets: what each means, and nothing where nothing was counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from rules.health.assessment import Facet, History, Status
from rules.health.facets import AMOUNTS, MEASURES, SIDES, SPEEDS, facets, window
from rules.health.giving import GIFTS
from rules.health.people import Group
from rules.meaning import Channel, Coverage, Interaction, Purpose
from syncd.counting import Counts, counts
from syncd.explain import _AMOUNTS, _SHARES, _verdict
from tests.health.desks import contact, sunday_of
from tests.report.weeks_made_up import ILSE, assessment


def test_every_facet_is_explained() -> None:
    gifts = {f"{side}_{kind}" for side in SIDES for kind in GIFTS}
    assert {*MEASURES, "rhythm"} == _SHARES.keys()
    assert {*AMOUNTS, *SPEEDS, *gifts, "open_with_you", "open_with_them"} == _AMOUNTS.keys()
    lines = list(
        _verdict(assessment(ILSE, Status.DRIFTING, facets={"continuity": Facet(0.5, 0.3, 0.7, 0.9, None)}), {})
    )
    assert lines[-1].split("  ")[-1] == "months had personal contact; before 90%"


def test_where_nothing_was_counted_stands_a_dash_and_the_past() -> None:
    """Somebody met for a year and then never again: what nobody did has no share of anything."""
    items = [contact(ILSE.id, week) for week in range(50)]
    found = facets(window(items, (), sunday_of(110)))
    assert found["richness"].counted == 0
    lines = list(_verdict(assessment(ILSE, Status.DRIFTING, facets=found), told(items, 110)))
    richness = next(line for line in lines if "meeting in person (video" in line)
    assert richness.split()[0] == "–"
    assert "over 0 contacts; before 100% over 50 [95%" in richness
    assert not [line for line in lines if "you answered within" in line], "nothing was ever asked"
    assert [line for line in lines if "months had" in line], "months pass whether anybody is met or not"
    assert not [line for line in lines if "0 times" in line and "year before" not in line]


def told(items: Sequence[Interaction], week: int) -> Mapping[str, Counts]:
    """What was counted with one person up to that week."""
    history = History((ILSE,), (), items, (), Coverage())
    return counts(history, Group(ILSE.id, (ILSE.id,), ILSE), sunday_of(week))


def test_a_share_of_one_contact_is_told_as_such() -> None:
    """An estimate of 56 % where a single contact was seen is right to judge by, and wrong to read."""
    warm = [contact(ILSE.id, week, purpose=Purpose(0.9, 0.05, 0.05)) for week in range(0, 20, 2)]
    cold = [contact(ILSE.id, week, purpose=Purpose(0.02, 0.08, 0.9), channel=Channel.EMAIL) for week in (21, 60)]
    items = [*warm, *cold]
    found = facets(window(items, (), sunday_of(61)))
    assert found["personal"].value > 0.5
    lines = list(_verdict(assessment(ILSE, Status.DRIFTING, facets=found), told(items, 61)))
    personal = next(line for line in lines if "contacts were personal" in line)
    reckoned = f"{found['personal'].value:.0%}"
    assert personal.split() == f"0 of 1 contacts were personal; before 9 of 11 [{reckoned}]".split()
    others = next(line for line in lines if "others were orders" in line)
    assert others.split()[:3] == ["1", "of", "1"]
    assert lines[lines.index(personal) - 2].startswith("The last 26 weeks, and all that came before; in brackets")


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(0, 10)), min_size=1, max_size=30))
def test_counts_are_what_the_facets_are_made_from(drawn: list[tuple[int, int]]) -> None:
    items = [contact(ILSE.id, week, purpose=Purpose(warm / 10, 0.0, 1 - warm / 10)) for week, warm in sorted(drawn)]
    found, counted = facets(window(items, (), sunday_of(80))), told(items, 80)
    assert counted.keys() == MEASURES.keys()
    for name, both in counted.items():
        assert 0 <= both.lately.hits <= both.lately.number
        assert (both.before is None) == (found[name].past is None)
        if name != "transactional":
            assert both.lately.number == found[name].counted


def test_one_is_no_plural() -> None:
    one = {"given_thanks": Facet(1.0, 1.0, 1.0, unit="times"), "hours_met": Facet(1.04, 1.04, 1.04, unit="hours")}
    text = "\n".join(_verdict(assessment(ILSE, Status.DRIFTING, facets=one), {}))
    assert "1 time " in text
    assert "1.0 hours" in text


def test_the_probability_is_left_out_where_a_status_has_none() -> None:
    (first, *_) = _verdict(assessment(ILSE, Status.ENDED, probability=None), {})
    assert "sure" not in first


def test_names_and_reasons_are_plain_text() -> None:
    said = assessment(ILSE, Status.DRIFTING, "Mail from billing@nordkai.example went on.", facets={})
    assert "billing@nordkai.example" in "\n".join(_verdict(said, {}))
