"""Every real file beside the project is read. Counts are printed with `-s`; nothing of the data is copied here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from connectors.connector import BadItem, Connector
from connectors.headers import Circumstances, header_end, read_message
from connectors.ics.connector import IcsConnector
from connectors.mbox.connector import MboxConnector
from connectors.observations import decode, encode
from connectors.options import IcsOptions, MboxOptions
from tests.connectors.contract import Held
from tests.connectors.worlds import utc

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
NOW = utc(2026, 11, 22, 12)

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no real data beside the project (../shared/data)")


def sync(connector: Connector, source: str) -> tuple[Held, Counter[str]]:
    held, reasons = Held(), Counter[str]()
    for batch in connector.batches(source, None, held, NOW):
        held.write(batch)
        reasons.update(bad.reason for bad in batch.quarantined)
    again = list(connector.batches(source, held.cursor, held, NOW))
    assert not any(batch.items or batch.removed or batch.quarantined for batch in again)
    assert {line.native_id for line in connector.listing(source, NOW)} == set(held.kept)
    assert all(decode(encode(observation)) == observation for observation in held.observations.values())
    return held, reasons


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("enron-delainey-d", 3_566, utc(2000, 1, 1), utc(2002, 3, 1)),
        ("enron-dean-c", 2_429, utc(2000, 1, 1), utc(2002, 3, 1)),
        ("enron-cuilla-m", 798, utc(2000, 1, 1), utc(2002, 3, 1)),
        ("spamassassin-easy_ham", 2_500, utc(2001, 1, 1), utc(2003, 1, 1)),
    ],
)
def test_mailboxes(name: str, count: int, first: object, last: object) -> None:
    held, reasons = sync(MboxConnector(MboxOptions(name="a", path=DATA / "mail" / f"{name}.mbox")), "mail")
    assert len(held.observations) == count
    assert not reasons
    assert first < held.covered[0].start < held.covered[0].end < last  # type: ignore[operator]
    print(f"{name}: {count} messages, none set aside, {held.covered[0].start:%F} to {held.covered[0].end:%F}")  # noqa: T201


def test_header_torture_sets() -> None:
    read, bad = 0, Counter[str]()
    files = [path for path in (DATA / "headers").rglob("*") if path.is_file() and path.suffix not in (".md", ".json")]
    for path in files:
        data = path.read_bytes()
        end = header_end(data)
        try:
            message = read_message(data[:end] if end >= 0 else data, Circumstances(path.name, NOW))
        except BadItem as error:
            bad[error.what] += 1
            continue
        assert decode(encode(message)) == message
        read += 1
    print(f"headers: {len(files)} files, {read} messages, set aside: {dict(bad)}")  # noqa: T201
    assert read > len(files) * 0.95


@pytest.mark.parametrize(
    ("name", "least", "most_bad"),
    [
        ("collective+icalendar", 3_000, 110),
        ("jens-maus+node-ical", 6_000, 25),
        ("niccokunzmann+python-rec", 20_000, 5),
    ],
)
def test_calendars(name: str, least: int, most_bad: int) -> None:
    folder = next(path for path in (DATA / "ics").iterdir() if path.name.startswith(name))
    held, reasons = sync(IcsConnector(IcsOptions(name="a", path=folder)), "calendar")
    files = len(list(folder.rglob("*.ics")))
    print(f"{folder.name}: {files} files, {len(held.observations)} occurrences, set aside: {dict(reasons)}")  # noqa: T201
    assert len(held.observations) > least
    assert sum(reasons.values()) < most_bad
