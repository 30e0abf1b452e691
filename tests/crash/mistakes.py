"""Mistakes that kills are there to find: scenarios whose results must come out wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from rules.health.assessment import Assessment
from syncd import outbox
from syncd.forgetting import forget
from syncd.ledger import Ledger, coverage, writing
from syncd.ledger import erasure as cleaning
from syncd.ledger import schema as tables
from syncd.ledger.difference import Counts
from syncd.ledger.facts import Facts
from syncd.ledger.journal import Journal
from syncd.ledger.meaning import Made, Meaning
from syncd.ledger.writing import Step, Written
from syncd.outbox import Mail
from tests.crash.lives import NOW
from tests.crash.scenarios import CONFIG, Job, assessment, changes, first_sync, judged, weekly_mail, whole
from tests.crash.site import Site


def cursor_first() -> Sequence[Job]:
    """The cursor is on disk before what it stands for."""
    Facts.write = _cursor_first  # type: ignore[method-assign]
    return (Job("cursor first: sync", first_sync), Job("cursor first: changes", changes))


def _cursor_first(self: Facts, step: Step) -> Written:
    with self._ledger.write() as connection:
        sources = tables.sources
        connection.execute(
            sources.update().where(sources.c.id == step.source).values(cursor=step.cursor, step=step.step + 1)
        )
    with self._ledger.write() as connection:
        written = writing.write(connection, self._owner, step)
        coverage.extend(connection, self._owner, step.source, step.covered)
    return written


def mail_marked_first() -> Sequence[Job]:
    """The week is marked as sent before the mail is out."""

    def deliver(journal: Journal, mail: Mail, *_rest: object) -> bool:
        if journal.entries("reported"):
            return False
        journal.add("reported", mail.recipient, NOW, week=mail.week, message_id=mail.message_id)
        outbox.send(mail, CONFIG.report)
        return True

    outbox.deliver = deliver  # type: ignore[assignment]
    return (*(Job("", job.stage, killed=False) for job in whole()[:4]), Job("marked first: mail", weekly_mail))


def flags_marked_first() -> Sequence[Job]:
    """The flags are marked as written before they are."""
    write_flags = Meaning.write_flags

    def write(self: Meaning, flags: Iterable[Assessment], made: Made, *, since: str = "") -> Counts:
        told = list(flags)
        write_flags(self, [], made, since=since)
        return write_flags(self, told, made, since=since)

    Meaning.write_flags = write  # type: ignore[method-assign]
    return (*judged()[:2], Job("marked first: flags", assessment))


def never_finished() -> Sequence[Job]:
    """Nobody finishes an erasure that was cut short."""
    finish = cleaning.finish

    def stage(site: Site) -> None:
        cleaning.finish = lambda ledger: 0
        with Ledger.open(site.url()) as ledger:
            cleaning.finish = finish
            if not ledger.journal.entries("forgotten"):
                forget(ledger, ["anna@y.example"], NOW + timedelta(days=4))

    prepared = [Job("", job.stage, killed=False) for job in whole()[:5]]
    return (*prepared, Job("never finished: forget", stage, erases=b"anna@y.example"))


MISTAKES: dict[str, Callable[[], Sequence[Job]]] = {
    "cursor_first": cursor_first,
    "mail_marked_first": mail_marked_first,
    "flags_marked_first": flags_marked_first,
    "never_finished": never_finished,
}
