"""What is killed: jobs that each do one thing to the ledger of a site, from whatever state they find it in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rules.engine import ruleset
from syncd import archive, outbox, upkeep
from syncd.assess import record
from syncd.config import Config
from syncd.forgetting import forget
from syncd.interpret import interpret
from syncd.ledger import Ledger, LedgerError, database, migrations
from syncd.ledger import schema as tables
from syncd.ledger.ledger import writing as transaction
from syncd.outbox import Mail, send_weekly
from syncd.retention import Retention, expire
from syncd.sync import sync
from tests.crash import lives
from tests.crash.lives import NOW
from tests.crash.site import Site, Stage
from tests.sync.outside import Account, Outside, options

CONFIG = Config.model_validate(
    {
        "owner": {"name": "Me", "addresses": ["me@x.example"]},
        "account": [{"name": "work", "kind": "memory"}],
        "report": {"to": "me@x.example", "smtp": "smtp://127.0.0.1:1"},
    }
)
_RULES = ruleset.load()


@dataclass(frozen=True)
class Job:
    """`killed`: at each of its steps; what is not only prepares the next job. `erases`: a word that is nowhere after
    it."""

    name: str
    stage: Stage
    killed: bool = True
    erases: bytes | None = None


def _sync(site: Site, sources: Sequence[Outside], day: int) -> None:
    with Ledger.open(site.url()) as ledger:
        opened = Account(sources)
        result = sync(ledger, [options()], now=NOW + timedelta(days=day), open_connector=lambda _: opened)
    assert result.ok, result


def first_sync(site: Site) -> None:
    _sync(site, lives.days(later=False), 0)


def changes(site: Site) -> None:
    _sync(site, lives.days(later=True), 1)


def reconciliation(site: Site) -> None:
    sources = lives.days(later=True)
    for source in sources:
        source.expire()
    _sync(site, sources, 2)


def meaning(site: Site) -> None:
    with Ledger.open(site.url()) as ledger:
        interpret(ledger, CONFIG, rules=_RULES, now=NOW + timedelta(days=3))


def assessment(site: Site) -> None:
    with Ledger.open(site.url()) as ledger:
        record(ledger, CONFIG, now=NOW + timedelta(days=3))


def words(site: Site) -> None:
    """Said twice it counts twice, so whoever may be resumed asks first. On the second day the copy is kept."""
    with Ledger.open(site.url()) as ledger:
        for day, word in enumerate(("right", "snooze")):
            if not any(entry.data["word"] == word for entry in ledger.journal.entries("answer")):
                at = NOW + timedelta(days=day)
                ledger.journal.add("answer", "anna@y.example", at, word=word, on=f"{at:%Y-%m-%d}")


def retention(site: Site) -> None:
    with Ledger.open(site.url()) as ledger:
        kept = Retention.of_days(4, 9)
        expire(ledger, kept, NOW + timedelta(days=3), lambda: upkeep._labels(ledger, CONFIG, _RULES))


def erasure(site: Site) -> None:
    """Whoever was killed after it was said need not say it again: the next command of any kind finishes it."""
    with Ledger.open(site.url()) as ledger:
        if not ledger.journal.entries("forgotten"):
            forget(ledger, ["anna@y.example"], NOW + timedelta(days=4))


def weekly_mail(site: Site) -> None:
    """As the daemon sends it; whoever finds a claim comes when that has run out."""

    def take(mail: Mail, _server: object) -> None:
        number = len(list(site.outside.glob("*.eml")))
        new = site.outside / "mail.new"
        new.write_bytes(mail.message_id.encode())
        new.rename(site.outside / f"{number}.eml")

    outbox.send = take  # type: ignore[assignment]
    site.outside.mkdir(exist_ok=True)
    with Ledger.open(site.url()) as ledger:
        tried = len(ledger.journal.entries("sending"))
        moment = NOW.replace(hour=7) + timedelta(days=7)
        send_weekly(ledger, CONFIG, moment, moment + tried * outbox.LEASE)


def exported(site: Site) -> None:
    site.outside.mkdir(exist_ok=True)
    with Ledger.open(site.url()) as ledger:
        (site.outside / "archive.jsonl").write_text("\n".join(archive.export(ledger)), encoding="utf-8")


def imported(site: Site) -> None:
    """Whoever finds an archive imported already is told so, and is done."""
    lines = (site.outside / "archive.jsonl").read_text(encoding="utf-8").splitlines()
    with Ledger.open(site.url("new")) as ledger:
        try:
            archive.restore(ledger, lines)
        except LedgerError:
            assert ledger.facts.version()


def journal_imported(site: Site) -> None:
    with Ledger.open(site.url()) as ledger:
        ledger.journal.restore(site.outside / "words.journal.jsonl")


def journal_told(site: Site) -> None:
    """A copy of the journal from elsewhere, where more was said."""
    site.outside.mkdir(exist_ok=True)
    with Ledger.open(site.url()) as ledger:
        said = ledger.journal.back_up(site.outside)
    assert said is not None
    data = {"channel": "phone", "on": "2026-03-01"}
    more = {"id": 99, "at": "2026-03-01T12:00:00Z", "kind": "logged", "subject": "ben@z.example", "data": data}
    (site.outside / "words.journal.jsonl").write_text(f"{said.read_text()}{json.dumps(more)}\n", encoding="utf-8")
    said.unlink()


def created(site: Site) -> None:
    """From nothing to the newest schema by the migrations, each as an upgrade would run it."""
    engine = database.connect(database.parse(site.url()))
    with transaction(engine, durable=True) as connection:
        tables.drop_views(connection)
        migrations.upgrade(connection)
        tables.create_views(connection)
    engine.dispose()
    Ledger.open(site.url()).close()


def at_first(site: Site) -> None:
    """A ledger of the first schema, with rows."""
    engine = database.connect(database.parse(site.url()))
    with transaction(engine, durable=True) as connection:
        migrations.upgrade(connection, migrations.revisions()[0])
        connection.exec_driver_sql("INSERT INTO owners (name, forget_key) VALUES ('', '00')")
        connection.exec_driver_sql(
            "INSERT INTO journal (owner_id, at, kind, subject, data) SELECT id, '2026-03-02T12:00:00Z', 'answer', "
            """'anna@y.example', '{"word":"right"}' FROM owners"""
        )
    engine.dispose()


def upgraded(site: Site) -> None:
    Ledger.open(site.url()).close()


def whole() -> Sequence[Job]:
    """Everything that is done to one person's ledger, from its first day on."""
    return (
        Job("sync: first", first_sync),
        Job("interpret: first", meaning),
        Job("sync: changes", changes),
        Job("interpret: changes", meaning),
        Job("journal and its copies", words),
        Job("sync: reconcile", reconciliation),
        Job("mail", weekly_mail),
        Job("retention", retention),
        Job("forget", erasure, erases=b"anna@y.example"),
        Job("interpret: what is left", meaning),
        Job("", exported, killed=False),
        Job("import: archive", imported),
        Job("", journal_told, killed=False),
        Job("import: journal", journal_imported),
    )


def judged() -> Sequence[Job]:
    """The flags of two years, and what they become when facts of last year turn up."""
    return (
        Job("", lambda site: _sync(site, lives.years(later=False), 0), killed=False),
        Job("", meaning, killed=False),
        Job("assess: first", assessment),
        Job("", lambda site: _sync(site, lives.years(later=True), 1), killed=False),
        Job("", meaning, killed=False),
        Job("assess: late facts", assessment),
    )


def migrated() -> Sequence[Job]:
    return (Job("migrate: from nothing", created),)


def from_the_first() -> Sequence[Job]:
    return (Job("", at_first, killed=False), Job("migrate: from the first schema", upgraded))


def on_a_server() -> Sequence[Job]:
    """What goes on a server too: its ledger lies in no file, and its copies are made by others."""
    names = {"sync: reconcile", "mail", "retention", "forget", "interpret: changes", "sync: first", "sync: changes"}
    return [Job(job.name, job.stage, killed=job.name in names) for job in whole()[:9]]


SCENARIOS: dict[str, Callable[[], Sequence[Job]]] = {
    "whole": whole,
    "judged": judged,
    "migrated": migrated,
    "from_the_first": from_the_first,
    "on_a_server": on_a_server,
}
