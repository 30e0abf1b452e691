"""From the ledger to a report: the assessment of a day, put into the words and forms of `syncd.report`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from rules.collector import uncollected
from syncd.assess import Assessed, assess, changes
from syncd.config import Config
from syncd.files import write_private
from syncd.ledger import Ledger
from syncd.report import AssessedWeek, Report, build, written
from syncd.understanding import Progress

RECENT = timedelta(weeks=26)  # how far back a change of status may lie that the report still speaks of


@uncollected()
def make_report(
    ledger: Ledger,
    config: Config,
    as_of: date | None = None,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Report:
    """The report as of the end of a day in the owner's zone; without one, of today or of where all sources end.
    What the owner has answered since counts then: it was said of that very report.

    The ledger's meaning must be up to date (`syncd.interpret`).
    """
    now = now or datetime.now(UTC)
    assessed = assess(ledger, config, as_of, back=RECENT, now=now, progress=progress)
    day, history = assessed.as_of, assessed.history
    contacts = [*history.interactions, *assessed.planned]
    if not config.privacy.show_subjects:
        contacts = [msgspec.structs.replace(contact, title=None) for contact in contacts]
    report = build(
        assessed.week or AssessedWeek(f"{day:%G-W%V}"),
        history.people,
        contacts,
        history.coverage,
        ledger.journal.entries(),
        config,
        day,
        heard=assessed.heard,
        traffic=history.traffic,
        changes=list(changes(assessed.weeks)),
        suggestions=assessed.suggestions,
    )
    return _with_note(report, assessed)


def _with_note(report: Report, assessed: Assessed) -> Report:
    return replace(report, notices=(assessed.note, *report.notices)) if assessed.note else report


def write_reports(ledger: Ledger, config: Config, folder: Path, *, progress: Progress | None = None) -> Path:
    """Write `report.html`, `report.txt` and `report.json` into `folder`; returns the path of the page."""
    report = make_report(ledger, config, progress=progress)
    for name, form in (("report.json", "json"), ("report.txt", "text"), ("report.html", "html")):
        write_private(folder / name, [written(report, form).rstrip("\n")])
    return folder / "report.html"
