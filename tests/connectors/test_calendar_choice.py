"""Choosing among the calendars that a provider offers: the same words for every provider."""

from __future__ import annotations

import pytest

from connectors.calendar_choice import Offered, chosen
from connectors.connector import ConnectorError

FOUR = (
    Offered("mara@x.example", "Mara", own=True, names=("primary",)),
    Offered("c1", "Team", own=True),
    Offered("c2", "Old", own=False),
    Offered("c3", "Feiertage", own=False, names=("Holidays",)),
)


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        ((), ["Mara", "Team"]),
        (("team",), ["Team"]),
        (("c2", "PRIMARY"), ["Mara", "Old"]),
        (("holidays", "Feiertage", "c3"), ["Feiertage"]),
    ],
)
def test_by_name_by_id_or_the_owners_own(wanted: tuple[str, ...], titles: list[str]) -> None:
    sources = chosen(FOUR, wanted, "work")
    assert [source.title for source in sources] == titles
    assert {source.name for source in sources} <= {one.id for one in FOUR}
    assert {source.observes for source in sources} == {"event"}


def test_calendars_of_one_name_are_all_read() -> None:
    twins = (Offered("a", "Team", own=True), Offered("b", "Team", own=False))
    assert [source.name for source in chosen(twins, ["team"], "work")] == ["a", "b"]


def test_a_name_that_is_not_there_is_told_as_written() -> None:
    with pytest.raises(ConnectorError) as told:
        chosen(FOUR, ["Team", "Teem"], "work")
    assert told.value.what == 'there is no calendar "Teem".'
    assert told.value.where == "work"
    assert told.value.fix == "Write one of these under calendars: Feiertage, Mara, Old, Team."
    with pytest.raises(ConnectorError, match="this login sees no calendar"):
        chosen((), ["Team"], "work")
