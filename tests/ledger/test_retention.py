"""What is too old is dropped, first its words, then all of it; labels, counts and coverage stay honest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.connector import Span
from connectors.observations import Address, Attendee, Event, Message
from rules.meaning import Channel, Decision, Evidence, Purpose
from syncd.config import Config
from syncd.config.model import RetentionSettings
from syncd.ledger import Ledger
from syncd.retention import Dropped, Retention, expire
from syncd.sync import sync
from syncd.upkeep import refresh
from syncd.verify import verify
from tests.ledger.conftest import Databases
from tests.sync.outside import Account, Outside, calendar, mailbox, options

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = Retention.of_days(100, 1000)


def outsides() -> tuple[Outside, Outside]:
    mail, dates = mailbox(), calendar()
    for days in (1, 200, 2000):
        at = NOW - days * DAY
        mail.put(f"m{days}", Message(f"m{days}", date=at, subject="Canary subject", from_=Address("a@x.example")))
        dates.put(f"e{days}", Event(f"e{days}", title="Canary lunch", start=at, end=at + timedelta(hours=1)), "Work")
    mail.put("m0", Message("m0", subject="Canary without a time"))
    return mail, dates


def synced(ledger: Ledger, sources: tuple[Outside, Outside], retention: Retention | None = None) -> tuple[int, int]:
    result = sync(ledger, [options()], now=NOW, open_connector=lambda _: Account(sources), retention=retention)
    return sum(stats.stored for stats in result.sources), sum(stats.removed for stats in result.sources)


def words(ledger: Ledger) -> dict[str, str | None]:
    newest = [copy.newest for copy in ledger.facts.copies()]
    return {one.id: one.subject if isinstance(one, Message) else one.title for one in newest}


WANTED = {
    "m0": "Canary without a time",
    "m1": "Canary subject",
    "e1": "Canary lunch",
    "m200": None,
    "e200": None,
}


def test_words_go_first_then_everything(databases: Databases) -> None:
    with Ledger.open(databases()) as ledger:
        synced(ledger, outsides())
        version = ledger.facts.version()
        assert expire(ledger, POLICY, NOW) == Dropped(words=2, items=2)
        assert words(ledger) == WANTED
        assert ledger.facts.version() == version + 1
        assert len(ledger.facts.changed(version)) == 4
        assert expire(ledger, POLICY, NOW) == Dropped()
        assert ledger.facts.version() == version + 1


def test_what_was_dropped_does_not_come_back(ledger: Ledger) -> None:
    sources = outsides()
    synced(ledger, sources)
    expire(ledger, POLICY, NOW)
    for source in sources:
        for native, thing in list(source.things.items()):
            source.put(native, thing.observation, "Moved")
    synced(ledger, sources, POLICY)
    assert words(ledger) == WANTED
    verdict = verify(ledger, [options()], now=NOW, open_connector=lambda _: Account(sources))
    assert verdict.clean
    assert [check.left_out for check in verdict.sources] == [{"expired": 1}, {"expired": 1}]


def test_a_first_sync_under_a_policy_stores_nothing_too_old(ledger: Ledger) -> None:
    synced(ledger, outsides(), POLICY)
    assert words(ledger) == WANTED


def test_older_revisions_lose_their_words_too(tmp_path: Path) -> None:
    mail, dates = outsides()
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        synced(ledger, (mail, dates))
        at = NOW - 200 * DAY
        dates.put("e200", Event("e200", title="Other", start=at, end=at), "Work")
        synced(ledger, (mail, dates))
        expire(ledger, Retention.of_days(0, None), NOW + DAY)
    left = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.db*"))
    assert left.count(b"Canary") == 1  # what has no time cannot be too old


def test_labels_outlive_the_words_without_quoting_them(ledger: Ledger) -> None:
    synced(ledger, outsides())
    numbers = {copy.newest.id: copy.item for copy in ledger.facts.copies()}
    why = (Evidence("lunch", "the title says “Canary lunch”", "in_person", 2.3),)
    label = Decision("x", Channel.IN_PERSON, 0.9, False, 0.0, False, Purpose(0.8, 0.1, 0.1), evidence=why)
    expire(ledger, POLICY, NOW, lambda: [((numbers["e200"],), label), ((numbers["e1"],), label)])
    kept = ledger.facts.kept_labels()
    assert list(kept) == [numbers["e200"]]
    assert kept[numbers["e200"]].channel is Channel.IN_PERSON
    assert "Canary" not in str(kept)


def test_time_before_the_cut_is_no_longer_covered(ledger: Ledger) -> None:
    sources = outsides()
    synced(ledger, sources)
    expire(ledger, POLICY, NOW)
    for source in sources:
        source.expire()
    synced(ledger, sources, POLICY)
    assert set(ledger.facts.spans().values()) == {(Span(NOW - 1000 * DAY, NOW),)}


def test_off_unless_set(ledger: Ledger) -> None:
    synced(ledger, outsides())
    assert expire(ledger, Retention(), NOW) == Dropped()
    assert not Retention()
    assert len(words(ledger)) == 7


def test_a_lunch_stays_a_lunch_when_its_title_is_dropped(ledger: Ledger) -> None:
    """Interpreted before and after: the counts are the same, the words are gone."""
    config = Config.model_validate({"owner": {"name": "Me", "addresses": ["me@x.example"]}})
    dates = calendar()
    at = NOW - 200 * DAY
    guests = tuple(Attendee(address, None, "accepted") for address in ("me@x.example", "anna@y.example"))
    lunch = Event("e", "u", "Lunch at Canary", start=at, end=at + DAY / 24, attendees=guests, attendee_count=2)
    dates.put("e", lunch, "Work")
    synced(ledger, (mailbox(), dates))
    refresh(ledger, config, now=NOW)
    (before,) = ledger.meaning.interactions()
    refresh(ledger, config.model_copy(update={"retention": RetentionSettings(subjects_days=100)}), now=NOW)
    (after,) = ledger.meaning.interactions()
    assert before.channel is Channel.IN_PERSON
    assert (after.channel, after.purpose, after.took_place) == (before.channel, before.purpose, before.took_place)
    assert after.title is None
    assert "Canary" not in str(after)
